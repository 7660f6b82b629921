//! Spec to IR: every decision about names, order, direction and presence is made here.

use std::collections::HashMap;

use crate::{
    docs,
    expr::{Leaf, TypeExpr},
    index::{Index, TypeId},
    ir::*,
    name::{pascal, snake},
    spec::{self, ModulePath, Payload, Section, Spec},
};

/// Lowers a spec that the checks have passed.
pub(crate) fn lower(spec: &Spec, index: &Index<'_>) -> Api {
    let lowering = Lowering {
        index,
        flows: flows(spec, index),
    };
    let mut services: Vec<Service> = Vec::new();
    for described in &spec.services {
        let mut modules: Vec<(&str, Module)> = Vec::new();
        let mut needs = Vec::new();
        for module in &spec.modules {
            if let ModulePath::Resource { service, version, .. } = &module.path
                && *service == described.name
            {
                modules.push((version, lowering.module(module)));
                needs.extend(lowering.foreign_services(module));
            }
        }
        let mut versions: Vec<Version> = Vec::new();
        for (version, module) in modules {
            let name = snake(version);
            match versions.iter_mut().find(|known| known.name == name) {
                Some(known) => known.modules.push(module),
                None => versions.push(Version {
                    name,
                    modules: vec![module],
                }),
            }
        }
        needs.sort();
        needs.dedup();
        let features = |service: &String| {
            spec.services
                .iter()
                .find(|known| known.name == *service)
                .map(|known| known.feature.clone())
        };
        services.push(Service {
            name: snake(&described.name),
            title: described.title.clone(),
            doc: described.doc.clone(),
            feature: described.feature.clone(),
            needs: needs
                .iter()
                .filter_map(features)
                .filter(|feature| *feature != described.feature)
                .collect(),
            versions,
        });
    }
    let common = spec.modules.iter().find(|module| module.path == ModulePath::Common);
    Api {
        platform: spec.platform.clone(),
        common: common.map(|module| lowering.module(module)),
        services,
    }
}

/// In which directions a type travels.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Flow {
    sent: bool,
    received: bool,
}

struct Lowering<'a> {
    index: &'a Index<'a>,
    flows: HashMap<TypeId, Flow>,
}

/// The Rust module of a spec file.
pub(crate) fn home(path: &ModulePath) -> Home {
    match path {
        ModulePath::Common => Home(vec!["common".to_owned()]),
        ModulePath::Resource {
            service,
            version,
            resource,
        } => Home(vec![snake(service), snake(version), snake(resource)]),
    }
}

