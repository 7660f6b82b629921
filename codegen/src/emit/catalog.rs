//! The checked spec as data: one line for each operation, type and event.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::catalog_rust as rust;
use crate::{
    expr::{TypeExpr, TypeName},
    form::Form,
    index::{Index, TypeId},
    parallel,
    spec::*,
};

/// The text of `catalog.json`.
///
/// `paged` names the operations whose lists come page by page.
pub(crate) fn catalog<'a>(spec: &'a Spec, index: &'a Index<'a>, paged: HashSet<&'a str>) -> String {
    let catalog = Catalog { spec, index, paged };
    let mut operations = Vec::new();
    let mut types = Vec::new();
    let mut events = Vec::new();
    for lines in parallel::map(&spec.modules, |module| catalog.lines(module)) {
        operations.extend(lines.operations);
        types.extend(lines.types);
        events.extend(lines.events);
    }
    let errors: Map<String, Value> = spec
        .platform
        .errors
        .iter()
        .map(|row| (row.code.to_string(), json!({"status": row.status, "doc": row.doc})))
        .collect();
    let lines = |lines: Vec<String>| lines.join(",\n");
    format!(
        "{{\n\"platform\": {},\n\"operations\": [\n{}\n],\n\"types\": {{\n{}\n}},\n\"events\": [\n{}\n]\n}}\n",
        json!({ "hosts": hosts(&spec.platform.feishu), "errors": errors }),
        lines(operations),
        lines(types),
        lines(events)
    )
}

fn hosts(hosts: &Hosts) -> Value {
    json!({"open": hosts.open, "accounts": hosts.accounts, "web": hosts.web})
}

fn type_id(id: &TypeId) -> String {
    format!("{}.{}", id.module.dotted(), id.name)
}

fn reply_id(module: &Module, operation: &Operation) -> String {
    format!(
        "{}.{}Reply",
        module.path.dotted(),
        crate::name::pascal(&operation.spoken().value)
    )
}

struct Catalog<'a> {
    spec: &'a Spec,
    index: &'a Index<'a>,
    /// The operations whose lists come page by page.
    paged: HashSet<&'a str>,
}

/// A JSON object that leaves out what is not given.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    fn put_opt(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    fn put_list(&mut self, key: &str, texts: &[Text]) {
        self.put(key, texts.iter().map(|text| text.value.clone()).collect::<Vec<_>>());
    }
}

/// The lines of one file of the spec.
struct Lines {
    operations: Vec<String>,
    types: Vec<String>,
    events: Vec<String>,
}

