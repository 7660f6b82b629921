//! Rows of a Base (bitable) as structs of one's own.
//!
//! ```no_run
//! use flybook::{Client, IntMillis, bitable::v1::app_table_record::{BatchCreate, Search}};
//! use flybook_bitable::{BitableRecord, Person, Read};
//!
//! #[derive(Debug, BitableRecord)]
//! struct Task {
//!     #[bitable(id)]
//!     id: Option<String>,
//!     #[bitable(name = "任务名称")]
//!     title: String,
//!     #[bitable(name = "截止日期")]
//!     due: Option<IntMillis>,
//!     #[bitable(name = "负责人")]
//!     owners: Vec<Person>,
//!     #[bitable(name = "总工时", read_only)]
//!     total: Option<f64>,
//! }
//!
//! # async fn run(client: Client, tasks: Vec<Task>) -> Result<(), Box<dyn std::error::Error>> {
//! // However many there are: in calls of as many as the platform takes, one after the other.
//! client.batch(BatchCreate::new("bascn…", "tbl…", &tasks)).await?;
//!
//! let request = Search::new("bascn…", "tbl…").field_names(Task::COLUMNS.iter().copied());
//! let mut records = client.items(request);
//! while let Some(record) = records.try_next().await? {
//!     let task: Task = record.read()?;
//!     println!("{task:?}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A field of the struct is a column. Its type says how the cell is read ([`FromCell`]) and written ([`ToCell`]):
//!
//! | column | type of the field |
//! |---|---|
//! | text, barcode, email address, one option, phone number, automatic number | `String` |
//! | number, amount of money, progress, rating | `f64`, `i64`, `i32`, `u32` |
//! | date, time of creation or of the last change | [`IntMillis`](flybook::IntMillis), [`Millis`](flybook::Millis), `SystemTime` |
//! | checkbox | `bool` |
//! | several options; links, as IDs of records | `Vec<String>` |
//! | people, creator; groups; attachments | `Vec<Person>`; `Vec<Group>`; `Vec<Attachment>`, or one without `Vec` |
//! | link; place | [`Hyperlink`]; [`Location`] |
//! | formula, lookup | what its result is, as above, or [`Computed`]; with `#[bitable(read_only)]` |
//! | text with mentions and links | `Vec<Segment>`; it is written as plain text |
//! | anything | [`Cell`] |
//!
//! The platform leaves empty cells out. They read as an empty string or list, `false`, or `None`; a number, a date or an object that is
//! there for sure needs no `Option`, and is an error where it is empty. A column that the table lacks looks just as empty.
//!
//! What is empty is not written, which leaves the cell as it is; [`BitableRecord::all_fields`] writes `null`, which empties it.

mod cell;
mod error;
mod many;
mod plain;
mod record;
mod scalars;
mod things;

pub use cell::{FromCell, ToCell};
pub use error::ReadError;
pub use flybook::bitable::v1::app_table_record::{
    Attachment, Cell, Computed, Group, Hyperlink, Location, NewRecord, Person, Record, RecordChange, Segment,
};
pub use flybook_bitable_derive::BitableRecord;
pub use plain::plain;
pub use record::{BitableRecord, Read};

/// For what the derive writes.
#[doc(hidden)]
pub mod __private {
    pub use crate::record::{RecordId, read};
}
