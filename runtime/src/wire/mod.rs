//! How values travel: lenient decoding and plain encoding, without derives.
//!
//! Generated code writes one macro line per type; everything generic lives here, once.

mod encode;
mod json;
mod macros;
mod number;
mod open_enum;
mod param;
mod shape;
mod text;
mod time;
mod union;

#[cfg(test)]
mod tests;

pub use encode::{Entries, entry_opt, object_out, tagged, wrapped};
pub use json::Json;
pub use param::Param;
pub use shape::{Object, field, object, skip};
pub use text::text;
pub use time::{IntMillis, IntSeconds, Millis, Seconds};
pub use union::{content_of, from_value, tag_of};

pub(crate) use number::integer;
pub(crate) use shape::{Key, Seed};

use serde::de::{Deserializer, Error};

/// A value that can be read from a reply, forgivingly.
///
/// The platform leaves members out, sends `null`, numbers for strings and strings for numbers. An implementation takes
/// all of these: `null` is the default value, and only a wrong shape (an object where a string belongs) is an error.
/// Generated types get theirs from [`decode!`](crate::decode); any self-describing serde format will do.
pub trait Decode: Sized {
    /// Reads the value.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Puts the key in front of what an inner level reported: "`id`: …" becomes "`sender.id`: …".
#[cold]
fn at_key<E: Error>(key: &str, error: E) -> E {
    E::custom(within(key, &error.to_string()))
}

/// As [`at_key`], for the item of a list.
#[cold]
fn at_index<E: Error>(index: usize, error: E) -> E {
    E::custom(within(&format!("[{index}]"), &error.to_string()))
}

fn within(step: &str, message: &str) -> String {
    match message.strip_prefix('`') {
        Some(path) if path.starts_with('[') => format!("`{step}{path}"),
        Some(path) => format!("`{step}.{path}"),
        None => format!("`{step}`: {message}"),
    }
}
