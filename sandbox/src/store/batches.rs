//! Messages that one call sent to many users.

use rusqlite::{OptionalExtension, params};

use super::{Result, Store};

/// One such call.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// `bm-…`.
    pub(crate) id: String,
    pub(crate) app: String,
    pub(crate) tenant: String,
    pub(crate) time: u64,
    /// How many users were named who exist.
    pub(crate) valid: usize,
    pub(crate) recalled: bool,
}

/// How far a batch has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    pub(crate) sent: usize,
    /// How many of the users have read it.
    pub(crate) read: usize,
    pub(crate) recalled: usize,
}

impl Store {
    /// Keeps a batch, or what has become of it.
    pub(crate) fn keep_batch(&self, batch: &Batch) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO batch VALUES (?, ?, ?, ?, ?, ?)";
        let Batch {
            id,
            app,
            tenant,
            time,
            valid,
            recalled,
        } = batch;
        let arguments = params![id, app, tenant, time, valid, recalled];
        self.db.prepare_cached(sql)?.execute(arguments).map(|_| ())
    }

    pub(crate) fn batch(&self, id: &str) -> Result<Option<Batch>> {
        let sql = "SELECT id, app, tenant, time, valid, recalled FROM batch WHERE id = ?";
        let batch = self.db.prepare_cached(sql)?.query_row([id], |row| {
            Ok(Batch {
                id: row.get(0)?,
                app: row.get(1)?,
                tenant: row.get(2)?,
                time: row.get(3)?,
                valid: row.get(4)?,
                recalled: row.get(5)?,
            })
        });
        batch.optional()
    }

    pub(crate) fn add_batch_part(&self, batch: &str, message_id: &str) -> Result<()> {
        let sql = "INSERT INTO batch_part (message_id, batch) VALUES (?, ?)";
        self.db.prepare_cached(sql)?.execute([message_id, batch]).map(|_| ())
    }

    /// Whether a message was sent in a batch.
    pub(crate) fn is_batch_part(&self, message_id: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM batch_part WHERE message_id = ?";
        self.db.prepare_cached(sql)?.exists([message_id])
    }

    /// The messages of a batch, by their ids.
    pub(crate) fn batch_parts(&self, batch: &str) -> Result<Vec<String>> {
        let sql = "SELECT message_id FROM batch_part WHERE batch = ?";
        let mut rows = self.db.prepare_cached(sql)?;
        rows.query_map([batch], |row| row.get(0))?.collect()
    }

    pub(crate) fn progress(&self, batch: &str) -> Result<Progress> {
        let sql = "SELECT count(*), count(recalled), \
                   (SELECT count(*) FROM batch_part JOIN seen USING (message_id) WHERE batch = ?1) \
                   FROM batch_part JOIN message USING (message_id) WHERE batch = ?1";
        self.db.prepare_cached(sql)?.query_row([batch], |row| {
            Ok(Progress {
                sent: row.get(0)?,
                recalled: row.get(1)?,
                read: row.get(2)?,
            })
        })
    }
}
