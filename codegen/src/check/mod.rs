//! What a spec must hold to before anything is made of it. Only reads, and finds everything in one run.

mod delivery;
mod graph;
mod names;
mod operations;
mod paced;
mod paging;
mod shapes;
mod simulated;
mod types;
mod unions;
mod uploads;

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
};

use crate::{
    diagnostic::{Diagnostics, Place, did_you_mean},
    expr::{LEAVES, TypeExpr, TypeName},
    index::Index,
    parallel,
    spec::*,
};

/// Finds every mistake in the spec.
pub(crate) fn check(spec: &Spec, index: &Index<'_>) -> Diagnostics {
    let pieces: Vec<Option<&Module>> = std::iter::once(None).chain(spec.modules.iter().map(Some)).collect();
    let found = parallel::map(&pieces, |piece| {
        let mut checker = Checker {
            spec,
            index,
            diagnostics: Diagnostics::default(),
        };
        match piece {
            None => checker.whole(),
            Some(module) => checker.module(module),
        }
        checker.diagnostics
    });
    let mut diagnostics = Diagnostics::default();
    found.into_iter().for_each(|found| diagnostics.extend(found));
    diagnostics
}

struct Checker<'a> {
    spec: &'a Spec,
    index: &'a Index<'a>,
    diagnostics: Diagnostics,
}

impl<'a> Checker<'a> {
    fn report(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        self.diagnostics.push(place, message, help);
    }

    /// What holds between files.
    fn whole(&mut self) {
        self.platform();
        self.services();
        self.paths();
        self.routes();
        self.event_types();
        self.cycles();
        self.unused();
    }

    /// What holds in one file.
    fn module(&mut self, module: &'a Module) {
        self.names(module);
        self.types(module);
        for operation in &module.operations {
            self.operation(module, operation);
        }
        for event in &module.events {
            self.event(module, event);
        }
    }

    /// What every spec has.
    fn platform(&mut self) {
        if self.spec.platform.feishu.open.is_empty() && !self.spec.unreadable.contains(&"platform.yaml".to_owned()) {
            let place = Place {
                file: "platform.yaml".into(),
                line: 1,
                column: 1,
                width: 1,
            };
            let help = "write platform.yaml with `hosts`, `errors`, `token_errors` and `retry_errors`";
            self.report(&place, "the platform is not described", help);
        }
        let platform = &self.spec.platform;
        for named in platform.showcase.iter().chain(&platform.sign_in) {
            self.names_operation(named);
        }
    }

    /// A word that names an operation names one that is there.
    fn names_operation(&mut self, named: &Text) {
        let known = self.index.operations();
        if known.binary_search(&named.value).is_err() && self.spec.unreadable.is_empty() {
            let help = did_you_mean(&named.value, known.iter().map(String::as_str));
            self.report(&named.place, format!("there is no operation `{}`", named.value), help);
        }
    }

    fn services(&mut self) {
        for module in &self.spec.modules {
            if let Some(service) = module
                .path
                .service()
                .filter(|service| !self.spec.services.iter().any(|known| known.name == *service))
            {
                let help = format!("write spec/{service}/service.yaml with `title` and `doc`");
                self.report(&module.place, format!("the service `{service}` is not described"), help);
            }
        }
    }

    /// An event type stands once.
    fn event_types(&mut self) {
        let mut seen = HashMap::new();
        for event in self.spec.modules.iter().flat_map(|module| &module.events) {
            let Text { value, place } = &event.event_type;
            if let Some(first) = earlier(&mut seen, value, place) {
                let message = format!("the event type `{value}` stands twice");
                let help = format!("the first is in spec/{}, line {}; keep one", first.file, first.line);
                self.report(place, message, help);
            }
        }
    }

