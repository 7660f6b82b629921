//! Holds one JSON value against one type of the catalog.

use serde_json::{Map, Value};

use crate::{
    catalog::{Catalog, Field, Look, Shape, Type, Union},
    check::{Checked, kind_of},
};

/// Deeper than any parser lets a value be; ends types that contain themselves without a value in between.
const DEEPEST: usize = 512;

/// The keys behind a type that is one key of several.
pub(crate) fn keys<'c>(catalog: &'c Catalog, kind: &Type) -> Option<&'c [Field]> {
    match kind {
        Type::Ref(name) => match catalog.shape(name) {
            Some(Shape::Keys(keys)) => Some(keys),
            _ => None,
        },
        _ => None,
    }
}

/// What to say when none of the keys was sent.
pub(crate) fn one_of(keys: &[Field]) -> String {
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    format!("one of `{}` is required", names.join("`, `"))
}

/// The member that counts for a field, with its name; `null` is the same as absent.
pub(crate) fn sent<'v>(
    catalog: &'v Catalog,
    field: &'v Field,
    members: &'v Map<String, Value>,
) -> Option<(&'v str, &'v Value)> {
    let fields = keys(catalog, &field.kind).unwrap_or(std::slice::from_ref(field));
    fields.iter().find_map(|field| {
        let value = members.get(&field.name).filter(|value| !value.is_null())?;
        Some((field.name.as_str(), value))
    })
}

/// A walk through one value, beside what the catalog says about it.
pub(crate) struct Walk<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) checked: &'a mut Checked,
    depth: usize,
    /// Whether required text may not be empty, as in the content of messages.
    filled: bool,
}

/// The sibling that chooses the type of a value: its name and what it holds.
type Tag<'v> = Option<(&'v str, &'v Value)>;

impl<'a> Walk<'a> {
    pub(crate) fn new(catalog: &'a Catalog, checked: &'a mut Checked) -> Self {
        Self {
            catalog,
            checked,
            depth: 0,
            filled: false,
        }
    }

    /// From here on, required text may not be empty.
    pub(crate) fn filled(self) -> Self {
        Self { filled: true, ..self }
    }

    /// Checks one field of the object whose path is `at`.
    pub(crate) fn field(&mut self, at: &str, field: &Field, members: &Map<String, Value>) {
        let keys = keys(self.catalog, &field.kind);
        let Some((name, found)) = sent(self.catalog, field, members) else {
            if field.required {
                let missing = keys.map_or_else(|| "is required".to_owned(), one_of);
                self.checked.violate(&join(at, &field.name), "", missing);
            }
            return;
        };
        if self.filled && field.required && found.as_str() == Some("") {
            return self.checked.violate(&join(at, name), "", "is empty; it needs a value");
        }
        let tag = field
            .by
            .as_deref()
            .map(|by| (by, members.get(by).unwrap_or(&Value::Null)));
        let facts = keys
            .and_then(|keys| keys.iter().find(|key| key.name == name))
            .unwrap_or(field);
        self.value(&join(at, name), facts, &facts.kind, tag, found);
    }

    /// Checks one value; `facts` are those of the field it belongs to.
    pub(crate) fn value(&mut self, at: &str, facts: &Field, kind: &Type, tag: Tag<'_>, found: &Value) {
        if self.depth < DEEPEST {
            self.depth += 1;
            self.step(at, facts, kind, tag, found);
            self.depth -= 1;
        }
    }

    fn step(&mut self, at: &str, facts: &Field, kind: &Type, tag: Tag<'_>, found: &Value) {
        let checked = &mut *self.checked;
        match kind {
            Type::Any => {}
            Type::String => string(checked, at, facts, found),
            Type::Secret => {
                checked.secrets.push(shown(found));
                string(checked, at, facts, found);
            }
            Type::Bool => expect(checked, at, found, found.is_boolean(), "a boolean"),
            Type::Int | Type::MillisInt | Type::SecondsInt => {
                expect(
                    checked,
                    at,
                    found,
                    found.is_i64() || found.is_u64(),
                    "a whole number of 64 bits",
                );
                range(checked, at, facts, found);
            }
            Type::Float => {
                expect(checked, at, found, found.is_number(), "a number");
                range(checked, at, facts, found);
            }
            Type::Millis | Type::Seconds => {
                let time = found.as_str().is_some_and(|text| text.parse::<i64>().is_ok()) || found.is_i64();
                expect(checked, at, found, time, "a time stamp in decimal digits");
            }
            Type::File => expect(checked, at, found, false, "a file part of a multipart form"),
            Type::List(inner) => match found {
                Value::Array(items) => {
                    bounds(
                        checked,
                        at,
                        items.len() as u64,
                        (facts.min_items, facts.max_items),
                        "items",
                        found,
                    );
                    for (index, item) in items.iter().enumerate() {
                        self.value(&format!("{at}[{index}]"), facts, inner, tag, item);
                    }
                }
                _ => expect(checked, at, found, false, "a list"),
            },
            Type::Map(inner) => match found {
                Value::Object(members) => {
                    for (name, member) in members {
                        self.value(&join(at, name), facts, inner, tag, member);
                    }
                }
                _ => expect(checked, at, found, false, "an object"),
            },
            Type::Json(inner) => self.json(at, facts, inner, tag, found),
            Type::Fields(fields) => self.members(at, fields, found),
            Type::Ref(name) => {
                if let Some(shape) = self.catalog.shape(name) {
                    self.named(at, facts, shape, tag, found);
                }
            }
        }
    }

