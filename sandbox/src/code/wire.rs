//! The values of a form as they travel: path, query, headers and body.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::name::text;
use crate::catalog::{Catalog, Field, Operation, Place, Shape, Type};

/// What stays as it is in paths and queries (RFC 3986, unreserved).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value that travels as text.
pub(super) struct Piece<'c> {
    pub(super) field: &'c Field,
    pub(super) name: String,
    pub(super) text: String,
}

impl Piece<'_> {
    /// The text in a URL.
    pub(super) fn encoded(&self) -> String {
        encoded(&self.text)
    }

    /// Whether no page may show it.
    pub(super) fn is_secret(&self) -> bool {
        is_secret(&self.field.kind)
    }

    /// Whether it is the path of a file.
    pub(super) fn is_file(&self) -> bool {
        is_file(&self.field.kind)
    }
}

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// What was given for the field, and under which name it travels; `null` is the same as nothing.
pub(super) fn given<'v>(
    catalog: &'v Catalog,
    field: &'v Field,
    values: &'v Map<String, Value>,
) -> Option<(&'v Field, &'v Value)> {
    let some = |values: &'v Map<String, Value>, field: &'v Field| {
        let value = values.get(&field.name).filter(|value| !value.is_null())?;
        Some((field, value))
    };
    let Some(keys) = keys(catalog, &field.kind) else {
        return some(values, field);
    };
    let key = |values: &'v Map<String, Value>| keys.iter().find_map(|key| some(values, key));
    // One key of several may be given as a value of the field.
    key(values).or_else(|| key(values.get(&field.name)?.as_object()?))
}

/// The keys of a type that is one key of several.
pub(super) fn keys<'c>(catalog: &'c Catalog, kind: &Type) -> Option<&'c [Field]> {
    let Type::Ref(name) = kind else { return None };
    match catalog.shape(name) {
        Some(Shape::Keys(keys)) => Some(keys),
        _ => None,
    }
}

/// The texts that travel in a place, one for each value of a list.
pub(super) fn pieces<'c>(
    catalog: &'c Catalog,
    operation: &'c Operation,
    place: Place,
    values: &Map<String, Value>,
) -> Vec<Piece<'c>> {
    let pieces = operation.parameters_in(place).flat_map(|field| {
        let found = given(catalog, field, values).map(|(sent, value)| (sent.name.clone(), value.clone()));
        let texts = found.iter().flat_map(|(name, value)| {
            let texts = match (value, &field.join) {
                (Value::Array(items), None) => items.iter().map(text).collect(),
                (Value::Array(items), Some(_)) => vec![items.iter().map(text).collect::<Vec<_>>().join(",")],
                (value, _) => vec![text(value)],
            };
            texts.into_iter().map(|text| (name.clone(), text))
        });
        let piece = |(name, text)| Piece { field, name, text };
        texts.map(piece).collect::<Vec<_>>()
    });
    pieces.collect()
}

/// The members of the JSON body.
pub(super) fn body(catalog: &Catalog, operation: &Operation, values: &Map<String, Value>) -> Map<String, Value> {
    let members = operation.parameters_in(Place::Body).filter_map(|field| {
        let (sent, value) = given(catalog, field, values)?;
        Some((sent.name.clone(), travelling(&sent.kind, value)))
    });
    members.collect()
}

/// A value as it travels in JSON, where a form may have given it more readably.
fn travelling(kind: &Type, value: &Value) -> Value {
    match (kind, value) {
        (Type::Json(_), Value::String(_)) => value.clone(),
        (Type::Json(_), value) => value.to_string().into(),
        (Type::Millis | Type::Seconds, Value::Number(number)) => number.to_string().into(),
        _ => value.clone(),
    }
}

fn is_secret(kind: &Type) -> bool {
    match kind {
        Type::Secret => true,
        Type::List(inner) | Type::Map(inner) => is_secret(inner),
        _ => false,
    }
}

pub(super) fn is_file(kind: &Type) -> bool {
    match kind {
        Type::File => true,
        Type::List(inner) => is_file(inner),
        _ => false,
    }
}

/// The environment variable that holds a secret of this name.
pub(super) fn variable(name: &str) -> String {
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    name.chars().map(letter).collect()
}