impl Catalog<'_> {
    fn lines(&self, module: &Module) -> Lines {
        let operations = module.operations.iter();
        let types = module.types.iter().filter_map(|def| {
            let id = Value::from(type_id(&TypeId {
                module: module.path.clone(),
                name: def.name.value.clone(),
            }));
            Some(format!("{id}: {}", self.type_def(module, def)?))
        });
        let replies = module.operations.iter().filter_map(|operation| match &operation.data {
            Some(Payload::Fields(fields)) => {
                let id = Value::from(reply_id(module, operation));
                let reply = json!({"doc": operation.doc.value, "fields": self.fields(module, fields)});
                Some(format!("{id}: {reply}"))
            }
            _ => None,
        });
        let events = module.events.iter();
        Lines {
            operations: operations
                .map(|operation| self.operation(module, operation).to_string())
                .collect(),
            types: types.chain(replies).collect(),
            events: events.map(|event| self.event(module, event).to_string()).collect(),
        }
    }

    fn operation(&self, module: &Module, operation: &Operation) -> Value {
        let mut object = Object::default();
        let id = format!("{}.{}", module.path.dotted(), operation.name.value);
        object.put("id", id.clone());
        if let ModulePath::Resource {
            service,
            version,
            resource,
        } = &module.path
        {
            object.put("service", service.clone());
            object.put("version", version.clone());
            object.put("resource", resource.clone());
        }
        object.put("name", operation.name.value.clone());
        object.put("doc", operation.doc.value.clone());
        object.put("method", operation.method.clone());
        object.put("path", operation.path.value.clone());
        object.put("page", operation.page.value.clone());
        object.put("updated", operation.updated);
        object.put("tokens", operation.tokens.clone());
        object.put("apps", operation.apps.clone());
        object.put_list("scopes", &operation.scopes);
        object.put_list("field_scopes", &operation.field_scopes);
        let rate = operation
            .rate
            .iter()
            .map(|rate| json!({"requests": rate.requests, "seconds": rate.seconds}));
        object.put("rate", rate.collect::<Vec<_>>());
        if let Some(paced) = &operation.paced {
            let mut limit = Object::default();
            limit.put("by", paced.by.value.clone());
            limit.put(
                "rate",
                json!({"requests": paced.rate.requests, "seconds": paced.rate.seconds}),
            );
            limit.put_opt("with", paced.with.as_ref().map(|with| with.value.clone()));
            limit.put_opt("code", paced.code.as_ref().map(|code| code.value));
            object.put("paced", limit.0);
        }
        object.put_opt("dedupe", operation.dedupe.as_ref().map(|dedupe| dedupe.value.clone()));
        object.put_opt("batch", operation.batch.as_ref().map(|batch| batch.value.clone()));
        object.put_opt("auth", operation.helpdesk.then_some("helpdesk"));
        if operation.host != "open" {
            object.put("host", operation.host.clone());
        }
        if let Some(deprecated) = &operation.deprecated {
            let mut way_out = Object::default();
            way_out.put_opt(
                "use",
                deprecated.successor.as_ref().map(|successor| successor.value.clone()),
            );
            way_out.put_opt("doc", deprecated.doc.clone());
            object.put("deprecated", way_out.0);
        }
        let reply = match &operation.reply {
            Reply::Data => json!("data"),
            Reply::Flat => json!("flat"),
            Reply::Bytes => json!("bytes"),
            Reply::Key(key) => json!({ "key": key }),
        };
        object.put("reply", reply);
        let parameters = operation
            .fields
            .iter()
            .map(|(section, field)| self.field(module, field, Some(*section)));
        object.put("parameters", parameters.collect::<Vec<_>>());
        object.put_opt(
            "data",
            operation.data.as_ref().map(|data| match data {
                Payload::Type(expr) => self.ty(module, &expr.value),
                Payload::Fields(_) => json!({"ref": reply_id(module, operation)}),
            }),
        );
        if let Some(paged) = &operation.paged {
            let mut words = Object::default();
            for (word, field) in paged.value.said() {
                words.put(word, field.value.clone());
            }
            object.put("paged", words.0);
        }
        object.put_opt("counted", self.counted(module, operation));
        let errors = operation.errors.iter().map(|row| {
            let mut object = Object::default();
            object.put("code", row.code);
            object.put("status", row.status);
            object.put("doc", row.doc.clone());
            if !row.inner.is_empty() {
                object.put(
                    "inner",
                    row.inner
                        .iter()
                        .map(|(code, doc)| json!({"code": code, "doc": doc}))
                        .collect::<Vec<_>>(),
                );
            }
            Value::from(object.0)
        });
        object.put("errors", errors.collect::<Vec<_>>());
        object.put_opt(
            "simulate",
            operation.simulate.as_ref().map(|simulate| simulate.value.clone()),
        );
        let mut services = self.spec.services.iter();
        let service = services.find(|service| Some(service.name.as_str()) == module.path.service());
        let feature = service.map(|service| (service.name.as_str(), service.feature.as_str()));
        object.put_opt(
            "rust",
            rust::operation(operation, self.paged.contains(id.as_str()), feature),
        );
        object.0.into()
    }

    /// The list and the number of its items, where pages are counted.
    fn counted(&self, module: &Module, operation: &Operation) -> Option<Value> {
        let paged = operation.paged.as_ref().map(|paged| &paged.value)?;
        paged.page.as_ref().or(paged.offset.as_ref())?;
        let fields = self.index.payload_fields(module, operation.data.as_ref()?)?.1;
        let list = fields
            .iter()
            .find(|field| matches!(field.ty.value, TypeExpr::List(_)))
            .map(|field| &field.name);
        let items = paged.items.as_ref().or(list)?;
        let total = paged.total.as_ref().map_or("total", |total| &total.value);
        fields.iter().find(|field| field.name.value == total)?;
        Some(json!({"items": items.value, "total": total}))
    }

    fn event(&self, module: &Module, event: &Event) -> Value {
        let mut object = Object::default();
        object.put("id", format!("{}.{}", module.path.dotted(), event.name.value));
        object.put("type", event.event_type.value.clone());
        object.put("doc", event.doc.value.clone());
        object.put("page", event.page.value.clone());
        object.put("updated", event.updated);
        object.put("apps", event.apps.clone());
        object.put_list("scopes", &event.scopes);
        object.put_list("field_scopes", &event.field_scopes);
        object.put("schema", event.schema.clone());
        match &event.body {
            Payload::Type(expr) => object.put("body", self.ty(module, &expr.value)),
            Payload::Fields(fields) => object.put("body", json!({"fields": self.fields(module, fields)})),
        }
        object.put_opt("dedupe", event.dedupe.as_ref().map(|dedupe| dedupe.value.clone()));
        object.put_opt("order", event.order.as_ref().map(|order| order.value.clone()));
        object.put_opt("reply", event.reply.as_ref().map(|reply| self.ty(module, &reply.value)));
        if !event.reach.is_empty() {
            let mut reach = Object::default();
            for (place, scopes) in &event.reach {
                reach.put_list(place, scopes);
            }
            object.put("reach", reach.0);
        }
        object.put_opt("when", event.when.as_ref().map(|when| when.value.clone()));
        object.put_opt("late", event.late.as_ref().map(|late| late.value.clone()));
        object.0.into()
    }

    fn type_def(&self, module: &Module, def: &TypeDef) -> Option<Value> {
        let mut object = Object::default();
        object.put("doc", def.doc.value.clone());
        match &def.kind {
            TypeKind::Object(fields) => {
                object.put("fields", self.fields(module, fields));
                let rest = fields.iter().find(|field| field.rest.is_some());
                object.put_opt("rest", rest.map(|field| self.ty(module, &field.ty.value)));
                if !def.keyed.is_empty() {
                    let keyed = def.keyed.iter().map(|keyed| {
                        let mut object = Object::default();
                        object.put("name", keyed.name.value.clone());
                        object.put("in", keyed.list.value.clone());
                        object.put("by", keyed.by.value.clone());
                        object.put_opt("put", keyed.put.as_ref().map(|put| put.value.clone()));
                        object.put("doc", keyed.doc.value.clone());
                        Value::from(object.0)
                    });
                    object.put("keyed", keyed.collect::<Vec<_>>());
                }
                if !def.parsed.is_empty() {
                    let parsed = def.parsed.iter().map(|parsed| {
                        let ty = self.ty(module, &parsed.ty.value);
                        let (name, from, by) = (&parsed.name.value, &parsed.from.value, &parsed.by.value);
                        json!({"name": name, "type": ty, "from": from, "by": by, "doc": parsed.doc.value})
                    });
                    object.put("parsed", parsed.collect::<Vec<_>>());
                }
            }
            TypeKind::Enum(values) => {
                let values = values.iter().map(|value| {
                    let mut object = Object::default();
                    object.put("value", value.value.clone());
                    object.put("doc", value.doc.clone());
                    if !value.scopes.is_empty() {
                        object.put_list("scopes", &value.scopes);
                    }
                    object.put_opt("deprecated", value.deprecated.clone());
                    object.put_opt("rust", rust::value(value));
                    Value::from(object.0)
                });
                object.put("values", values.collect::<Vec<_>>());
            }
            TypeKind::Union {
                variants,
                tag,
                content,
                otherwise,
            } => {
                object.put_opt("tag", tag.as_ref().map(|tag| tag.value.clone()));
                object.put_opt("content", content.as_ref().map(|content| content.value.clone()));
                object.put_opt("otherwise", otherwise.then_some("json"));
                object.put("variants", self.variants(module, variants, "value"));
            }
            TypeKind::Keys(keys) => object.put("keys", self.variants(module, keys, "name")),
            TypeKind::Shapes(shapes) => {
                let mut rows = self.variants(module, shapes, "value");
                for (row, shape) in rows.iter_mut().zip(shapes) {
                    let form = shape.ty.as_ref().and_then(|ty| self.index.form(module, &ty.value));
                    row["form"] = form.map_or("", Form::name).to_lowercase().into();
                }
                object.put("shapes", rows);
            }
            TypeKind::Broken => return None,
        }
        Some(object.0.into())
    }

    fn variants(&self, module: &Module, variants: &[Variant], key: &str) -> Vec<Value> {
        let row = |variant: &Variant| {
            let mut object = Object::default();
            object.put(key, variant.value.value.clone());
            object.put_opt("type", variant.ty.as_ref().map(|ty| self.ty(module, &ty.value)));
            object.put_opt("doc", variant.doc.clone());
            for (word, members) in [("has", &variant.has), ("lacks", &variant.lacks)] {
                if !members.is_empty() {
                    object.put_list(word, members);
                }
            }
            object.put_opt("rust", rust::variant(variant));
            Value::from(object.0)
        };
        variants.iter().map(row).collect()
    }

    fn fields(&self, module: &Module, fields: &[Field]) -> Vec<Value> {
        let own = fields.iter().filter(|field| field.rest.is_none());
        own.map(|field| self.field(module, field, None)).collect()
    }

    fn field(&self, module: &Module, field: &Field, section: Option<Section>) -> Value {
        let mut object = Object::default();
        object.put("name", field.name.value.clone());
        object.put_opt(
            "in",
            section.map(|section| match section {
                Section::Path => "path",
                Section::Query => "query",
                Section::Header => "header",
                Section::Body => "body",
                Section::Form => "form",
            }),
        );
        object.put("required", field.required);
        object.put("type", self.ty(module, &field.ty.value));
        object.put_opt("by", field.ty.value.by().map(|(_, tag)| tag.to_owned()));
        object.put("doc", field.doc.value.clone());
        object.put_opt("example", field.example.as_ref().map(|example| example.value.clone()));
        object.put_opt("default", field.default.as_ref().map(|default| default.value.clone()));
        for (limit, value) in &field.limits {
            object.put(limit, value.value.clone());
        }
        if !field.scopes.is_empty() {
            object.put_list("scopes", &field.scopes);
        }
        object.put_opt("join", field.joined.as_ref().map(|_| "comma"));
        object.put_opt("since", field.since.clone());
        object.put_opt("deprecated", field.deprecated.clone());
        for (fact, value) in rust::field(field) {
            object.put(fact, value);
        }
        object.0.into()
    }

    fn ty(&self, module: &Module, expr: &TypeExpr) -> Value {
        let named = |name: &TypeName| json!({"ref": type_id(&self.index.id(&module.path, name))});
        match expr {
            TypeExpr::Leaf(leaf) => leaf.word().into(),
            TypeExpr::List(inner) => json!({"list": self.ty(module, inner)}),
            TypeExpr::Map(inner) => json!({"map": self.ty(module, inner)}),
            TypeExpr::Json(inner) => json!({"json": self.ty(module, inner)}),
            TypeExpr::Boxed(inner) | TypeExpr::Optional(inner) => self.ty(module, inner),
            TypeExpr::Named(name) | TypeExpr::By(name, _) => named(name),
        }
    }
}
