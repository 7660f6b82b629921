//! Encoding of objects, and of unions that name their variant.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// The members of an object on their way out. The first failure counts, and nothing is written after it.
pub struct Members<M: SerializeMap> {
    map: M,
    failed: Option<M::Error>,
}

impl<M: SerializeMap> Members<M> {
    fn new(map: M) -> Self {
        Self { map, failed: None }
    }

    /// Writes a member.
    pub fn put<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) {
        if self.failed.is_none() {
            self.failed = self.map.serialize_entry(key, value).err();
        }
    }

    /// Writes a member, unless there is nothing to write.
    pub fn put_opt<T: Serialize>(&mut self, key: &str, value: &Option<T>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    fn end(self) -> Result<M::Ok, M::Error> {
        match self.failed {
            Some(error) => Err(error),
            None => self.map.end(),
        }
    }
}

/// A struct written member by member; `encode!` writes this.
pub trait Entries {
    /// Writes the members.
    fn entries<M: SerializeMap>(&self, members: &mut Members<M>);
}

impl<T: Entries> Entries for Box<T> {
    fn entries<M: SerializeMap>(&self, members: &mut Members<M>) {
        (**self).entries(members);
    }
}

impl<T: Serialize> Entries for BTreeMap<String, T> {
    fn entries<M: SerializeMap>(&self, members: &mut Members<M>) {
        self.iter().for_each(|(key, value)| members.put(key, value));
    }
}

/// The payload of a variant that has none.
impl Entries for () {
    fn entries<M: SerializeMap>(&self, _: &mut Members<M>) {}
}

/// Writes an object.
pub fn object_out<T: Entries, S: Serializer>(object: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut members = Members::new(serializer.serialize_map(None)?);
    object.entries(&mut members);
    members.end()
}

/// Writes `{"<key>": "<tag>", …members of the payload}`.
pub fn tagged<T: Entries, S: Serializer>(serializer: S, key: &str, tag: &str, payload: &T) -> Result<S::Ok, S::Error> {
    let mut members = Members::new(serializer.serialize_map(None)?);
    members.put(key, tag);
    payload.entries(&mut members);
    members.end()
}

/// Writes `{"<key>": "<tag>", "<content>": payload}`, or the tag alone.
pub fn wrapped<T: Serialize, S: Serializer>(
    serializer: S,
    key: &str,
    tag: &str,
    content: &str,
    payload: Option<&T>,
) -> Result<S::Ok, S::Error> {
    let mut members = Members::new(serializer.serialize_map(None)?);
    members.put(key, tag);
    members.put_opt(content, &payload);
    members.end()
}
