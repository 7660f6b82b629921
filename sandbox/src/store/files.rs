//! Files and images: their bytes, and who uploaded them.

use bytes::Bytes;
use rusqlite::{OptionalExtension, params};

use super::{Result, Store};

/// An uploaded file or image.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) key: String,
    /// `file` or `image`.
    pub(crate) kind: String,
    /// What its sender said it is, such as `pdf` or `avatar`.
    pub(crate) file_type: String,
    pub(crate) name: String,
    pub(crate) app: String,
    pub(crate) tenant: String,
    pub(crate) time: u64,
    pub(crate) bytes: Bytes,
}

impl Store {
    pub(crate) fn add_file(&self, file: &File) -> Result<()> {
        let sql = "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let File {
            key,
            kind,
            file_type,
            name,
            app,
            tenant,
            time,
            bytes,
        } = file;
        self.db
            .prepare_cached(sql)?
            .execute(params![key, kind, file_type, name, app, tenant, time, bytes.as_ref()])?;
        Ok(())
    }

    pub(crate) fn stored(&self, key: &str) -> Result<Option<File>> {
        self.file_by(
            "SELECT key, kind, type, name, app, tenant, time, bytes FROM file WHERE key = ?",
            key,
        )
    }

    /// The same without its bytes, of which there may be many.
    pub(crate) fn described(&self, key: &str) -> Result<Option<File>> {
        self.file_by(
            "SELECT key, kind, type, name, app, tenant, time, x'' FROM file WHERE key = ?",
            key,
        )
    }

    fn file_by(&self, sql: &str, key: &str) -> Result<Option<File>> {
        let file = self.db.prepare_cached(sql)?.query_row([key], |row| {
            let bytes: Vec<u8> = row.get(7)?;
            Ok(File {
                key: row.get(0)?,
                kind: row.get(1)?,
                file_type: row.get(2)?,
                name: row.get(3)?,
                app: row.get(4)?,
                tenant: row.get(5)?,
                time: row.get(6)?,
                bytes: bytes.into(),
            })
        });
        file.optional()
    }
}
