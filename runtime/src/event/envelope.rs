//! What comes around an event: who sent it, when, and which one it is.

use std::{
    fmt,
    ops::Deref,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

use crate::{Decode, Secret};

/// The longest id, type or key that is taken for one, in bytes; the platform's have less than 100.
const LONGEST: usize = 256;

/// An event or a callback: its body, and the envelope it came in.
///
/// The members of the body are at hand directly: `event.message.chat_id` is `event.body.message.chat_id`.
#[derive(Clone)]
#[non_exhaustive]
pub struct Event<T> {
    /// What the event says.
    pub body: T,
    /// Which event this is, and whose.
    pub envelope: Envelope,
    raw: Arc<Value>,
}

impl<T> Event<T> {
    /// The whole delivery as it came, decrypted. It may hold secrets: the verification token, tickets, tokens of cards.
    pub fn raw(&self) -> &Value {
        &self.raw
    }
}

impl<T> Deref for Event<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T: fmt::Debug> fmt::Debug for Event<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("envelope", &self.envelope)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// Which event this is, and whose. What the platform left out is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Envelope {
    /// The form of the envelope.
    pub schema: Schema,
    /// Identifies the event: the platform sends the same one again with the same id. Some callbacks have none.
    pub event_id: String,
    /// The type: `im.message.receive_v1`.
    pub event_type: String,
    /// The tenant it happened in.
    pub tenant_key: String,
    /// The app it was sent to.
    pub app_id: String,
    /// When the event came about, as exactly as the platform says it.
    pub create_time: Option<SystemTime>,
}

/// The form of an envelope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Schema {
    /// Version 2.0: `header` and `event`.
    #[default]
    V2,
    /// Version 1.0: `uuid`, `ts` and `event`, which names its own type.
    V1,
    /// A card callback of the first generation: the body itself, with nothing around it.
    Bare,
}

/// The type that stands for a card callback of the first generation, which does not name its own.
const BARE_CARD: &str = "card.action.trigger_v1";

/// A delivery taken apart, its body still untyped.
#[derive(Clone)]
pub(crate) struct Delivered {
    pub(crate) envelope: Envelope,
    /// The verification token it bears, for the door to check.
    #[cfg_attr(not(feature = "webhook"), allow(dead_code))]
    pub(crate) token: Option<Secret>,
    pub(crate) raw: Arc<Value>,
}

impl Delivered {
    /// Reads plain JSON; the error says in a line what is wrong with it.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, String> {
        let raw: Value = serde_json::from_slice(payload).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            format!("it is no JSON ({place}); if it begins with {{\"encrypt\", decrypt it first")
        })?;
        Self::of(raw)
    }

    /// As [`parse`](Self::parse), for JSON that was read already.
    pub(crate) fn of(raw: Value) -> Result<Self, String> {
        if !raw.is_object() {
            return Err("it is no JSON object".into());
        }
        if raw.get("encrypt").is_some_and(Value::is_string) {
            return Err("it is still encrypted; give the door the app's Encrypt Key".into());
        }
        let event = raw.get("event").filter(|event| event.is_object());
        let (head, schema) = match (raw.get("schema"), event) {
            (Some(_), _) => (raw.get("header").unwrap_or(&Value::Null), Schema::V2),
            (None, Some(_)) => (&raw, Schema::V1),
            (None, None) if text(&raw, "type") == "url_verification" => {
                return Err("it is a challenge, which the webhook answers by itself; nothing is to be handled".into());
            }
            (None, None) if raw.get("action").is_some() => (&raw, Schema::Bare),
            (None, None) => return Err("it has neither `schema` nor `event`, so it is no event of the platform".into()),
        };
        let inside = event.unwrap_or(&Value::Null);
        let envelope = match schema {
            Schema::V2 => Envelope {
                schema,
                event_id: id(head, "event_id")?,
                event_type: id(head, "event_type")?,
                tenant_key: id(head, "tenant_key")?,
                app_id: id(head, "app_id")?,
                create_time: head.get("create_time").and_then(counted),
            },
            Schema::V1 => Envelope {
                schema,
                event_id: id(head, "uuid")?,
                event_type: id(inside, "type")?,
                tenant_key: id(inside, "tenant_key")?,
                app_id: id(inside, "app_id")?,
                create_time: head.get("ts").and_then(seconds),
            },
            Schema::Bare => Envelope {
                schema,
                event_type: BARE_CARD.to_owned(),
                tenant_key: id(head, "tenant_key")?,
                ..Envelope::default()
            },
        };
        if envelope.event_type.is_empty() {
            let place = if schema == Schema::V2 {
                "header.event_type"
            } else {
                "event.type"
            };
            return Err(format!("`{place}` is missing, so nobody can tell what it is"));
        }
        // In a bare card callback, `token` is the one that lets the card be changed.
        let token = match text(head, "token") {
            "" => None,
            _ if schema == Schema::Bare => None,
            token => Some(Secret::from(token)),
        };
        Ok(Self {
            envelope,
            token,
            raw: Arc::new(raw),
        })
    }

    /// The members of the event.
    pub(crate) fn body(&self) -> &Value {
        match self.envelope.schema {
            Schema::Bare => &self.raw,
            Schema::V1 | Schema::V2 => self.raw.get("event").unwrap_or(&Value::Null),
        }
    }

    /// The typed event; the error says where the body has another shape.
    pub(crate) fn read<T: Decode>(&self) -> Result<Event<T>, String> {
        let body = T::decode(self.body()).map_err(|error: serde_json::Error| error.to_string())?;
        Ok(Event {
            body,
            envelope: self.envelope.clone(),
            raw: self.raw.clone(),
        })
    }

    /// What stands at a place of the body, if it is text that can be a key.
    pub(crate) fn at(&self, path: &[&str]) -> Option<String> {
        let found = path.iter().try_fold(self.body(), |value, key| value.get(key))?;
        let found = found.as_str()?;
        (!found.is_empty() && found.len() <= LONGEST).then(|| found.to_owned())
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn id(value: &Value, key: &str) -> Result<String, String> {
    match value.get(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) if text.len() <= LONGEST => Ok(text.clone()),
        Some(Value::String(_)) => Err(format!("`{key}` is longer than {LONGEST} bytes")),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(_) => Err(format!("`{key}` is no text")),
    }
}

/// Milliseconds in 13 digits, microseconds in 16 (protocol §5.1), seconds in 10: the size tells.
fn counted(value: &Value) -> Option<SystemTime> {
    let count = match value {
        Value::String(text) => text.trim().parse().ok()?,
        value => value.as_u64()?,
    };
    let since = match count {
        0 => return None,
        1..100_000_000_000 => Duration::from_secs(count),
        100_000_000_000..100_000_000_000_000 => Duration::from_millis(count),
        _ => Duration::from_micros(count),
    };
    UNIX_EPOCH.checked_add(since)
}

/// Seconds with a fraction, as text: `1502199207.7171419`.
fn seconds(value: &Value) -> Option<SystemTime> {
    let number;
    let text = match value {
        Value::String(text) => text.trim(),
        Value::Number(value) => {
            number = value.to_string();
            &number
        }
        _ => return None,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: u64 = whole.parse().ok().filter(|whole| *whole > 0)?;
    if !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let nanos: u32 = format!("{:0<9}", fraction.get(..9).unwrap_or(fraction)).parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::new(whole, nanos))
}
