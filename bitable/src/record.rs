//! A record and a struct of one's own.

use flybook::{Map, Value};

use crate::{
    Cell, FromCell, ReadError, Record, RecordChange,
    cell::{is_empty, unpacked},
};

/// A struct that is read from and written to records; `#[derive(BitableRecord)]` makes it one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row",
    note = "`#[derive(BitableRecord)]` on the struct makes it one"
)]
pub trait BitableRecord: Sized {
    /// The names of its columns: what a search need ask for.
    const COLUMNS: &'static [&'static str];

    /// Reads a record.
    ///
    /// # Errors
    /// A cell holds something else than the field takes, or nothing where the field needs something.
    fn from_record(record: &Record) -> Result<Self, ReadError>;

    /// The columns that are written, each with its cell; `None` where there is nothing to write.
    fn cells(&self) -> Vec<(&'static str, Option<Cell>)>;

    /// The record's ID, where the struct has it.
    fn record_id(&self) -> Option<&str> {
        None
    }

    /// The cells to write. What is empty is left out: it stays as it is.
    fn fields(&self) -> Map<Cell> {
        let there = |(name, cell): (&'static str, Option<Cell>)| Some((name.to_owned(), cell?));
        self.cells().into_iter().filter_map(there).collect()
    }

    /// The cells to write, with `null` for what is empty: it empties the cells of a record that there is.
    fn all_fields(&self) -> Map<Cell> {
        let each =
            |(name, cell): (&'static str, Option<Cell>)| (name.to_owned(), cell.unwrap_or(Cell::Json(Value::Null)));
        self.cells().into_iter().map(each).collect()
    }

    /// The record's ID with its [`fields`](Self::fields), for an update of several; none for a row without an ID.
    fn change(&self) -> Option<RecordChange> {
        Some(RecordChange::new(self.record_id()?, self.fields()))
    }
}

/// Records that read themselves: `let task: Task = record.read()?`.
pub trait Read {
    /// Reads the record as a struct of one's own.
    ///
    /// # Errors
    /// As [`BitableRecord::from_record`].
    fn read<T: BitableRecord>(&self) -> Result<T, ReadError>;
}

impl Read for Record {
    fn read<T: BitableRecord>(&self) -> Result<T, ReadError> {
        T::from_record(self)
    }
}

/// Reads one column.
pub fn read<T: FromCell>(record: &Record, column: &'static str) -> Result<T, ReadError> {
    let cell = record.fields.get(column).filter(|cell| !is_empty(cell));
    let value = match cell {
        Some(cell) => unpacked(cell),
        None => T::from_empty(),
    };
    value.ok_or_else(|| ReadError::new(record, column, cell, T::WANTED))
}

/// A field for the record's ID.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold the ID of a record",
    label = "the record's `id`",
    note = "make it a `String`, or an `Option<String>` where rows are made before they have one"
)]
pub trait RecordId {
    /// From the record; it has one always.
    fn from_id(id: &str) -> Self;

    /// The ID, where there is one.
    fn as_id(&self) -> Option<&str>;
}

impl RecordId for String {
    fn from_id(id: &str) -> Self {
        id.to_owned()
    }

    fn as_id(&self) -> Option<&str> {
        Some(self.as_str()).filter(|id| !id.is_empty())
    }
}

impl RecordId for Option<String> {
    fn from_id(id: &str) -> Self {
        Some(id.to_owned()).filter(|id| !id.is_empty())
    }

    fn as_id(&self) -> Option<&str> {
        self.as_deref()
    }
}
