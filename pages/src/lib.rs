//! The platform's documentation pages, read as facts: the spec is drafted from them and audited against them.
//!
//! The tool belongs to the project, the pages do not: nothing of their text goes into the spec.

mod audit;
mod draft;
mod facts;
mod known;
mod markup;
mod merge;
mod read;
mod samples;

pub use audit::{Found, Report, audit};
pub use draft::{Draft, draft};
pub use facts::{Around, ErrorRow, Event, Field, Home, Kind, Leaf, Operation, Page, Subject};
pub use known::Known;
pub use merge::{Merged, merge};
pub use read::read;
pub use samples::samples;