impl Lowering<'_> {
    fn module(&self, module: &spec::Module) -> Module {
        Module {
            source: module.path.file(),
            home: home(&module.path),
            doc: module.doc.value.clone(),
            operations: module
                .operations
                .iter()
                .map(|operation| self.operation(module, operation))
                .collect(),
            events: module.events.iter().map(|event| self.event(module, event)).collect(),
            types: self
                .replies(module)
                .chain(module.types.iter().filter_map(|def| self.type_def(module, def)))
                .collect(),
        }
    }

    /// The payloads that an operation writes out itself, as types of their own.
    fn replies(&self, module: &spec::Module) -> impl Iterator<Item = TypeDef> {
        module.operations.iter().filter_map(|operation| match &operation.data {
            Some(Payload::Fields(fields)) => Some(TypeDef {
                id: reply_id(module, operation),
                name: reply_id(module, operation).name,
                doc: format!("The reply to [`{}`].", pascal(&operation.name.value)),
                sent: false,
                received: true,
                kind: Kind::Object(
                    fields
                        .iter()
                        .map(|field| {
                            self.member(
                                module,
                                field,
                                Flow {
                                    sent: false,
                                    received: true,
                                },
                            )
                        })
                        .collect(),
                ),
            }),
            _ => None,
        })
    }

    fn operation(&self, module: &spec::Module, operation: &spec::Operation) -> Operation {
        let payload = match &operation.data {
            Some(Payload::Type(expr)) => Some(self.ty(module, &expr.value)),
            Some(Payload::Fields(_)) => Some(Ty::Named(reply_id(module, operation))),
            None => None,
        };
        let arguments = self.arguments(module, operation);
        Operation {
            id: format!("{}.{}", module.path.dotted(), operation.name.value),
            name: pascal(&operation.name.value),
            method_name: snake(&operation.name.value),
            doc: docs::sentence(&operation.doc.value),
            method: operation.method.clone(),
            path: operation.path.value.clone(),
            page: operation.page.clone(),
            tokens: operation.tokens.clone(),
            apps: operation.apps.clone(),
            scopes: values(&operation.scopes),
            field_scopes: values(&operation.field_scopes),
            rate: operation.rate.clone(),
            dedupe: operation.dedupe.as_ref().map(|dedupe| dedupe.value.clone()),
            helpdesk: operation.helpdesk,
            host: operation.host.clone(),
            reply: operation.reply.clone(),
            errors: operation.errors.clone(),
            deprecated: operation.deprecated.as_ref().map(way_out),
            paging: self.paging(module, operation, &arguments),
            arguments,
            payload,
        }
    }

    /// A request's fields: required ones first, each in the spec's order. A union's tag is folded into the union.
    fn arguments(&self, module: &spec::Module, operation: &spec::Operation) -> Vec<Argument> {
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
                        ..self.member(
                            module,
                            field,
                            Flow {
                                sent: true,
                                received: false,
                            },
                        )
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
            (Section::Form, Ty::File) => vec![Put::File(wire)],
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

    /// Paging is seen from the fields, and `paged` says what deviates.
    fn paging(&self, module: &spec::Module, operation: &spec::Operation, arguments: &[Argument]) -> Option<Paging> {
        let said = operation
            .paged
            .as_ref()
            .map(|paged| paged.value.clone())
            .unwrap_or_default();
        let spoken = |text: Option<spec::Text>, usual: &str| text.map_or_else(|| usual.to_owned(), |text| text.value);
        let token = spoken(said.token, "page_token");
        let token = arguments
            .iter()
            .map(|argument| &argument.field)
            .find(|field| field.wire == token && field.optional)?;
        let reply = self.payload_fields(module, operation)?;
        let members: Vec<Field> = reply
            .1
            .iter()
            .map(|field| self.member(reply.0, field, self.payload_flow(module, operation)))
            .collect();
        let next_name = spoken(said.next, "page_token");
        let more_name = spoken(said.more.clone(), "has_more");
        let next = members.iter().find(|field| field.wire == next_name)?;
        let more = members
            .iter()
            .find(|field| field.wire == more_name && field.ty == Ty::Bool);
        let lists: Vec<&Field> = match said.items {
            Some(items) => members.iter().filter(|field| field.wire == items.value).collect(),
            None => members.iter().filter(|field| matches!(field.ty, Ty::List(_))).collect(),
        };
        let [
            Field {
                name: items,
                ty: Ty::List(item),
                optional: false,
                ..
            },
        ] = lists.as_slice()
        else {
            return None;
        };
        if !matches!(next.ty, Ty::String) || !matches!(token.ty, Ty::String) {
            return None;
        }
        Some(Paging {
            item: (**item).clone(),
            token: token.name.clone(),
            items: items.clone(),
            next: next.name.clone(),
            next_optional: next.optional,
            more: more.map(|more| (more.name.clone(), more.optional)),
        })
    }

    fn payload_fields<'s>(
        &'s self,
        module: &'s spec::Module,
        operation: &'s spec::Operation,
    ) -> Option<(&'s spec::Module, &'s [spec::Field])> {
        match operation.data.as_ref()? {
            Payload::Fields(fields) => Some((module, fields)),
            Payload::Type(expr) => {
                let TypeExpr::Named(named) = &expr.value else {
                    return None;
                };
                let id = self.index.id(&module.path, named);
                match &self.index.get(&id)?.kind {
                    spec::TypeKind::Object(fields) => Some((self.index.module(&id.module)?, fields)),
                    _ => None,
                }
            }
        }
    }

    fn payload_flow(&self, module: &spec::Module, operation: &spec::Operation) -> Flow {
        match &operation.data {
            Some(Payload::Type(spec::Spanned {
                value: TypeExpr::Named(named),
                ..
            })) => self
                .flows
                .get(&self.index.id(&module.path, named))
                .copied()
                .unwrap_or_default(),
            _ => Flow {
                sent: false,
                received: true,
            },
        }
    }

    fn event(&self, module: &spec::Module, event: &spec::Event) -> Event {
        Event {
            name: pascal(&event.name.value),
            event_type: event.event_type.value.clone(),
            doc: docs::sentence(&event.doc.value),
            page: event.page.clone(),
            scopes: values(&event.scopes),
            field_scopes: values(&event.field_scopes),
            body: match &event.body {
                Payload::Fields(fields) => {
                    let flow = Flow {
                        sent: false,
                        received: true,
                    };
                    EventBody::Fields(fields.iter().map(|field| self.member(module, field, flow)).collect())
                }
                Payload::Type(expr) => EventBody::Named(self.ty(module, &expr.value)),
            },
        }
    }

    fn type_def(&self, module: &spec::Module, def: &spec::TypeDef) -> Option<TypeDef> {
        let id = TypeId {
            module: module.path.clone(),
            name: def.name.value.clone(),
        };
        // A type that no direction reaches, such as the enum of a folded tag, would be dead code.
        let flow = self.flows.get(&id).copied()?;
        let kind = match &def.kind {
            spec::TypeKind::Object(fields) => {
                Kind::Object(fields.iter().map(|field| self.member(module, field, flow)).collect())
            }
            spec::TypeKind::Enum(values) => Kind::Enum {
                integer: values.iter().any(|value| value.value.is_number()),
                values: values
                    .iter()
                    .map(|value| Value {
                        wire: value.value.clone(),
                        name: pascal(&value.spoken().value),
                        doc: docs::sentence(&value.doc),
                        deprecated: value.deprecated.clone(),
                    })
                    .collect(),
            },
            spec::TypeKind::Union {
                variants,
                tag,
                content,
                otherwise,
            } => Kind::Union {
                variants: self.variants(module, variants),
                tagging: match (tag, content) {
                    (Some(tag), Some(content)) => Tagging::Beside(tag.value.clone(), content.value.clone()),
                    (Some(tag), None) => Tagging::Inside(tag.value.clone()),
                    (None, _) => Tagging::Sibling,
                },
                otherwise: *otherwise,
            },
            spec::TypeKind::Keys(keys) => Kind::Keys(self.variants(module, keys)),
            spec::TypeKind::Broken => return None,
        };
        Some(TypeDef {
            name: id.name.clone(),
            id,
            doc: docs::sentence(&def.doc.value),
            sent: flow.sent,
            received: flow.received,
            kind,
        })
    }

    fn variants(&self, module: &spec::Module, variants: &[spec::Variant]) -> Vec<Variant> {
        let doc = |variant: &spec::Variant, ty: &Option<Ty>| {
            let named = ty
                .as_ref()
                .and_then(Ty::named)
                .and_then(|id| self.index.get(id))
                .map(|def| def.doc.value.clone());
            docs::sentence(
                &variant
                    .doc
                    .clone()
                    .or(named)
                    .unwrap_or_else(|| format!("`{}`.", variant.value.value)),
            )
        };
        variants
            .iter()
            .map(|variant| {
                let ty = variant.ty.as_ref().map(|ty| self.ty(module, &ty.value));
                Variant {
                    wire: variant.value.value.clone(),
                    name: pascal(&variant.spoken().value),
                    constructor: snake(&variant.spoken().value),
                    doc: doc(variant, &ty),
                    ty,
                }
            })
            .collect()
    }

    fn member(&self, module: &spec::Module, field: &spec::Field, flow: Flow) -> Field {
        let asked = matches!(field.ty.value, TypeExpr::Optional(_));
        Field {
            wire: field.name.value.clone(),
            name: snake(&field.spoken().value),
            ty: self.ty(module, &field.ty.value),
            optional: if flow.sent { !field.required } else { asked },
            doc: docs::field(field),
            example: field
                .example
                .as_ref()
                .or(field.default.as_ref())
                .map(|given| given.value.clone()),
            deprecated: field.deprecated.clone(),
        }
    }

    fn ty(&self, module: &spec::Module, expr: &TypeExpr) -> Ty {
        let boxed = |inner: &TypeExpr| Box::new(self.ty(module, inner));
        match expr {
            TypeExpr::Leaf(leaf) => match leaf {
                Leaf::String => Ty::String,
                Leaf::Bool => Ty::Bool,
                Leaf::Int => Ty::Int,
                Leaf::Float => Ty::Float,
                Leaf::Any => Ty::Any,
                Leaf::Secret => Ty::Secret,
                Leaf::File => Ty::File,
                Leaf::Millis => Ty::Millis,
                Leaf::Seconds => Ty::Seconds,
                Leaf::IntMillis => Ty::IntMillis,
                Leaf::IntSeconds => Ty::IntSeconds,
            },
            TypeExpr::List(inner) => Ty::List(boxed(inner)),
            TypeExpr::Map(inner) => Ty::Map(boxed(inner)),
            TypeExpr::Json(inner) => Ty::Json(boxed(inner)),
            TypeExpr::Boxed(inner) => Ty::Boxed(boxed(inner)),
            TypeExpr::Optional(inner) => self.ty(module, inner),
            TypeExpr::Named(name) | TypeExpr::By(name, _) => Ty::Named(self.index.id(&module.path, name)),
        }
    }

    /// The other services whose types a module mentions.
    fn foreign_services(&self, module: &spec::Module) -> Vec<String> {
        let own = module.path.service();
        module
            .exprs()
            .into_iter()
            .flat_map(TypeExpr::names)
            .filter_map(|name| self.index.id(&module.path, name).module.service().map(str::to_owned))
            .filter(|service| Some(service.as_str()) != own)
            .collect()
    }
}

