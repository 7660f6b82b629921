//! Blocks of files that are on their way.

use rusqlite::params;

use super::{Result, Store};

impl Store {
    /// Keeps a block; one of the same number gives way.
    pub(crate) fn put_block(&self, upload: &str, seq: i64, bytes: &[u8]) -> Result<()> {
        let sql = "INSERT INTO block (upload, seq, bytes) VALUES (?, ?, ?) \
                   ON CONFLICT (upload, seq) DO UPDATE SET bytes = excluded.bytes";
        self.db.prepare_cached(sql)?.execute(params![upload, seq, bytes])?;
        Ok(())
    }

    /// How many blocks an upload has, and what they make in order.
    pub(crate) fn blocks(&self, upload: &str) -> Result<(i64, Vec<u8>)> {
        let sql = "SELECT bytes FROM block WHERE upload = ? ORDER BY seq";
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query([upload])?;
        let (mut count, mut whole) = (0, Vec::new());
        while let Some(row) = rows.next()? {
            count += 1;
            whole.extend_from_slice(row.get_ref(0)?.as_blob()?);
        }
        Ok((count, whole))
    }

    pub(crate) fn drop_blocks(&self, upload: &str) -> Result<()> {
        self.db
            .prepare_cached("DELETE FROM block WHERE upload = ?")?
            .execute([upload])?;
        Ok(())
    }
}