    fn json(&mut self, at: &str, facts: &Field, inner: &Type, tag: Tag<'_>, found: &Value) {
        string(self.checked, at, facts, found);
        let Value::String(text) = found else { return };
        match serde_json::from_str::<Value>(text) {
            Ok(parsed) => self.value(at, facts, inner, tag, &parsed),
            Err(error) => {
                let why = format!("must hold JSON text; serialize the value into a string ({error})");
                self.checked.violate(at, text, why);
            }
        }
    }

    fn named(&mut self, at: &str, facts: &Field, shape: &Shape, tag: Tag<'_>, found: &Value) {
        match (shape, found) {
            (Shape::Values(choices), _) => match choices.iter().find(|choice| choice.value == *found) {
                Some(choice) if choice.scopes.is_empty() || self.checked.wanted.contains(&choice.scopes) => {}
                Some(choice) => self.checked.wanted.push(choice.scopes.clone()),
                // What it chooses may have come before it, and have told already.
                None if self.checked.reported(at) => {}
                None => {
                    let known = list(choices.iter().map(|choice| &choice.value));
                    self.checked
                        .violate(at, &shown(found), format!("must be one of {known}"));
                }
            },
            (Shape::Fields(fields) | Shape::Keys(fields), _) => self.members(at, fields, found),
            (Shape::Union(union), _) => self.choose(at, facts, union, tag, found),
            (Shape::Shapes(looks), _) => {
                if let Some(look) = Look::of(looks, found) {
                    self.value(at, facts, &look.kind, None, found);
                }
            }
        }
    }

    fn choose(&mut self, at: &str, facts: &Field, union: &Union, sibling: Tag<'_>, found: &Value) {
        let (place, tag) = match (&union.tag, sibling) {
            (Some(_), _) if !found.is_object() && !union.otherwise => {
                return expect(self.checked, at, found, false, "an object");
            }
            (Some(name), _) => (join(at, name), found.get(name).unwrap_or(&Value::Null)),
            // Nothing says which variant it is, so there is nothing to hold it against; a tag that is missing is told of itself.
            (None, None | Some((_, Value::Null))) => return,
            (None, Some((name, tag))) => (name.to_owned(), tag),
        };
        let Some(variant) = union.variants.iter().find(|variant| variant.value == *tag) else {
            if !union.otherwise && !self.checked.reported(&place) {
                let known = list(union.variants.iter().map(|variant| &variant.value));
                self.checked
                    .violate(&place, &shown(tag), format!("must be one of {known}"));
            }
            return;
        };
        let Some(kind) = &variant.kind else { return };
        match (&union.tag, &union.content, found) {
            (Some(_), Some(content), _) => match found.get(content).filter(|payload| !payload.is_null()) {
                Some(payload) => self.value(&join(at, content), facts, kind, None, payload),
                None => self.checked.violate(&join(at, content), "", "is required"),
            },
            // The tag lies among the variant's own members, which do not list it.
            (Some(tag), None, Value::Object(members)) => match self.catalog.members(kind) {
                Some(fields) => self.object(at, fields, Some(tag), members),
                None => self.value(at, facts, kind, None, found),
            },
            _ => self.value(at, facts, kind, None, found),
        }
    }

    fn members(&mut self, at: &str, fields: &[Field], found: &Value) {
        match found {
            Value::Object(members) => self.object(at, fields, None, members),
            _ => expect(self.checked, at, found, false, "an object"),
        }
    }

    fn object(&mut self, at: &str, fields: &[Field], besides: Option<&String>, members: &Map<String, Value>) {
        for field in fields {
            self.field(at, field, members);
        }
        for name in members.keys() {
            if Some(name) != besides && !fields.iter().any(|field| knows(self.catalog, field, name)) {
                self.checked.unknown.insert(join(at, name));
            }
        }
    }
}

/// Whether this field is what a member of that name holds.
pub(crate) fn knows(catalog: &Catalog, field: &Field, name: &str) -> bool {
    match keys(catalog, &field.kind) {
        Some(keys) => keys.iter().any(|key| key.name == name),
        None => field.name == name,
    }
}

fn string(checked: &mut Checked, at: &str, facts: &Field, found: &Value) {
    match found {
        Value::String(text) => {
            let length = text.chars().count() as u64;
            bounds(checked, at, length, (facts.min_len, facts.max_len), "characters", found);
        }
        _ => expect(checked, at, found, false, "a string"),
    }
}

fn bounds(
    checked: &mut Checked,
    at: &str,
    size: u64,
    (least, most): (Option<u64>, Option<u64>),
    unit: &str,
    found: &Value,
) {
    if let Some(least) = least.filter(|&least| size < least) {
        checked.violate(
            at,
            &shown(found),
            format!("has {size} {unit}; it needs at least {least}"),
        );
    }
    if let Some(most) = most.filter(|&most| size > most) {
        checked.violate(
            at,
            &shown(found),
            format!("has {size} {unit}; it may have {most} at most"),
        );
    }
}

fn range(checked: &mut Checked, at: &str, facts: &Field, found: &Value) {
    let Some(number) = found.as_f64() else { return };
    if let Some(least) = facts.min.filter(|&least| number < least) {
        checked.violate(at, &shown(found), format!("must be {least} or more"));
    }
    if let Some(most) = facts.max.filter(|&most| number > most) {
        checked.violate(at, &shown(found), format!("must be {most} or less"));
    }
}

fn expect(checked: &mut Checked, at: &str, found: &Value, holds: bool, wanted: &str) {
    if !holds {
        checked.violate(at, &shown(found), format!("must be {wanted}, not {}", kind_of(found)));
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}.{name}")
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn list<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let values: Vec<String> = values.map(|value| format!("`{}`", shown(value))).collect();
    values.join(", ")
}
