//! Encoding of objects, and of unions that name their variant.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A struct written member by member; `encode!` writes this.
pub trait Entries {
    /// Writes the members into `map`.
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

impl<T: Entries> Entries for Box<T> {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        (**self).entries(map)
    }
}

impl<T: Serialize> Entries for BTreeMap<String, T> {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        self.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))
    }
}

/// The payload of a variant that has none.
impl Entries for () {
    fn entries<M: SerializeMap>(&self, _: &mut M) -> Result<(), M::Error> {
        Ok(())
    }
}

/// Writes an object.
pub fn object_out<T: Entries, S: Serializer>(object: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    object.entries(&mut map)?;
    map.end()
}

/// Writes a member, unless there is nothing to write.
pub fn entry_opt<M: SerializeMap, T: Serialize>(map: &mut M, key: &str, value: &Option<T>) -> Result<(), M::Error> {
    match value {
        Some(value) => map.serialize_entry(key, value),
        None => Ok(()),
    }
}

/// Writes `{"<key>": "<tag>", …members of the payload}`.
pub fn tagged<T: Entries, S: Serializer>(serializer: S, key: &str, tag: &str, payload: &T) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry(key, tag)?;
    payload.entries(&mut map)?;
    map.end()
}

/// Writes `{"<key>": "<tag>", "<content>": payload}`, or the tag alone.
pub fn wrapped<T: Serialize, S: Serializer>(
    serializer: S,
    key: &str,
    tag: &str,
    content: &str,
    payload: Option<&T>,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry(key, tag)?;
    if let Some(payload) = payload {
        map.serialize_entry(content, payload)?;
    }
    map.end()
}
