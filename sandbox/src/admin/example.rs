//! Values with which a call succeeds here: the catalog's examples, with the ids of this sandbox.

use serde_json::{Map, Value, json};

use crate::{
    calls::MASK,
    catalog::{Catalog, Field, Operation, Shape, Type},
    sandbox::Sandbox,
    shape,
};

/// A value for everything the operation requires, by parameter. Secrets are masked; [`secret`] knows them.
pub(super) fn values(sandbox: &Sandbox, operation: &Operation) -> Map<String, Value> {
    let author = sandbox.app_id();
    let sent = sandbox.messages_in(sandbox.chat_id());
    let message = sent.iter().rfind(|message| message.sender == author).or(sent.last());
    let here = Here {
        app: author.to_owned(),
        tenant: sandbox.tenant_key(),
        chat: sandbox.chat_id().to_owned(),
        user: sandbox.open_id().to_owned(),
        message: message.map(|message| message.message_id.clone()),
    };
    let catalog = sandbox.catalog();
    Maker {
        catalog,
        here,
        within: Vec::new(),
    }
    .object(&operation.parameters)
}

/// What the sandbox puts in the place of a masked parameter, so that no secret has to go through a browser.
pub(super) fn secret(sandbox: &Sandbox, parameter: &str) -> Option<String> {
    match parameter {
        "app_secret" | "client_secret" => Some(sandbox.app_secret().to_owned()),
        "app_ticket" => sandbox.app_ticket(sandbox.app_id()),
        _ => None,
    }
}

/// Who and what is here to be named.
struct Here {
    app: String,
    tenant: String,
    chat: String,
    user: String,
    message: Option<String>,
}

impl Here {
    // An id of the same kind, known by its prefix; without one of it here, the example has to do.
    fn instead(&self, name: &str, example: &str) -> Option<&str> {
        match (name, example.get(..3)) {
            ("app_id" | "client_id", _) => Some(&self.app),
            ("tenant_key", _) => Some(&self.tenant),
            (_, Some("oc_")) | ("chat_id", None) => Some(&self.chat),
            (_, Some("ou_")) | ("open_id", None) => Some(&self.user),
            (_, Some("om_")) => self.message.as_deref(),
            _ => None,
        }
    }
}

struct Maker<'c> {
    catalog: &'c Catalog,
    here: Here,
    within: Vec<&'c str>,
}

impl<'c> Maker<'c> {
    fn object(&mut self, fields: &'c [Field]) -> Map<String, Value> {
        let mut members = Map::new();
        // Tags come first, so that what they choose can follow them.
        let (chosen, plain): (Vec<&Field>, Vec<&Field>) = fields
            .iter()
            .filter(|field| field.required)
            .partition(|field| field.by.is_some());
        for field in plain.into_iter().chain(chosen) {
            let key = shape::keys(self.catalog, &field.kind).and_then(<[Field]>::first);
            let field = key.unwrap_or(field);
            let tag = field.by.as_ref().and_then(|by| members.get(by)).cloned();
            if let Some(value) = self.value(&field.kind, Some(field), tag.as_ref()) {
                members.insert(field.name.clone(), value);
            }
        }
        members
    }

    // Nothing where a type contains itself.
    fn value(&mut self, kind: &'c Type, field: Option<&Field>, tag: Option<&Value>) -> Option<Value> {
        let example = field.and_then(|field| field.example.as_ref());
        let text = example.and_then(Value::as_str);
        let number = || {
            let told = example.filter(|example| example.is_number()).cloned();
            told.or_else(|| text?.parse::<i64>().ok().map(Value::from))
        };
        let least = field.and_then(|field| field.min).unwrap_or(1.0);
        Some(match kind {
            Type::Secret => MASK.into(),
            Type::String => self.text(field, example).into(),
            Type::Bool => example.and_then(Value::as_bool).unwrap_or(true).into(),
            Type::Int | Type::MillisInt | Type::SecondsInt => number().unwrap_or((least as i64).into()),
            Type::Float => number().unwrap_or(least.into()),
            Type::Millis => text.unwrap_or("1615380573411").into(),
            Type::Seconds => text.unwrap_or("1615380573").into(),
            Type::Any => example.cloned().unwrap_or_else(|| json!({})),
            Type::File => json!({"file_name": "hello.txt", "base64": "SGVsbG8gd29ybGQK"}),
            Type::List(inner) => self.list(inner, field, tag),
            Type::Map(inner) => json!({"key": self.value(inner, None, None)?}),
            // The form shows what the text holds.
            Type::Json(inner) => match text.and_then(|text| serde_json::from_str(text).ok()) {
                Some(parsed) => parsed,
                None => self.value(inner, None, tag)?,
            },
            Type::Fields(fields) => self.object(fields).into(),
            Type::Ref(name) => {
                if self.within.contains(&name.as_str()) {
                    return None;
                }
                self.within.push(name);
                let value = self.named(name, example, tag);
                self.within.pop();
                return value;
            }
        })
    }

    fn text(&self, field: Option<&Field>, example: Option<&Value>) -> String {
        let told = match example {
            Some(Value::String(text)) => text.clone(),
            Some(other) if !other.is_null() => other.to_string(),
            _ => String::new(),
        };
        let name = field.map_or("", |field| field.name.as_str());
        if let Some(id) = self.here.instead(name, &told) {
            return id.to_owned();
        }
        let least = field.and_then(|field| field.min_len).unwrap_or(1);
        match told.is_empty() {
            true => "x".repeat(usize::try_from(least.clamp(1, 1000)).unwrap_or(1)),
            false => told,
        }
    }

    fn list(&mut self, inner: &'c Type, field: Option<&Field>, tag: Option<&Value>) -> Value {
        let examples = match field.and_then(|field| field.example.as_ref()) {
            Some(Value::Array(items)) if !items.is_empty() => items.clone(),
            _ => Vec::new(),
        };
        let least = field.and_then(|field| field.min_items).unwrap_or(1).clamp(1, 100);
        let items = (0..usize::try_from(least).unwrap_or(1)).filter_map(|at| {
            let example = examples.get(at % examples.len().max(1)).cloned();
            let one = field.map(|field| Field {
                example,
                ..field.clone()
            });
            self.value(inner, one.as_ref(), tag)
        });
        items.collect()
    }

    fn named(&mut self, name: &str, example: Option<&Value>, tag: Option<&Value>) -> Option<Value> {
        match self.catalog.shape(name)? {
            Shape::Values(choices) => {
                let known = choices.iter().find(|choice| Some(&choice.value) == example);
                known.or(choices.first()).map(|choice| choice.value.clone())
            }
            Shape::Fields(fields) | Shape::Keys(fields) => match example {
                Some(Value::Object(members)) => Some(members.clone().into()),
                _ => Some(self.object(fields).into()),
            },
            Shape::Shapes(looks) => match example {
                Some(example) => Some(example.clone()),
                None => looks.first().and_then(|look| self.value(&look.kind, None, None)),
            },
            Shape::Union(union) => {
                let told = union.variants.iter().find(|variant| Some(&variant.value) == tag);
                let variant = told.or(union.variants.first())?;
                let payload = variant.kind.as_ref().and_then(|kind| self.value(kind, None, None));
                union.compose(variant, payload)
            }
        }
    }
}
