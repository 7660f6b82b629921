//! Whether content is of the shape that its tag promises.
//!
//! Decoding is lenient, and an object of quite another kind would read as one that is empty. What a tag beside it names is kept
//! as it is then.

use std::cell::Cell;

use serde::{
    de::{DeserializeSeed, Deserializer, MapAccess, Visitor, value::BorrowedStrDeserializer},
    forward_to_deserialize_any,
};
use serde_json::{Error, Value, map::Iter};

use super::Decode;

/// Reads a payload, if it is one: a value of the right shape, or an object with at least one member that is known.
pub fn fitting<T: Decode>(value: &Value) -> Option<T> {
    let Value::Object(members) = value else {
        let nothing = value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
        return if nothing { None } else { T::decode(value).ok() };
    };
    let ignored = Cell::new(0);
    let top = Top {
        members: members.iter(),
        next: None,
        ignored: &ignored,
    };
    let payload = T::decode(top).ok()?;
    (members.is_empty() || ignored.get() < members.len()).then_some(payload)
}

/// The members of an object, counting those that nobody asks for.
struct Top<'de, 'c> {
    members: Iter<'de>,
    next: Option<&'de Value>,
    ignored: &'c Cell<usize>,
}

impl<'de> Deserializer<'de> for Top<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Top<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.members.next() else {
            return Ok(None);
        };
        self.next = Some(value);
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(Member {
            value: self.next.take().unwrap_or(&Value::Null),
            ignored: self.ignored,
        })
    }
}

/// A member, which is counted when it is skipped.
struct Member<'de, 'c> {
    value: &'de Value,
    ignored: &'c Cell<usize>,
}

impl<'de> Deserializer<'de> for Member<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.value.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.value.deserialize_option(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.ignored.set(self.ignored.get() + 1);
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Map, decode};

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Place {
        name: String,
        floor: Option<i64>,
        others: Map<Value>,
    }
    decode!(Place, name; floor);

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Open {
        name: String,
        floor: Option<i64>,
        others: Map<Value>,
    }
    decode!(Open, name; floor, ..others);

    #[test]
    fn content_of_another_shape_is_none() {
        for value in [
            json!({"schema": "2.0"}),
            json!(null),
            json!(""),
            json!("words"),
            json!([1]),
            json!({"name": []}),
        ] {
            let read = fitting::<Place>(&value);
            assert!(read.is_none() || value == json!({"name": []}), "{value}: {read:?}");
        }
        for value in [
            json!({}),
            json!({"name": null}),
            json!({"floor": 1, "novel": {"deep": [1]}}),
            json!({"floor": null, "x": 1}),
        ] {
            assert!(fitting::<Place>(&value).is_some(), "{value}");
        }
        assert_eq!(
            fitting::<Place>(&json!({"name": "a", "floor": "3"})).unwrap().floor,
            Some(3)
        );
        // Without names of its own a type takes everything.
        assert!(fitting::<Map<Value>>(&json!({"a": 1})).is_some());
        assert!(fitting::<Value>(&json!({"a": 1})).is_some());
        assert!(fitting::<Open>(&json!({"schema": "2.0"})).is_some());
    }

    #[test]
    fn a_map_takes_the_members_that_no_field_is_for() {
        let open: Open = serde_json::from_str(r#"{"name":"a","from":["b"],"floor":1,"to":{"c":null}}"#).unwrap();
        assert_eq!((open.name.as_str(), open.floor), ("a", Some(1)));
        assert_eq!(json!(open.others), json!({"from": ["b"], "to": {"c": null}}));
        let error = serde_json::from_str::<Open>(r#"{"name":{"a":1}}"#).unwrap_err();
        assert!(error.to_string().contains("`name`"), "{error}");
    }
}
