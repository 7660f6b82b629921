//! Named types: fields, enum values, unions, cycles and twins.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::{Checker, Use, names::Taken};
use crate::{
    diagnostic::{Place, listed},
    expr::{Leaf, TypeExpr, TypeName},
    index::TypeId,
    name,
    spec::*,
};

impl<'a> Checker<'a> {
    pub(super) fn types(&mut self) {
        for module in &self.spec.modules {
            for def in &module.types {
                self.doc(&def.doc);
                self.type_def(module, def);
            }
            self.twins(module);
        }
        self.cycles();
        self.unused();
    }

    fn type_def(&mut self, module: &Module, def: &TypeDef) {
        match &def.kind {
            TypeKind::Object(fields) => self.object_fields(module, fields, Use::Nested),
            TypeKind::Enum(values) => self.enum_values(def, values),
            TypeKind::Union {
                variants,
                tag,
                content,
                otherwise,
            } => {
                self.variants(module, def, variants);
                if let (Some(content), None) = (content, tag) {
                    self.report(
                        &content.place,
                        "`content` needs `tag`",
                        "name the member that holds the tag: `tag: type`",
                    );
                }
                if let (Some(tag), None) = (tag, content) {
                    self.spread_variants(module, variants, tag);
                }
                if *otherwise && tag.is_none() {
                    let help = "name the member that holds the tag: `tag: type`";
                    self.report(&def.name.place, "`otherwise` needs `tag`", help);
                }
            }
            TypeKind::Keys(keys) => {
                self.variants(module, def, keys);
                for key in keys.iter().filter(|key| key.ty.is_none()) {
                    self.report(
                        &key.value.place,
                        format!("the key `{}` has no type", key.value.value),
                        "add `type: string`",
                    );
                }
            }
            TypeKind::Broken => {}
        }
    }

    fn enum_values(&mut self, def: &TypeDef, values: &[EnumValue]) {
        if values.is_empty() {
            self.report(
                &def.name.place,
                format!("`{}` has no values", def.name.value),
                "list them, or use `string`",
            );
        }
        let numbers = values.iter().filter(|value| value.value.is_number()).count();
        if numbers > 0 && numbers < values.len() {
            let help = "quote the numbers when the platform sends them as strings";
            self.report(
                &def.name.place,
                format!("`{}` mixes numbers and strings", def.name.value),
                help,
            );
        }
        let spoken: Vec<Text> = values.iter().map(EnumValue::spoken).collect();
        let mut taken = Taken::default();
        for value in &spoken {
            let rust = name::pascal(&value.value);
            if rust == "Unknown" {
                let help = "`Unknown` holds the values that this release does not know; give it another name with `as`";
                self.report(
                    &value.place,
                    format!("`{}` cannot be called `Unknown`", value.value),
                    help,
                );
            } else {
                self.take(&mut taken, rust, value, "value");
            }
        }
    }

    fn variants(&mut self, module: &Module, def: &TypeDef, variants: &[Variant]) {
        if variants.is_empty() {
            self.report(
                &def.name.place,
                format!("`{}` has no variants", def.name.value),
                "list them, or use `any`",
            );
        }
        let mut taken = Taken::default();
        for variant in variants {
            let rust = name::pascal(&variant.spoken().value);
            if matches!(rust.as_str(), "Unknown" | "Json") {
                let help = "the generated union has a variant of that name of its own; give it another with `as`";
                self.report(
                    &variant.value.place,
                    format!("a variant cannot be called `{rust}`"),
                    help,
                );
            }
            self.take(&mut taken, rust, variant.spoken(), "variant");
            if let Some(ty) = &variant.ty {
                self.expr(module, ty, Use::Nested);
            }
        }
    }

    /// Where the tag stands inside the object, a variant is an object too and has no member of the tag's name.
    fn spread_variants(&mut self, module: &Module, variants: &[Variant], tag: &Text) {
        for ty in variants.iter().filter_map(|variant| variant.ty.as_ref()) {
            let TypeExpr::Named(named) = &ty.value else {
                self.report(
                    &ty.place,
                    "a variant beside its tag is an object",
                    "name a type with `fields`, or give the union a `content` member",
                );
                continue;
            };
            match self.index.resolve(&module.path, named).map(|def| &def.kind) {
                Some(TypeKind::Object(fields)) => {
                    if fields.iter().any(|field| field.name.value == tag.value) {
                        let message = format!(
                            "`{}` has a field `{}`, which is the union's tag",
                            named.name(),
                            tag.value
                        );
                        self.report(&ty.place, message, "drop the field: the union writes the tag");
                    }
                }
                Some(TypeKind::Broken) | None => {}
                Some(_) => self.report(
                    &ty.place,
                    "a variant beside its tag is an object",
                    "name a type with `fields`, or give the union a `content` member",
                ),
            }
        }
    }

