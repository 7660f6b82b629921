//! Chats and people, as tests look at them.

use crate::{sandbox::Sandbox, store};

/// A chat of the sandbox.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Chat {
    /// Identifies the chat: `oc_…`.
    pub chat_id: String,
    /// What it is called; empty for a talk of two.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `group`, `topic`, or `p2p` for a talk of two.
    pub mode: String,
    /// The user, by open id, or the app that owns it; empty for a talk of two.
    pub owner: String,
    /// The tenant it belongs to.
    pub tenant_key: String,
    /// Whether it was dissolved.
    pub dissolved: bool,
}

impl From<store::Chat> for Chat {
    fn from(chat: store::Chat) -> Self {
        let text = |name: &str| {
            chat.facts
                .get(name)
                .and_then(|value| value.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            name: text("name"),
            description: text("description"),
            chat_id: chat.chat_id,
            mode: chat.mode,
            owner: chat.owner,
            tenant_key: chat.tenant,
            dissolved: chat.dissolved,
        }
    }
}

impl Sandbox {
    /// What an app calls a user whom the builder, and the first app, call `open_id`: every app has an open id of its own for a user.
    pub fn open_id_for(&self, app_id: &str, open_id: &str) -> String {
        self.0.state().open_id(app_id, open_id)
    }

    /// The chats, oldest first: those of the builder, those that calls made, and talks of two.
    pub fn chats(&self) -> Vec<Chat> {
        let chats = self.0.state().store.chats().unwrap_or_default();
        chats.into_iter().map(Chat::from).collect()
    }

    /// Who is in a chat, in the order in which they came: users by open id, apps by their ids.
    pub fn members_of(&self, chat: &str) -> Vec<String> {
        let members = self.0.state().store.members(chat).unwrap_or_default();
        members.into_iter().map(|member| member.id).collect()
    }
}
