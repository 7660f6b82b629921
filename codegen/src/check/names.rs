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
    /// Services, versions, resources and features: each a module or a feature of its own.
    pub(super) fn paths(&mut self) {
        let mut seen: HashMap<Vec<String>, &ModulePath> = HashMap::new();
        for module in &self.spec.modules {
            let ModulePath::Resource {
                service,
                version,
                resource,
            } = &module.path
            else {
                continue;
            };
            let parts: Vec<String> = [service, version, resource]
                .iter()
                .map(|part| name::snake(part))
                .collect();
            if let Some(part) = parts.iter().find(|part| !name::is_identifier(part)) {
                let message = format!("`{part}` in the path of this file gives no Rust module");
                self.report(
                    &module.place,
                    message,
                    "rename the folder or file: letters, digits, `_` and `.`, starting with a letter",
                );
            }
            match seen.get(&parts) {
                Some(first) => {
                    let message = format!("this file and spec/{} give the same module", first.file());
                    self.report(&module.place, message, "merge or rename one of them");
                }
                None => {
                    seen.insert(parts, &module.path);
                }
            }
        }
        let mut features: HashMap<&str, &Service> = HashMap::new();
        let mut names: HashMap<String, &Service> = HashMap::new();
        for service in &self.spec.services {
            let name = name::snake(&service.name);
            if SERVICES_OF_THE_CRATE.contains(&name.as_str()) || !name::is_identifier(&name) {
                let message = format!("a service cannot be called `{}`", service.name);
                self.report(
                    &service.place,
                    message,
                    "the crate means something else by it; name the folder otherwise",
                );
            }
            let well_formed = service
                .feature
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            if !well_formed || FEATURES_OF_THE_CRATE.contains(&service.feature.as_str()) {
                let message = format!("`{}` cannot be a cargo feature here", service.feature);
                self.report(
                    &service.place,
                    message,
                    "letters, digits, `_` and `-`; not one of the crate's own features",
                );
            }
            let twins = [names.insert(name, service), features.insert(&service.feature, service)];
            if let Some(first) = twins.into_iter().flatten().next() {
                let message = format!(
                    "the services `{}` and `{}` have the same module or feature",
                    first.name, service.name
                );
                self.report(
                    &service.place,
                    message,
                    "give one of them another name, or another `feature`",
                );
            }
        }
    }

    /// The types that a module will define: its operations, their replies, events and types.
    pub(super) fn names(&mut self, module: &Module) {
        let mut taken = Taken::default();
        for operation in &module.operations {
            self.take(
                &mut taken,
                name::pascal(&operation.spoken().value),
                operation.spoken(),
                "operation",
            );
            if matches!(operation.data, Some(Payload::Fields(_))) {
                self.take(
                    &mut taken,
                    format!("{}Reply", name::pascal(&operation.spoken().value)),
                    operation.spoken(),
                    "operation",
                );
            }
        }
        for operation in module.operations.iter().filter(|operation| operation.required() > 4) {
            let bundle = format!("{}Required", name::pascal(&operation.spoken().value));
            self.take(&mut taken, bundle, operation.spoken(), "operation");
        }
        for event in &module.events {
            self.take(&mut taken, name::pascal(&event.spoken().value), event.spoken(), "event");
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

/// Modules and methods that the generated crate has besides its services.
const SERVICES_OF_THE_CRATE: &[&str] = &[
    "app_id",
    "bin",
    "builder",
    "builder_from_env",
    "client",
    "common",
    "events",
    "from_env",
    "items",
    "lib",
    "new_",
    "platform",
    "raw",
    "send",
    "set_app_ticket",
    "socket",
    "webhook",
    "wire",
];

const FEATURES_OF_THE_CRATE: &[&str] = &["", "axum", "default", "full", "redis", "reqwest", "roundtrip", "tower"];
