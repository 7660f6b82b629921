//! A chat, as tests look at it.

use crate::store;

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
