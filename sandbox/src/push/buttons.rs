//! The buttons of a card, found by what is written on them.

use serde_json::{Value, json};

/// Deeper than any card; what lies below is not looked at.
const DEEPEST: usize = 32;

/// A button: what is written on it, and the action that a click sends.
#[derive(Debug)]
pub(crate) struct Button {
    pub(crate) text: String,
    pub(crate) action: Value,
}

/// Every button of a card, in the order it is read.
pub(crate) fn buttons(card: &Value) -> Vec<Button> {
    let mut found = Vec::new();
    collect(card, &mut found, DEEPEST);
    found
}

fn collect(part: &Value, found: &mut Vec<Button>, depth: usize) {
    if depth == 0 {
        return;
    }
    if part.get("tag").and_then(Value::as_str) == Some("button") {
        found.push(button(part));
        return;
    }
    match part {
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, found, depth - 1)),
        Value::Object(parts) => parts.values().for_each(|part| collect(part, found, depth - 1)),
        _ => {}
    }
}

fn button(button: &Value) -> Button {
    // The newer cards say what a click sends among the behaviors, the older ones beside the text.
    let behaviors = button.get("behaviors").and_then(Value::as_array);
    let called = behaviors
        .into_iter()
        .flatten()
        .find(|behavior| behavior.get("type").and_then(Value::as_str) == Some("callback"))
        .and_then(|behavior| behavior.get("value"));
    let value = called
        .or_else(|| button.get("value"))
        .cloned()
        .unwrap_or_else(|| json!({}));
    let mut action = json!({"value": value, "tag": "button"});
    if let (Some(name), Some(action)) = (button.get("name"), action.as_object_mut()) {
        action.insert("name".to_owned(), name.clone());
    }
    Button {
        text: button
            .pointer("/text/content")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        action,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_of_either_kind_of_card_are_found() {
        // protocol.md §7.3: `value` beside the text in the older cards, among the behaviors in the newer
        let card = json!({"elements": [{"tag": "action", "actions": [
            {"tag": "button", "text": {"tag": "plain_text", "content": "Old"}, "value": {"k": "v"}},
            {"tag": "button", "text": {"tag": "plain_text", "content": "New"}, "name": "n",
             "behaviors": [{"type": "open_url"}, {"type": "callback", "value": "text"}]},
        ]}]});
        let found = buttons(&card);
        assert_eq!(found[0].text, "Old");
        assert_eq!(found[0].action, json!({"value": {"k": "v"}, "tag": "button"}));
        assert_eq!(found[1].text, "New");
        assert_eq!(found[1].action, json!({"value": "text", "tag": "button", "name": "n"}));
    }
}