fn reply_id(module: &spec::Module, operation: &spec::Operation) -> TypeId {
    TypeId {
        module: module.path.clone(),
        name: format!("{}Reply", pascal(&operation.name.value)),
    }
}

fn values(texts: &[spec::Text]) -> Vec<String> {
    texts.iter().map(|text| text.value.clone()).collect()
}

fn way_out(deprecated: &spec::Deprecated) -> String {
    match (&deprecated.successor, &deprecated.doc) {
        (Some(successor), _) => {
            let mut parts: Vec<String> = successor.value.split('.').map(snake).collect();
            if let Some(last) = parts.last_mut() {
                *last = pascal(last);
            }
            format!("use `{}`", parts.join("::"))
        }
        (None, doc) => doc.clone().unwrap_or_default(),
    }
}

/// Which way each type travels, from where it is mentioned.
fn flows(spec: &Spec, index: &Index<'_>) -> HashMap<TypeId, Flow> {
    let mut flows: HashMap<TypeId, Flow> = HashMap::new();
    let mut open: Vec<(TypeId, Flow)> = Vec::new();
    for module in &spec.modules {
        let mut mention = |exprs: Vec<&TypeExpr>, flow: Flow| {
            open.extend(
                exprs
                    .into_iter()
                    .flat_map(TypeExpr::names)
                    .map(|name| (index.id(&module.path, name), flow)),
            );
        };
        for operation in &module.operations {
            let folded = operation.folded();
            let sent = operation
                .fields
                .iter()
                .filter(|(section, field)| !folded.contains(&(*section, &field.name.value)));
            mention(
                sent.map(|(_, field)| &field.ty.value).collect(),
                Flow {
                    sent: true,
                    received: false,
                },
            );
            mention(
                operation.data.iter().flat_map(Payload::exprs).collect(),
                Flow {
                    sent: false,
                    received: true,
                },
            );
        }
        for event in &module.events {
            mention(
                event.body.exprs(),
                Flow {
                    sent: false,
                    received: true,
                },
            );
        }
    }
    while let Some((id, flow)) = open.pop() {
        let known = flows.entry(id.clone()).or_default();
        let both = Flow {
            sent: known.sent || flow.sent,
            received: known.received || flow.received,
        };
        if *known == both {
            continue;
        }
        *known = both;
        let Some(def) = index.get(&id) else { continue };
        open.extend(
            def.exprs()
                .into_iter()
                .flat_map(TypeExpr::names)
                .map(|name| (index.id(&id.module, name), both)),
        );
    }
    flows
}
