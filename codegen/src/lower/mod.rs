//! Spec to IR: every decision about names, order, direction and presence is made here.

mod flow;
mod operation;
mod paging;
mod upload;

use std::collections::HashMap;

use flow::{Flow, RECEIVED, flows};

use crate::{
    docs,
    expr::TypeExpr,
    index::{Index, TypeId},
    ir::*,
    name::{link, pascal, snake},
    parallel,
    spec::{self, ModulePath, Payload, Spec},
};

/// Lowers a spec that the checks have passed.
pub(crate) fn lower(spec: &Spec, index: &Index<'_>) -> Api {
    let lowering = Lowering {
        index,
        flows: flows(spec, index),
    };
    let lowered = parallel::map(&spec.modules, |module| {
        (&module.path, lowering.module(module), lowering.foreign_services(module))
    });
    let mut common = None;
    let mut all: HashMap<&str, (Vec<Version>, Vec<String>)> = HashMap::new();
    for (path, module, foreign) in lowered {
        let ModulePath::Resource { service, version, .. } = path else {
            common = Some(module);
            continue;
        };
        let (versions, needs) = all.entry(service).or_default();
        needs.extend(foreign);
        let name = snake(version);
        match versions.iter_mut().find(|known| known.name == name) {
            Some(known) => known.modules.push(module),
            None => versions.push(Version {
                name,
                modules: vec![module],
            }),
        }
    }
    let mut services: Vec<Service> = Vec::new();
    for described in &spec.services {
        let (mut versions, mut needs) = all.remove(described.name.as_str()).unwrap_or_default();
        // By module name; in the spec's file names, `chat.tab.yaml` stands before `chat.yaml`.
        for version in &mut versions {
            version.modules.sort_by(|one, other| one.home.0.cmp(&other.home.0));
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
    Api {
        platform: spec.platform.clone(),
        showcase: spec.platform.showcase.as_ref().map(|showcase| showcase.value.clone()),
        places: places(common.as_ref(), &services),
        common,
        services,
    }
}

/// Where each type is, so that nobody has to search for it.
fn places(common: Option<&Module>, services: &[Service]) -> HashMap<TypeId, TypePlace> {
    let mut places = HashMap::new();
    let mut note = |home, module: &Module| {
        let types = module.types.iter().enumerate();
        places.extend(types.map(|(at, def)| (def.id.clone(), (home, at))));
    };
    common.into_iter().for_each(|module| note(None, module));
    for (service, described) in services.iter().enumerate() {
        for (version, described) in described.versions.iter().enumerate() {
            for (module, described) in described.modules.iter().enumerate() {
                note(Some((service, version, module)), described);
            }
        }
    }
    places
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
                doc: format!("The reply to {}.", link(&pascal(&operation.spoken().value))),
                sent: false,
                received: true,
                kind: Kind::Object(
                    fields
                        .iter()
                        .map(|field| self.member(module, field, RECEIVED))
                        .collect(),
                ),
                parsed: Vec::new(),
                keyed: Vec::new(),
                answers: false,
            }),
            _ => None,
        })
    }

    fn event(&self, module: &spec::Module, event: &spec::Event) -> Event {
        Event {
            name: pascal(&event.spoken().value),
            event_type: event.event_type.value.clone(),
            doc: docs::sentence(&event.doc.value),
            page: event.page.value.clone(),
            scopes: values(&event.scopes),
            field_scopes: values(&event.field_scopes),
            fields: self
                .index
                .payload_fields(module, &event.body)
                .map(|(home, fields)| fields.iter().map(|field| self.member(home, field, RECEIVED)).collect())
                .unwrap_or_default(),
            dedupe: path(event.dedupe.as_ref()),
            order: path(event.order.as_ref()),
            reply: event.reply.as_ref().map(|reply| self.ty(module, &reply.value)),
            late: event.reply.as_ref().map(|_| match &event.late {
                Some(late) => late.value.to_string(),
                None => "{}".to_owned(),
            }),
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
                        doc: docs::value(value),
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
            spec::TypeKind::Shapes(shapes) => Kind::Shapes(self.shapes(module, shapes)),
            spec::TypeKind::Broken => return None,
        };
        Some(TypeDef {
            name: id.name.clone(),
            answers: self.index.answers(&id),
            id,
            doc: docs::sentence(&def.doc.value),
            sent: flow.sent,
            received: flow.received,
            kind,
            parsed: def
                .parsed
                .iter()
                .map(|parsed| self.parsed(module, def, parsed))
                .collect(),
            keyed: def
                .keyed
                .iter()
                .filter_map(|keyed| self.keyed(module, def, keyed))
                .collect(),
        })
    }

    fn parsed(&self, module: &spec::Module, def: &spec::TypeDef, parsed: &spec::Parsed) -> Parsed {
        let along = self.index.along(module, def, &parsed.from.value);
        let by = self.index.along(module, def, &parsed.by.value);
        let names = |fields: Vec<&spec::Field>| {
            fields
                .iter()
                .map(|field| snake(&field.spoken().value))
                .collect::<Vec<_>>()
        };
        Parsed {
            name: snake(&parsed.name.value),
            ty: self.ty(module, &parsed.ty.value),
            from: names(along),
            by: names(by).join("."),
            doc: docs::sentence(&parsed.doc.value),
        }
    }

    fn keyed(&self, module: &spec::Module, def: &spec::TypeDef, keyed: &spec::Keyed) -> Option<Keyed> {
        let (list, item) = self.index.list(module, def, &keyed.list.value)?;
        let member = |wire: &spec::Text| {
            let field = self.index.fields(module, item)?.1.iter();
            let mut named = field.filter(|field| field.name.value == wire.value);
            named.next().map(|field| snake(&field.spoken().value))
        };
        Some(Keyed {
            name: snake(&keyed.name.value),
            list: snake(&list.spoken().value),
            item: self.ty(module, item),
            by: member(&keyed.by)?,
            put: match &keyed.put {
                Some(put) => Some(member(put)?),
                None => None,
            },
            doc: docs::sentence(&keyed.doc.value),
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
                    constructor: constructor(&variant.spoken().value),
                    example: variant.example.as_ref().map(|example| example.value.clone()),
                    doc: doc(variant, &ty),
                    ty,
                }
            })
            .collect()
    }

    fn shapes(&self, module: &spec::Module, shapes: &[spec::Variant]) -> Vec<(Variant, Look)> {
        let looks = shapes.iter().filter_map(|shape| {
            Some(Look {
                form: self.index.form(module, &shape.ty.as_ref()?.value)?,
                has: values(&shape.has),
                lacks: values(&shape.lacks),
            })
        });
        self.variants(module, shapes).into_iter().zip(looks).collect()
    }

    fn member(&self, module: &spec::Module, field: &spec::Field, flow: Flow) -> Field {
        let asked = matches!(field.ty.value, TypeExpr::Optional(_));
        // A box that always holds something could never end.
        let boxed = matches!(field.ty.value, TypeExpr::Boxed(_));
        Field {
            wire: field.name.value.clone(),
            name: snake(&field.spoken().value),
            ty: self.ty(module, &field.ty.value),
            optional: if field.rest.is_some() {
                false
            } else if flow.sent {
                !field.required
            } else {
                asked || boxed && !field.required
            },
            doc: docs::field(field),
            example: example(field),
            least: least(field, "min_items").unwrap_or_default(),
            deprecated: field.deprecated.clone(),
            each: field.each.as_ref().map(|each| snake(&each.value)),
            rest: field.rest.is_some(),
        }
    }

    fn ty(&self, module: &spec::Module, expr: &TypeExpr) -> Ty {
        let boxed = |inner: &TypeExpr| Box::new(self.ty(module, inner));
        match expr {
            TypeExpr::Leaf(leaf) => Ty::Leaf(*leaf),
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
        name: format!("{}Reply", pascal(&operation.spoken().value)),
    }
}

