//! What only somebody who looks on asks for: how much there is in a chat, and who reacted there.

use super::{Result, Store};

/// A reaction, as it shows below a message.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) message_id: String,
    pub(crate) emoji: String,
    pub(crate) operator: String,
}

impl Store {
    /// How many messages a chat has.
    pub(crate) fn count_in(&self, chat_id: &str) -> Result<usize> {
        let sql = "SELECT count(*) FROM message WHERE chat_id = ? AND upper_id IS NULL";
        self.db.prepare_cached(sql)?.query_row([chat_id], |row| row.get(0))
    }

    /// The reactions to the messages of a chat, the oldest first.
    pub(crate) fn reactions_in(&self, chat_id: &str) -> Result<Vec<Shown>> {
        let sql = "SELECT r.message_id, r.emoji, r.operator FROM reaction r JOIN message m ON m.message_id = r.message_id \
                   WHERE m.chat_id = ? ORDER BY r.place";
        let mut rows = self.db.prepare_cached(sql)?;
        let shown = rows.query_map([chat_id], |row| {
            Ok(Shown {
                message_id: row.get(0)?,
                emoji: row.get(1)?,
                operator: row.get(2)?,
            })
        })?;
        shown.collect()
    }
}
