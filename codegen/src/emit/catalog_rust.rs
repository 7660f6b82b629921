//! What the catalog says about the Rust of each thing: only what does not follow from its name on the wire.
//!
//! The rule: types are what they are called, fields and modules the name in snake case, requests, values and variants in Pascal
//! case, constructors of variants in snake case, all as `heck` has it.

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::{Map, Value, json};

use crate::{
    expr::TypeExpr,
    lower::constructor,
    name::{pascal, snake},
    spec::{EnumValue, Field, Operation, Variant},
};

/// The request's name, whether it is a list of pages, and the feature it needs.
pub(super) fn operation(operation: &Operation, paged: bool, service: Option<(&str, &str)>) -> Option<Value> {
    let mut rust = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            rust.insert(key.to_owned(), value);
        }
    };
    let name = pascal(&operation.spoken().value);
    put("name", exception(name, operation.name.value.to_pascal_case()));
    put("paged", paged.then_some(true.into()));
    let feature = service.filter(|(name, feature)| name != feature);
    put("feature", feature.map(|(_, feature)| feature.into()));
    (!rust.is_empty()).then_some(rust.into())
}

/// The field's name, that it stands in a box, and the method that adds to its list.
pub(super) fn field(field: &Field) -> impl Iterator<Item = (&'static str, Value)> {
    let name = snake(&field.spoken().value);
    let boxed = matches!(field.ty.value, TypeExpr::Boxed(_));
    let facts = [
        ("rust", exception(name, field.name.value.to_snake_case())),
        ("boxed", boxed.then_some(true.into())),
        ("each", field.each.as_ref().map(|each| snake(&each.value).into())),
    ];
    facts.into_iter().filter_map(|(key, value)| Some((key, value?)))
}

/// The name of a value of an enum.
pub(super) fn value(value: &EnumValue) -> Option<Value> {
    exception(pascal(&value.spoken().value), value.key().to_pascal_case())
}

/// The names of a union's variant: the case, and the constructor where that does not follow from the wire either.
pub(super) fn variant(variant: &Variant) -> Option<Value> {
    let (wire, spoken) = (&variant.value.value, &variant.spoken().value);
    let case = exception(pascal(spoken), wire.to_pascal_case());
    let constructor = exception(constructor(spoken), wire.to_snake_case());
    match (case, constructor) {
        (None, None) => None,
        (case, constructor) => Some(json!([
            case.unwrap_or_else(|| wire.to_pascal_case().into()),
            constructor.unwrap_or_else(|| wire.to_snake_case().into())
        ])),
    }
}

fn exception(name: String, rule: String) -> Option<Value> {
    (name != rule).then(|| name.into())
}
