//! Holds a call against the catalog: every parameter, all violations at once.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    catalog::{Catalog, Field, Operation, Place, Shape, Type},
    incoming::{Body, Incoming},
    multipart::Part,
    refusal::code,
    shape::{self, Walk},
};

/// One parameter that is not as the catalog says, in the platform's own shape.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Violation {
    pub(crate) field: String,
    pub(crate) value: String,
    pub(crate) description: String,
}

impl Violation {
    pub(crate) fn new(field: &str, value: &str, description: impl Into<String>) -> Self {
        const SHOWN: usize = 100;
        Self {
            field: field.to_owned(),
            value: value.chars().take(SHOWN).collect(),
            description: description.into(),
        }
    }
}

/// What a check found out.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) violations: Vec<Violation>,
    /// Members the catalog does not know, by path.
    pub(crate) unknown: BTreeSet<String>,
    /// For each value that only some may ask for: the scopes of which one is needed.
    pub(crate) wanted: Vec<Vec<String>>,
    /// Values that no record may show.
    pub(crate) secrets: Vec<String>,
    /// What was sent, by parameter; JSON text is parsed.
    pub(crate) arguments: Map<String, Value>,
    /// For parameters that are one key of several: the key that counts.
    pub(crate) keys: Map<String, Value>,
}

impl Checked {
    pub(crate) fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.argument(name).and_then(Value::as_str).unwrap_or_default()
    }

    // A refusal quotes what was sent, but never a secret.
    fn hide_secrets(&mut self) {
        self.secrets.retain(|secret| !secret.is_empty());
        for violation in &mut self.violations {
            if !violation.value.is_empty() && self.secrets.iter().any(|secret| secret.starts_with(&violation.value)) {
                "***".clone_into(&mut violation.value);
            }
        }
    }

    pub(crate) fn violate(&mut self, field: &str, value: &str, description: impl Into<String>) {
        // Nobody reads more, and a body of wrong values may hold millions.
        const TOLD: usize = 100;
        if self.violations.len() < TOLD {
            self.violations.push(Violation::new(field, value, description));
        }
    }

    pub(crate) fn reported(&self, field: &str) -> bool {
        self.violations.iter().any(|violation| violation.field == field)
    }
}

/// Checks everything the operation's parameters say.
pub(crate) fn check(catalog: &Catalog, operation: &Operation, incoming: &Incoming) -> Checked {
    let mut checked = Checked::default();
    let siblings = siblings(operation, incoming);
    for field in &operation.parameters {
        match field.place {
            Some(Place::Path) => {
                let sent = incoming.path.iter().find(|path| path.name == field.name);
                texts(
                    catalog,
                    &mut checked,
                    field,
                    sent.map(|path| path.value.as_deref()).into_iter().collect(),
                );
            }
            Some(Place::Query) => query(catalog, &mut checked, field, incoming),
            Some(Place::Header) => {
                let sent = incoming.headers.get(&field.name).map(|value| value.to_str().ok());
                texts(catalog, &mut checked, field, sent.into_iter().collect());
            }
            Some(Place::Form) => {
                if let Body::Form(parts) = &incoming.body {
                    // Some services have a code of their own for files without bytes, which comes later.
                    let empty = operation.error(code::EMPTY_FILE).is_some();
                    form(catalog, &mut checked, field, parts, empty);
                }
            }
            Some(Place::Body) | None => {
                let content = operation.content() == Some(field.name.as_str());
                body(catalog, &mut checked, field, &siblings, content);
            }
        }
    }
    strangers(catalog, operation, incoming, &mut checked);
    checked.hide_secrets();
    checked
}

// A tag may travel in another place than what it chooses.
fn siblings(operation: &Operation, incoming: &Incoming) -> Map<String, Value> {
    let mut siblings = match &incoming.body {
        Body::Json(members) => members.clone(),
        _ => Map::new(),
    };
    for pair in &incoming.query {
        let known = |place: Place| operation.parameters_in(place).any(|field| field.name == pair.name);
        // A member of the same name is another parameter.
        if let (true, false, Some(value)) = (known(Place::Query), known(Place::Body), &pair.value) {
            siblings
                .entry(pair.name.clone())
                .or_insert_with(|| value.clone().into());
        }
    }
    siblings
}

fn body(catalog: &Catalog, checked: &mut Checked, field: &Field, members: &Map<String, Value>, content: bool) {
    let walk = Walk::new(catalog, checked);
    let mut walk = if content { walk.filled() } else { walk };
    walk.field("", field, members);
    if let Some((key, value)) = shape::sent(catalog, field, members) {
        if key != field.name {
            checked.keys.insert(field.name.clone(), key.into());
        }
        let value = plain(&field.kind, value);
        // Whatever a message says, it says as an object, also where the catalog leaves the members open.
        if content && !value.is_object() && !checked.reported(&field.name) {
            let why = format!("must be an object, not {}", kind_of(&value));
            checked.violate(&field.name, &value.to_string(), why);
        }
        checked.arguments.insert(field.name.clone(), value);
    }
}

