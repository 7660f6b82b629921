//! The whole spec as OpenAPI 3.1: named schemas, events as webhooks, and what OpenAPI has no word for under `x-`.

use serde_json::{Map, Value, json};

use crate::{
    expr::{Leaf, TypeExpr, TypeName},
    index::{Index, TypeId},
    name::pascal,
    spec::*,
};

/// The text of an OpenAPI document.
pub(crate) fn openapi(spec: &Spec, index: &Index<'_>) -> String {
    let openapi = OpenApi { spec, index };
    let mut paths: Map<String, Value> = Map::new();
    let mut webhooks = Map::new();
    let mut schemas = Map::new();
    for module in &spec.modules {
        for def in &module.types {
            schemas.insert(
                schema_name(&module.path, &def.name.value),
                openapi.type_def(module, def),
            );
        }
        for operation in &module.operations {
            if let Some(Payload::Fields(fields)) = &operation.data {
                schemas.insert(openapi.reply_name(module, operation), openapi.object(module, fields));
            }
            let path = braces(&operation.path.value);
            let item = paths.entry(path).or_insert_with(|| json!({}));
            item[operation.method.to_lowercase()] = openapi.operation(module, operation);
        }
        for event in &module.events {
            if let Payload::Fields(fields) = &event.body {
                schemas.insert(
                    schema_name(&module.path, &pascal(&event.spoken().value)),
                    openapi.object(module, fields),
                );
            }
            webhooks.insert(event.event_type.value.clone(), openapi.event(module, event));
        }
    }
    schemas.insert("Error".to_owned(), error());
    let tags = spec
        .services
        .iter()
        .map(|service| json!({"name": service.name, "description": service.doc}));
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "The Feishu / Lark open platform",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Generated from the Flybook spec. An HTTP status of 200 is no success: `code` decides.",
        },
        "servers": [
            {"url": spec.platform.feishu.open, "description": "Feishu"},
            {"url": spec.platform.lark.open, "description": "Lark"},
        ],
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "tenant": {"type": "http", "scheme": "bearer", "description": "A tenant access token."},
                "user": {"type": "http", "scheme": "bearer", "description": "A user access token."},
                "app": {"type": "http", "scheme": "bearer", "description": "An app access token."},
                "helpdesk": {"type": "apiKey", "in": "header", "name": "X-Lark-Helpdesk-Authorization",
                    "description": "Base64 of the helpdesk's id, a colon and its token."},
            },
        },
        "x-error-codes": error_codes(&spec.platform.errors),
    });
    format!("{document:#}\n")
}

struct OpenApi<'a> {
    spec: &'a Spec,
    index: &'a Index<'a>,
}

fn schema_name(module: &ModulePath, name: &str) -> String {
    format!("{}.{name}", module.dotted())
}

