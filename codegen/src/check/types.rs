//! Named types: fields, enum values, unions, cycles and twins.

use std::collections::HashSet;

use serde_json::Value;

use super::{Checker, Use, names::Taken};
use crate::{
    diagnostic::listed,
    expr::{Leaf, TypeExpr},
    name,
    spec::*,
};

impl<'a> Checker<'a> {
    pub(super) fn types(&mut self, module: &'a Module) {
        for def in &module.types {
            self.doc(&def.doc);
            self.type_def(module, def);
            for parsed in &def.parsed {
                self.parsed(module, def, parsed);
            }
            for keyed in &def.keyed {
                self.keyed(module, def, keyed);
            }
            let parsed = def.parsed.iter().map(|parsed| &parsed.name);
            let mut taken = Taken::default();
            for method in parsed.chain(def.keyed.iter().map(|keyed| &keyed.name)) {
                self.take(&mut taken, name::snake(&method.value), method, "method");
            }
        }
        self.twins(module);
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
                if let (Some(content), Some(tag)) = (content, tag)
                    && content.value == tag.value
                {
                    let help = "they are two members on the wire";
                    self.report(&content.place, "`content` and `tag` are the same member", help);
                }
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
            TypeKind::Shapes(shapes) => self.shapes(module, def, shapes),
            TypeKind::Broken => {}
        }
    }

    /// A text member that is read typed: text, tag and union are there and fit.
    fn parsed(&mut self, module: &'a Module, def: &'a TypeDef, parsed: &Parsed) {
        self.doc(&parsed.doc);
        for name in parsed.ty.value.names() {
            match self.index.resolve(&module.path, name).map(|def| &def.kind) {
                Some(TypeKind::Union { tag: None, .. } | TypeKind::Broken) => {}
                Some(_) => {
                    let help = "name a type with `variants` and without `tag`";
                    self.report(
                        &parsed.ty.place,
                        format!("`{}` is not chosen by a tag beside it", name.name()),
                        help,
                    );
                }
                None => self.unknown_type(module, &parsed.ty.place, name),
            }
        }
        for (path, word) in [(&parsed.from, "from"), (&parsed.by, "by")] {
            let along = self.index.along(module, def, &path.value);
            let plain = |field: &&Field| matches!(field.ty.value, TypeExpr::Leaf(Leaf::String) | TypeExpr::Named(_));
            if along.len() != path.value.split('.').count() || !along.iter().all(plain) {
                let help = format!("`{word}` leads over the object's own fields to text, as `body.content`");
                self.report(
                    &path.place,
                    format!("`{}` leads to no text of `{}`", path.value, def.name.value),
                    help,
                );
            }
        }
    }

    /// A list whose items are found by key: it is there, and its items have the members.
    fn keyed(&mut self, module: &'a Module, def: &'a TypeDef, keyed: &Keyed) {
        self.doc(&keyed.doc);
        let item = self
            .index
            .list(module, def, &keyed.list.value)
            .and_then(|(_, item)| self.index.fields(module, item));
        let Some((_, fields)) = item else {
            let message = format!("`{}` is no list of objects in `{}`", keyed.list.value, def.name.value);
            self.report(&keyed.list.place, message, "`in` names one of the object's own lists");
            return;
        };
        for member in std::iter::once(&keyed.by).chain(&keyed.put) {
            let textual = |field: &&Field| matches!(field.ty.value, TypeExpr::Leaf(Leaf::String));
            if !fields
                .iter()
                .filter(textual)
                .any(|field| field.name.value == member.value)
            {
                let message = format!("the items of `{}` have no string `{}`", keyed.list.value, member.value);
                self.report(
                    &member.place,
                    message,
                    "`by` and `put` name members of an item that are strings",
                );
            }
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
        self.scopes(values.iter().flat_map(|value| &value.scopes));
        let mut seen = HashSet::new();
        for value in values {
            if !seen.insert(&value.value) {
                self.report(
                    &value.place,
                    format!("`{}` stands twice", plain(&value.value)),
                    "keep one",
                );
            }
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

    /// The fields of an object, a reply or an event.
    pub(super) fn object_fields(&mut self, module: &Module, fields: &[Field], used: Use) {
        let mut taken = Taken::default();
        for field in fields {
            self.take(&mut taken, name::snake(&field.spoken().value), field.spoken(), "field");
            if let Some(each) = &field.each {
                self.take(&mut taken, name::snake(&each.value), each, "field");
            }
            self.field(module, field, used);
        }
        for rest in fields.iter().filter_map(|field| field.rest.as_ref()).skip(1) {
            self.report(rest, "a second field holds the rest of the members", "keep one");
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
        let nested = !matches!(used, Use::Sent(_));
        if let Some(each) = &field.each
            && !(nested && matches!(ty, TypeExpr::List(_)))
        {
            let message = format!("`{}` cannot be filled one by one", field.name.value);
            self.report(&each.place, message, "`each` is for lists in the `fields` of a type");
        }
        if let Some(rest) = &field.rest
            && !(nested && !field.required && matches!(field.ty.value, TypeExpr::Map(_)))
        {
            let message = format!("`{}` cannot hold the rest of the members", field.name.value);
            self.report(
                rest,
                message,
                "`rest` is for one field without `!` among the `fields` of a type, a `map(…)`",
            );
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

/// A JSON value as the spec would write it.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