    fn event(&mut self, module: &'a Module, event: &'a Event) {
        self.doc(&event.doc);
        self.scopes(event.scopes.iter().chain(&event.field_scopes));
        self.page(&event.page);
        self.payload(module, &event.body);
        if let (Payload::Type(expr), None) = (&event.body, self.index.payload_fields(module, &event.body)) {
            let help = "name a type with `fields`, or write the fields here";
            self.report(&expr.place, "the body of an event is an object", help);
        }
        self.delivery(module, event);
    }

    /// A reply's payload or an event's body: its fields, or the type it names.
    fn payload(&mut self, module: &Module, payload: &Payload) {
        match payload {
            Payload::Type(expr) => self.expr(module, expr, Use::Received),
            Payload::Fields(fields) => {
                self.object_fields(module, fields, Use::Received);
            }
        }
    }

    /// A page is a path below the documentation's root.
    fn page(&mut self, page: &Text) {
        if !page.value.starts_with('/') {
            let help = "write its `fullPath`, which begins with `/`";
            self.report(&page.place, format!("`{}` is not a page", page.value), help);
        }
    }

    /// Scopes are words joined by `:`, at least two.
    fn scopes<'t>(&mut self, scopes: impl Iterator<Item = &'t Text>) {
        for scope in scopes {
            let parts: Vec<&str> = scope.value.split(':').collect();
            let word = |part: &&str| {
                !part.is_empty()
                    && part
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
            };
            // OAuth's own scope is the only one without a colon.
            let whole = parts.len() > 1 || scope.value == "offline_access";
            if !whole || !parts.iter().all(word) {
                let help = "a scope reads `im:message` or `contact:user.employee_id:readonly`";
                self.report(&scope.place, format!("`{}` is not a scope", scope.value), help);
            }
        }
    }

    /// Sentences are ours and in English.
    fn doc(&mut self, doc: &Text) {
        if doc
            .value
            .chars()
            .any(|c| matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}'))
        {
            self.report(
                &doc.place,
                "this sentence is not English",
                "write what a caller needs in your own plain English",
            );
        }
    }

    /// A type expression, where it is used.
    fn expr(&mut self, module: &Module, expr: &Spanned<TypeExpr>, used: Use) {
        for name in expr.value.names() {
            if self.index.resolve(&module.path, name).is_none() {
                self.unknown_type(module, &expr.place, name);
            }
            if module.path == ModulePath::Common && matches!(name, TypeName::Elsewhere { .. }) {
                let help = "a service may be switched off; move the type to common.yaml, or this one to the service";
                self.report(&expr.place, "common.yaml refers to a type of a service", help);
            }
        }
        self.unions(module, &expr.place, &expr.value, used);
    }

    fn unknown_type(&mut self, module: &Module, place: &Place, name: &TypeName) {
        let home = self.index.id(&module.path, name).module;
        match self.index.module(&home) {
            Some(home) => {
                let leaf = LEAVES
                    .iter()
                    .map(|(word, _)| *word)
                    .find(|word| word.eq_ignore_ascii_case(name.name()));
                let help = match leaf {
                    Some(leaf) => format!("did you mean `{leaf}`?"),
                    None => did_you_mean(name.name(), home.types.iter().map(|def| def.name.value.as_str())),
                };
                self.report(
                    place,
                    format!("there is no type `{}` in spec/{}", name.name(), home.path.file()),
                    help,
                );
            }
            None if self.spec.unreadable.contains(&home.file()) => {}
            None => {
                let message = format!("there is no file spec/{}", home.file());
                self.report(
                    place,
                    message,
                    "write the home as `service/version/resource`, as the path of its file",
                );
            }
        }
    }
}

/// Where a key stood before, if it did.
fn earlier<'t, K: Eq + Hash>(seen: &mut HashMap<K, &'t Place>, key: K, place: &'t Place) -> Option<&'t Place> {
    match seen.entry(key) {
        Entry::Occupied(first) => Some(first.get()),
        Entry::Vacant(free) => {
            free.insert(place);
            None
        }
    }
}

/// How a type is used where it is mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// A field of an operation, in this section.
    Sent(Section),
    /// A field of a named type.
    Nested,
    /// A reply or an event.
    Received,
}
