//! Events as webhooks, in the envelope that each comes in.

use serde_json::{Value, json};

use super::{OpenApi, reference, schema_name, texts};
use crate::{name::pascal, spec::*};

/// What tells one delivery of an event from another, beside the event itself.
pub(super) fn header() -> Value {
    json!({
        "type": "object",
        "description": "What every event of the envelope 2.0 says of itself.",
        "required": ["event_id", "event_type", "create_time", "token", "app_id", "tenant_key"],
        "properties": {
            "event_id": {"type": "string", "description": "Identifies the event; the same when it is delivered again."},
            "event_type": {"type": "string", "description": "The event's type."},
            "create_time": {"type": "string", "x-unit": "ms", "description": "When the event happened."},
            "token": {"type": "string", "format": "password", "description": "The app's verification token."},
            "app_id": {"type": "string", "description": "The app that receives the event."},
            "tenant_key": {"type": "string", "description": "The tenant in which it happened."},
        },
    })
}

fn envelope(schema: &str, body: Value) -> Value {
    if schema == "bare" {
        return body;
    }
    if schema == "1.0" {
        return json!({
            "type": "object",
            "required": ["uuid", "token", "ts", "type", "event"],
            "properties": {
                "uuid": {"type": "string", "description": "Identifies the event; the same when it is delivered again."},
                "token": {"type": "string", "format": "password", "description": "The app's verification token."},
                "ts": {"type": "string", "x-unit": "s", "description": "When the event was sent, with a fraction."},
                "type": {"type": "string", "const": "event_callback", "description": "Tells events from the check of an address."},
                "event": body,
            },
        });
    }
    json!({
        "type": "object",
        "required": ["schema", "header", "event"],
        "properties": {
            "schema": {"type": "string", "const": schema, "description": "The envelope's version."},
            "header": {"$ref": "#/components/schemas/EventHeader"},
            "event": body,
        },
    })
}

impl OpenApi<'_> {
    pub(super) fn event(&self, module: &Module, event: &Event) -> Value {
        let body = match &event.body {
            Payload::Type(expr) => self.ty(module, &expr.value),
            Payload::Fields(_) => {
                let name = schema_name(&module.path, &pascal(&event.spoken().value));
                json!({"$ref": format!("#/components/schemas/{name}")})
            }
        };
        let response = match &event.reply {
            Some(reply) => json!({
                "description": "The reply, within 3 s; `{}` changes nothing.",
                "content": {"application/json": {"schema": self.ty(module, &reply.value)}},
            }),
            None => json!({"description": "Received; to be answered within 3 s."}),
        };
        json!({"post": {
            "operationId": format!("{}.{}", module.path.dotted(), event.name.value),
            "summary": event.doc.value,
            "tags": module.path.service().into_iter().collect::<Vec<_>>(),
            "externalDocs": reference(&event.page.value),
            "requestBody": {
                "required": true,
                "content": {"application/json": {"schema": envelope(&event.schema, body)}},
            },
            "responses": {"200": response},
            "x-scopes": texts(&event.scopes),
            "x-field-scopes": texts(&event.field_scopes),
            "x-app-types": event.apps,
            "x-schema": event.schema,
            "x-updated": event.updated,
        }})
    }
}
