//! Operations: paths, fields by place, and the words that name fields.

use std::collections::HashMap;

use super::{Checker, Use, earlier, names::Taken, types::bare};
use crate::{
    diagnostic::{Place, did_you_mean},
    expr::{Leaf, TypeExpr},
    name,
    spec::*,
};

impl<'a> Checker<'a> {
    /// Method and path together stand once.
    pub(super) fn routes(&mut self) {
        let mut seen = HashMap::new();
        let operations = self.spec.modules.iter().flat_map(|module| &module.operations);
        for operation in operations.filter(|operation| !operation.path.value.is_empty()) {
            let Text { value, place } = &operation.path;
            if let Some(first) = earlier(&mut seen, (&operation.method, route(value)), place) {
                let message = format!("`{} {value}` is an operation already", operation.method);
                let help = format!("see spec/{}, line {}; keep one", first.file, first.line);
                self.report(place, message, help);
            }
        }
    }

    pub(super) fn operation(&mut self, module: &'a Module, operation: &'a Operation) {
        self.doc(&operation.doc);
        self.page(&operation.page);
        self.scopes(operation.scopes.iter().chain(&operation.field_scopes));
        self.operation_fields(module, operation);
        self.path(operation);
        if let Some(data) = &operation.data {
            self.payload(module, data);
            if operation.reply == Reply::Bytes {
                let help = "drop `data`: a reply of bytes has no fields";
                self.report(&operation.name.place, "the reply is bytes and has `data`", help);
            }
        }
        if let (Some(form), true) = (
            &operation.form,
            operation.fields.iter().any(|(section, _)| *section == Section::Body),
        ) {
            self.report(
                form,
                "a call has a `body` or a `form`",
                "put all fields under one of them",
            );
        }
        if let Some(paced) = &operation.paced {
            self.receivers(operation, paced);
        }
        if let Some(dedupe) = &operation.dedupe {
            self.names_field(operation, dedupe, "dedupe");
            self.takes_a_key(operation, dedupe);
        }
        if let Some(batch) = &operation.batch {
            self.names_field(operation, batch, "batch");
            self.splits(operation, batch);
        }
        if let Some(paged) = &operation.paged {
            self.paged(module, operation, paged);
        }
        if let Some(upload) = &operation.upload {
            self.uploads(module, operation, upload);
        }
        if let Some(deprecated) = &operation.deprecated {
            self.deprecated(deprecated);
        }
        if let Some(simulate) = &operation.simulate {
            self.simulated(module, operation, simulate);
        }
        for row in &operation.errors {
            self.doc(&Spanned {
                place: row.place.clone(),
                value: row.doc.clone(),
            });
        }
    }

    fn operation_fields(&mut self, module: &Module, operation: &Operation) {
        let mut taken = Taken::default();
        for (section, field) in &operation.fields {
            self.take(&mut taken, name::snake(&field.spoken().value), field.spoken(), "field");
            self.field(module, field, Use::Sent(*section));
            if let TypeExpr::Named(named) = &field.ty.value
                && let Some(TypeKind::Keys(keys)) = self.index.resolve(&module.path, named).map(|def| &def.kind)
            {
                let beside = |key: &&Variant| {
                    operation
                        .fields
                        .iter()
                        .any(|(place, other)| place == section && other.name.value == key.value.value)
                };
                if let Some(key) = keys.iter().find(beside) {
                    let message = format!(
                        "the key `{}` of `{}` is a field of its own too",
                        key.value.value,
                        named.name()
                    );
                    self.report(&field.ty.place, message, "drop the field: the type writes the key");
                }
            }
            if let Some((_, tag)) = field.ty.value.by() {
                self.tag_field(module, operation, *section, field, tag);
            }
            if *section == Section::Path && !field.required {
                let help = format!("write `{}!`", field.name.value);
                self.report(
                    &field.name.place,
                    format!("the path parameter `{}` is not required", field.name.value),
                    help,
                );
            }
            if *section != Section::Body && !self.is_parameter(module, *section, &field.ty.value) {
                let message = format!("`{}` cannot travel outside a body", field.name.value);
                let help = match section {
                    Section::Query => "a query takes strings, numbers, enums, lists of them, and `json(…)`",
                    Section::Form => "a form takes files, strings, numbers and enums",
                    _ => "a path or header takes strings, numbers and enums",
                };
                self.report(&field.ty.place, message, help);
            }
            if let Some(joined) = &field.joined
                && (*section != Section::Query || !matches!(field.ty.value, TypeExpr::List(_)))
            {
                self.report(
                    joined,
                    "`join` is for lists in the query",
                    "drop it, or make the field a `list(…)` under `query`",
                );
            }
        }
    }

    fn is_parameter(&self, module: &Module, section: Section, expr: &TypeExpr) -> bool {
        match expr {
            TypeExpr::Leaf(Leaf::File) => section == Section::Form,
            TypeExpr::Leaf(leaf) => *leaf != Leaf::Any,
            TypeExpr::Named(named) => {
                matches!(
                    self.index.resolve(&module.path, named).map(|def| &def.kind),
                    Some(TypeKind::Enum(_)) | None
                )
            }
            TypeExpr::List(inner) => section == Section::Query && self.is_parameter(module, Section::Path, inner),
            TypeExpr::Json(_) => section == Section::Query,
            // Misplaced for another reason, which has been reported.
            TypeExpr::Optional(_) => true,
            TypeExpr::Map(_) | TypeExpr::Boxed(_) | TypeExpr::By(..) => false,
        }
    }

