//! The limits of receivers: the field that names one, and the operation that shares them.

use super::Checker;
use crate::{
    expr::{Leaf, TypeExpr},
    spec::{Operation, Paced},
};

impl Checker<'_> {
    pub(super) fn receivers(&mut self, operation: &Operation, paced: &Paced) {
        self.names_field(operation, &paced.by, "by");
        let field = operation
            .fields
            .iter()
            .find(|(_, field)| field.name.value == paced.by.value);
        if field.is_some_and(|(_, field)| !field.required || field.ty.value != TypeExpr::Leaf(Leaf::String)) {
            let message = format!("`{}` is not a required string", paced.by.value);
            self.report(&paced.by.place, message, "name the field that always says who receives");
        }
        if let Some(code) = &paced.code
            && !operation.errors.iter().any(|row| row.code == code.value)
        {
            let message = format!("`{}` is not one of the operation's `errors`", code.value);
            self.report(
                &code.place,
                message,
                "write its row there, or leave `code` out where the gateway's 99991400 comes",
            );
        }
        let Some(with) = &paced.with else { return };
        self.names_operation(with);
        let known = self.spec.modules.iter().flat_map(|module| {
            let path = module.path.dotted();
            module
                .operations
                .iter()
                .map(move |operation| (format!("{path}.{}", operation.name.value), operation))
        });
        let found = known.into_iter().find(|(id, _)| *id == with.value);
        if let Some((id, other)) = found
            && !other
                .paced
                .as_ref()
                .is_some_and(|other| other.with.is_none() && other.rate == paced.rate)
        {
            let message = format!("`{id}` does not hold a limit to share");
            self.report(
                &with.place,
                message,
                "name an operation that is `paced` at the same rate, and not itself `with` another",
            );
        }
    }
}
