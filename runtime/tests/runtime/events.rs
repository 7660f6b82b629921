//! Envelopes and routes: what arrives, and who gets it.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, UNIX_EPOCH},
};

use flybook_runtime::{
    Bytes, Client, Event, EventType, Router, TransportError, Value, decode, encode,
    events::{Answer, Cause, Schema},
};
use serde_json::json;

use crate::support::{builder, response};

#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) message_id: String,
    pub(crate) chat_id: String,
}
decode!(Message, message_id, chat_id);

#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) message: Message,
}
decode!(Received, message);

impl EventType for Received {
    type Reply = ();
    const TYPE: &'static str = "im.message.receive_v1";
    const DEDUPE: &'static [&'static str] = &["message", "message_id"];
    const ORDER: &'static [&'static str] = &["message", "chat_id"];
}

/// A v1 event (protocol §5.1).
#[derive(Clone, Debug, Default)]
struct ChatCreated {
    chat_id: String,
}
decode!(ChatCreated, chat_id);

impl EventType for ChatCreated {
    type Reply = ();
    const TYPE: &'static str = "p2p_chat_create";
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Act {
    pub(crate) open_message_id: String,
    pub(crate) value: String,
}
decode!(Act, open_message_id, value);

#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) toast: Option<String>,
}
encode!(Reply; toast);

impl EventType for Act {
    type Reply = Reply;
    const TYPE: &'static str = "card.action.trigger";
    const LATE: Option<&'static str> = Some(r#"{"toast":"wait"}"#);
}

/// protocol §5.1: a v2 envelope.
pub(crate) fn delivery(event_type: &str, event_id: &str, event: Value) -> Bytes {
    let header = json!({"event_id": event_id, "token": "v-token-0001", "create_time": "1603977298000",
        "event_type": event_type, "tenant_key": "2ca1d211f64f6438", "app_id": "cli_9f5343c580712544"});
    Bytes::from(json!({"schema": "2.0", "header": header, "event": event}).to_string())
}

pub(crate) fn message(event_id: &str, message_id: &str, chat_id: &str) -> Bytes {
    let message = json!({"message_id": message_id, "chat_id": chat_id});
    delivery(Received::TYPE, event_id, json!({ "message": message }))
}

/// What the handlers saw.
type Seen<T> = Arc<Mutex<Vec<T>>>;

fn keep<T: Send + 'static>(
    seen: &Seen<Event<T>>,
) -> impl Fn(Event<T>) -> std::future::Ready<()> + Send + Sync + 'static {
    let seen = seen.clone();
    move |event| {
        seen.lock().unwrap().push(event);
        std::future::ready(())
    }
}

/// protocol §5.6, vector 2: the event with microseconds, here by a handler for its type.
#[tokio::test]
async fn a_v2_envelope_in_microseconds() {
    let payload = r#"{"schema":"2.0","header":{"event_id":"f7984f25108f8137722bb63cee927e66","token":"v-token-0001","create_time":"1603977298000000","event_type":"contact.user_group.created_v3","tenant_key":"2ca1d211f64f6438","app_id":"cli_9f5343c580712544"},"event":{"name":"飞书"}}"#;
    let seen = Seen::<Event<Value>>::default();
    let router = Router::new().on_type("contact.user_group.created_v3", keep(&seen));
    assert_eq!(router.deliver(payload.into()).await, Answer::Done(None));
    let seen = seen.lock().unwrap();
    let envelope = &seen[0].envelope;
    assert_eq!(envelope.schema, Schema::V2);
    assert_eq!(envelope.event_id, "f7984f25108f8137722bb63cee927e66");
    assert_eq!(envelope.event_type, "contact.user_group.created_v3");
    assert_eq!(envelope.tenant_key, "2ca1d211f64f6438");
    assert_eq!(envelope.app_id, "cli_9f5343c580712544");
    assert_eq!(
        envelope.create_time,
        Some(UNIX_EPOCH + Duration::from_secs(1_603_977_298))
    );
    assert_eq!(seen[0].body["name"], "飞书");
    assert_eq!(seen[0].raw()["header"]["token"], "v-token-0001");
    assert!(!format!("{:?}", seen[0]).contains("v-token-0001"));
}

/// protocol §5.1: 13 digits are milliseconds.
#[tokio::test]
async fn a_v2_envelope_in_milliseconds() {
    let seen = Seen::<Event<Received>>::default();
    let router = Router::new().on::<Received>(keep(&seen));
    router.deliver(message("e1", "om_1", "oc_1")).await;
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen[0].envelope.create_time,
        Some(UNIX_EPOCH + Duration::from_secs(1_603_977_298))
    );
    assert_eq!(seen[0].message.message_id, "om_1");
}

