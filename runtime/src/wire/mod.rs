//! How values travel: lenient decoding and plain encoding, without derives.
//!
//! Generated code writes one macro line per type; everything generic lives here, once.

mod builder;
mod encode;
mod fit;
mod json;
mod macros;
mod names;
mod number;
mod open_enum;
mod param;
mod request;
mod shape;
mod shapes;
mod text;
mod time;
mod union;

#[cfg(test)]
mod tests;

pub use encode::{Entries, Members, object_out, tagged, wrapped};
pub use fit::fitting;
pub use json::Json;
pub use names::with_names;
pub use param::Param;
pub use shape::{field, skip};
pub use shapes::{Form, looks};
pub use text::text;
pub use time::{IntMillis, IntSeconds, Millis, Seconds};
pub use union::{content_of, from_value, tag_of, value_of};

pub(crate) use number::integer;
pub(crate) use shape::{Key, Seed};

use serde::de::{Deserializer, Error, MapAccess, Unexpected};

use crate::line::flat;

/// A value that can be read from a reply, forgivingly.
///
/// The platform leaves members out, sends `null`, numbers for strings and strings for numbers, `[]` or "" for an object that is not
/// there, `{}` or "" for such a list. An implementation takes all of these: what is not there is the default value, and only
/// content of a wrong shape (an object where a string belongs) is an error.
/// Generated types get theirs from [`decode!`](crate::decode); any self-describing serde format will do.
///
/// An object says how its members are read, anything else how the whole is.
pub trait Decode: Default {
    /// Reads the value; unless said otherwise, an object, member by member.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        shape::object(deserializer)
    }

    /// Reads the value of `key` into its field; unless said otherwise, no key has one, and its value is skipped.
    fn member<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let _ = key;
        skip(map)
    }
}

/// Puts the key in front of what an inner level reported: "`id`: …" becomes "`sender.id`: …".
#[cold]
fn at_key<E: Error>(key: &str, error: E) -> E {
    E::custom(within(&flat(key, 60), &error.to_string()))
}

/// As [`at_key`], for the item of a list.
#[cold]
fn at_index<E: Error>(index: usize, error: E) -> E {
    E::custom(within(&format!("[{index}]"), &error.to_string()))
}

fn within(step: &str, message: &str) -> String {
    // A path this long tells no more.
    if message.len() > 400 {
        return message.to_owned();
    }
    match message.strip_prefix('`') {
        Some(path) if path.starts_with('[') => format!("`{step}{path}"),
        Some(path) => format!("`{step}.{path}"),
        None => format!("`{step}`: {message}"),
    }
}

/// A string where something else belongs, as errors name it. A long one is somebody's content: it has no place there.
fn quoted(text: &str) -> Unexpected<'_> {
    match text.len() {
        0..=40 => Unexpected::Str(text),
        _ => Unexpected::Other("a long string"),
    }
}
