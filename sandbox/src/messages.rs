//! A message: what it is, and how replies show it.

use serde_json::{Value, json};

use crate::{card::Card, content::Mention, render};

/// What stands in the place of a recalled message's content (protocol.md §7.5).
const RECALLED: &str = "This message was recalled";

/// The kind of message that others are merged into.
pub(crate) const MERGED: &str = "merge_forward";

/// A message the sandbox has taken.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Message {
    /// Identifies the message: `om_…`.
    pub message_id: String,
    /// The chat it is in: `oc_…`.
    pub chat_id: String,
    /// The receiver as the sender named it.
    pub receive_id: String,
    /// What the content is: `text`, `post`, `interactive`, …
    pub msg_type: String,
    /// The content as it was sent; a card as it is now.
    pub sent: Value,
    /// The content as the receiver gets it: mentions as `@_user_1`, a post without its language.
    pub content: Value,
    /// The users it mentions.
    pub mentions: Vec<Mention>,
    /// The app, or the user by open id, that sent it.
    pub sender: String,
    /// The tenant it was sent in.
    pub tenant_key: String,
    /// The message it answers.
    pub parent_id: Option<String>,
    /// The first message of the chain of answers.
    pub root_id: Option<String>,
    /// The thread it is in: `omt_…`.
    pub thread_id: Option<String>,
    /// The message that it was merged into when it was forwarded.
    pub upper_message_id: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    pub create_time: u64,
    /// When it was last changed, in milliseconds since 1970.
    pub update_time: u64,
    /// How often its sender has edited it.
    pub edits: u32,
    /// The only user who can see it, by open id; none where all of the chat can.
    pub visible_to: Option<String>,
    /// Who recalled it: an app's id or a user's open id.
    pub recalled_by: Option<String>,
    /// The operation that sent it; empty for what was there before the sandbox began.
    pub operation: String,
    /// Where it stands among all messages, once it is kept.
    pub(crate) place: i64,
}

impl Message {
    /// The card that it shows, as it is now; none where it is no card, or was recalled.
    pub fn card(&self) -> Option<Card> {
        let shown = self.msg_type == "interactive" && self.recalled_by.is_none();
        shown.then(|| Card {
            json: self.sent.clone(),
        })
    }

    /// What the receiver sees, as plain text: names in mentions, the title and lines of a post, `[image]`, `[card: title]` and the lines
    /// of the card.
    pub fn rendered(&self) -> String {
        if let Some(card) = self.card() {
            return card.rendered();
        }
        render::plain(&self.msg_type, &self.content, &self.mentions)
    }

    /// How long ago it was sent, in milliseconds.
    pub(crate) fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.create_time)
    }

    /// Whether it is one into which others were merged.
    pub(crate) fn is_merged(&self) -> bool {
        self.msg_type == MERGED
    }

    /// The content as it travels: JSON, or the bare sentence of a merged message.
    pub(crate) fn text(&self) -> String {
        match &self.content {
            Value::String(sentence) => sentence.clone(),
            content => content.to_string(),
        }
    }

    /// Everything replies may show of it, by the platform's names.
    pub(crate) fn to_json(&self) -> Value {
        let by_user = self.sender.starts_with("ou_");
        let mentions: Vec<Value> = self
            .mentions
            .iter()
            .map(|mention| {
                json!({"key": mention.key, "id": mention.id, "id_type": mention.id_type(), "name": mention.name, "tenant_key": self.tenant_key})
            })
            .collect();
        let recalled = self.recalled_by.is_some();
        let content = if recalled { RECALLED.to_owned() } else { self.text() };
        let mut all = json!({
            "message_id": self.message_id,
            "msg_type": self.msg_type,
            "create_time": self.create_time.to_string(),
            "update_time": self.update_time.to_string(),
            "deleted": recalled,
            "updated": self.edits > 0,
            "chat_id": self.chat_id,
            "sender": {
                "id": self.sender,
                "id_type": if by_user { "open_id" } else { "app_id" },
                "sender_type": if by_user { "user" } else { "app" },
                "tenant_key": self.tenant_key,
            },
            "body": {"content": content},
        });
        let optional = [
            ("mentions", (!mentions.is_empty()).then(|| mentions.into())),
            ("parent_id", self.parent_id.clone().map(Value::from)),
            ("root_id", self.root_id.clone().map(Value::from)),
            ("thread_id", self.thread_id.clone().map(Value::from)),
            ("upper_message_id", self.upper_message_id.clone().map(Value::from)),
        ];
        for (name, value) in optional {
            if let (Some(value), Some(all)) = (value, all.as_object_mut()) {
                all.insert(name.to_owned(), value);
            }
        }
        all
    }
}
