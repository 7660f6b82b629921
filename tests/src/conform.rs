//! Reads documented bodies typed and writes them again: what is lost on the way is missing in the spec.
#![allow(deprecated)]

use flybook::{Decode, Request, Value};
use serde_json::{Map, json};

/// A body, or what is wrong with it.
pub type Outcome = Result<Value, String>;

include!(concat!(env!("OUT_DIR"), "/conform.rs"));

/// One line in: `{"op":"POST /open-apis/…","part":"request"|"response","body":…}` or `{"event":"im.message.receive_v1","body":…}`; the body
/// out, or why it cannot be read.
pub fn conform(line: &str) -> Outcome {
    let mut line: Value = serde_json::from_str(line).map_err(|error| format!("the line is not JSON: {error}"))?;
    let line = line.as_object_mut().ok_or("the line is not a JSON object")?;
    let body = line.remove("body").unwrap_or_default();
    let word = |key: &str| line.get(key).and_then(Value::as_str);
    if let Some(event_type) = word("event") {
        return event(event_type, body);
    }
    let operation = word("op").map(colons).ok_or("the line has neither `op` nor `event`")?;
    match word("part") {
        Some("request") => request(&operation, body),
        Some("response") => reply(&operation, body),
        _ => Err("`part` is `request` or `response`".to_owned()),
    }
}

/// Path parameters as `:name`, whichever way they are written.
fn colons(operation: &str) -> String {
    let segment = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => format!(":{name}"),
        None => segment.to_owned(),
    };
    operation.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn unknown(what: &str) -> Outcome {
    Err(format!("the spec does not know `{what}`"))
}

/// The members of a request's body, taken one by one.
struct Members(Map<String, Value>);

impl Members {
    fn of(body: Value) -> Result<Self, String> {
        match body {
            Value::Object(members) => Ok(Self(members)),
            Value::Null => Ok(Self(Map::new())),
            _ => Err("the body is not an object".to_owned()),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    fn value(&mut self, key: &str) -> Value {
        self.0.remove(key).unwrap_or_default()
    }

    fn take<T: Decode>(&mut self, key: &str) -> Result<T, String> {
        T::decode(self.value(key)).map_err(|error| format!("`{key}`: {error}"))
    }

    fn take_opt<T: Decode>(&mut self, key: &str) -> Result<Option<T>, String> {
        if self.has(key) {
            self.take(key).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A union's tag, which is another member.
    fn tag(&self, key: &str) -> Option<String> {
        self.0.get(key)?.as_str().map(str::to_owned)
    }

    /// JSON text in a string.
    fn text(&mut self, key: &str) -> Outcome {
        match self.value(key) {
            Value::String(text) => {
                serde_json::from_str(&text).map_err(|error| format!("`{key}` holds no JSON: {error}"))
            }
            other => Ok(other),
        }
    }
}

fn written<R: Request>(request: &R) -> Outcome {
    flybook::body_of(request)
}

/// The same body with the payload read typed and written again; without a key, or without an envelope, the payload is the body.
fn payload<T: Decode + serde::Serialize>(key: &str, body: Value) -> Outcome {
    let again = |value: Value| {
        T::decode(value)
            .map_err(|error| error.to_string())
            .and_then(|typed| serde_json::to_value(&typed).map_err(|error| error.to_string()))
    };
    let mut members = match body {
        Value::Object(members) => members,
        other => return again(other),
    };
    if let Some(payload) = members.get_mut(key) {
        *payload = again(payload.take())?;
        return Ok(members.into());
    }
    let envelope: Map<String, Value> = ["code", "msg", "error"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), members.remove(key)?)))
        .collect();
    if members.is_empty() {
        return Ok(envelope.into());
    }
    let mut whole = again(members.into())?;
    if let Some(whole) = whole.as_object_mut() {
        whole.extend(envelope);
    }
    Ok(whole)
}

/// An envelope whose payload the page does not describe.
fn nothing(body: Value) -> Outcome {
    let Value::Object(mut members) = body else {
        return Ok(json!({}));
    };
    if let Some(data) = members.get_mut("data") {
        *data = json!({});
    }
    members.retain(|key, _| matches!(key.as_str(), "code" | "msg" | "data" | "error"));
    Ok(members.into())
}
