//! Requests made up from the catalog alone: only what it requires, or everything it knows.

use std::collections::BTreeMap;

use bytes::Bytes;
use flybook_sandbox::catalog::{Catalog, Field, Look, Operation, Place, Shape, Type, Union};
use serde_json::{Map, Value, json};

/// A request that the catalog says is good.
#[derive(Clone, Debug)]
pub(crate) struct Crafted {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// How requests are made up.
pub(crate) struct Craft<'c> {
    catalog: &'c Catalog,
    /// Every member instead of the required ones only.
    full: bool,
    /// Which variant every union takes; counted round.
    variant: usize,
    /// What members of these names hold.
    given: BTreeMap<String, Value>,
    within: Vec<&'c str>,
}

impl<'c> Craft<'c> {
    pub(crate) fn new(catalog: &'c Catalog, full: bool, variant: usize, given: BTreeMap<String, Value>) -> Self {
        Self {
            catalog,
            full,
            variant,
            given,
            within: Vec::new(),
        }
    }

    /// The values by parameter, whatever their places.
    pub(crate) fn values(&mut self, operation: &'c Operation) -> Map<String, Value> {
        self.object(&operation.parameters.iter().collect::<Vec<_>>())
    }

    pub(crate) fn request(&mut self, operation: &'c Operation) -> Crafted {
        let place = |name: &str, members: &Map<String, Value>| members.get(name).cloned();
        let all = self.values(operation);
        let sent = |wanted: Place| -> Vec<(String, Value, &Field)> {
            let names = operation
                .parameters_in(wanted)
                .flat_map(|field| match self.keys(&field.kind) {
                    Some(keys) => keys.iter().map(|key| (key.name.clone(), field)).collect(),
                    None => vec![(field.name.clone(), field)],
                });
            names
                .filter_map(|(name, field)| Some((name.clone(), place(&name, &all)?, field)))
                .collect()
        };
        let mut path = operation.path.clone();
        for (name, value, _) in sent(Place::Path) {
            path = path.replace(&format!(":{name}"), &encoded(&text(&value)));
        }
        let mut query = Vec::new();
        for (name, value, field) in sent(Place::Query) {
            query.extend(
                texts(&value, field)
                    .iter()
                    .map(|value| format!("{name}={}", encoded(value))),
            );
        }
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let mut headers: Vec<_> = sent(Place::Header)
            .into_iter()
            .map(|(name, value, _)| (name, text(&value)))
            .collect();
        let parts = sent(Place::Form);
        let members: Map<String, Value> = sent(Place::Body)
            .into_iter()
            .map(|(name, value, _)| (name, value))
            .collect();
        let body = if !parts.is_empty() {
            headers.push(("content-type".to_owned(), "multipart/form-data; boundary=b".to_owned()));
            form(&parts)
        } else if operation.parameters_in(Place::Body).next().is_some() {
            headers.push(("content-type".to_owned(), "application/json; charset=utf-8".to_owned()));
            Value::from(members).to_string()
        } else {
            String::new()
        };
        Crafted {
            path,
            headers,
            body: body.into(),
        }
    }

