//! Documents: things that have no table of their own.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Map, Value};

use super::{Result, Store};

/// A thing as it was sent, and what it is called.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) id: String,
    /// What it lies in; empty for none.
    pub(crate) within: String,
    pub(crate) app: String,
    pub(crate) time: u64,
    pub(crate) body: Map<String, Value>,
}

impl Store {
    /// Keeps a document; one of the same name gives way.
    pub(crate) fn put(&self, thing: &str, tenant: &str, document: &Document) -> Result<()> {
        let sql = "INSERT INTO document (thing, id, within, tenant, app, time, body) VALUES (?, ?, ?, ?, ?, ?, ?) \
                   ON CONFLICT (thing, tenant, within, id) DO UPDATE SET body = excluded.body";
        self.db.prepare_cached(sql)?.execute(params![
            thing,
            document.id,
            document.within,
            tenant,
            document.app,
            document.time,
            Value::from(document.body.clone()).to_string()
        ])?;
        Ok(())
    }

    pub(crate) fn document(&self, thing: &str, tenant: &str, within: &str, id: &str) -> Result<Option<Document>> {
        let sql =
            "SELECT id, within, app, time, body FROM document WHERE thing = ? AND tenant = ? AND within = ? AND id = ?";
        self.db
            .prepare_cached(sql)?
            .query_row([thing, tenant, within, id], document)
            .optional()
    }

    /// Those that lie in the same, the oldest first.
    pub(crate) fn documents(&self, thing: &str, tenant: &str, within: &str) -> Result<Vec<Document>> {
        let sql = "SELECT id, within, app, time, body FROM document WHERE thing = ? AND tenant = ? AND within = ? ORDER BY place";
        self.db
            .prepare_cached(sql)?
            .query_map([thing, tenant, within], document)?
            .collect()
    }

    /// Whether there was such a document.
    pub(crate) fn drop_document(&self, thing: &str, tenant: &str, within: &str, id: &str) -> Result<bool> {
        let sql = "DELETE FROM document WHERE thing = ? AND tenant = ? AND within = ? AND id = ?";
        Ok(self.db.prepare_cached(sql)?.execute([thing, tenant, within, id])? > 0)
    }
}

fn document(row: &Row<'_>) -> Result<Document> {
    let body: String = row.get(4)?;
    Ok(Document {
        id: row.get(0)?,
        within: row.get(1)?,
        app: row.get(2)?,
        time: row.get(3)?,
        body: serde_json::from_str(&body).unwrap_or_default(),
    })
}
