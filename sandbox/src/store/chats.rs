//! Chats and who is in them.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Map, Value};

use super::{Result, Store};

/// A chat.
#[derive(Clone, Debug)]
pub(crate) struct Chat {
    pub(crate) chat_id: String,
    /// `group`, `topic` or `p2p`.
    pub(crate) mode: String,
    pub(crate) tenant: String,
    /// The user, or the app, that owns it; empty for none.
    pub(crate) owner: String,
    pub(crate) created: u64,
    pub(crate) dissolved: bool,
    /// Name, description and settings, by the platform's names.
    pub(crate) facts: Map<String, Value>,
}

/// Someone in a chat.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// A user's open id, or an app's id.
    pub(crate) id: String,
    pub(crate) is_bot: bool,
    pub(crate) is_manager: bool,
}

const CHAT: &str = "chat_id, mode, tenant, owner, created, dissolved, facts";

impl Store {
    pub(crate) fn add_chat(&self, chat: &Chat) -> Result<()> {
        let sql = format!("INSERT OR REPLACE INTO chat ({CHAT}) VALUES (?, ?, ?, ?, ?, ?, ?)");
        self.db.prepare_cached(&sql)?.execute(params![
            chat.chat_id,
            chat.mode,
            chat.tenant,
            chat.owner,
            chat.created,
            chat.dissolved,
            Value::from(chat.facts.clone()).to_string()
        ])?;
        Ok(())
    }

    pub(crate) fn chat(&self, chat_id: &str) -> Result<Option<Chat>> {
        let sql = format!("SELECT {CHAT} FROM chat WHERE chat_id = ?");
        self.db.prepare_cached(&sql)?.query_row([chat_id], chat).optional()
    }

    /// All chats, the oldest first.
    pub(crate) fn chats(&self) -> Result<Vec<Chat>> {
        let sql = format!("SELECT {CHAT} FROM chat ORDER BY place");
        self.db.prepare_cached(&sql)?.query_map((), chat)?.collect()
    }

    /// The chat in which these two speak alone; an app of the store has one in each tenant.
    pub(crate) fn talk(&self, app: &str, tenant: &str, user: &str) -> Result<Option<String>> {
        let sql = "SELECT a.chat_id FROM member a JOIN member b ON b.chat_id = a.chat_id JOIN chat c ON c.chat_id = a.chat_id \
                   WHERE a.id = ? AND b.id = ? AND c.tenant = ? AND c.mode = 'p2p'";
        self.db
            .prepare_cached(sql)?
            .query_row([user, app, tenant], |row| row.get(0))
            .optional()
    }

    pub(crate) fn join(&self, chat_id: &str, id: &str, is_bot: bool) -> Result<bool> {
        let sql = "INSERT OR IGNORE INTO member (chat_id, id, is_bot) VALUES (?, ?, ?)";
        Ok(self.db.prepare_cached(sql)?.execute(params![chat_id, id, is_bot])? > 0)
    }

    /// Keeps what has become of a chat.
    pub(crate) fn change_chat(&self, chat: &Chat) -> Result<()> {
        let sql = "UPDATE chat SET owner = ?, dissolved = ?, facts = ? WHERE chat_id = ?";
        let facts = Value::from(chat.facts.clone()).to_string();
        self.db
            .prepare_cached(sql)?
            .execute(params![chat.owner, chat.dissolved, facts, chat.chat_id])?;
        Ok(())
    }

    /// The chats that are still there and that somebody is in, talks of two left out: the oldest first, or those that were written to last.
    pub(crate) fn chats_of(&self, id: &str, active_first: bool) -> Result<Vec<Chat>> {
        let order = if active_first {
            "(SELECT place FROM message WHERE message.chat_id = c.chat_id AND upper_id IS NULL ORDER BY place DESC LIMIT 1) DESC, c.created DESC, c.place DESC"
        } else {
            "c.created, c.place"
        };
        let sql = format!(
            "SELECT c.chat_id, c.mode, c.tenant, c.owner, c.created, c.dissolved, c.facts FROM member m JOIN chat c ON c.chat_id = m.chat_id \
             WHERE m.id = ? AND c.mode <> 'p2p' AND NOT c.dissolved ORDER BY {order}"
        );
        self.db.prepare_cached(&sql)?.query_map([id], chat)?.collect()
    }

    pub(crate) fn leave(&self, chat_id: &str, id: &str) -> Result<bool> {
        let sql = "DELETE FROM member WHERE chat_id = ? AND id = ?";
        Ok(self.db.prepare_cached(sql)?.execute([chat_id, id])? > 0)
    }

    /// Makes a member an administrator, or no longer.
    pub(crate) fn set_manager(&self, chat_id: &str, id: &str, manager: bool) -> Result<()> {
        let sql = "UPDATE member SET is_manager = ? WHERE chat_id = ? AND id = ?";
        self.db
            .prepare_cached(sql)?
            .execute(params![manager, chat_id, id])
            .map(|_| ())
    }

    pub(crate) fn is_manager(&self, chat_id: &str, id: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM member WHERE chat_id = ? AND id = ? AND is_manager";
        self.db.prepare_cached(sql)?.exists([chat_id, id])
    }

    pub(crate) fn is_member(&self, chat_id: &str, id: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM member WHERE chat_id = ? AND id = ?";
        self.db.prepare_cached(sql)?.exists([chat_id, id])
    }

    /// Who is in a chat, in the order in which they came.
    pub(crate) fn members(&self, chat_id: &str) -> Result<Vec<Member>> {
        let sql = "SELECT id, is_bot, is_manager FROM member WHERE chat_id = ? ORDER BY place";
        let mut rows = self.db.prepare_cached(sql)?;
        let members = rows.query_map([chat_id], |row| {
            Ok(Member {
                id: row.get(0)?,
                is_bot: row.get(1)?,
                is_manager: row.get(2)?,
            })
        })?;
        members.collect()
    }
}

fn chat(row: &Row<'_>) -> Result<Chat> {
    let facts: String = row.get(6)?;
    Ok(Chat {
        chat_id: row.get(0)?,
        mode: row.get(1)?,
        tenant: row.get(2)?,
        owner: row.get(3)?,
        created: row.get(4)?,
        dissolved: row.get(5)?,
        facts: serde_json::from_str(&facts).unwrap_or_default(),
    })
}
