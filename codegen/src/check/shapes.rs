//! Shapes: each can be told by the JSON, and none stands behind one that takes all it could.

use super::{Checker, Use, names::Taken};
use crate::{diagnostic::did_you_mean, expr::TypeExpr, form::Form, name, spec::*};

impl Checker<'_> {
    pub(super) fn shapes(&mut self, module: &Module, def: &TypeDef, shapes: &[Variant]) {
        if shapes.is_empty() {
            let message = format!("`{}` has no shapes", def.name.value);
            self.report(&def.name.place, message, "list them, or use `any`");
        }
        let mut taken = Taken::default();
        let mut before: Vec<(&Variant, Form)> = Vec::new();
        for shape in shapes {
            let spoken = shape.spoken();
            let rust = name::pascal(&spoken.value);
            if rust == "Json" {
                let help = "`Json` holds what is of no shape; give it another name with `as`";
                self.report(&shape.value.place, "a shape cannot be called `Json`", help);
            }
            self.take(&mut taken, rust, spoken, "shape");
            let Some(ty) = &shape.ty else { continue };
            self.expr(module, ty, Use::Nested);
            let Some(form) = self.index.form(module, &ty.value) else {
                let help = "a string, bool, int or float, a type with `fields`, a `map(…)`, or a `list(…)`";
                self.report(&ty.place, "the JSON does not tell such a value from others", help);
                continue;
            };
            self.members_of_shape(module, shape, &ty.value, form);
            if let Some((first, _)) = before
                .iter()
                .find(|(first, earlier)| takes_all(first, *earlier, shape, form))
            {
                let message = format!(
                    "`{}` never comes: all of it fits `{}`",
                    shape.value.value, first.value.value
                );
                let help = format!(
                    "put it before `{}`, or say there what it `has` or `lacks`",
                    first.value.value
                );
                self.report(&shape.value.place, message, help);
            }
            if let Some((first, _)) = before
                .iter()
                .find(|(first, _)| first.ty.as_ref().is_some_and(|first| first.value == ty.value))
            {
                let message = format!("`{}` and `{}` hold the same type", first.value.value, shape.value.value);
                self.report(&ty.place, message, "keep one; a value becomes a shape by its type");
            }
            before.push((shape, form));
        }
    }

    /// Members tell objects apart, and those that are there are the type's own.
    fn members_of_shape(&mut self, module: &Module, shape: &Variant, ty: &TypeExpr, form: Form) {
        if let (Some(member), false) = (shape.has.iter().chain(&shape.lacks).next(), form.has_members()) {
            let help = "`has` and `lacks` are for objects, and for lists of them";
            let message = format!("`{}` has no members", shape.value.value);
            self.report(&member.place, message, help);
            return;
        }
        let object = match ty {
            TypeExpr::List(inner) => inner,
            ty => ty,
        };
        let TypeExpr::Named(name) = object else { return };
        let Some(TypeKind::Object(fields)) = self.index.resolve(&module.path, name).map(|def| &def.kind) else {
            return;
        };
        let known: Vec<&str> = fields.iter().map(|field| field.name.value.as_str()).collect();
        for member in shape
            .has
            .iter()
            .filter(|member| !known.contains(&member.value.as_str()))
        {
            let message = format!("`{}` has no field `{}`", name.name(), member.value);
            self.report(
                &member.place,
                message,
                did_you_mean(&member.value, known.iter().copied()),
            );
        }
    }
}

/// Whether the earlier shape takes every value of the later one.
fn takes_all(first: &Variant, earlier: Form, later: &Variant, form: Form) -> bool {
    let within = |few: &[Text], many: &[Text]| few.iter().all(|one| many.iter().any(|other| other.value == one.value));
    earlier.covers(form) && within(&first.has, &later.has) && within(&first.lacks, &later.lacks)
}
