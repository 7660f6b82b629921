//! Messages, in the order in which they came.

use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::{Result, Store};
use crate::{content::Mention, messages::Message};

/// Where messages lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Container<'a> {
    Everywhere,
    /// In a chat, and not in a thread there; of threads only what began them.
    Chat(&'a str),
    /// In a chat and in its threads, in the order in which they came.
    Whole(&'a str),
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
    /// The place of the message that the page before ended with.
    pub(crate) after: Option<i64>,
    pub(crate) skip: usize,
    pub(crate) most: usize,
}

impl Stretch {
    /// All of them, the oldest first.
    pub(crate) const ALL: Self = Self {
        from: 0,
        until: i64::MAX as u64,
        newest_first: false,
        after: None,
        skip: 0,
        most: i64::MAX as usize,
    };
}

const MESSAGE: &str = "message_id, chat_id, receive_id, thread_id, parent_id, root_id, upper_id, msg_type, sent, content, mentions, \
                       sender, tenant, created, updated, edits, recalled, operation, viewer";
/// Whether it is in a thread that another message has begun; in chats that are made of threads, nothing is beside the chat.
const ASIDE: &str = "?4 IS NOT NULL AND EXISTS (SELECT 1 FROM message WHERE thread_id = ?4 AND upper_id IS NULL) \
                     AND NOT EXISTS (SELECT 1 FROM chat WHERE chat_id = ?2 AND mode = 'topic')";

impl Store {
    /// Keeps a message, or what has become of one that is kept already.
    pub(crate) fn keep_message(&self, message: &Message) -> Result<()> {
        let sql = format!(
            "INSERT INTO message ({MESSAGE}, aside) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {ASIDE}) \
             ON CONFLICT (message_id) DO UPDATE SET \
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
        let sql = format!("SELECT {MESSAGE}, place FROM message WHERE message_id = ?");
        self.db
            .prepare_cached(&sql)?
            .query_row([message_id], message)
            .optional()
    }

    pub(crate) fn messages(&self, within: Container<'_>, stretch: Stretch) -> Result<Vec<Message>> {
        let (
            Stretch {
                mut from, mut until, ..
            },
            mut place,
        ) = (stretch, stretch.after);
        if let Some(after) = place {
            let created = self.created(after)?;
            *(if stretch.newest_first { &mut until } else { &mut from }) = created;
        }
        let end = if stretch.newest_first { i64::MAX } else { -1 };
        let place = place.get_or_insert(end);
        let id = within.id();
        let arguments: [&dyn ToSql; 6] = [&id, &from, &until, place, &stretch.most, &stretch.skip];
        let sql = listed(within, stretch.newest_first);
        self.db.prepare_cached(&sql)?.query_map(arguments, message)?.collect()
    }

    /// The chat that a thread is in.
    pub(crate) fn thread_chat(&self, thread_id: &str) -> Result<Option<String>> {
        let sql =
            "SELECT chat_id FROM message WHERE thread_id = ? AND upper_id IS NULL ORDER BY created, place LIMIT 1";
        self.db
            .prepare_cached(sql)?
            .query_row([thread_id], |row| row.get(0))
            .optional()
    }

    fn created(&self, place: i64) -> Result<u64> {
        let sql = "SELECT created FROM message WHERE place = ?";
        let created = self.db.prepare_cached(sql)?.query_row([place], |row| row.get(0));
        Ok(created.optional()?.unwrap_or_default())
    }

    /// Forgets a message.
    pub(crate) fn drop_message(&self, message_id: &str) -> Result<()> {
        let sql = "DELETE FROM message WHERE message_id = ?";
        self.db.prepare_cached(sql)?.execute([message_id]).map(drop)
    }

    /// How many messages a chat has.
    pub(crate) fn count_in(&self, chat_id: &str) -> Result<usize> {
        let sql = "SELECT count(*) FROM message WHERE chat_id = ? AND upper_id IS NULL";
        self.db.prepare_cached(sql)?.query_row([chat_id], |row| row.get(0))
    }

    /// How many messages there are.
    pub(crate) fn count_messages(&self) -> Result<usize> {
        let sql = "SELECT count(*) FROM message WHERE upper_id IS NULL";
        self.db.prepare_cached(sql)?.query_row((), |row| row.get(0))
    }
}

impl<'a> Container<'a> {
    fn id(self) -> Option<&'a str> {
        match self {
            Self::Everywhere => None,
            Self::Chat(id) | Self::Whole(id) | Self::Thread(id) | Self::Merged(id) | Self::To(id) => Some(id),
        }
    }
}

// Chats and threads are in order of time, and every page begins where the one before ended, so that none costs more than the first.
fn listed(within: Container<'_>, newest_first: bool) -> String {
    let (filter, timed) = match within {
        Container::Everywhere => ("?1 IS NULL AND upper_id IS NULL", false),
        Container::Chat(_) => (
            "chat_id = ?1 AND upper_id IS NULL AND aside = 0 AND viewer IS NULL",
            true,
        ),
        Container::Whole(_) => ("chat_id = ?1 AND upper_id IS NULL", false),
        Container::Thread(_) => ("thread_id = ?1 AND upper_id IS NULL AND viewer IS NULL", true),
        Container::Merged(_) => ("upper_id = ?1", false),
        Container::To(_) => ("(chat_id = ?1 OR receive_id = ?1) AND upper_id IS NULL", false),
    };
    let order = if newest_first { "DESC" } else { "ASC" };
    let sorted = match timed {
        true => format!("created {order}, place {order}"),
        false => format!("place {order}"),
    };
    let stretch = match newest_first {
        true => "(created, place) < (?3, ?4) AND created >= ?2",
        false => "(created, place) > (?2, ?4) AND created <= ?3",
    };
    format!("SELECT {MESSAGE}, place FROM message WHERE {filter} AND {stretch} ORDER BY {sorted} LIMIT ?5 OFFSET ?6")
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
        place: row.get(19)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_sends_read_no_more_than_they_need() {
        let store = Store::memory().unwrap();
        let plan = |sql: &str| -> String {
            let mut rows = store.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let count = rows.parameter_count();
            for at in 1..=count {
                rows.raw_bind_parameter(at, 1).unwrap();
            }
            let mut rows = rows.raw_query();
            let mut steps = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                steps.push(row.get::<_, String>(3).unwrap());
            }
            steps.join("; ")
        };
        for newest_first in [false, true] {
            for (within, index) in [
                (Container::Chat("oc_1"), "message_in_chat"),
                (Container::Whole("oc_1"), "message_of_chat"),
                (Container::Thread("omt_1"), "message_in_thread"),
                (Container::Merged("om_1"), "message_within"),
            ] {
                let steps = plan(&listed(within, newest_first));
                assert!(steps.contains(&format!("USING INDEX {index} (")), "{within:?}: {steps}");
                assert!(
                    !steps.contains("SCAN") && !steps.contains("TEMP B-TREE"),
                    "{within:?}: {steps}"
                );
                if index.starts_with("message_in_") {
                    // The page before's end is found in the index, not walked to.
                    assert!(steps.contains("created"), "{within:?}: {steps}");
                }
            }
        }
        for sql in [
            "SELECT 1 FROM message WHERE thread_id = ?1 AND upper_id IS NULL",
            "SELECT place FROM message WHERE message_id = ?1",
            "SELECT reaction_id FROM reaction WHERE message_id = ?1 AND emoji = ?2",
            "SELECT reader FROM seen WHERE message_id = ?1",
            "SELECT message_id FROM pin WHERE chat_id = ?1 AND time > ?2 ORDER BY time DESC",
        ] {
            let steps = plan(sql);
            assert!(steps.contains("SEARCH") && !steps.contains("SCAN"), "{sql}: {steps}");
        }
    }
}
