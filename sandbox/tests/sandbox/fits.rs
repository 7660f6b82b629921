//! Whether a value has the type that the catalog gives it; written anew, so that it cannot share the sandbox's mistakes.

use flybook_sandbox::catalog::{Catalog, Field, Look, Shape, Type};
use serde_json::{Map, Value};

/// The first thing that does not fit, with its path.
pub(crate) fn fits(catalog: &Catalog, at: &str, kind: &Type, tag: Option<&Value>, value: &Value) -> Result<(), String> {
    let holds = |holds: bool| {
        if holds {
            Ok(())
        } else {
            Err(format!("{at}: {value} is not {kind:?}"))
        }
    };
    match kind {
        Type::Any => Ok(()),
        Type::String | Type::Secret | Type::File => holds(value.is_string()),
        Type::Bool => holds(value.is_boolean()),
        Type::Int | Type::MillisInt | Type::SecondsInt => holds(value.is_i64()),
        Type::Float => holds(value.is_number()),
        Type::Millis | Type::Seconds => holds(value.as_str().is_some_and(|text| text.parse::<i64>().is_ok())),
        Type::List(inner) => {
            let items = value.as_array().ok_or(format!("{at}: {value} is no list"))?;
            items
                .iter()
                .try_for_each(|item| fits(catalog, &format!("{at}[]"), inner, tag, item))
        }
        Type::Map(inner) => {
            let members = value.as_object().ok_or(format!("{at}: {value} is no map"))?;
            members
                .values()
                .try_for_each(|item| fits(catalog, &format!("{at}.*"), inner, tag, item))
        }
        Type::Json(inner) => {
            let text = value.as_str().ok_or(format!("{at}: {value} is no text"))?;
            let parsed = serde_json::from_str(text).map_err(|error| format!("{at}: {error}"))?;
            fits(catalog, at, inner, tag, &parsed)
        }
        Type::Fields(fields) => object(catalog, at, fields, None, value),
        Type::Ref(name) => match catalog.shape(name).ok_or(format!("{at}: no type {name}"))? {
            Shape::Values(choices) => holds(choices.iter().any(|choice| choice.value == *value)),
            Shape::Fields(fields) | Shape::Keys(fields) => object(catalog, at, fields, None, value),
            Shape::Shapes(looks) => match Look::of(looks, value) {
                Some(look) => fits(catalog, at, &look.kind, None, value),
                None => Ok(()),
            },
            Shape::Union(union) => {
                let told = union.tag.as_ref().map_or(tag, |tag| value.get(tag));
                let variant = union.variants.iter().find(|variant| Some(&variant.value) == told);
                let Some(variant) = variant else {
                    return holds(union.otherwise);
                };
                match (&variant.kind, &union.content, &union.tag) {
                    (None, ..) => Ok(()),
                    (Some(kind), Some(content), _) => match value.get(content) {
                        Some(payload) => fits(catalog, &format!("{at}.{content}"), kind, None, payload),
                        None => Err(format!("{at}.{content} is missing")),
                    },
                    (Some(Type::Ref(name)), None, Some(tag)) => match catalog.shape(name) {
                        Some(Shape::Fields(fields)) => object(catalog, at, fields, Some(tag), value),
                        _ => Ok(()),
                    },
                    (Some(kind), ..) => fits(catalog, at, kind, None, value),
                }
            }
        },
    }
}

fn object(
    catalog: &Catalog,
    at: &str,
    fields: &[Field],
    besides: Option<&String>,
    value: &Value,
) -> Result<(), String> {
    let members: &Map<String, Value> = value.as_object().ok_or(format!("{at}: {value} is no object"))?;
    for field in fields {
        let at = format!("{at}.{}", field.name);
        match members.get(&field.name) {
            Some(member) => {
                let tag = field.by.as_ref().and_then(|by| members.get(by));
                fits(catalog, &at, &field.kind, tag, member)?;
            }
            None if field.required => return Err(format!("{at} is missing")),
            None => {}
        }
    }
    let stranger = members
        .keys()
        .find(|name| Some(*name) != besides && !fields.iter().any(|field| field.name == **name));
    stranger.map_or(Ok(()), |name| Err(format!("{at}.{name} is not in the catalog")))
}