fn query(catalog: &Catalog, checked: &mut Checked, field: &Field, incoming: &Incoming) {
    let values = |name: &str| -> Vec<Option<&str>> {
        incoming
            .query
            .iter()
            .filter(|pair| pair.name == name)
            .map(|pair| pair.value.as_deref())
            .collect()
    };
    match shape::keys(catalog, &field.kind) {
        None => texts(catalog, checked, field, values(&field.name)),
        Some(keys) => match keys.iter().find(|key| !values(&key.name).is_empty()) {
            Some(key) => {
                texts(catalog, checked, key, values(&key.name));
                checked.keys.insert(field.name.clone(), key.name.clone().into());
                if let Some(value) = checked.arguments.shift_remove(&key.name) {
                    checked.arguments.insert(field.name.clone(), value);
                }
            }
            None if field.required => checked.violate(&field.name, "", shape::one_of(keys)),
            None => {}
        },
    }
}

// Values that travel as text: turned into what the type says, then checked like any other.
fn texts(catalog: &Catalog, checked: &mut Checked, field: &Field, sent: Vec<Option<&str>>) {
    let name = &field.name;
    if sent.iter().any(Option::is_none) {
        return checked.violate(name, "", "is not UTF-8 text; percent-encode its UTF-8 bytes");
    }
    let sent: Vec<&str> = sent.into_iter().flatten().collect();
    if sent.is_empty() {
        if field.required {
            checked.violate(name, "", "is required");
        }
        return;
    }
    let value = match &field.kind {
        Type::List(inner) => {
            let joined = field.join.is_some();
            let items = sent
                .iter()
                .flat_map(|text| if joined { text.split(',').collect() } else { vec![*text] });
            items.map(|text| from_text(catalog, inner, text)).collect()
        }
        _ if sent.len() > 1 => {
            return checked.violate(
                name,
                &sent.join(", "),
                format!("is sent {} times; it takes one value", sent.len()),
            );
        }
        kind => from_text(catalog, kind, sent.first().copied().unwrap_or_default()),
    };
    if matches!(field.place, Some(Place::Path)) && value.as_str() == Some("") {
        return checked.violate(name, "", "is empty; a path parameter needs a value");
    }
    Walk::new(catalog, checked).value(name, field, &field.kind, None, &value);
    checked.arguments.insert(name.clone(), plain(&field.kind, &value));
}

fn form(catalog: &Catalog, checked: &mut Checked, field: &Field, parts: &[Part], empty: bool) {
    let sent: Vec<&Part> = parts.iter().filter(|part| part.name == field.name).collect();
    let file =
        matches!(&field.kind, Type::File) || matches!(&field.kind, Type::List(inner) if matches!(**inner, Type::File));
    if !file {
        // The official Python SDK sends what is not set as a part with nothing in it.
        let sent = sent.iter().filter(|part| field.required || !part.content.is_empty());
        let texts_sent = sent.map(|part| std::str::from_utf8(&part.content).ok()).collect();
        return texts(catalog, checked, field, texts_sent);
    }
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    if sent.is_empty() && field.required {
        let names = names.join("`, `");
        checked.violate(
            &field.name,
            "",
            format!("is required; the parts sent are named `{names}`"),
        );
    }
    if sent.len() > 1 && matches!(field.kind, Type::File) {
        checked.violate(
            &field.name,
            "",
            format!("is sent {} times; it takes one file", sent.len()),
        );
    }
    for part in sent {
        if part.content.is_empty() && !empty {
            checked.violate(&field.name, "", "is an empty file");
        } else {
            // A file goes without a name too: the platform's own samples for images send none.
            let name = part.file_name.clone().unwrap_or_default();
            checked.arguments.insert(field.name.clone(), name.into());
        }
    }
}

// What the catalog does not know is let through, as the platform does, and told about.
fn strangers(catalog: &Catalog, operation: &Operation, incoming: &Incoming, checked: &mut Checked) {
    let known = |place: Place, name: &str| {
        operation
            .parameters_in(place)
            .any(|field| shape::knows(catalog, field, name))
    };
    let query = incoming.query.iter().map(|pair| (Place::Query, &pair.name));
    let body: Vec<(Place, &String)> = match &incoming.body {
        Body::Json(members) => members.keys().map(|name| (Place::Body, name)).collect(),
        Body::Form(parts) => parts.iter().map(|part| (Place::Form, &part.name)).collect(),
        Body::Unreadable(_) => Vec::new(),
    };
    for (place, name) in query.chain(body) {
        if !known(place, name) {
            checked.unknown.insert(name.clone());
        }
    }
}

fn from_text(catalog: &Catalog, kind: &Type, text: &str) -> Value {
    let number = || {
        text.parse::<i64>()
            .ok()
            .map(Value::from)
            .or_else(|| text.parse::<u64>().ok().map(Value::from))
    };
    let parsed = match kind {
        Type::Bool => text.parse::<bool>().ok().map(Value::from),
        Type::Int | Type::MillisInt | Type::SecondsInt => number(),
        Type::Float => text
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map(Value::from),
        Type::Map(_) | Type::List(_) => serde_json::from_str(text).ok(),
        Type::Ref(name) => match catalog.shape(name) {
            Some(Shape::Values(choices)) if choices.iter().any(|choice| choice.value.is_number()) => number(),
            Some(Shape::Values(_)) | None => None,
            Some(_) => serde_json::from_str(text).ok(),
        },
        _ => None,
    };
    parsed.unwrap_or_else(|| text.into())
}

// JSON text becomes the JSON it holds; text that is not JSON stays, and was reported.
fn plain(kind: &Type, value: &Value) -> Value {
    match (kind, value) {
        (Type::Json(_), Value::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        _ => value.clone(),
    }
}

/// What kind of JSON this is, with its article.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