    fn keys(&self, kind: &Type) -> Option<&'c [Field]> {
        match kind {
            Type::Ref(name) => match self.catalog.shape(name) {
                Some(Shape::Keys(keys)) => Some(keys),
                _ => None,
            },
            _ => None,
        }
    }

    fn object(&mut self, fields: &[&'c Field]) -> Map<String, Value> {
        let mut members = Map::new();
        let (chosen, plain): (Vec<&&Field>, Vec<&&Field>) = fields.iter().partition(|field| field.by.is_some());
        for field in plain.into_iter().chain(chosen) {
            if !field.required && !self.full {
                continue;
            }
            if let Some(keys) = self.keys(&field.kind) {
                let sent = if self.full { keys.len() } else { 1 };
                for key in keys.iter().take(sent) {
                    members.extend(
                        self.value(&key.kind, Some(key), None)
                            .map(|value| (key.name.clone(), value)),
                    );
                }
                continue;
            }
            // With everything sent, each variant has its turn, and the sibling names it.
            if let (true, Some(by), Some(union)) = (self.full, &field.by, self.union_of(&field.kind)) {
                members.insert(
                    by.clone(),
                    union.variants[self.variant % union.variants.len()].value.clone(),
                );
            }
            let tag = field.by.as_ref().and_then(|by| members.get(by)).cloned();
            match self.value(&field.kind, Some(field), tag.as_ref()) {
                Some(value) => _ = members.insert(field.name.clone(), value),
                None => assert!(!field.required, "`{}` contains itself without an end", field.name),
            }
        }
        members
    }

    fn union_of(&self, kind: &Type) -> Option<&'c Union> {
        match kind {
            Type::Json(inner) => self.union_of(inner),
            Type::Ref(name) => match self.catalog.shape(name) {
                Some(Shape::Union(union)) => Some(union),
                _ => None,
            },
            _ => None,
        }
    }

    // Nothing where a type contains itself.
    fn value(&mut self, kind: &'c Type, field: Option<&Field>, tag: Option<&Value>) -> Option<Value> {
        if let Some(given) = field.and_then(|field| self.given.get(field.name.as_str())) {
            return Some(given.clone());
        }
        let example = field.and_then(|field| field.example.as_ref());
        let least = field.and_then(|field| field.min).unwrap_or(1.0);
        let number = example.filter(|example| example.is_number()).cloned();
        Some(match kind {
            Type::String | Type::Secret => match example.and_then(Value::as_str) {
                Some(text) if !text.is_empty() => text.into(),
                _ => "x"
                    .repeat(field.and_then(|field| field.min_len).unwrap_or(1).max(1) as usize)
                    .into(),
            },
            Type::Bool => example
                .filter(|example| example.is_boolean())
                .cloned()
                .unwrap_or(true.into()),
            Type::Int | Type::MillisInt | Type::SecondsInt => number.unwrap_or((least as i64).into()),
            Type::Float => number.unwrap_or(least.into()),
            Type::Millis | Type::Seconds => example.map_or("1".into(), |example| text(example).into()),
            Type::Any => example.cloned().unwrap_or(json!({})),
            Type::File => "bytes".into(),
            Type::List(inner) => {
                let examples = example.and_then(Value::as_array).cloned().unwrap_or_default();
                let least = field.and_then(|field| field.min_items).unwrap_or(1).max(1) as usize;
                let items = (0..least).filter_map(|at| {
                    let example = (!examples.is_empty()).then(|| examples[at % examples.len()].clone());
                    self.value(
                        inner,
                        field
                            .map(|field| Field {
                                example,
                                ..field.clone()
                            })
                            .as_ref(),
                        tag,
                    )
                });
                items.collect()
            }
            Type::Map(inner) => json!({"key": self.value(inner, None, tag)?}),
            Type::Json(inner) => match example {
                Some(Value::String(text)) if !self.full => text.as_str().into(),
                _ => self.value(inner, None, tag)?.to_string().into(),
            },
            Type::Fields(fields) => self.object(&fields.iter().collect::<Vec<_>>()).into(),
            Type::Ref(name) => {
                if self.within.contains(&name.as_str()) {
                    return None;
                }
                self.within.push(name);
                let value = self.named(self.catalog.shape(name)?, example, tag);
                self.within.pop();
                return value;
            }
        })
    }

    fn named(&mut self, shape: &'c Shape, example: Option<&Value>, tag: Option<&Value>) -> Option<Value> {
        match shape {
            Shape::Values(choices) => {
                let known = choices.iter().find(|choice| Some(&choice.value) == example);
                Some(known.unwrap_or(&choices[0]).value.clone())
            }
            Shape::Fields(fields) | Shape::Keys(fields) => Some(self.object(&fields.iter().collect::<Vec<_>>()).into()),
            // A shape that holds another of its kind may not end; the next one does.
            Shape::Shapes(looks) => (0..looks.len()).find_map(|at| {
                let look = &looks[(self.variant + at) % looks.len()];
                let value = self.value(&look.kind, None, None)?;
                Look::of(looks, &value).is_some().then_some(value)
            }),
            Shape::Union(union) => {
                let told = union.variants.iter().find(|variant| Some(&variant.value) == tag);
                let variant = told.unwrap_or(&union.variants[self.variant % union.variants.len()]);
                let payload = match &variant.kind {
                    Some(kind) => Some(self.value(kind, None, None)?),
                    None => None,
                };
                let Some(tag) = &union.tag else { return payload };
                let mut members = match (&union.content, payload) {
                    (Some(content), Some(payload)) => Map::from_iter([(content.clone(), payload)]),
                    (None, Some(Value::Object(members))) => members,
                    _ => Map::new(),
                };
                members.insert(tag.clone(), variant.value.clone());
                Some(members.into())
            }
        }
    }
}

fn form(parts: &[(String, Value, &Field)]) -> String {
    let mut body = String::new();
    for (name, value, field) in parts {
        let file = if is_file(&field.kind) {
            "; filename=\"a.bin\""
        } else {
            ""
        };
        for text in texts(value, field) {
            body.push_str(&format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n"
            ));
        }
    }
    body + "--b--\r\n"
}

fn texts(value: &Value, field: &Field) -> Vec<String> {
    match (value, &field.join) {
        (Value::Array(items), None) => items.iter().map(text).collect(),
        (Value::Array(items), Some(_)) => vec![items.iter().map(text).collect::<Vec<_>>().join(",")],
        _ => vec![text(value)],
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn is_file(kind: &Type) -> bool {
    matches!(kind, Type::File) || matches!(kind, Type::List(inner) if is_file(inner))
}