/// `/a/:b` as `/a/{b}`.
fn braces(path: &str) -> String {
    let segment = |segment: &str| match segment.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn texts(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(|text| text.value.as_str()).collect()
}

fn reference(page: &str) -> Value {
    json!({"url": format!("https://open.feishu.cn/document{page}")})
}

fn error_codes(rows: &[ErrorRow]) -> Value {
    let code = |row: &ErrorRow| {
        let mut value = json!({"status": row.status, "description": row.doc});
        if !row.inner.is_empty() {
            let inner: Map<String, Value> = row
                .inner
                .iter()
                .map(|(code, doc)| (code.to_string(), doc.as_str().into()))
                .collect();
            value["inner"] = inner.into();
        }
        (row.code.to_string(), value)
    };
    rows.iter().map(code).collect::<Map<_, _>>().into()
}

/// The reply to a call that failed.
fn error() -> Value {
    json!({
        "type": "object",
        "description": "What the platform answers when it refuses a call.",
        "required": ["code"],
        "properties": {
            "code": {"type": "integer", "format": "int64", "description": "What went wrong; see `x-error-codes`."},
            "msg": {"type": "string", "description": "The same in words that may change."},
            "error": {"type": "object", "description": "The log id, violations and links that help.", "additionalProperties": true},
        },
    })
}

impl OpenApi<'_> {
    fn operation(&self, module: &Module, operation: &Operation) -> Value {
        let mut parameters = Vec::new();
        let mut body: Vec<&Field> = Vec::new();
        for (section, field) in &operation.fields {
            let place = match section {
                Section::Path => "path",
                Section::Query => "query",
                Section::Header => "header",
                Section::Body | Section::Form => {
                    body.push(field);
                    continue;
                }
            };
            parameters.push(self.parameter(module, field, place));
        }
        let mut value = json!({
            "operationId": format!("{}.{}", module.path.dotted(), operation.name.value),
            "summary": operation.doc.value,
            "tags": module.path.service().into_iter().collect::<Vec<_>>(),
            "externalDocs": reference(&operation.page.value),
            "parameters": parameters,
            "responses": {"200": self.response(module, operation), "default": {
                "description": "The call failed; its status is in `x-error-codes`.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            }},
            "security": self.security(operation),
            "x-scopes": texts(&operation.scopes),
            "x-field-scopes": texts(&operation.field_scopes),
            "x-token-types": operation.tokens,
            "x-app-types": operation.apps,
            "x-error-codes": error_codes(&operation.errors),
            "x-updated": operation.updated,
        });
        if !body.is_empty() {
            let media = if operation.form.is_some() {
                "multipart/form-data"
            } else {
                "application/json"
            };
            let required = body.iter().any(|field| field.required);
            value["requestBody"] =
                json!({"required": required, "content": {media: {"schema": self.members(module, &body)}}});
        }
        if let Some(rate) = &operation.rate_text {
            value["x-rate-limit"] = rate.value.as_str().into();
        }
        if let Some(dedupe) = &operation.dedupe {
            value["x-dedupe"] = dedupe.value.as_str().into();
        }
        if let Some(deprecated) = &operation.deprecated {
            value["deprecated"] = true.into();
            let way_out = deprecated.successor.as_ref().map(|successor| successor.value.clone());
            value["x-use-instead"] = way_out.or(deprecated.doc.clone()).into();
        }
        if let Some(host) = self.other_host(operation) {
            value["servers"] = json!([{ "url": host }]);
        }
        value
    }

    fn other_host(&self, operation: &Operation) -> Option<&str> {
        match operation.host.as_str() {
            "accounts" => Some(&self.spec.platform.feishu.accounts),
            "web" => Some(&self.spec.platform.feishu.web),
            _ => None,
        }
    }

    /// One of the tokens, and the helpdesk's header where it is wanted.
    fn security(&self, operation: &Operation) -> Value {
        let one = |token: &String| {
            let mut schemes = Map::from_iter([(token.clone(), json!([]))]);
            if operation.helpdesk {
                schemes.insert("helpdesk".to_owned(), json!([]));
            }
            Value::from(schemes)
        };
        operation.tokens.iter().map(one).collect()
    }

    fn parameter(&self, module: &Module, field: &Field, place: &str) -> Value {
        let mut value = json!({
            "name": field.name.value,
            "in": place,
            "required": field.required,
            "description": field.doc.value,
            "schema": self.facts(module, field, false),
        });
        if matches!(field.ty.value, TypeExpr::List(_)) {
            value["style"] = "form".into();
            value["explode"] = field.joined.is_none().into();
        }
        if field.deprecated.is_some() {
            value["deprecated"] = true.into();
        }
        value
    }

    fn response(&self, module: &Module, operation: &Operation) -> Value {
        let envelope = |payload: Option<(&str, Value)>| {
            let mut properties = Map::from_iter([
                (
                    "code".to_owned(),
                    json!({"type": "integer", "format": "int64", "description": "0 is success."}),
                ),
                (
                    "msg".to_owned(),
                    json!({"type": "string", "description": "The code in words."}),
                ),
            ]);
            if let Some((key, payload)) = payload {
                properties.insert(key.to_owned(), payload);
            }
            json!({"type": "object", "required": ["code"], "properties": properties})
        };
        let data = operation.data.as_ref().map(|data| match data {
            Payload::Type(expr) => self.ty(module, &expr.value),
            Payload::Fields(_) => {
                json!({"$ref": format!("#/components/schemas/{}", self.reply_name(module, operation))})
            }
        });
        let (media, schema) = match (&operation.reply, data) {
            (Reply::Bytes, _) => (
                "application/octet-stream",
                json!({"type": "string", "format": "binary"}),
            ),
            (Reply::Flat, Some(data)) => ("application/json", json!({"allOf": [envelope(None), data]})),
            (Reply::Key(key), Some(data)) => ("application/json", envelope(Some((key, data)))),
            (_, Some(data)) => ("application/json", envelope(Some(("data", data)))),
            (_, None) => ("application/json", envelope(None)),
        };
        json!({"description": "Success when `code` is 0.", "content": {media: {"schema": schema}}})
    }

    fn reply_name(&self, module: &Module, operation: &Operation) -> String {
        schema_name(&module.path, &format!("{}Reply", pascal(&operation.spoken().value)))
    }

    fn event(&self, module: &Module, event: &Event) -> Value {
        let body = match &event.body {
            Payload::Type(expr) => self.ty(module, &expr.value),
            Payload::Fields(_) => {
                json!({"$ref": format!("#/components/schemas/{}", schema_name(&module.path, &pascal(&event.spoken().value)))})
            }
        };
        let envelope = json!({
            "type": "object",
            "properties": {
                "schema": {"type": "string", "description": "The envelope's version."},
                "header": {"type": "object", "description": "The event's id, type, time, app and tenant.", "additionalProperties": true},
                "event": body,
            },
        });
        json!({"post": {
            "operationId": format!("{}.{}", module.path.dotted(), event.name.value),
            "summary": event.doc.value,
            "tags": module.path.service().into_iter().collect::<Vec<_>>(),
            "externalDocs": reference(&event.page.value),
            "requestBody": {"content": {"application/json": {"schema": envelope}}},
            "responses": {"200": {"description": "Received; to be answered within 3 s."}},
            "x-scopes": texts(&event.scopes),
            "x-field-scopes": texts(&event.field_scopes),
            "x-app-types": event.apps,
            "x-schema": event.schema,
            "x-updated": event.updated,
        }})
    }

    fn type_def(&self, module: &Module, def: &TypeDef) -> Value {
        let mut value = match &def.kind {
            TypeKind::Object(fields) => self.object(module, fields),
            TypeKind::Enum(values) => {
                let kind = if values.iter().any(|value| value.value.is_number()) {
                    "integer"
                } else {
                    "string"
                };
                let known: Vec<&Value> = values.iter().map(|value| &value.value).collect();
                let docs: Map<String, Value> = values
                    .iter()
                    .map(|value| {
                        (
                            value
                                .value
                                .as_str()
                                .map_or_else(|| value.value.to_string(), str::to_owned),
                            value.doc.as_str().into(),
                        )
                    })
                    .collect();
                json!({"type": kind, "x-known-values": known, "x-value-descriptions": docs})
            }
            TypeKind::Union {
                variants,
                tag,
                content,
                otherwise,
            } => {
                let mut forms: Vec<Value> = variants
                    .iter()
                    .map(|variant| self.variant(module, variant, tag.as_ref(), content.as_ref()))
                    .collect();
                if *otherwise {
                    forms.push(json!({"description": "Any other JSON."}));
                }
                let known: Vec<&str> = variants.iter().map(|variant| variant.value.value.as_str()).collect();
                json!({"anyOf": forms, "x-known-values": known})
            }
            TypeKind::Keys(keys) => {
                let properties: Map<String, Value> = keys
                    .iter()
                    .filter_map(|key| Some((key.value.value.clone(), self.ty(module, &key.ty.as_ref()?.value))))
                    .collect();
                let any: Vec<Value> = keys.iter().map(|key| json!({"required": [key.value.value]})).collect();
                json!({"type": "object", "properties": properties, "anyOf": any})
            }
            TypeKind::Broken => json!({}),
        };
        value["description"] = def.doc.value.as_str().into();
        value
    }

    fn variant(&self, module: &Module, variant: &Variant, tag: Option<&Text>, content: Option<&Text>) -> Value {
        let payload = variant.ty.as_ref().map(|ty| self.ty(module, &ty.value));
        let Some(tag) = tag else {
            return payload.unwrap_or_else(|| json!({"type": "object"}));
        };
        let mut own = json!({"type": "object", "required": [tag.value], "properties": {&tag.value: {"const": variant.value.value}}});
        match (payload, content) {
            (Some(payload), Some(content)) => {
                own["properties"][&content.value] = payload;
                own
            }
            (Some(payload), None) => json!({"allOf": [own, payload]}),
            (None, _) => own,
        }
    }

    fn object(&self, module: &Module, fields: &[Field]) -> Value {
        self.members(module, &fields.iter().collect::<Vec<_>>())
    }

    /// An object of these members; one key of several stands among them.
    fn members(&self, module: &Module, fields: &[&Field]) -> Value {
        let mut properties = Map::new();
        let mut spread = Vec::new();
        for field in fields {
            match self.keys(module, field) {
                Some(reference) => spread.push(reference),
                None => {
                    properties.insert(field.name.value.clone(), self.facts(module, field, true));
                }
            }
        }
        let required = fields
            .iter()
            .filter(|field| field.required && self.keys(module, field).is_none());
        let required: Vec<&str> = required.map(|field| field.name.value.as_str()).collect();
        let mut value = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            value["required"] = required.into();
        }
        if !spread.is_empty() {
            value["allOf"] = spread.into();
        }
        value
    }

    fn keys(&self, module: &Module, field: &Field) -> Option<Value> {
        let TypeExpr::Named(named) = &field.ty.value else {
            return None;
        };
        let id = self.index.id(&module.path, named);
        matches!(self.index.get(&id)?.kind, TypeKind::Keys(_)).then(|| self.named(module, named))
    }

    /// A field's schema with its limits; what stands beside a reference is allowed in 3.1.
    fn facts(&self, module: &Module, field: &Field, doc: bool) -> Value {
        let mut value = self.ty(module, &field.ty.value);
        if doc {
            value["description"] = field.doc.value.as_str().into();
        }
        for (limit, given) in &field.limits {
            let word = match limit.as_str() {
                "min_len" => "minLength",
                "max_len" => "maxLength",
                "min" => "minimum",
                "max" => "maximum",
                "min_items" => "minItems",
                _ => "maxItems",
            };
            value[word] = given.value.clone();
        }
        if let Some(default) = &field.default {
            value["default"] = default.value.clone();
        }
        if let Some(example) = &field.example {
            value["examples"] = json!([example.value]);
        }
        if !field.scopes.is_empty() {
            value["x-scopes"] = texts(&field.scopes).into();
        }
        if let Some((_, tag)) = field.ty.value.by() {
            value["x-chosen-by"] = tag.into();
        }
        if let Some(since) = &field.since {
            value["x-since"] = since.as_str().into();
        }
        if field.deprecated.is_some() {
            value["deprecated"] = true.into();
        }
        value
    }

    fn ty(&self, module: &Module, expr: &TypeExpr) -> Value {
        match expr {
            TypeExpr::Leaf(leaf) => leaf_schema(*leaf),
            TypeExpr::List(inner) => json!({"type": "array", "items": self.ty(module, inner)}),
            TypeExpr::Map(inner) => json!({"type": "object", "additionalProperties": self.ty(module, inner)}),
            TypeExpr::Json(inner) => {
                json!({"type": "string", "contentMediaType": "application/json", "contentSchema": self.ty(module, inner)})
            }
            TypeExpr::Boxed(inner) | TypeExpr::Optional(inner) => self.ty(module, inner),
            TypeExpr::Named(name) | TypeExpr::By(name, _) => self.named(module, name),
        }
    }

    fn named(&self, module: &Module, name: &TypeName) -> Value {
        let TypeId { module: home, name } = self.index.id(&module.path, name);
        json!({"$ref": format!("#/components/schemas/{}", schema_name(&home, &name))})
    }
}

fn leaf_schema(leaf: Leaf) -> Value {
    match leaf {
        Leaf::String => json!({"type": "string"}),
        Leaf::Bool => json!({"type": "boolean"}),
        Leaf::Int => json!({"type": "integer", "format": "int64"}),
        Leaf::Float => json!({"type": "number", "format": "double"}),
        Leaf::Any => json!({}),
        Leaf::Secret => json!({"type": "string", "format": "password"}),
        Leaf::File => json!({"type": "string", "format": "binary"}),
        Leaf::Millis => json!({"type": "string", "x-unit": "ms"}),
        Leaf::Seconds => json!({"type": "string", "x-unit": "s"}),
        Leaf::IntMillis => json!({"type": "integer", "format": "int64", "x-unit": "ms"}),
        Leaf::IntSeconds => json!({"type": "integer", "format": "int64", "x-unit": "s"}),
    }
}