/// The keys of a dotted path.
fn path(text: Option<&spec::Text>) -> Vec<String> {
    let path = text.map(|text| text.value.split('.').map(str::to_owned).collect());
    path.unwrap_or_default()
}

fn values(texts: &[spec::Text]) -> Vec<String> {
    texts.iter().map(|text| text.value.clone()).collect()
}

/// The constructor of a variant; the generated union has methods of its own.
pub(crate) fn constructor(spoken: &str) -> String {
    let name = snake(spoken);
    if matches!(name.as_str(), "tag" | "key" | "from_parts") {
        format!("{name}_")
    } else {
        name
    }
}

/// The page's example or default; a string that has none is as long as it must be.
fn example(field: &spec::Field) -> Option<serde_json::Value> {
    let given = field
        .example
        .as_ref()
        .or(field.default.as_ref())
        .map(|given| given.value.clone());
    given.or_else(|| {
        least(field, "min_len")
            .filter(|least| *least > 1)
            .map(|least| "x".repeat(least).into())
    })
}

/// A lower limit; samples fill in no more than can be read.
fn least(field: &spec::Field, limit: &str) -> Option<usize> {
    let (_, least) = field.limits.iter().find(|(known, _)| known == limit)?;
    least.value.as_u64().map(|least| least.min(256) as usize)
}
