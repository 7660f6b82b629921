//! Received content as a person would see it, in plain text.

use serde_json::Value;

use crate::content::Mention;

/// The content in plain text.
pub(crate) fn plain(msg_type: &str, content: &Value, mentions: &[Mention]) -> String {
    let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
    match msg_type {
        "text" => named(text("text"), mentions),
        "post" => post(content, mentions),
        "share_chat" => format!("[chat: {}]", text("chat_id")),
        "share_user" => format!("[user: {}]", text("user_id")),
        "system" => {
            let line = content
                .pointer("/params/divider_text/text")
                .and_then(Value::as_str)
                .unwrap_or_default();
            format!("[{line}]")
        }
        other => format!("[{other}]"),
    }
}

fn post(content: &Value, mentions: &[Mention]) -> String {
    let title = content.get("title").and_then(Value::as_str).unwrap_or_default();
    let lines = content
        .get("content")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut out: Vec<String> = Vec::with_capacity(lines.len() + 1);
    if !title.is_empty() {
        out.push(title.to_owned());
    }
    for line in lines {
        let nodes = line.as_array().map(Vec::as_slice).unwrap_or_default();
        out.push(nodes.iter().map(|node| self::node(node, mentions)).collect());
    }
    out.join("\n")
}

fn node(node: &Value, mentions: &[Mention]) -> String {
    let text = |name: &str| node.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("tag") {
        "text" => named(text("text"), mentions),
        "a" => format!("{} ({})", text("text"), text("href")),
        "at" => named(text("user_id"), mentions),
        "img" => "[image]".to_owned(),
        "media" => "[media]".to_owned(),
        "emotion" => format!("[{}]", text("emoji_type")),
        "hr" => "---".to_owned(),
        _ => text("text").to_owned(),
    }
}

// In one pass, and the longest key first: `@_user_12` is not `@_user_1` and a 2, and a name may look like a key.
fn named(text: &str, mentions: &[Mention]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("@_") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let known = mentions
            .iter()
            .filter(|mention| from.starts_with(&mention.key))
            .max_by_key(|mention| mention.key.len());
        let (key, name) = match known {
            Some(mention) => (mention.key.as_str(), mention.name.as_str()),
            None if from.starts_with("@_all") => ("@_all", "all"),
            None => ("@_", "_"),
        };
        out.push('@');
        out.push_str(name);
        rest = from.get(key.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
