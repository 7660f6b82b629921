//! Reactions to messages, in the order in which they came.

use rusqlite::{OptionalExtension, Row, params};

use super::{Result, Store};

/// An emoji that somebody put on a message.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Reaction {
    /// Identifies the reaction.
    pub reaction_id: String,
    /// The message it is on.
    pub message_id: String,
    /// The emoji, by the platform's name: `SMILE`.
    pub emoji: String,
    /// Who reacted: an app's id or a user's open id.
    pub operator: String,
    /// When, in milliseconds since 1970.
    pub time: u64,
}

const REACTION: &str = "reaction_id, message_id, emoji, operator, time";

impl Store {
    /// Keeps a reaction, unless its operator has put the same emoji there before.
    pub(crate) fn add_reaction(&self, reaction: &Reaction) -> Result<bool> {
        let sql = format!("INSERT OR IGNORE INTO reaction ({REACTION}) VALUES (?, ?, ?, ?, ?)");
        let added = self.db.prepare_cached(&sql)?.execute(params![
            reaction.reaction_id,
            reaction.message_id,
            reaction.emoji,
            reaction.operator,
            reaction.time
        ])?;
        Ok(added > 0)
    }

    pub(crate) fn reaction(&self, reaction_id: &str) -> Result<Option<Reaction>> {
        let sql = format!("SELECT {REACTION} FROM reaction WHERE reaction_id = ?");
        self.db
            .prepare_cached(&sql)?
            .query_row([reaction_id], reaction)
            .optional()
    }

    /// The one that this operator has put there.
    pub(crate) fn reaction_of(&self, message_id: &str, emoji: &str, operator: &str) -> Result<Option<Reaction>> {
        let sql = format!("SELECT {REACTION} FROM reaction WHERE message_id = ? AND emoji = ? AND operator = ?");
        self.db
            .prepare_cached(&sql)?
            .query_row([message_id, emoji, operator], reaction)
            .optional()
    }

    /// Those on a message, of one emoji or of all when none is named.
    pub(crate) fn reactions(&self, message_id: &str, emoji: &str, skip: usize, most: usize) -> Result<Vec<Reaction>> {
        let sql = format!(
            "SELECT {REACTION} FROM reaction WHERE message_id = ?1 AND (?2 = '' OR emoji = ?2) ORDER BY place LIMIT ?3 OFFSET ?4"
        );
        let mut rows = self.db.prepare_cached(&sql)?;
        rows.query_map(params![message_id, emoji, most, skip], reaction)?
            .collect()
    }

    /// Those on all messages of a chat.
    pub(crate) fn reactions_in(&self, chat_id: &str) -> Result<Vec<Reaction>> {
        let sql = format!(
            "SELECT {REACTION} FROM reaction WHERE message_id IN (SELECT message_id FROM message WHERE chat_id = ?) ORDER BY place"
        );
        self.db.prepare_cached(&sql)?.query_map([chat_id], reaction)?.collect()
    }

    pub(crate) fn drop_reaction(&self, reaction_id: &str) -> Result<()> {
        let sql = "DELETE FROM reaction WHERE reaction_id = ?";
        self.db.prepare_cached(sql)?.execute([reaction_id]).map(|_| ())
    }
}

fn reaction(row: &Row<'_>) -> Result<Reaction> {
    Ok(Reaction {
        reaction_id: row.get(0)?,
        message_id: row.get(1)?,
        emoji: row.get(2)?,
        operator: row.get(3)?,
        time: row.get(4)?,
    })
}
