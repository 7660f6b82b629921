//! Cards: their elements by id, what the platform refuses about them, and what a reader sees.

mod check;
mod tree;
mod view;

pub(crate) use check::{Wrong, check, check_new};
pub(crate) use tree::{Place, ids, insert, merge, part, remove};
pub use view::Card;

/// The most bytes of a card (protocol.md §7.4).
pub(crate) const MOST_BYTES: usize = 30 * 1024;
