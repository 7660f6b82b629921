//! What becomes of messages, told to apps: reactions, recalls, and that somebody read them.

use serde_json::{Value, json};

use super::{Audience, Happening, message};
use crate::{app::App, messages::Message, state::State, store::Reaction};

/// An emoji was put on a message.
pub(crate) fn reacted(chat: &str, reaction: Reaction) -> Happening {
    let time = reaction.time;
    Happening::new("create reaction", Audience::Chat(chat.to_owned()), move |state, app| {
        emoji(state, app, &reaction, time)
    })
}

/// An emoji was taken off a message.
pub(crate) fn unreacted(chat: &str, reaction: Reaction, time: u64) -> Happening {
    Happening::new("delete reaction", Audience::Chat(chat.to_owned()), move |state, app| {
        emoji(state, app, &reaction, time)
    })
}

/// A message was recalled, by somebody of this kind.
pub(crate) fn recalled(message: &Message, kind: &'static str, time: u64) -> Happening {
    let (id, chat) = (message.message_id.clone(), message.chat_id.clone());
    Happening::new(
        "recall message",
        Audience::Chat(chat.clone()),
        move |_, _| json!({"message_id": id, "chat_id": chat, "recall_time": time.to_string(), "recall_type": kind}),
    )
}

/// A user has read what an app sent to the two's own chat.
pub(crate) fn was_read(message: &Message, reader: &str, time: u64) -> Happening {
    let (id, reader, tenant) = (
        message.message_id.clone(),
        reader.to_owned(),
        message.tenant_key.clone(),
    );
    Happening::new(
        "read message",
        Audience::App(message.sender.clone()),
        move |state, app| {
            let ids = message::ids(state, app, &reader);
            json!({"reader": {"reader_id": ids, "read_time": time.to_string(), "tenant_key": tenant}, "message_id_list": [id]})
        },
    )
}

fn emoji(state: &State, app: &App, reaction: &Reaction, time: u64) -> Value {
    let mut told = json!({
        "message_id": reaction.message_id,
        "reaction_type": {"emoji_type": reaction.emoji},
        "action_time": time.to_string(),
    });
    // Only one of the two ids is there.
    if state.app(&reaction.operator).is_some() {
        told["operator_type"] = "app".into();
        told["app_id"] = reaction.operator.clone().into();
    } else {
        told["operator_type"] = "user".into();
        told["user_id"] = message::ids(state, app, &reaction.operator);
    }
    told
}
