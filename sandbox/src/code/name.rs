//! Rust names: by the rule of the generator, or as the catalog says where that does not follow.

use heck::{ToPascalCase, ToSnakeCase};
use serde_json::Value;

use crate::catalog::{Choice, Field, Look, Operation, Spoken, Variant};

/// A type's module below the crate, and its name.
pub(super) fn of_type(id: &str) -> (Vec<String>, String) {
    let (module, name) = id.rsplit_once('.').unwrap_or(("", id));
    let mut parts = module.splitn(3, '.');
    let module = parts.by_ref().map(ToSnakeCase::to_snake_case).collect();
    (module, name.to_owned())
}

/// A request's module below the crate, and its name.
pub(super) fn of_request(operation: &Operation) -> (Vec<String>, String) {
    let module = [&operation.service, &operation.version, &operation.resource];
    let name = operation.rust.name.clone();
    (
        module.map(|part| part.to_snake_case()).to_vec(),
        name.unwrap_or_else(|| operation.name.to_pascal_case()),
    )
}

/// A field, as its setter is called too.
pub(super) fn of_field(field: &Field) -> String {
    spoken(&field.rust).unwrap_or_else(|| field.name.to_snake_case())
}

/// A value of an enum.
pub(super) fn of_choice(choice: &Choice) -> String {
    spoken(&choice.rust).unwrap_or_else(|| text(&choice.value).to_pascal_case())
}

/// A case of a union, and its constructor.
pub(super) fn of_variant(variant: &Variant) -> (String, String) {
    case(&variant.rust, &text(&variant.value))
}

/// A case of several that the JSON tells apart, and its constructor.
pub(super) fn of_look(look: &Look) -> (String, String) {
    case(&look.rust, &look.name)
}

/// A case of one key of several, and its constructor.
pub(super) fn of_key(key: &Field) -> (String, String) {
    case(&key.rust, &key.name)
}

/// A variable for a value of a type.
pub(super) fn variable(type_name: &str) -> String {
    type_name.to_snake_case()
}

/// A value as text.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn case(rust: &Option<Spoken>, wire: &str) -> (String, String) {
    match rust {
        Some(Spoken::Variant(case, constructor)) => (case.clone(), constructor.clone()),
        _ => (wire.to_pascal_case(), wire.to_snake_case()),
    }
}

fn spoken(rust: &Option<Spoken>) -> Option<String> {
    match rust {
        Some(Spoken::Name(name) | Spoken::Variant(name, _)) => Some(name.clone()),
        None => None,
    }
}
