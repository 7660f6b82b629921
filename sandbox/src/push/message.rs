//! Messages of users: kept like any other, and told to apps in the form of events, which is not that of replies.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    app::App,
    content::{self, Mention, Received},
    messages::{Message, Place},
    state::State,
};

/// The scope that makes user ids appear beside open ids.
const USER_IDS: &str = "contact:user.employee_id:readonly";

/// A person's three ids; `user_id` only for apps that may see it.
pub(crate) fn ids(app: &App, open_id: &str) -> Value {
    let bare = open_id.split_once('_').map_or(open_id, |(_, bare)| bare);
    let user_id = app
        .has_any(&[USER_IDS.to_owned()])
        .then(|| bare.chars().take(8).collect::<String>());
    json!({"union_id": format!("on_{bare}"), "user_id": user_id, "open_id": open_id})
}

/// The body of the event that tells an app of a message.
pub(crate) fn received(state: &State, app: &App, message: &Message) -> Value {
    let time = message.create_time.to_string();
    let by_user = message.sender.starts_with("ou_");
    let mut body = json!({
        "sender": {
            "sender_id": ids(app, &message.sender),
            "sender_type": if by_user { "user" } else { "bot" },
            "tenant_key": message.tenant_key,
        },
        "message": {
            "message_id": message.message_id,
            "create_time": time,
            "update_time": time,
            "chat_id": message.chat_id,
            "chat_type": if state.messages.talk(&message.chat_id).is_some() { "p2p" } else { "group" },
            "message_type": message.msg_type,
            "content": message.content.to_string(),
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
    json!({"key": mention.key, "id": ids(app, &mention.id), "mentioned_type": kind, "name": mention.name, "tenant_key": tenant})
}

impl State {
    /// Keeps what a user sent; the content as it was sent, and as it is received.
    pub(crate) fn add_message(
        &mut self,
        open_id: &str,
        place: Place,
        msg_type: &str,
        (sent, received): (Value, Received),
    ) -> Arc<Message> {
        let now = self.clock.now();
        let message = Arc::new(Message {
            message_id: self.mint.id("om_"),
            receive_id: place.chat.clone(),
            chat_id: place.chat,
            msg_type: msg_type.to_owned(),
            sent,
            content: received.content,
            mentions: received.mentions,
            sender: open_id.to_owned(),
            tenant_key: self.home().to_owned(),
            parent_id: place.parent,
            root_id: place.root,
            create_time: now,
            operation: String::new(),
        });
        self.messages.keep(message.clone(), None, now);
        message
    }

    /// Puts another card in the place of one that was sent.
    pub(crate) fn replace_card(&mut self, message_id: &str, card: Value) {
        let received = content::receive("interactive", &card, &|id| self.user_name(id).map(str::to_owned));
        let mut all = self.messages.all.iter_mut().rev();
        if let Some(message) = all.find(|message| message.message_id == message_id) {
            let message = Arc::make_mut(message);
            message.sent = card;
            message.content = received.content;
        }
    }
}
