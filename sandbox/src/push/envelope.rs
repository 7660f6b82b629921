//! The envelopes that events travel in.

use serde_json::{Map, Value, json};

/// Who gets an event, and when it happened.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) event_id: String,
    pub(crate) app: String,
    pub(crate) tenant: String,
    /// The app's verification token.
    pub(crate) token: String,
    /// In milliseconds since 1970.
    pub(crate) time: u64,
}

/// The plain JSON of an event; `schema` is the catalog's word for its envelope.
pub(crate) fn seal(schema: &str, event_type: &str, address: &Address, body: Value) -> Value {
    let Address {
        event_id,
        app,
        tenant,
        token,
        time,
    } = address;
    match schema {
        super::BARE => body,
        "1.0" => {
            let mut event = Map::from_iter([
                ("type".to_owned(), Value::from(event_type)),
                ("app_id".to_owned(), app.as_str().into()),
            ]);
            if !tenant.is_empty() {
                event.insert("tenant_key".to_owned(), tenant.as_str().into());
            }
            if let Value::Object(body) = body {
                event.extend(body);
            }
            let ts = format!("{}.{:03}0000", time / 1000, time % 1000);
            json!({"ts": ts, "uuid": event_id, "token": token, "type": "event_callback", "event": event})
        }
        _ => json!({
            "schema": "2.0",
            "header": {
                "event_id": event_id,
                "token": token,
                "create_time": time.to_string(),
                "event_type": event_type,
                "tenant_key": tenant,
                "app_id": app,
            },
            "event": body,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address {
            event_id: "f7984f25108f8137722bb63cee927e66".to_owned(),
            app: "cli_9f5343c580712544".to_owned(),
            tenant: "2ca1d211f64f6438".to_owned(),
            token: "v-token-0001".to_owned(),
            time: 1_502_199_207_717,
        }
    }

    #[test]
    fn both_envelopes_have_the_documented_members() {
        // protocol.md §5.1
        let new = seal("2.0", "im.chat.disbanded_v1", &address(), json!({"chat_id": "oc_1"}));
        assert_eq!(
            new,
            json!({"schema": "2.0", "header": {
                "event_id": "f7984f25108f8137722bb63cee927e66", "token": "v-token-0001", "create_time": "1502199207717",
                "event_type": "im.chat.disbanded_v1", "tenant_key": "2ca1d211f64f6438", "app_id": "cli_9f5343c580712544",
            }, "event": {"chat_id": "oc_1"}})
        );
        let old = seal("1.0", "p2p_chat_create", &address(), json!({"chat_id": "oc_1"}));
        assert_eq!(
            old,
            json!({
                "ts": "1502199207.7170000", "uuid": "f7984f25108f8137722bb63cee927e66", "token": "v-token-0001", "type": "event_callback",
                "event": {"type": "p2p_chat_create", "app_id": "cli_9f5343c580712544", "tenant_key": "2ca1d211f64f6438", "chat_id": "oc_1"},
            })
        );
    }
}
