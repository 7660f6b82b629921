//! Operations: arguments and what they write, replies.

use super::{
    Lowering,
    flow::{Flow, RECEIVED, SENT},
    reply_id, values,
};
use crate::{
    docs,
    expr::{Leaf, TypeExpr},
    ir::*,
    name::{pascal, snake},
    spec::{self, Payload, Section},
};

impl Lowering<'_> {
    pub(super) fn operation(&self, module: &spec::Module, operation: &spec::Operation) -> Operation {
        let payload = match &operation.data {
            Some(Payload::Type(expr)) => Some(self.ty(module, &expr.value)),
            Some(Payload::Fields(_)) => Some(Ty::Named(reply_id(module, operation))),
            None => None,
        };
        let arguments = self.arguments(module, operation);
        Operation {
            id: format!("{}.{}", module.path.dotted(), operation.name.value),
            name: pascal(&operation.spoken().value),
            method_name: snake(&operation.name.value),
            doc: docs::sentence(&operation.doc.value),
            method: operation.method.clone(),
            path: operation.path.value.clone(),
            page: operation.page.value.clone(),
            tokens: operation.tokens.clone(),
            apps: operation.apps.clone(),
            scopes: values(&operation.scopes),
            field_scopes: values(&operation.field_scopes),
            rate: operation.rate.clone(),
            paced: operation.paced.as_ref().and_then(|paced| {
                let by = arguments
                    .iter()
                    .find(|argument| argument.field.wire == paced.by.value)?;
                Some(Paced {
                    field: by.field.name.clone(),
                    by: paced.by.value.clone(),
                    rate: paced.rate,
                    with: paced.with.as_ref().map_or_else(
                        || format!("{}.{}", module.path.dotted(), operation.name.value),
                        |with| with.value.clone(),
                    ),
                })
            }),
            dedupe: operation.dedupe.as_ref().map(|dedupe| {
                let field = operation
                    .fields
                    .iter()
                    .find(|(_, field)| field.name.value == dedupe.value);
                let in_query = field.is_some_and(|(section, _)| *section == spec::Section::Query);
                (dedupe.value.clone(), in_query)
            }),
            batch: self.batch(operation, &arguments),
            helpdesk: operation.helpdesk,
            sensitive: self.is_sensitive(module, operation),
            host: operation.host.clone(),
            reply: operation.reply.clone(),
            errors: operation.errors.clone(),
            deprecated: operation.deprecated.as_ref().map(way_out),
            paging: self.paging(module, operation),
            upload: self.upload(module, operation),
            arguments,
            payload,
        }
    }

    fn batch(&self, operation: &spec::Operation, arguments: &[Argument]) -> Option<Batch> {
        let field = |wire: &spec::Text| {
            let mut fields = arguments.iter().map(|argument| &argument.field);
            fields.find(|field| field.wire == wire.value)
        };
        let list = operation.batch.as_ref()?;
        let mut fields = operation.fields.iter().map(|(_, field)| field);
        let limits = &fields.find(|field| field.name.value == list.value)?.limits;
        let most = limits.iter().find(|(word, _)| word == "max_items")?.1.value.as_u64()?;
        let field_of_list = field(list)?;
        let Ty::List(item) = &field_of_list.ty else { return None };
        Some(Batch {
            field: field_of_list.name.clone(),
            item: (**item).clone(),
            most,
            key: operation
                .dedupe
                .as_ref()
                .and_then(field)
                .map(|field| field.name.clone()),
        })
    }

    /// Whether a secret stands anywhere in the request or the reply.
    fn is_sensitive(&self, module: &spec::Module, operation: &spec::Operation) -> bool {
        let exprs = operation.exprs();
        let reached = self.index.reach(&module.path, exprs.iter().copied());
        let inside = reached
            .iter()
            .filter_map(|id| self.index.get(id))
            .flat_map(spec::TypeDef::exprs);
        exprs
            .into_iter()
            .chain(inside)
            .any(|expr| expr.leaf() == Some(Leaf::Secret))
    }

    /// A request's fields: required ones first, each in the spec's order. A union's tag is folded into the union.
    pub(super) fn arguments(&self, module: &spec::Module, operation: &spec::Operation) -> Vec<Argument> {
        let folded = operation.folded();
        let kept = operation
            .fields
            .iter()
            .filter(|(section, field)| !folded.contains(&(*section, &field.name.value)));
        let mut arguments: Vec<Argument> = kept
            .map(|(section, field)| {
                let ty = self.ty(module, &field.ty.value);
                let puts = self.puts(module, *section, field, &ty);
                let ty = match (ty, field.ty.value.by()) {
                    (Ty::Json(union), Some(_)) => *union,
                    (ty, _) => ty,
                };
                Argument {
                    field: Field {
                        optional: !field.required,
                        ty,
                        ..self.member(module, field, SENT)
                    },
                    puts,
                }
            })
            .collect();
        arguments.sort_by_key(|argument| argument.field.optional);
        arguments
    }

    fn puts(&self, module: &spec::Module, section: Section, field: &spec::Field, ty: &Ty) -> Vec<Put> {
        let wire = field.name.value.clone();
        match (section, ty) {
            (Section::Path, _) => vec![Put::Path(wire)],
            (Section::Query, Ty::List(_)) if field.joined.is_some() => vec![Put::QueryJoined(wire)],
            (Section::Query, Ty::List(_)) => vec![Put::QueryEach(wire)],
            (Section::Query, _) => vec![Put::Query(wire)],
            (Section::Header, _) => vec![Put::Header(wire)],
            (Section::Form, Ty::Leaf(Leaf::File)) => vec![Put::File(wire)],
            (Section::Form, _) => vec![Put::Part(wire)],
            (Section::Body, ty) => match (field.ty.value.by(), ty) {
                (Some((_, tag)), Ty::Json(_)) => vec![Put::Tag(tag.to_owned()), Put::JsonText(wire)],
                (Some((_, tag)), _) => vec![Put::Tag(tag.to_owned()), Put::Member(wire)],
                (None, Ty::Named(_)) if self.is_keys(module, &field.ty.value) => vec![Put::Key],
                (None, _) => vec![Put::Member(wire)],
            },
        }
    }

    fn is_keys(&self, module: &spec::Module, expr: &TypeExpr) -> bool {
        let TypeExpr::Named(named) = expr else { return false };
        matches!(
            self.index.resolve(&module.path, named).map(|def| &def.kind),
            Some(spec::TypeKind::Keys(_))
        )
    }

    pub(super) fn payload_flow(&self, module: &spec::Module, operation: &spec::Operation) -> Flow {
        match &operation.data {
            Some(Payload::Type(spec::Spanned {
                value: TypeExpr::Named(named),
                ..
            })) => self
                .flows
                .get(&self.index.id(&module.path, named))
                .copied()
                .unwrap_or_default(),
            _ => RECEIVED,
        }
    }
}

fn way_out(deprecated: &spec::Deprecated) -> String {
    match (&deprecated.successor, &deprecated.doc) {
        (Some(successor), _) => {
            // A resource may have dots in its name; service, version and operation have none.
            let parts: Vec<&str> = successor.value.split('.').collect();
            let path = match parts.as_slice() {
                [service, version, resource @ .., operation] => {
                    let resource = snake(&resource.join("."));
                    [snake(service), snake(version), resource, pascal(operation)].join("::")
                }
                _ => successor.value.clone(),
            };
            format!("use `{path}`")
        }
        (None, doc) => doc.clone().unwrap_or_default(),
    }
}
