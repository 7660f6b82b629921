//! Unions: their variants, and how each form may be used.

use super::{Checker, Use, names::Taken};
use crate::{
    diagnostic::Place,
    expr::{Leaf, TypeExpr},
    name,
    spec::*,
};

impl Checker<'_> {
    pub(super) fn variants(&mut self, module: &Module, def: &TypeDef, variants: &[Variant]) {
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
    pub(super) fn spread_variants(&mut self, module: &Module, variants: &[Variant], tag: &Text) {
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
            TypeExpr::Json(inner) => {
                // A union beside its tag may travel as JSON text; one key of several may not.
                let inside = if inner.by().is_some() { used } else { Use::Nested };
                self.unions(module, place, inner, inside);
            }
            TypeExpr::Leaf(_) => {}
        }
    }
}
