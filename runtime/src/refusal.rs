//! What the platform says when it refuses a call.

use std::fmt;

use serde_json::Value;

/// An answer that says no: `{"code":230002,"msg":"…","error":{…}}`, in any of its documented shapes.
#[derive(Default)]
pub(crate) struct Refusal {
    pub(crate) code: Option<i64>,
    pub(crate) message: String,
    pub(crate) log_id: Option<String>,
    pub(crate) troubleshooter: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) violations: Vec<FieldViolation>,
}

/// A field of the request the platform objects to.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldViolation {
    /// The field: `content`.
    pub field: String,
    /// The value it had.
    pub value: String,
    /// What is wrong with it.
    pub description: String,
}

/// Without the value: it may be a secret.
impl fmt::Debug for FieldViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldViolation")
            .field("field", &self.field)
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

impl Refusal {
    /// Reads a body; `None` when it is no JSON object.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok().filter(Value::is_object)?;
        // OAuth endpoints have a word here where the others have an object.
        let error = &body["error"];
        Some(Self {
            code: code(&body["code"]),
            message: first([
                &body["msg"],
                &body["message"],
                &body["error_description"],
                &error["message"],
                error,
            ]),
            log_id: optional([&error["log_id"], &error["logid"], &body["log_id"]]),
            troubleshooter: optional([&error["troubleshooter"]]),
            help: list(&error["helps"])
                .chain(list(&error["permission_violations"]))
                .find_map(|each| optional([&each["url"]])),
            scopes: list(&error["permission_violations"])
                .filter_map(|each| optional([&each["scope"], &each["subject"]]))
                .collect(),
            violations: list(&error["field_violations"])
                .map(|each| FieldViolation {
                    field: first([&each["field"]]),
                    value: first([&each["value"]]),
                    description: first([&each["description"]]),
                })
                .collect(),
        })
    }

    /// The code a message of an old service carries inside: "… ErrCode: 11232; …".
    pub(crate) fn inner_code(&self) -> Option<i64> {
        let (_, rest) = self.message.split_once("ErrCode:")?;
        let digits = rest.trim_start();
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok()
    }
}

/// A code, which some services send as text.
fn code(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The first that holds text.
fn optional<const N: usize>(values: [&Value; N]) -> Option<String> {
    values.into_iter().find_map(|value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

fn first<const N: usize>(values: [&Value; N]) -> String {
    optional(values).unwrap_or_default()
}