/// protocol §5.1: `ts`, `uuid`, and the type inside.
#[tokio::test]
async fn a_v1_envelope() {
    let payload = json!({"ts": "1502199207.7171419", "uuid": "bc447199585340d1f3728d26b1c0297a", "token": "41a9425ea7df4536a7623e38fa321bae",
        "type": "event_callback", "event": {"type": "p2p_chat_create", "app_id": "cli_1", "tenant_key": "t1", "chat_id": "oc_1"}});
    let seen = Seen::<Event<ChatCreated>>::default();
    let router = Router::new().on::<ChatCreated>(keep(&seen));
    assert_eq!(router.deliver(payload.to_string().into()).await, Answer::Done(None));
    let seen = seen.lock().unwrap();
    let envelope = &seen[0].envelope;
    assert_eq!(envelope.schema, Schema::V1);
    assert_eq!(envelope.event_id, "bc447199585340d1f3728d26b1c0297a");
    assert_eq!(
        (envelope.app_id.as_str(), envelope.tenant_key.as_str()),
        ("cli_1", "t1")
    );
    assert_eq!(
        envelope.create_time,
        Some(UNIX_EPOCH + Duration::new(1_502_199_207, 717_141_900))
    );
    assert_eq!(seen[0].chat_id, "oc_1");
}

