//! The images and files that a message's content names.

use serde_json::Value;

use super::Act;
use crate::{
    refusal::{Refusal, code},
    store::File,
};

/// Deeper than any content; what lies below is not looked at.
const DEEPEST: usize = 16;

/// Whether a sender may send what the content names: the app has uploaded it, as what it is sent as.
pub(super) fn own(act: &Act<'_>, msg_type: &str, content: &Value) -> Result<(), Refusal> {
    // A sticker's key is one that the app has received; the keys in cards are the card's own matter.
    if matches!(msg_type, "sticker" | "interactive") {
        return Ok(());
    }
    for (kind, key) in named(content) {
        let file = act
            .state
            .store
            .described(key)?
            .filter(|file| file.tenant == act.tenant());
        let Some(file) = file.filter(|file| file.kind == kind && file.app == act.app()) else {
            let why = format!(
                "Bot is NOT the owner of the resource: this app has uploaded no {kind} `{}`",
                key.escape_debug()
            );
            return Err(act.refuse(code::NOT_OWN_FILE, "content", why));
        };
        if kind == "file" && !suits(msg_type, &file) {
            let why = format!(
                "The type of file upload does not match the type of message being sent: `{key}` was uploaded as `{}`, and a `{msg_type}` needs {}",
                file.file_type,
                wanted(msg_type)
            );
            return Err(act.refuse(code::OTHER_FILE_TYPE, "content", why));
        }
    }
    Ok(())
}

/// The keys that content names, each with what it is the key of.
pub(super) fn named(content: &Value) -> Vec<(&'static str, &str)> {
    let mut found = Vec::new();
    collect(content, &mut found, DEEPEST);
    found
}

fn collect<'v>(part: &'v Value, found: &mut Vec<(&'static str, &'v str)>, depth: usize) {
    if depth == 0 {
        return;
    }
    match part {
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, found, depth - 1)),
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member.as_str()) {
                    ("image_key", Some(key)) if !key.is_empty() => found.push(("image", key)),
                    ("file_key", Some(key)) if !key.is_empty() => found.push(("file", key)),
                    _ => collect(member, found, depth - 1),
                }
            }
        }
        _ => {}
    }
}

// Videos are sent as videos and voice as voice; posts hold videos (im-v1/message/reply.md, 230055).
fn suits(msg_type: &str, file: &File) -> bool {
    match (msg_type, file.file_type.as_str()) {
        // Of examples nobody has said what they are.
        (_, "") => true,
        ("audio", kind) => kind == "opus",
        ("media" | "post", kind) => kind == "mp4",
        (_, kind) => kind != "opus" && kind != "mp4",
    }
}

fn wanted(msg_type: &str) -> &'static str {
    match msg_type {
        "audio" => "`opus`",
        "media" | "post" => "`mp4`",
        _ => "anything but `opus` and `mp4`",
    }
}
