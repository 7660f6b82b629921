//! What people come back to, in SQLite: in memory, or in a file that outlives the program.

use std::{fmt, path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags};

mod batches;
mod blocks;
mod chats;
mod documents;
mod files;
mod marks;
mod messages;
mod people;
mod reactions;

pub(crate) use batches::Batch;
pub(crate) use chats::{Chat, Member};
pub(crate) use documents::Document;
pub(crate) use files::File;
pub(crate) use marks::Pin;
pub(crate) use messages::{Container, Stretch};
pub(crate) use people::IdKind;
pub use reactions::Reaction;

/// How long a sandbox that ends may keep its file from the next one.
const PATIENCE: Duration = Duration::from_millis(500);
/// The tables.
const SCHEMA: &str = include_str!("schema.sql");
/// Goes up whenever the tables change; a file of another version is left alone.
const VERSION: i64 = 3;
/// So many statements stay prepared.
const PREPARED: usize = 128;

/// What a question to the store comes to.
pub(crate) type Result<T> = std::result::Result<T, rusqlite::Error>;

/// Where chats, messages, files and people are kept.
pub(crate) struct Store {
    db: Connection,
}

impl Store {
    /// A store that ends with the sandbox.
    pub(crate) fn memory() -> std::result::Result<Self, DataError> {
        let failed = |error: rusqlite::Error| DataError::of("memory", &error);
        let db = Connection::open_in_memory().map_err(failed)?;
        // SQLite looks through its table of pages after many a commit; half as many pages make that half as long.
        db.execute_batch("PRAGMA page_size = 8192;").map_err(failed)?;
        Self::set_up(db).map_err(failed)
    }

    /// A store in a file, made when there is none.
    pub(crate) fn file(path: &Path) -> std::result::Result<Self, DataError> {
        let name = path.display().to_string();
        let failed = |error: rusqlite::Error| DataError::of(&name, &error);
        let db = Connection::open_with_flags(path, OpenFlags::default()).map_err(failed)?;
        db.busy_timeout(PATIENCE).map_err(failed)?;
        // One process has it, from before the first look on; whatever it was told is in the file even when it is killed.
        db.execute_batch("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
            .map_err(failed)?;
        let version: i64 = db
            .query_row("PRAGMA user_version", (), |row| row.get(0))
            .map_err(failed)?;
        let tables: i64 = db
            .query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))
            .map_err(failed)?;
        if version != VERSION && tables > 0 {
            let why = if version == 0 {
                "is a database of something else".to_owned()
            } else {
                format!("has version {version}")
            };
            return Err(DataError(format!(
                "`{name}` {why}, and this sandbox writes version {VERSION}; give `--data` another file"
            )));
        }
        Self::set_up(db).map_err(failed)
    }

    fn set_up(db: Connection) -> Result<Self> {
        db.set_prepared_statement_cache_capacity(PREPARED);
        let version: i64 = db.query_row("PRAGMA user_version", (), |row| row.get(0))?;
        if version == 0 {
            db.execute_batch(&format!("BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"))?;
        }
        Ok(Self { db })
    }

    /// From here on nothing counts until [`keep`](Self::keep).
    pub(crate) fn begin(&self) -> Result<()> {
        self.run("SAVEPOINT act")
    }

    /// Keeps what was done since [`begin`](Self::begin).
    pub(crate) fn keep(&self) -> Result<()> {
        self.run("RELEASE act")
    }

    /// Undoes what was done since [`begin`](Self::begin).
    pub(crate) fn undo(&self) -> Result<()> {
        self.run("ROLLBACK TO act")?;
        self.run("RELEASE act")
    }

    fn run(&self, sql: &str) -> Result<()> {
        self.db.prepare_cached(sql)?.execute(()).map(|_| ())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Store").finish_non_exhaustive()
    }
}

/// Why the sandbox's data cannot be had.
#[derive(Clone, Debug)]
pub struct DataError(String);

impl DataError {
    pub(crate) fn of(name: &str, error: &rusqlite::Error) -> Self {
        let why = match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => "it is no database; give `--data` another file".to_owned(),
            Some(ErrorCode::DatabaseBusy) => {
                "another sandbox has it open; stop that one, or give `--data` another file".to_owned()
            }
            Some(ErrorCode::CannotOpen) => {
                "it cannot be opened or made; give `--data` a file in a directory that exists".to_owned()
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                "it cannot be written to; give `--data` another file".to_owned()
            }
            _ => error.to_string(),
        };
        Self(format!("the sandbox's data in `{name}` cannot be had: {why}"))
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for DataError {}
