//! Replies made up from the catalog's own examples: typed, stable, and finite.

use serde_json::{Map, Value, json};

use crate::catalog::{Catalog, Counted, Field, Shape, Type, Union};

/// So many values a sample has at most, however wide the types are.
const MOST: usize = 20_000;

/// What an operation with this payload might reply.
pub(crate) fn sample(catalog: &Catalog, kind: &Type) -> Value {
    Sampler {
        catalog,
        within: Vec::new(),
        left: MOST,
    }
    .value(kind, None, None)
    .unwrap_or_else(|| json!({}))
}

/// Lets the sample be the only page: its items are all there are.
pub(crate) fn count(payload: &mut Value, words: &Counted) {
    let items = payload.get(&words.items).and_then(Value::as_array).map(Vec::len);
    if let (Some(items), Some(total)) = (items, payload.get_mut(&words.total)) {
        *total = items.into();
    }
}

/// Only those members of `all` that the type has, as far as it is an object, each in the form that the type gives it: what was sent as
/// JSON text may be shown as JSON, and the other way round.
pub(crate) fn project(catalog: &Catalog, kind: &Type, all: &Value) -> Value {
    let composed = matches!(kind, Type::List(_)) || catalog.members(kind).is_some();
    match (kind, all) {
        (Type::Json(_), Value::String(_)) => return all.clone(),
        (Type::Json(_), other) => return other.to_string().into(),
        (Type::Millis | Type::Seconds, Value::Number(number)) => return number.to_string().into(),
        (Type::Int | Type::MillisInt | Type::SecondsInt, Value::String(text)) => {
            return text.parse::<i64>().map_or_else(|_| all.clone(), Value::from);
        }
        (Type::List(inner), Value::Array(items)) => {
            return items.iter().map(|item| project(catalog, inner, item)).collect();
        }
        (_, Value::String(text)) if composed => {
            return match serde_json::from_str::<Value>(text) {
                Ok(parsed) if !parsed.is_string() => project(catalog, kind, &parsed),
                _ => all.clone(),
            };
        }
        _ => {}
    }
    match (catalog.members(kind), all) {
        (Some(fields), Value::Object(members)) => {
            let known = |name: &str| fields.iter().find(|field| field.name == name);
            members
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), project(catalog, &known(name)?.kind, value))))
                .collect::<Map<_, _>>()
                .into()
        }
        _ => all.clone(),
    }
}

struct Sampler<'c> {
    catalog: &'c Catalog,
    within: Vec<&'c str>,
    left: usize,
}

impl<'c> Sampler<'c> {
    // Nothing where the type would contain itself, or where the sample grows too large.
    fn value(&mut self, kind: &'c Type, field: Option<&Field>, tag: Option<&Value>) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        let example = field.and_then(|field| field.example.as_ref());
        let text = example.and_then(Value::as_str);
        let whole = || example.and_then(Value::as_i64).or_else(|| text?.parse().ok());
        Some(match kind {
            Type::String | Type::Secret => match example {
                Some(Value::String(text)) => text.as_str().into(),
                Some(other) if !other.is_null() => other.to_string().into(),
                _ => "".into(),
            },
            Type::Bool => example
                .and_then(Value::as_bool)
                .or_else(|| text?.parse().ok())
                .unwrap_or(false)
                .into(),
            Type::Int => whole().unwrap_or(0).into(),
            Type::Float => example
                .and_then(Value::as_f64)
                .or_else(|| text?.parse().ok())
                .unwrap_or(0.0)
                .into(),
            Type::Millis => whole().unwrap_or(1_615_380_573_411).to_string().into(),
            Type::Seconds => whole().unwrap_or(1_615_380_573).to_string().into(),
            Type::MillisInt => whole().unwrap_or(1_615_380_573_411).into(),
            Type::SecondsInt => whole().unwrap_or(1_615_380_573).into(),
            Type::Any => example.cloned().unwrap_or_else(|| json!({})),
            Type::File => "".into(),
            Type::List(inner) => {
                let one = match example {
                    Some(Value::Array(items)) => field.map(|field| Field {
                        example: items.first().cloned(),
                        ..field.clone()
                    }),
                    _ => field.cloned(),
                };
                self.value(inner, one.as_ref(), tag).into_iter().collect()
            }
            Type::Map(inner) => {
                let one = field.map(|field| Field {
                    example: None,
                    ..field.clone()
                });
                let member = self
                    .value(inner, one.as_ref(), tag)
                    .map(|value| ("key".to_owned(), value));
                member.into_iter().collect::<Map<_, _>>().into()
            }
            Type::Json(inner) => match text {
                Some(text) if serde_json::from_str::<Value>(text).is_ok() => text.into(),
                _ => self.value(inner, None, tag)?.to_string().into(),
            },
            Type::Fields(fields) => self.object(fields).into(),
            Type::Ref(name) => return self.named(name, example, tag),
        })
    }

    fn named(&mut self, name: &'c str, example: Option<&Value>, tag: Option<&Value>) -> Option<Value> {
        if self.within.contains(&name) {
            return None;
        }
        self.within.push(name);
        let value = match self.catalog.shape(name) {
            Some(Shape::Values(choices)) => {
                let known = example.and_then(|example| choices.iter().find(|choice| choice.value == *example));
                known.or(choices.first()).map(|choice| choice.value.clone())
            }
            Some(Shape::Fields(fields)) => Some(self.object(fields).into()),
            Some(Shape::Keys(keys)) => keys.first().and_then(|key| self.value(&key.kind, Some(key), None)),
            Some(Shape::Union(union)) => self.union(union, tag),
            Some(Shape::Shapes(looks)) => match example {
                Some(example) => Some(example.clone()),
                None => looks.first().and_then(|look| self.value(&look.kind, None, None)),
            },
            None => None,
        };
        self.within.pop();
        value
    }

    fn object(&mut self, fields: &'c [Field]) -> Map<String, Value> {
        let mut members = Map::new();
        // Tags come first, so that what they choose can follow them.
        let (chosen, plain): (Vec<&Field>, Vec<&Field>) = fields.iter().partition(|field| field.by.is_some());
        for field in plain.into_iter().chain(chosen) {
            let tag = field.by.as_ref().and_then(|by| members.get(by)).cloned();
            if let Some(value) = self.value(&field.kind, Some(field), tag.as_ref()) {
                members.insert(field.name.clone(), last_page(&field.name, value));
            }
        }
        members
    }

    fn union(&mut self, union: &'c Union, tag: Option<&Value>) -> Option<Value> {
        let chosen = union.variants.iter().find(|variant| Some(&variant.value) == tag);
        let variant = chosen.or(union.variants.first())?;
        let payload = variant.kind.as_ref().and_then(|kind| self.value(kind, None, None));
        union.compose(variant, payload)
    }
}

// A sample is the last page: with the same token for ever, a client that pages would never come to an end.
fn last_page(name: &str, value: Value) -> Value {
    match name {
        "has_more" => false.into(),
        "page_token" | "next_page_token" => "".into(),
        _ => value,
    }
}