    /// The fields of an object, a reply or an event.
    pub(super) fn object_fields(&mut self, module: &Module, fields: &[Field], used: Use) {
        let mut taken = Taken::default();
        for field in fields {
            self.take(&mut taken, name::snake(&field.spoken().value), field.spoken(), "field");
            self.field(module, field, used);
        }
    }

    /// What holds for a field wherever it stands.
    pub(super) fn field(&mut self, module: &Module, field: &Field, used: Use) {
        self.doc(&field.doc);
        self.scopes(field.scopes.iter());
        self.expr(module, &field.ty, used);
        if let (true, Some(default)) = (field.required, &field.default) {
            let message = format!("`{}` is required and has a default", field.name.value);
            self.report(
                &default.place,
                message,
                "drop the `!` when it may be left out, or the default",
            );
        }
        if let (true, TypeExpr::Optional(_)) = (field.required, &field.ty.value) {
            let message = format!("`{}` is required and `?`", field.name.value);
            self.report(&field.ty.place, message, "keep the `!` or the `?`");
        }
        let ty = bare(&field.ty.value);
        let numeric = matches!(
            ty,
            TypeExpr::Leaf(Leaf::Int | Leaf::Float | Leaf::Millis | Leaf::Seconds | Leaf::IntMillis | Leaf::IntSeconds)
        );
        let textual = matches!(ty, TypeExpr::Leaf(Leaf::String | Leaf::Secret) | TypeExpr::Json(_));
        for (limit, value) in &field.limits {
            let fits = match limit.as_str() {
                "min_len" | "max_len" => textual,
                "min" | "max" => numeric,
                _ => matches!(ty, TypeExpr::List(_) | TypeExpr::Map(_)),
            };
            if !fits {
                let message = format!("`{limit}` does not fit the type of `{}`", field.name.value);
                self.report(
                    &value.place,
                    message,
                    "lengths are for strings, `min` and `max` for numbers, `min_items` and `max_items` for lists",
                );
            }
        }
        for given in field.default.iter().chain(&field.example) {
            self.value(module, field, ty, given);
        }
    }

    /// Examples and defaults are values of their field's type.
    fn value(&mut self, module: &Module, field: &Field, ty: &TypeExpr, given: &Spanned<Value>) {
        let wanted = match ty {
            TypeExpr::Leaf(Leaf::String | Leaf::Secret | Leaf::Millis | Leaf::Seconds) if !given.value.is_string() => {
                "a string: put it in quotes"
            }
            TypeExpr::Leaf(Leaf::Int | Leaf::IntMillis | Leaf::IntSeconds) if !given.value.is_i64() => "a whole number",
            TypeExpr::Leaf(Leaf::Float) if !given.value.is_number() => "a number",
            TypeExpr::Leaf(Leaf::Bool) if !given.value.is_boolean() => "`true` or `false`",
            TypeExpr::List(_) if !given.value.is_array() => "a list",
            TypeExpr::Named(named) => {
                if let Some(TypeKind::Enum(values)) = self.index.resolve(&module.path, named).map(|def| &def.kind)
                    && !values.iter().any(|value| value.value == given.value)
                {
                    let spoken: Vec<String> = values.iter().map(|value| plain(&value.value)).collect();
                    let help = format!("one of {}", listed(spoken.iter().map(String::as_str)));
                    let message = format!("`{}` is not a value of `{}`", plain(&given.value), named.name());
                    self.report(&given.place, message, help);
                }
                return;
            }
            _ => return,
        };
        let message = format!("`{}` is not a value for `{}`", plain(&given.value), field.name.value);
        self.report(&given.place, message, format!("the type wants {wanted}"));
    }

    /// Unions are used in the way their form allows.
    pub(super) fn unions(&mut self, module: &Module, place: &Place, expr: &TypeExpr, used: Use) {
        match expr {
            TypeExpr::Named(named) => match self.index.resolve(&module.path, named).map(|def| &def.kind) {
                Some(TypeKind::Union { tag: None, .. }) => {
                    let message = format!("`{}` has no tag", named.name());
                    let help = format!(
                        "name the member that holds it in the type (`tag: type`), or the field beside it: `{} by msg_type`",
                        named.name()
                    );
                    self.report(place, message, help);
                }
                Some(TypeKind::Keys(_)) if used != Use::Sent(Section::Body) => {
                    let message = format!(
                        "`{}` stands for one key of several, which only a body can hold",
                        named.name()
                    );
                    self.report(place, message, "use it as the type of a field in `body`");
                }
                _ => {}
            },
            TypeExpr::By(named, _) => {
                match self.index.resolve(&module.path, named).map(|def| &def.kind) {
                    Some(TypeKind::Union { tag: Some(tag), .. }) => {
                        let message = format!("`{}` holds its tag itself, in `{}`", named.name(), tag.value);
                        self.report(place, message, "drop the `by`, or the type's `tag`");
                    }
                    Some(TypeKind::Union { .. } | TypeKind::Broken) | None => {}
                    Some(_) => self.report(
                        place,
                        format!("`{}` is not a union", named.name()),
                        "`by` chooses among `variants`",
                    ),
                }
                if used != Use::Sent(Section::Body) {
                    self.report(
                        place,
                        "`by` works only in an operation's `body`",
                        "elsewhere use `any`, or a union with its own `tag`",
                    );
                }
            }
            TypeExpr::Leaf(Leaf::File) if used != Use::Sent(Section::Form) => {
                self.report(
                    place,
                    "a `file` travels only as a part of a form",
                    "put the field under `form`",
                );
            }
            TypeExpr::Optional(_) if matches!(used, Use::Sent(_)) => {
                self.report(place, "`?` is for replies", "a field without `!` is optional already");
            }
            TypeExpr::List(inner) | TypeExpr::Map(inner) | TypeExpr::Boxed(inner) | TypeExpr::Optional(inner) => {
                let inside = if matches!(used, Use::Sent(_)) {
                    Use::Nested
                } else {
                    used
                };
                self.unions(module, place, inner, inside);
            }
            TypeExpr::Json(inner) => self.unions(module, place, inner, used),
            TypeExpr::Leaf(_) => {}
        }
    }