    /// `Union by tag`: the tag is a field beside it, whose enum knows every variant.
    fn tag_field(&mut self, module: &Module, operation: &Operation, section: Section, field: &Field, tag: &str) {
        let beside: Vec<&Field> = operation
            .fields
            .iter()
            .filter(|(place, _)| *place == section)
            .map(|(_, field)| field)
            .collect();
        let Some(found) = beside.iter().find(|beside| beside.name.value == tag) else {
            let help = did_you_mean(tag, beside.iter().map(|field| field.name.value.as_str()));
            self.report(
                &field.ty.place,
                format!("there is no field `{tag}` beside `{}`", field.name.value),
                help,
            );
            return;
        };
        if found.required != field.required {
            let message = format!(
                "`{tag}` and `{}` are one argument, but only one of them is required",
                field.name.value
            );
            self.report(&field.name.place, message, "mark both with `!`, or neither");
        }
        let TypeExpr::Named(named) = &found.ty.value else {
            return;
        };
        let Some(TypeKind::Enum(values)) = self.index.resolve(&module.path, named).map(|def| &def.kind) else {
            return;
        };
        let union = field
            .ty
            .value
            .by()
            .and_then(|(union, _)| self.index.resolve(&module.path, union));
        if let Some(TypeKind::Union { variants, .. }) = union.map(|def| &def.kind) {
            for variant in variants
                .iter()
                .filter(|variant| !values.iter().any(|value| value.value == variant.value.value.as_str()))
            {
                let help = did_you_mean(
                    &variant.value.value,
                    values.iter().filter_map(|value| value.value.as_str()),
                );
                let message = format!(
                    "`{}` is not a value of `{}`, which chooses the variant",
                    variant.value.value,
                    named.name()
                );
                self.report(&variant.value.place, message, help);
            }
        }
    }

    /// Each `:name` in the path is a field under `path`, and the other way round.
    fn path(&mut self, operation: &Operation) {
        let parameters: Vec<&str> = operation
            .path
            .value
            .split('/')
            .filter_map(|segment| segment.strip_prefix(':'))
            .collect();
        let fields: Vec<&Field> = operation
            .fields
            .iter()
            .filter(|(section, _)| *section == Section::Path)
            .map(|(_, field)| field)
            .collect();
        for parameter in &parameters {
            if !fields.iter().any(|field| field.name.value == *parameter) {
                let message = format!("the path's `:{parameter}` is not described");
                self.report(
                    &operation.path.place,
                    message,
                    format!("add `{parameter}!` under `path`"),
                );
            }
        }
        for field in fields {
            if !parameters.contains(&field.name.value.as_str()) {
                let message = format!("`{}` has no place in the path", field.name.value);
                self.report(
                    &field.name.place,
                    message,
                    format!("write `:{}` in `http`, or move the field", field.name.value),
                );
            }
        }
    }

    pub(super) fn names_field(&mut self, operation: &Operation, named: &Text, word: &str) {
        if !operation
            .fields
            .iter()
            .any(|(_, field)| field.name.value == named.value)
        {
            let help = did_you_mean(
                &named.value,
                operation.fields.iter().map(|(_, field)| field.name.value.as_str()),
            );
            self.report(
                &named.place,
                format!("`{word}` names the field `{}`, which the call lacks", named.value),
                help,
            );
        }
    }

    /// The client may fill the field with a random key, of 36 characters.
    fn takes_a_key(&mut self, operation: &Operation, dedupe: &Text) {
        let Some((section, field)) = operation
            .fields
            .iter()
            .find(|(_, field)| field.name.value == dedupe.value)
        else {
            return;
        };
        let short = |(word, limit): &(String, Spanned<serde_json::Value>)| {
            word == "max_len" && limit.value.as_u64().is_some_and(|limit| limit < 36)
        };
        if !matches!(section, Section::Query | Section::Body)
            || *bare(&field.ty.value) != TypeExpr::Leaf(Leaf::String)
            || field.limits.iter().any(short)
        {
            let help = "name a string of the query or the body that takes 36 characters, or drop `dedupe`";
            let problem = format!("`dedupe` names `{}`, which cannot hold a random key", dedupe.value);
            self.report(&dedupe.place, problem, help);
        }
    }

    /// A list is split by its greatest length.
    fn splits(&mut self, operation: &Operation, batch: &Text) {
        let mut named = operation
            .fields
            .iter()
            .filter(|(_, field)| field.name.value == batch.value);
        let Some((section, field)) = named.next() else { return };
        let capped = field.limits.iter().any(|(word, _)| word == "max_items");
        let list = matches!(field.ty.value, TypeExpr::List(_));
        if !(*section == Section::Body && field.required && list && capped) {
            let problem = format!("`batch` names `{}`, which cannot be split", batch.value);
            let help = "name a required list of the body that has `max_items`, or drop `batch`";
            self.report(&batch.place, problem, help);
        }
    }

    fn deprecated(&mut self, deprecated: &Deprecated) {
        match &deprecated.successor {
            Some(successor) => self.names_operation(successor),
            None if deprecated.doc.is_none() => {
                self.way_out(&deprecated.place);
            }
            None => {}
        }
    }

    fn way_out(&mut self, place: &Place) {
        self.report(
            place,
            "`deprecated` shows no way out",
            "add `use: im.v1.message.create`, or `doc:` when no single operation replaces it",
        );
    }
}

/// A path in which every parameter is alike, so that `/a/:x` and `/a/:y` are the same route.
fn route(path: &str) -> String {
    path.split('/')
        .map(|segment| if segment.starts_with(':') { ":" } else { segment })
        .collect::<Vec<_>>()
        .join("/")
}
