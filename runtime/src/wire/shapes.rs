//! `shapes!`: values that nothing but their JSON tells apart.

use serde_json::{Map, Value};

/// The kinds of JSON that shapes are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A string.
    Text,
    /// `true` or `false`.
    Bool,
    /// A number without a fraction, of 64 bits at most.
    Int,
    /// Any number.
    Number,
    /// An object.
    Object,
    /// A list of strings only; an empty list is one.
    Texts,
    /// A list of objects only, at least one.
    Objects,
    /// Any list.
    List,
}

/// Whether a value is of a form, and its objects have all of these members and none of those.
pub fn looks(value: &Value, form: Form, has: &[&str], lacks: &[&str]) -> bool {
    let told = |members: &Map<String, Value>| {
        let there = |key: &&str| members.get(*key).is_some_and(|value| !value.is_null());
        has.iter().all(there) && !lacks.iter().any(there)
    };
    match (form, value) {
        (Form::Text, Value::String(_)) | (Form::Bool, Value::Bool(_)) | (Form::Number, Value::Number(_)) => true,
        (Form::Int, Value::Number(number)) => number.is_i64(),
        (Form::Object, Value::Object(members)) => told(members),
        (Form::List, Value::Array(_)) => true,
        (Form::Texts, Value::Array(items)) => items.iter().all(Value::is_string),
        (Form::Objects, Value::Array(items)) => {
            !items.is_empty() && items.iter().all(|item| item.as_object().is_some_and(told))
        }
        _ => false,
    }
}

/// The wire form of an enum whose variants the JSON itself tells apart, both ways: the first that fits.
///
/// `shapes!(Cell, Text(String) = Text, People(Vec<Person>) = Objects["id"]!["file_token"]);`
///
/// After the form stand the members that objects have, and after `!` those they lack. The enum ends in `Json(Value)`, which keeps
/// what is of no shape. Each payload has a type of its own, so that a value becomes the enum by `into`.
#[doc(hidden)]
#[macro_export]
macro_rules! shapes {
    ($($wire:tt)*) => { $crate::__shapes! { [out in] $($wire)* } };
}

/// [`shapes!`](crate::shapes) for what is only sent.
#[cfg(not(feature = "roundtrip"))]
#[doc(hidden)]
#[macro_export]
macro_rules! encode_shapes {
    ($($wire:tt)*) => { $crate::__shapes! { [out] $($wire)* } };
}

/// [`shapes!`](crate::shapes) for what is only received.
#[cfg(not(feature = "roundtrip"))]
#[doc(hidden)]
#[macro_export]
macro_rules! decode_shapes {
    ($($wire:tt)*) => { $crate::__shapes! { [in] $($wire)* } };
}

/// [`shapes!`](crate::shapes) for what is only sent (feature `roundtrip`: both ways).
#[cfg(feature = "roundtrip")]
#[doc(hidden)]
#[macro_export]
macro_rules! encode_shapes {
    ($($wire:tt)*) => { $crate::shapes! { $($wire)* } };
}

/// [`shapes!`](crate::shapes) for what is only received (feature `roundtrip`: both ways).
#[cfg(feature = "roundtrip")]
#[doc(hidden)]
#[macro_export]
macro_rules! decode_shapes {
    ($($wire:tt)*) => { $crate::shapes! { $($wire)* } };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __shapes {
    (
        $ways:tt $type:ident,
        $($variant:ident($payload:ty) = $form:ident $([$($has:literal),*])? $(![$($lacks:literal),*])?),+ $(,)?
    ) => {
        impl ::core::default::Default for $type {
            fn default() -> Self {
                Self::Json($crate::Value::Null)
            }
        }

        $(impl ::core::convert::From<$payload> for $type {
            fn from(value: $payload) -> Self {
                Self::$variant(value)
            }
        })+

        $crate::__ways! { $ways {
            impl $crate::__private::serde::Serialize for $type {
                fn serialize<S: $crate::__private::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    match self {
                        $(Self::$variant(value) => $crate::__private::serde::Serialize::serialize(value, serializer),)+
                        Self::Json(value) => $crate::__private::serde::Serialize::serialize(value, serializer),
                    }
                }
            }
        } {
            impl $crate::Decode for $type {
                fn decode<'de, D: $crate::__private::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    let value = <$crate::Value as $crate::Decode>::decode(deserializer)?;
                    $(if $crate::wire::looks(
                        &value,
                        $crate::wire::Form::$form,
                        &[$($($has),*)?],
                        &[$($($lacks),*)?],
                    ) && let ::core::result::Result::Ok(payload) = <$payload as $crate::Decode>::decode(&value) {
                        return ::core::result::Result::Ok(Self::$variant(payload));
                    })+
                    ::core::result::Result::Ok(Self::Json(value))
                }
            }

            $crate::__deserialize!($type);
        } }
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire;

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Person {
        id: String,
        name: Option<String>,
    }
    wire!(Person, id; name);

    #[derive(Clone, Debug, PartialEq)]
    enum Cell {
        Text(String),
        Whole(i64),
        Number(f64),
        Tick(bool),
        Names(Vec<String>),
        People(Vec<Person>),
        One(Person),
        List(Vec<Cell>),
        Json(Value),
    }
    shapes!(
        Cell, Text(String) = Text, Whole(i64) = Int, Number(f64) = Number, Tick(bool) = Bool, Names(Vec<String>) = Texts,
        People(Vec<Person>) = Objects["id"]!["file"], One(Person) = Object["id", "name"], List(Vec<Cell>) = List
    );

    fn read(value: Value) -> Cell {
        let cell: Cell = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(&cell).unwrap(), value, "{cell:?}");
        cell
    }

    #[test]
    fn the_json_tells() {
        let ann = |name: Option<&str>| Person {
            id: "a".to_owned(),
            name: name.map(str::to_owned),
        };
        for (value, cell) in [
            (json!("7"), Cell::Text("7".to_owned())),
            (json!(9007199254740993_i64), Cell::Whole(9007199254740993)),
            (json!(0.5), Cell::Number(0.5)),
            (json!(true), Cell::Tick(true)),
            (json!([]), Cell::Names(Vec::new())),
            (json!(["a"]), Cell::Names(vec!["a".to_owned()])),
            (json!([{"id": "a"}]), Cell::People(vec![ann(None)])),
            (json!({"id": "a", "name": "Ann"}), Cell::One(ann(Some("Ann")))),
            (
                json!([1, "a"]),
                Cell::List(vec![Cell::Whole(1), Cell::Text("a".to_owned())]),
            ),
        ] {
            assert_eq!(read(value), cell);
        }
    }

    #[test]
    fn what_is_of_no_shape_is_kept() {
        for value in [
            json!(null),
            json!({}),
            json!({"id": "a"}),
            json!({"id": "a", "name": null}),
            json!({"id": "a", "name": {"deep": 1}}),
            json!([{"id": "a", "file": 1}]),
            json!([{"id": "a"}, {"name": "b"}]),
            json!([{"id": "a"}, null]),
        ] {
            let cell = read(value.clone());
            match value.is_array() {
                true => assert!(matches!(&cell, Cell::List(_)), "{cell:?}"),
                false => assert_eq!(cell, Cell::Json(value)),
            }
        }
    }
}
