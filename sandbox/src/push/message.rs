//! Messages of users, told to apps in the form of events, which is not that of replies.

use serde_json::{Value, json};

use super::{Audience, Happening};
use crate::{
    acts::may_see_user_ids,
    app::App,
    content::{self, Mention},
    messages::Message,
    state::State,
    store,
};

/// A person's three ids as this app knows them; `user_id` only for apps that may see it.
pub(crate) fn ids(state: &State, app: &App, open_id: &str) -> Value {
    let own = state.open_id(&app.id, open_id);
    match state.store.user(open_id) {
        Ok(Some(user)) => {
            json!({"union_id": user.union_id, "user_id": may_see_user_ids(app).then_some(user.user_id), "open_id": own})
        }
        _ => json!({"union_id": null, "user_id": null, "open_id": own}),
    }
}

/// A message that came into a chat.
pub(crate) fn received(message: Message) -> Happening {
    let chat = Audience::Chat(message.chat_id.clone());
    let mentions = message.mentions.iter().map(|mention| mention.id.clone()).collect();
    Happening::new("send message", chat, move |state, app| told(state, app, &message)).mentioning(mentions)
}

fn told(state: &State, app: &App, message: &Message) -> Value {
    let by_user = message.sender.starts_with("ou_");
    let mode = state.store.chat(&message.chat_id).ok().flatten().map(|chat| chat.mode);
    let mut body = json!({
        "sender": {
            "sender_id": ids(state, app, &message.sender),
            "sender_type": if by_user { "user" } else { "bot" },
            "tenant_key": message.tenant_key,
        },
        "message": {
            "message_id": message.message_id,
            "create_time": message.create_time.to_string(),
            "update_time": message.update_time.to_string(),
            "chat_id": message.chat_id,
            "chat_type": if mode.as_deref() == Some("p2p") { "p2p" } else { "group" },
            "message_type": message.msg_type,
            "content": message.text(),
        },
    });
    let mentions: Vec<Value> = message
        .mentions
        .iter()
        .map(|mention| mentioned(state, app, mention, &message.tenant_key))
        .collect();
    let optional = [
        ("root_id", message.root_id.clone().map(Value::from)),
        ("parent_id", message.parent_id.clone().map(Value::from)),
        ("thread_id", message.thread_id.clone().map(Value::from)),
        ("mentions", (!mentions.is_empty()).then(|| mentions.into())),
    ];
    for (name, value) in optional {
        if let (Some(value), Some(message)) = (value, body["message"].as_object_mut()) {
            message.insert(name.to_owned(), value);
        }
    }
    body
}

fn mentioned(state: &State, app: &App, mention: &Mention, tenant: &str) -> Value {
    // A bot is mentioned by its app's id here; on the platform it has an open id of its own.
    let kind = if state.app(&mention.id).is_some() {
        "bot"
    } else {
        "user"
    };
    json!({"key": mention.key, "id": ids(state, app, &mention.id), "mentioned_type": kind, "name": mention.name, "tenant_key": tenant})
}

impl State {
    /// Puts another card in the place of one that was sent.
    pub(crate) fn replace_card(&mut self, message_id: &str, card: Value) -> store::Result<()> {
        let Some(mut message) = self.store.message(message_id)? else {
            return Ok(());
        };
        message.content = content::receive("interactive", &card, &|id| self.name_of(id)).content;
        message.sent = card;
        self.share_card(&message)?;
        self.replace_entity(&message, &message.sent)?;
        self.store.keep_message(&message)
    }
}