    /// Two objects with the same fields are one type with two names.
    fn twins(&mut self, module: &Module) {
        let mut seen: HashMap<BTreeSet<(&str, bool, &TypeExpr)>, &Text> = HashMap::new();
        for def in &module.types {
            let TypeKind::Object(fields) = &def.kind else { continue };
            let shape = fields
                .iter()
                .map(|field| (field.name.value.as_str(), field.required, &field.ty.value))
                .collect();
            match seen.get(&shape) {
                Some(first) => {
                    let message = format!("`{}` and `{}` have the same fields", first.value, def.name.value);
                    self.report(
                        &def.name.place,
                        message,
                        format!("keep one; `{}` is on line {}", first.value, first.place.line),
                    );
                }
                None => {
                    seen.insert(shape, &def.name);
                }
            }
        }
    }

    /// A type that holds itself needs something between.
    fn cycles(&mut self) {
        let mut done = HashSet::new();
        for module in &self.spec.modules {
            for def in &module.types {
                let id = TypeId {
                    module: module.path.clone(),
                    name: def.name.value.clone(),
                };
                self.walk(&id, &mut Vec::new(), &mut done);
            }
        }
    }

    fn walk(&mut self, id: &TypeId, path: &mut Vec<TypeId>, done: &mut HashSet<TypeId>) {
        if let Some(start) = path.iter().position(|known| known == id) {
            let mut names: Vec<&str> = path[start..].iter().map(|id| id.name.as_str()).collect();
            names.push(&id.name);
            let message = format!("a type cannot hold itself: {}", names.join(" → "));
            if let Some(def) = self.index.get(id) {
                self.report(
                    &def.name.place,
                    message,
                    "put one of the steps in `box(…)` or `list(…)`",
                );
            }
            return;
        }
        if done.contains(id) {
            return;
        }
        path.push(id.clone());
        for held in self.held(id) {
            self.walk(&held, path, done);
        }
        path.pop();
        done.insert(id.clone());
    }

    /// The types that stand inside a type without list, map or box between.
    fn held(&self, id: &TypeId) -> Vec<TypeId> {
        let Some(def) = self.index.get(id) else {
            return Vec::new();
        };
        def.exprs()
            .into_iter()
            .filter_map(direct)
            .map(|name| self.index.id(&id.module, name))
            .collect()
    }

    fn unused(&mut self) {
        let mut used = HashSet::new();
        for module in &self.spec.modules {
            for name in module.exprs().into_iter().flat_map(TypeExpr::names) {
                used.insert(self.index.id(&module.path, name));
            }
        }
        for module in &self.spec.modules {
            for def in &module.types {
                let id = TypeId {
                    module: module.path.clone(),
                    name: def.name.value.clone(),
                };
                if !used.contains(&id) {
                    self.report(
                        &def.name.place,
                        format!("nothing uses the type `{}`", def.name.value),
                        "remove it, or refer to it",
                    );
                }
            }
        }
    }
}

impl EnumValue {
    /// The name before conversion: `as`, or the value.
    pub(crate) fn spoken(&self) -> Text {
        self.rename.clone().unwrap_or_else(|| Spanned {
            place: self.place.clone(),
            value: plain(&self.value),
        })
    }
}

/// The type without `?`.
pub(super) fn bare(expr: &TypeExpr) -> &TypeExpr {
    match expr {
        TypeExpr::Optional(inner) => inner,
        expr => expr,
    }
}

fn direct(expr: &TypeExpr) -> Option<&TypeName> {
    match expr {
        TypeExpr::Named(name) | TypeExpr::By(name, _) => Some(name),
        TypeExpr::Json(inner) | TypeExpr::Optional(inner) => direct(inner),
        TypeExpr::Leaf(_) | TypeExpr::List(_) | TypeExpr::Map(_) | TypeExpr::Boxed(_) => None,
    }
}

/// A JSON value as the spec would write it.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
