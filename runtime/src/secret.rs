//! Strings that must not be seen.

use std::{cell::RefCell, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{url::push_encoded, wire::Decode};

/// A password, token or key. `Debug` prints `Secret(***)`, there is no `Display`; [`expose`](Self::expose) gives the text.
///
/// Serializing writes the real value, for it has to reach the platform.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Secret(String);

thread_local! {
    /// The secrets written by the request that is being encoded.
    static WRITTEN: RefCell<Option<Vec<Secret>>> = const { RefCell::new(None) };
}

impl Secret {
    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// [`expose`](Self::expose), noted when a request is being encoded.
    pub(crate) fn write(&self) -> &str {
        // A thread that is ending has no such list any more, and sends nothing either.
        let _ = WRITTEN.try_with(|written| {
            if let Some(written) = &mut *written.borrow_mut() {
                written.push(self.clone());
            }
        });
        &self.0
    }
}

/// Notes the secrets that are written until it is [ended](Self::end): what the platform says must not repeat them.
pub(crate) struct Watch(());

impl Watch {
    pub(crate) fn begin() -> Self {
        let _ = WRITTEN.try_with(|written| written.replace(Some(Vec::new())));
        Self(())
    }

    pub(crate) fn end(self) -> Vec<Secret> {
        WRITTEN.try_with(RefCell::take).ok().flatten().unwrap_or_default()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = WRITTEN.try_with(RefCell::take);
    }
}

/// `text` with `***` where it repeats a secret, as it is or percent-encoded.
pub(crate) fn masked(text: String, secrets: &[Secret]) -> String {
    // What is shorter is no secret, but would blot out half the text.
    let secrets = secrets.iter().map(Secret::expose).filter(|secret| secret.len() >= 6);
    secrets.fold(text, |text, secret| {
        let mut encoded = String::new();
        push_encoded(&mut encoded, secret);
        text.replace(secret, "***").replace(&encoded, "***")
    })
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&Secret> for Secret {
    fn from(secret: &Secret) -> Self {
        secret.clone()
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.write())
    }
}

impl Decode for Secret {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::decode(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::decode(deserializer)
    }
}
