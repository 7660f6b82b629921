//! What is marked on messages: that somebody read them, that they are urgent, that they are pinned.

use rusqlite::{OptionalExtension, Row, params};

use super::{Result, Store};

/// That somebody has read a message.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// A user's open id.
    pub(crate) reader: String,
    pub(crate) time: u64,
}

/// That a message is pinned in its chat.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    pub(crate) message_id: String,
    pub(crate) chat_id: String,
    /// A user's open id, or an app's id.
    pub(crate) operator: String,
    pub(crate) time: u64,
}

impl Store {
    /// Whether it is the first time that this user reads the message.
    pub(crate) fn mark_seen(&self, message_id: &str, reader: &str, time: u64) -> Result<bool> {
        let sql = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?)";
        let marked = self
            .db
            .prepare_cached(sql)?
            .execute(params![message_id, reader, time])?;
        Ok(marked > 0)
    }

    /// Who has read a message, the first reader first.
    pub(crate) fn seen(&self, message_id: &str, skip: usize, most: usize) -> Result<Vec<Seen>> {
        let sql = "SELECT reader, time FROM seen WHERE message_id = ? ORDER BY time, reader LIMIT ? OFFSET ?";
        let mut rows = self.db.prepare_cached(sql)?;
        let seen = rows.query_map(params![message_id, most, skip], |row| {
            Ok(Seen {
                reader: row.get(0)?,
                time: row.get(1)?,
            })
        })?;
        seen.collect()
    }

    /// Alerts a user to a message in this way: `app`, `sms` or `phone`.
    pub(crate) fn mark_urgent(&self, message_id: &str, user: &str, way: &str, time: u64) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO urgent VALUES (?, ?, ?, ?)";
        let arguments = params![message_id, user, way, time];
        self.db.prepare_cached(sql)?.execute(arguments).map(|_| ())
    }

    /// How many urgent messages a user has not read yet.
    pub(crate) fn unread_urgent(&self, user: &str) -> Result<usize> {
        let sql = "SELECT count(DISTINCT message_id) FROM urgent WHERE user = ?1 AND NOT EXISTS \
                   (SELECT 1 FROM seen WHERE seen.message_id = urgent.message_id AND seen.reader = ?1)";
        self.db.prepare_cached(sql)?.query_row([user], |row| row.get(0))
    }

    /// Who was alerted to a message, and in which way.
    pub(crate) fn urgent(&self, message_id: &str) -> Result<Vec<(String, String)>> {
        let sql = "SELECT user, way FROM urgent WHERE message_id = ? ORDER BY time, user, way";
        let mut rows = self.db.prepare_cached(sql)?;
        rows.query_map([message_id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    }

    /// Pins a message, unless it is pinned.
    pub(crate) fn add_pin(&self, pin: &Pin) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO pin VALUES (?, ?, ?, ?)";
        let arguments = params![pin.message_id, pin.chat_id, pin.operator, pin.time];
        self.db.prepare_cached(sql)?.execute(arguments).map(|_| ())
    }

    pub(crate) fn pin(&self, message_id: &str) -> Result<Option<Pin>> {
        let sql = "SELECT message_id, chat_id, operator, time FROM pin WHERE message_id = ?";
        self.db.prepare_cached(sql)?.query_row([message_id], pin).optional()
    }

    pub(crate) fn drop_pin(&self, message_id: &str) -> Result<()> {
        let sql = "DELETE FROM pin WHERE message_id = ?";
        self.db.prepare_cached(sql)?.execute([message_id]).map(|_| ())
    }

    /// The pins of a chat from one moment to another, the latest first.
    pub(crate) fn pins(&self, chat_id: &str, time: (u64, u64), skip: usize, most: usize) -> Result<Vec<Pin>> {
        let sql = "SELECT message_id, chat_id, operator, time FROM pin WHERE chat_id = ? AND time BETWEEN ? AND ? \
                   ORDER BY time DESC, message_id LIMIT ? OFFSET ?";
        let mut rows = self.db.prepare_cached(sql)?;
        rows.query_map(params![chat_id, time.0, time.1, most, skip], pin)?
            .collect()
    }
}

fn pin(row: &Row<'_>) -> Result<Pin> {
    Ok(Pin {
        message_id: row.get(0)?,
        chat_id: row.get(1)?,
        operator: row.get(2)?,
        time: row.get(3)?,
    })
}
