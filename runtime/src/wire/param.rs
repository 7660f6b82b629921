//! Values that go into paths, queries, headers and form parts: plain text.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::{IntMillis, IntSeconds, Json, Millis, Seconds};
use crate::Secret;

/// A value with one spelling as plain text.
///
/// The text is as the platform reads it, before any percent-encoding.
pub trait Param {
    /// Whether the text is a secret. A header that holds it is marked sensitive then.
    const SECRET: bool = false;

    /// The text.
    fn param(&self) -> Cow<'_, str>;
}

impl<T: Param + ?Sized> Param for &T {
    const SECRET: bool = T::SECRET;

    fn param(&self) -> Cow<'_, str> {
        (**self).param()
    }
}

impl<T: Param + ?Sized> Param for Box<T> {
    const SECRET: bool = T::SECRET;

    fn param(&self) -> Cow<'_, str> {
        (**self).param()
    }
}

impl Param for str {
    fn param(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Param for String {
    fn param(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Param for Secret {
    const SECRET: bool = true;

    fn param(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.write())
    }
}

impl Param for bool {
    fn param(&self) -> Cow<'_, str> {
        Cow::Borrowed(if *self { "true" } else { "false" })
    }
}

macro_rules! displayed {
    ($($type:ty)*) => {$(
        impl Param for $type {
            fn param(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
    )*};
}

displayed!(i64 f64 Millis Seconds IntMillis IntSeconds);

/// Text as it is; anything else as JSON.
impl Param for Value {
    fn param(&self) -> Cow<'_, str> {
        match self {
            Self::String(text) => Cow::Borrowed(text),
            other => Cow::Owned(other.to_string()),
        }
    }
}

/// As JSON; a value without a JSON form (a map with keys that are no text) is empty.
impl<T: Serialize> Param for Json<T> {
    fn param(&self) -> Cow<'_, str> {
        Cow::Owned(serde_json::to_string(&self.0).unwrap_or_default())
    }
}
