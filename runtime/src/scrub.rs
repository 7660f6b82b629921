//! Bodies as a log may show them.

use serde_json::Value;

use crate::{Secret, line::flat, scrap::without_mark, secret::masked};

/// The longest text of a body, in characters.
const LONGEST: usize = 2048;
/// The largest body that is looked into.
const LARGEST: usize = 64 << 10;
/// What the name of a member says when its value is a secret.
const NAMES: [&str; 8] = [
    "secret",
    "token",
    "ticket",
    "password",
    "passwd",
    "credential",
    "authorization",
    "api_key",
];

/// A JSON body without its secrets, as one line of bounded length; of any other, only the length.
pub(crate) fn shown(body: &[u8], secrets: &[Secret]) -> String {
    let value = match body.len() {
        0 => return "none".to_owned(),
        1..=LARGEST => serde_json::from_slice::<Value>(without_mark(body)).ok(),
        _ => None,
    };
    match value {
        Some(mut value) => {
            scrub(&mut value);
            flat(&masked(value.to_string(), secrets), LONGEST)
        }
        None => format!("({} bytes)", body.len()),
    }
}

/// Blots out what the names of members tell to be a secret, in JSON within strings as well.
fn scrub(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if is_secret(name, member) {
                    *member = "***".into();
                } else {
                    scrub(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(scrub),
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            if let Ok(mut inner) = serde_json::from_str::<Value>(text) {
                scrub(&mut inner);
                *text = inner.to_string();
            }
        }
        _ => {}
    }
}

fn is_secret(name: &str, value: &Value) -> bool {
    let name = name.to_ascii_lowercase();
    if NAMES.iter().any(|word| name.contains(word)) {
        return !value.is_null();
    }
    // Codes are passwords for once, but a number is the platform's own code.
    let is_code = name == "code" || name.ends_with("_code") || name.ends_with("code_verifier");
    is_code && value.is_string()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn secrets_do_not_show() {
        for (body, text) in [
            (
                r#"{"code":0,"data":{"app_secret":"planted"}}"#,
                r#"{"code":0,"data":{"app_secret":"***"}}"#,
            ),
            (
                r#"{"code":"planted","grant_type":"x"}"#,
                r#"{"code":"***","grant_type":"x"}"#,
            ),
            (
                r#"[{"Access_Token":{"a":"planted"},"auth_code":"planted","page_token":null}]"#,
                r#"[{"Access_Token":"***","auth_code":"***","page_token":null}]"#,
            ),
            (
                r#"{"content":"{\"a\":[{\"user_password\":\"planted\"}]}"}"#,
                r#"{"content":"{\"a\":[{\"user_password\":\"***\"}]}"}"#,
            ),
            (r#"{"text":"known-planted\n"}"#, r#"{"text":"***\n"}"#),
            (r#"{"app_secret":"planted"#, "(22 bytes)"),
            ("password=planted", "(16 bytes)"),
            ("", "none"),
        ] {
            assert_eq!(shown(body.as_bytes(), &["known-planted".into()]), text);
        }
        let long = format!("[\"{}\"]", "x".repeat(9000));
        assert_eq!(shown(long.as_bytes(), &[]).chars().count(), 2049);
        let larger = format!("[\"{}\"]", "x".repeat(99_000));
        assert_eq!(shown(larger.as_bytes(), &[]), "(99004 bytes)");
    }
}
