//! Messages, in the order in which they came.

use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::{Result, Store};
use crate::{content::Mention, messages::Message};

/// Where messages lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Container<'a> {
    Everywhere,
    Chat(&'a str),
    Thread(&'a str),
    /// In a message that others were merged into.
    Merged(&'a str),
    /// Sent to this receiver, by the id that was sent, or in the chat of this id.
    To(&'a str),
}

/// Which of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    /// The first and the last moment, in milliseconds.
    pub(crate) from: u64,
    pub(crate) until: u64,
    pub(crate) newest_first: bool,
    pub(crate) skip: usize,
    pub(crate) most: usize,
}

impl Stretch {
    /// All of them, the oldest first.
    pub(crate) const ALL: Self = Self {
        from: 0,
        until: i64::MAX as u64,
        newest_first: false,
        skip: 0,
        most: i64::MAX as usize,
    };
}

const MESSAGE: &str = "message_id, chat_id, receive_id, thread_id, parent_id, root_id, upper_id, msg_type, sent, content, mentions, \
                       sender, tenant, created, updated, edits, recalled, operation, viewer";

impl Store {
    /// Keeps a message, or what has become of one that is kept already.
    pub(crate) fn keep_message(&self, message: &Message) -> Result<()> {
        let sql = format!(
            "INSERT INTO message ({MESSAGE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (message_id) DO UPDATE SET \
             thread_id = excluded.thread_id, msg_type = excluded.msg_type, sent = excluded.sent, content = excluded.content, \
             mentions = excluded.mentions, updated = excluded.updated, edits = excluded.edits, recalled = excluded.recalled"
        );
        let mentions: Vec<[&str; 3]> = message
            .mentions
            .iter()
            .map(|mention| [mention.key.as_str(), &mention.id, &mention.name])
            .collect();
        self.db.prepare_cached(&sql)?.execute(params![
            message.message_id,
            message.chat_id,
            message.receive_id,
            message.thread_id,
            message.parent_id,
            message.root_id,
            message.upper_message_id,
            message.msg_type,
            message.sent.to_string(),
            message.content.to_string(),
            serde_json::json!(mentions).to_string(),
            message.sender,
            message.tenant_key,
            message.create_time,
            message.update_time,
            message.edits,
            message.recalled_by,
            message.operation,
            message.visible_to
        ])?;
        Ok(())
    }

    pub(crate) fn message(&self, message_id: &str) -> Result<Option<Message>> {
        let sql = format!("SELECT {MESSAGE} FROM message WHERE message_id = ?");
        self.db
            .prepare_cached(&sql)?
            .query_row([message_id], message)
            .optional()
    }

    pub(crate) fn messages(&self, within: Container<'_>, stretch: Stretch) -> Result<Vec<Message>> {
        let (filter, id): (&str, Option<&str>) = match within {
            Container::Everywhere => ("?1 IS NULL AND upper_id IS NULL", None),
            Container::Chat(id) => ("chat_id = ?1 AND upper_id IS NULL AND viewer IS NULL", Some(id)),
            Container::Thread(id) => ("thread_id = ?1 AND upper_id IS NULL", Some(id)),
            Container::Merged(id) => ("upper_id = ?1", Some(id)),
            Container::To(id) => ("(chat_id = ?1 OR receive_id = ?1) AND upper_id IS NULL", Some(id)),
        };
        let order = if stretch.newest_first { "DESC" } else { "ASC" };
        let sql = format!(
            "SELECT {MESSAGE} FROM message WHERE {filter} AND created BETWEEN ?2 AND ?3 ORDER BY place {order} LIMIT ?4 OFFSET ?5"
        );
        let arguments: [&dyn ToSql; 5] = [&id, &stretch.from, &stretch.until, &stretch.most, &stretch.skip];
        self.db.prepare_cached(&sql)?.query_map(arguments, message)?.collect()
    }

    /// Forgets a message.
    pub(crate) fn drop_message(&self, message_id: &str) -> Result<()> {
        let sql = "DELETE FROM message WHERE message_id = ?";
        self.db.prepare_cached(sql)?.execute([message_id]).map(drop)
    }

    /// How many messages there are.
    pub(crate) fn count_messages(&self) -> Result<usize> {
        let sql = "SELECT count(*) FROM message WHERE upper_id IS NULL";
        self.db.prepare_cached(sql)?.query_row((), |row| row.get(0))
    }
}

fn message(row: &Row<'_>) -> Result<Message> {
    let (sent, content, mentions): (String, String, String) = (row.get(8)?, row.get(9)?, row.get(10)?);
    let mentions: Vec<[String; 3]> = serde_json::from_str(&mentions).unwrap_or_default();
    Ok(Message {
        message_id: row.get(0)?,
        chat_id: row.get(1)?,
        receive_id: row.get(2)?,
        thread_id: row.get(3)?,
        parent_id: row.get(4)?,
        root_id: row.get(5)?,
        upper_message_id: row.get(6)?,
        msg_type: row.get(7)?,
        sent: serde_json::from_str(&sent).unwrap_or_default(),
        content: serde_json::from_str(&content).unwrap_or_default(),
        mentions: mentions
            .into_iter()
            .map(|[key, id, name]| Mention { key, id, name })
            .collect(),
        sender: row.get(11)?,
        tenant_key: row.get(12)?,
        create_time: row.get(13)?,
        update_time: row.get(14)?,
        edits: row.get(15)?,
        recalled_by: row.get(16)?,
        operation: row.get(17)?,
        visible_to: row.get(18)?,
    })
}
