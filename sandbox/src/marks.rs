//! What has become of messages, for tests to look at.

use crate::{
    sandbox::Sandbox,
    store::{Reaction, Stretch},
};

// What cannot be read is told by the next call.
impl Sandbox {
    /// The reactions to a message, the oldest first.
    pub fn reactions(&self, message_id: &str) -> Vec<Reaction> {
        let state = self.0.state();
        let all = state.store.reactions(message_id, "", 0, Stretch::ALL.most);
        all.unwrap_or_default()
    }

    /// The users, by open id, who have read a message, the first reader first.
    pub fn readers(&self, message_id: &str) -> Vec<String> {
        let seen = self.0.state().store.seen(message_id, 0, Stretch::ALL.most);
        seen.unwrap_or_default().into_iter().map(|seen| seen.reader).collect()
    }

    /// The messages pinned in a chat, the latest pin first.
    pub fn pinned_in(&self, chat: &str) -> Vec<String> {
        let all = (0, Stretch::ALL.until);
        let pins = self.0.state().store.pins(chat, all, 0, Stretch::ALL.most);
        pins.unwrap_or_default().into_iter().map(|pin| pin.message_id).collect()
    }

    /// The users, by open id, who were alerted to a message, each with the way: `app`, `sms` or `phone`.
    pub fn alerted(&self, message_id: &str) -> Vec<(String, String)> {
        self.0.state().store.urgent(message_id).unwrap_or_default()
    }
}
