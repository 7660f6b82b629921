//! Records of the calls that arrived and of what they were answered, without secrets.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, header::CONTENT_TYPE};
use serde_json::{Map, Value};

use crate::{
    catalog::{Catalog, Look, Operation, Reply, Shape, TokenKind, Type},
    check::Checked,
};

/// One call that arrived, and how it was answered. Tokens and secrets are masked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallRecord {
    /// The HTTP method.
    pub method: String,
    /// The path, still encoded, without the query.
    pub path: String,
    /// The operation it led to, if any.
    pub operation: Option<String>,
    /// The app whose token or credentials it carried, if they were good.
    pub app: Option<String>,
    /// What the token it carried stood for, good or not.
    pub identity: Option<TokenKind>,
    /// The HTTP status of the reply.
    pub status: u16,
    /// The platform's code in the reply; 0 is success.
    pub code: i64,
    /// The log id of the reply.
    pub log_id: String,
    /// When it arrived, in milliseconds since 1970 by the sandbox's clock.
    pub time: u64,
    /// What was sent, by parameter; JSON text inside strings is parsed.
    pub arguments: Map<String, Value>,
    /// Query and body members the catalog does not know, by path. They are let through.
    pub unknown: Vec<String>,
    /// The JSON of the reply; `null` where the reply is a file, or too large to keep.
    pub reply: Value,
    /// How many bytes the body of the reply had.
    pub reply_size: usize,
    /// Whether the reply was made up from the spec.
    pub sample: bool,
    /// How long the sandbox took to answer.
    pub duration: Duration,
}

/// Parameters whose values stay hidden even where the catalog calls them plain text.
const HIDDEN: [&str; 5] = ["secret", "password", "app_ticket", "access_token", "refresh_token"];
/// Replies of more bytes are not kept.
const LARGEST: usize = 64 * 1024;
/// What stands in the place of a secret.
pub(crate) const MASK: &str = "***";

/// The arguments as a record may show them.
pub(crate) fn masked(checked: &Checked) -> Map<String, Value> {
    let mut arguments = checked.arguments.clone();
    for (name, value) in &mut arguments {
        mask(name, value, &checked.secrets);
    }
    arguments
}

fn mask(name: &str, value: &mut Value, secrets: &[String]) {
    let name = name.to_ascii_lowercase();
    if HIDDEN.iter().any(|hidden| name.contains(hidden)) {
        *value = MASK.into();
        return;
    }
    match value {
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(name, member)| mask(name, member, secrets)),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(&name, item, secrets)),
        Value::String(text) if secrets.iter().any(|secret| text.contains(secret)) => MASK.clone_into(text),
        // Secrets are text; a number sent in the place of one is compared as text.
        Value::Number(number) if secrets.contains(&number.to_string()) => *value = MASK.into(),
        _ => {}
    }
}

/// A reply as a record may show it: whatever the catalog calls a secret, and whatever was sent as one, is masked.
pub(crate) fn shown(
    catalog: &Catalog,
    operation: Option<&Operation>,
    response: &Response<Bytes>,
    secrets: &[String],
) -> Value {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.contains("json")) {
        return Value::Null;
    }
    let mut reply: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    if let Some(operation) = operation
        && let Some(kind) = &operation.data
    {
        let payload = match &operation.reply {
            Reply::Flat => Some(&mut reply),
            Reply::Key(key) => reply.get_mut(key),
            Reply::Data | Reply::Bytes => reply.get_mut("data"),
        };
        if let Some(payload) = payload {
            hide(catalog, kind, payload);
        }
    }
    mask("", &mut reply, secrets);
    reply
}

/// The same for a record that is kept, which has its bounds.
pub(crate) fn kept(
    catalog: &Catalog,
    operation: Option<&Operation>,
    response: &Response<Bytes>,
    secrets: &[String],
) -> Value {
    match response.body().len() {
        ..=LARGEST => shown(catalog, operation, response, secrets),
        _ => Value::Null,
    }
}

// As deep as the value goes, which a parser has bounded.
fn hide(catalog: &Catalog, kind: &Type, value: &mut Value) {
    match (kind, value) {
        (Type::Secret, value) => *value = MASK.into(),
        (Type::List(inner), Value::Array(items)) => items.iter_mut().for_each(|item| hide(catalog, inner, item)),
        (Type::Map(inner), Value::Object(members)) => {
            members.values_mut().for_each(|member| hide(catalog, inner, member));
        }
        (Type::Fields(fields), Value::Object(members)) => {
            for field in fields {
                if let Some(member) = members.get_mut(&field.name) {
                    hide(catalog, &field.kind, member);
                }
            }
        }
        (Type::Ref(name), value) => match (catalog.shape(name), value) {
            (Some(Shape::Fields(fields) | Shape::Keys(fields)), Value::Object(members)) => {
                for field in fields {
                    if let Some(member) = members.get_mut(&field.name) {
                        hide(catalog, &field.kind, member);
                    }
                }
            }
            (Some(Shape::Shapes(looks)), value) => {
                if let Some(look) = Look::of(looks, value) {
                    hide(catalog, &look.kind, value);
                }
            }
            (Some(Shape::Union(union)), value) => {
                let payloads = union.variants.iter().filter_map(|variant| variant.kind.as_ref());
                for payload in payloads {
                    match union.content.as_ref().and_then(|content| value.get_mut(content)) {
                        Some(content) => hide(catalog, payload, content),
                        None => hide(catalog, payload, value),
                    }
                }
            }
            _ => {}
        },
        _ => {}
    }
}
