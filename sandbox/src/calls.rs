//! Records of the calls that arrived, without secrets.

use serde_json::{Map, Value};

use crate::check::Checked;

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
}

/// Parameters whose values stay hidden even where the catalog calls them plain text.
const HIDDEN: [&str; 5] = ["secret", "password", "ticket", "access_token", "refresh_token"];

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
        *value = "***".into();
        return;
    }
    match value {
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(name, member)| mask(name, member, secrets)),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(&name, item, secrets)),
        Value::String(text) if secrets.iter().any(|secret| text.contains(secret)) => "***".clone_into(text),
        // Secrets are text; a number sent in the place of one is compared as text.
        Value::Number(number) if secrets.contains(&number.to_string()) => *value = "***".into(),
        _ => {}
    }
}
