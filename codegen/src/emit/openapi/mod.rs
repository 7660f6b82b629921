//! The whole spec as OpenAPI 3.1: named schemas, events as webhooks, and what OpenAPI has no word for under `x-`.

mod event;
mod schema;

use serde_json::{Map, Value, json};

use crate::{expr::TypeExpr, index::Index, name::pascal, spec::*};

/// What a reader should know who has no more than the document.
const ABOUT: &str = "\
Generated from the Flybook spec. An HTTP status of 200 is no success: `code` decides. \
`x-scopes` of a call or event are permissions, any one of which is enough; those of a field keep it out of replies when missing, \
and `x-field-scopes` gathers them. `x-value-scopes` are needed for one value of an enum. Enums are open: `x-known-values` may grow. \
`x-error-codes` maps codes to their HTTP status and meaning, `inner` those that a message embeds. \
`x-rate-limit` gives the windows that the platform counts in, or `special`; `x-rate-limit-per-receiver` a further one for each value of a field. \
`x-paged` names the fields by which a list goes on where they are not `page_token`, `has_more` and the only list; \
`x-dedupe` the field that makes a repeated call safe. \
`x-batch` the list that several calls may share. \
Text that holds JSON has a `contentSchema`; a variant has the value that chooses it for a title, and `x-chosen-by` names the field with that value.";

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
                let mut reply = openapi.object(module, fields);
                reply["description"] = format!(
                    "The payload of the reply to `{}.{}`.",
                    module.path.dotted(),
                    operation.name.value
                )
                .into();
                schemas.insert(openapi.reply_name(module, operation), reply);
            }
            let path = braces(&operation.path.value);
            let item = paths.entry(path).or_insert_with(|| json!({}));
            item[operation.method.to_lowercase()] = openapi.operation(module, operation);
        }
        for event in &module.events {
            if let Payload::Fields(fields) = &event.body {
                let mut body = openapi.object(module, fields);
                body["description"] = event.doc.value.as_str().into();
                schemas.insert(schema_name(&module.path, &pascal(&event.spoken().value)), body);
            }
            webhooks.insert(event.event_type.value.clone(), openapi.event(module, event));
        }
    }
    schemas.insert("Error".to_owned(), error());
    schemas.insert("EventHeader".to_owned(), event::header());
    let tags = spec
        .services
        .iter()
        .map(|service| json!({"name": service.name, "description": service.doc}));
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "The Feishu / Lark open platform",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
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
        if let Some(paged) = &operation.paged {
            let said = paged.value.said();
            let said = said.map(|(word, name)| (word.to_owned(), name.value.as_str().into()));
            value["x-paged"] = said.collect::<Map<_, _>>().into();
        }
        if let Some(upload) = &operation.upload {
            let calls = [("part", &upload.part), ("finish", &upload.finish)];
            let calls = calls.map(|(word, call)| {
                let id = format!("{}.{}", module.path.dotted(), call.call.value);
                (word.to_owned(), id.into())
            });
            value["x-upload"] = Map::from_iter(calls).into();
        }
        if let Some(paced) = &operation.paced {
            let unit = if paced.rate.seconds == 60 { "min" } else { "s" };
            value["x-rate-limit-per-receiver"] = json!({
                "by": paced.by.value,
                "rate": format!("{}/{unit}", paced.rate.requests),
            });
            if let Some(with) = &paced.with {
                value["x-rate-limit-per-receiver"]["sharedWith"] = with.value.as_str().into();
            }
        }
        if let Some(dedupe) = &operation.dedupe {
            value["x-dedupe"] = dedupe.value.as_str().into();
        }
        if let Some(batch) = &operation.batch {
            value["x-batch"] = batch.value.as_str().into();
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
            (Reply::Data, None) => {
                let nothing = json!({"type": "object", "description": "Holds nothing."});
                ("application/json", envelope(Some(("data", nothing))))
            }
            (_, None) => ("application/json", envelope(None)),
        };
        json!({"description": "Success when `code` is 0.", "content": {media: {"schema": schema}}})
    }

    fn reply_name(&self, module: &Module, operation: &Operation) -> String {
        schema_name(&module.path, &format!("{}Reply", pascal(&operation.spoken().value)))
    }
}