/// protocol §5.6, vector 4: the flat body of an old card callback.
#[tokio::test]
async fn a_bare_card_callback() {
    let payload = r#"{"open_id":"ou_1","open_message_id":"om_1","action":{"tag":"button","value":{"k":"v"}}}"#;
    let router = Router::new().on_type("card.action.trigger_v1", |event: Event<Value>| async move {
        assert_eq!(event.envelope.schema, Schema::Bare);
        Ok::<_, TransportError>(json!({"seen": event.body["open_message_id"]}))
    });
    let reply = Bytes::from_static(br#"{"seen":"om_1"}"#);
    // Without an id nothing tells repeats: it is handled each time.
    assert_eq!(router.deliver(payload.into()).await, Answer::Done(Some(reply.clone())));
    assert_eq!(router.deliver(payload.into()).await, Answer::Done(Some(reply)));
}

#[tokio::test]
async fn unknown_types() {
    let router = Router::new();
    assert_eq!(router.deliver(message("e1", "om_1", "oc_1")).await, Answer::Unhandled);
    let seen = Seen::<Event<Value>>::default();
    let router = router.fallback(keep(&seen));
    assert_eq!(router.deliver(message("e1", "om_1", "oc_1")).await, Answer::Done(None));
    assert_eq!(seen.lock().unwrap()[0].body["message"]["chat_id"], "oc_1");
}

#[tokio::test]
async fn the_last_handler_of_a_type_wins() {
    let (first, last) = (Seen::<Event<Received>>::default(), Seen::<Event<Received>>::default());
    let router = Router::new().on::<Received>(keep(&first)).on::<Received>(keep(&last));
    router.deliver(message("e1", "om_1", "oc_1")).await;
    assert_eq!((first.lock().unwrap().len(), last.lock().unwrap().len()), (0, 1));
}

#[tokio::test]
async fn a_callback_is_answered() {
    let router = Router::new().on::<Act>(|event| async move {
        let toast = Some(format!("{} on {}", event.value, event.open_message_id));
        Ok::<_, TransportError>(Reply { toast })
    });
    let act = delivery(Act::TYPE, "e1", json!({"value": "yes", "open_message_id": "om_1"}));
    let reply = Bytes::from_static(br#"{"toast":"yes on om_1"}"#);
    assert_eq!(router.deliver(act).await, Answer::Done(Some(reply)));
    // A handler that returns nothing changes nothing: `{}` (protocol §5.7).
    let router = Router::new().on::<Act>(|_| async {});
    let act = delivery(Act::TYPE, "e2", json!({}));
    assert_eq!(router.deliver(act).await, Answer::Done(Some(Bytes::from_static(b"{}"))));
}

/// What cannot be read is not lost: it fails, the hook hears of it, and the platform sends it again.
#[tokio::test]
async fn unreadable_deliveries_teach() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = said.clone();
    let router = Router::new().on::<Received>(|_| async {}).on_failure(move |failure| {
        assert!(matches!(failure.cause, Cause::Unreadable(_)));
        heard.lock().unwrap().push(failure.to_string());
    });
    let long = "x".repeat(300);
    let cases = [
        ("{", "it is no JSON (line 1, column 1)"),
        ("[]", "it is no JSON object"),
        (
            r#"{"encrypt":"AAEC"}"#,
            "it is still encrypted; give the door the app's Encrypt Key",
        ),
        (r#"{"challenge":"c","type":"url_verification"}"#, "it is a challenge"),
        (r#"{"a":1}"#, "it has neither `schema` nor `event`"),
        (r#"{"schema":"2.0"}"#, "`header.event_type` is missing"),
        (r#"{"event":{}}"#, "`event.type` is missing"),
        (
            r#"{"schema":"2.0","header":{"event_type":[]}}"#,
            "`event_type` is no text",
        ),
        (
            &format!(r#"{{"schema":"2.0","header":{{"event_id":"{long}","event_type":"a"}}}}"#),
            "`event_id` is longer than 256 bytes",
        ),
        (
            r#"{"schema":"2.0","header":{"event_type":"im.message.receive_v1"},"event":{"message":{"chat_id":{}}}}"#,
            "`message.chat_id`",
        ),
    ];
    for (payload, why) in cases {
        assert_eq!(
            router.deliver(payload.to_owned().into()).await,
            Answer::Failed,
            "{payload}"
        );
        let last = said.lock().unwrap().pop().unwrap_or_default();
        assert!(last.contains(why), "{last:?} does not say {why:?}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(router.deliver(deep.into()).await, Answer::Failed);
}

/// Whatever the bytes, an answer and no panic.
#[tokio::test]
async fn mangled_envelopes() {
    let router = Router::new().on::<Received>(|_| async {});
    let whole = message("e1", "om_1", "oc_1");
    for at in 0..whole.len() {
        router.deliver(whole.slice(..at)).await;
        for byte in [0, b'"', b'{', b'9', 0xff] {
            let mut mangled = whole.to_vec();
            mangled[at] = byte;
            router.deliver(mangled.into()).await;
        }
    }
    for time in [
        "\"\"",
        "\"9999999999999999999999\"",
        "-1",
        "18446744073709551615",
        "\"é\"",
        "{}",
    ] {
        let payload = format!(r#"{{"schema":"2.0","header":{{"event_type":"x","create_time":{time}}}}}"#);
        assert_eq!(router.deliver(payload.into()).await, Answer::Unhandled);
        let payload = format!(r#"{{"ts":{time},"event":{{"type":"x"}}}}"#);
        assert_eq!(router.deliver(payload.into()).await, Answer::Unhandled);
    }
    for ts in ["1.é", "1.-2", "18446744073709551615.9", ".5", "1.", "1.99999999999999"] {
        let payload = json!({"ts": ts, "event": {"type": "x"}});
        assert_eq!(router.deliver(payload.to_string().into()).await, Answer::Unhandled);
    }
}

/// protocol §5.1 (`app_ticket`) and §2.2: the ticket reaches the call that asks for the app's token; an older one that comes again does not.
#[tokio::test]
async fn tickets_feed_the_client() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let transport = move |call: flybook_runtime::Outgoing| {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        if let Some(ticket) = body["app_ticket"].as_str() {
            seen.lock().unwrap().push(ticket.to_owned());
        }
        async move {
            let body = r#"{"code":0,"app_access_token":"a-1","tenant_access_token":"t-1","expire":7200}"#;
            Ok::<_, TransportError>(response(200, body))
        }
    };
    let client: Client = builder().store_app().transport(transport).build().unwrap();
    let router = Router::new().client(&client);
    let push = |ts: &str, ticket: &str, app: &str| {
        json!({"ts": ts, "uuid": ticket, "token": "t", "type": "event_callback",
            "event": {"app_id": app, "app_ticket": ticket, "type": "app_ticket"}})
    };
    let app = client.app_id().to_owned();
    for (ts, ticket, app, answer) in [
        ("1502199207.7171419", "new", app.as_str(), Answer::Done(None)),
        ("1502195607.7171419", "old", app.as_str(), Answer::Done(None)),
        ("1502199999.7171419", "foreign", "cli_other", Answer::Unhandled),
    ] {
        assert_eq!(
            router.deliver(push(ts, ticket, app).to_string().into()).await,
            answer,
            "{ticket}"
        );
    }
    let _ = client.send(crate::support::Create::default()).tenant("t1").await;
    assert_eq!(*asked.lock().unwrap(), ["new"]);
}
