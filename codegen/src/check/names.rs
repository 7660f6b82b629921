//! Names: every identifier that Rust will see is one, and none stands twice.

use std::collections::HashMap;

use super::Checker;
use crate::{diagnostic::Place, name, spec::*};

/// Names already taken in one scope, each with its place and its spelling in the spec.
#[derive(Default)]
pub(super) struct Taken<'t> {
    names: HashMap<String, (&'t Place, String)>,
}

impl<'a> Checker<'a> {
    /// The types that each module will define: its operations, their replies, events and types.
    pub(super) fn names(&mut self) {
        for module in &self.spec.modules {
            let mut taken = Taken::default();
            for operation in &module.operations {
                self.take(
                    &mut taken,
                    name::pascal(&operation.name.value),
                    &operation.name,
                    "operation",
                );
                if matches!(operation.data, Some(Payload::Fields(_))) {
                    self.take(
                        &mut taken,
                        format!("{}Reply", name::pascal(&operation.name.value)),
                        &operation.name,
                        "operation",
                    );
                }
            }
            for event in &module.events {
                self.take(&mut taken, name::pascal(&event.name.value), &event.name, "event");
            }
            for def in &module.types {
                if name::pascal(&def.name.value) != def.name.value {
                    let help = format!("write `{}`", name::pascal(&def.name.value));
                    self.report(
                        &def.name.place,
                        format!("`{}` is not a type's name", def.name.value),
                        help,
                    );
                }
                self.take(&mut taken, def.name.value.clone(), &def.name, "type");
            }
        }
    }

    /// Claims a Rust name in a scope; reports it when it is taken, reserved or no identifier.
    pub(super) fn take<'t>(&mut self, taken: &mut Taken<'t>, rust: String, text: &'t Text, what: &str) {
        if !name::is_identifier(&rust) {
            self.report(
                &text.place,
                format!("`{}` gives no Rust name", text.value),
                "give it one with `as`, starting with a letter",
            );
        } else if matches!(what, "operation" | "event" | "type") && name::is_reserved(&rust) {
            let help = "Rust or the generated file already means something by it; choose a longer name";
            self.report(&text.place, format!("`{rust}` cannot be the name of a type here"), help);
        } else if let Some((first, spelling)) = taken.names.get(&rust) {
            let message = match text.value == *spelling {
                true => format!("`{spelling}` stands twice among the {what}s that become one Rust type"),
                false => format!("`{}` and `{spelling}` are both `{rust}` in Rust", text.value),
            };
            let help = match what {
                "field" | "value" | "variant" => format!(
                    "the first is on line {}; give one of them another name with `as`",
                    first.line
                ),
                _ => format!("the first is on line {}; rename one of them", first.line),
            };
            self.report(&text.place, message, help);
        } else {
            taken.names.insert(rust, (&text.place, text.value.clone()));
        }
    }
}
