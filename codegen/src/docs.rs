//! Sentences of the spec as rustdoc text: markup that rustdoc would misread is escaped, facts follow the meaning.

use serde_json::Value;

use crate::spec::{EnumValue, Field, Text};

/// A sentence as rustdoc reads it. What stands in backticks stays as it is.
pub(crate) fn sentence(text: &str) -> String {
    let escaped = text.split('`').enumerate().map(|(index, part)| {
        if index % 2 == 1 {
            part.to_owned()
        } else {
            part.replace('[', "\\[").replace(']', "\\]").replace('<', "\\<")
        }
    });
    escaped
        .collect::<Vec<_>>()
        .join("`")
        .split(' ')
        .map(link)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A bare URL becomes a link.
fn link(word: &str) -> String {
    match word.starts_with("http://") || word.starts_with("https://") {
        true => {
            let end = word.trim_end_matches(['.', ',', ';', ')']).len();
            format!("<{}>{}", &word[..end], &word[end..])
        }
        false => word.to_owned(),
    }
}

/// A field's meaning, then its limits, default and the scopes it needs.
pub(crate) fn field(field: &Field) -> String {
    let mut facts = Vec::new();
    for (limit, value) in &field.limits {
        let value = &value.value;
        facts.push(match limit.as_str() {
            "min_len" | "min_items" if *value == 0 => continue,
            "min_len" | "min_items" if *value == 1 => "Not empty.".to_owned(),
            "max_items" if *value == 1 => "At most 1 item.".to_owned(),
            "min_len" => format!("At least {value} characters."),
            "max_len" => format!("At most {value} characters."),
            "min" => format!("At least {value}."),
            "max" => format!("At most {value}."),
            "min_items" => format!("At least {value} items."),
            _ => format!("At most {value} items."),
        });
    }
    if let Some(default) = &field.default {
        let value = match &default.value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        facts.push(format!("Default: `{}`.", value.replace('`', "'")));
    }
    if let Some(since) = &field.since {
        facts.push(format!("Since {}.", sentence(since)));
    }
    facts.extend(scopes(&field.scopes));
    if let Some(deprecated) = &field.deprecated {
        facts.push(format!("Deprecated: {}.", sentence(deprecated.trim_end_matches('.'))));
    }
    let mut meaning = sentence(&field.doc.value);
    if !facts.is_empty() && !meaning.ends_with(['.', '!', '?']) {
        meaning.push('.');
    }
    for fact in facts {
        meaning.push(' ');
        meaning += &fact;
    }
    meaning
}

/// The meaning of an enum's value, then the scopes it needs.
pub(crate) fn value(value: &EnumValue) -> String {
    let meaning = sentence(&value.doc);
    match scopes(&value.scopes) {
        Some(scopes) => format!("{meaning} {scopes}"),
        None => meaning,
    }
}

fn scopes(scopes: &[Text]) -> Option<String> {
    let quoted: Vec<String> = scopes.iter().map(|scope| format!("`{}`", scope.value)).collect();
    match quoted.as_slice() {
        [] => None,
        [one] => Some(format!("Only with the scope {one}.")),
        several => Some(format!("Only with one of the scopes {}.", several.join(", "))),
    }
}
