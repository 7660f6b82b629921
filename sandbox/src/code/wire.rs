//! The values of a form as they travel: path, query, headers and body.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::name::text;
use crate::{
    catalog::{Catalog, Field, Operation, Place, Type},
    shape,
};

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
) -> Option<(&'v str, &'v Value)> {
    shape::sent(catalog, field, values).or_else(|| {
        // One key of several may be given as a value of the field.
        shape::keys(catalog, &field.kind)?;
        shape::sent(catalog, field, values.get(&field.name)?.as_object()?)
    })
}

/// The texts that travel in a place, one for each value of a list.
pub(super) fn pieces<'c>(
    catalog: &'c Catalog,
    operation: &'c Operation,
    place: Place,
    values: &Map<String, Value>,
) -> Vec<Piece<'c>> {
    let pieces = operation.parameters_in(place).flat_map(|field| {
        let found = given(catalog, field, values).map(|(name, value)| (name.to_owned(), value.clone()));
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
        let (name, value) = given(catalog, field, values)?;
        let facts = match shape::keys(catalog, &field.kind) {
            Some(keys) => keys.iter().find(|key| key.name == name).unwrap_or(field),
            None => field,
        };
        Some((name.to_owned(), travelling(&facts.kind, value)))
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
