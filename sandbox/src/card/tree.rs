//! A card's elements: found, put in, and taken out by their `element_id`.

use serde_json::{Map, Value, json};

/// Where new elements go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    Before(&'a str),
    After(&'a str),
    /// At the end of a container, or of the card.
    End(Option<&'a str>),
}

/// What may hold elements, and in which member.
const CONTAINERS: [(&str, &str); 6] = [
    ("column_set", "columns"),
    ("column", "elements"),
    ("form", "elements"),
    ("interactive_container", "elements"),
    ("collapsible_panel", "elements"),
    ("repeat", "elements"),
];

/// The ids of all elements.
pub(crate) fn ids(card: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    walk(card, &mut |part| {
        found.extend(part.get("element_id").and_then(Value::as_str));
    });
    found
}

/// Every part of a card that has a tag, with those that it holds.
pub(crate) fn walk<'c>(part: &'c Value, visit: &mut dyn FnMut(&'c Value)) {
    match part {
        Value::Array(parts) => parts.iter().for_each(|part| walk(part, visit)),
        Value::Object(members) => {
            if members.contains_key("tag") {
                visit(part);
            }
            members.values().for_each(|part| walk(part, visit));
        }
        _ => {}
    }
}

/// The element of this id.
pub(crate) fn part<'c>(card: &'c mut Value, id: &str) -> Option<&'c mut Value> {
    if card.get("element_id").and_then(Value::as_str) == Some(id) {
        return Some(card);
    }
    match card {
        Value::Array(parts) => parts.iter_mut().find_map(|each| part(each, id)),
        Value::Object(members) => members.values_mut().find_map(|each| part(each, id)),
        _ => None,
    }
}

/// Takes an element out, with what it holds; whether it was there.
pub(crate) fn remove(card: &mut Value, id: &str) -> bool {
    match card {
        Value::Array(parts) => match position(parts, id) {
            Some(at) => {
                parts.remove(at);
                true
            }
            None => parts.iter_mut().any(|each| remove(each, id)),
        },
        Value::Object(members) => {
            let own = members
                .iter()
                .find(|(_, member)| member.get("element_id").and_then(Value::as_str) == Some(id));
            match own.map(|(name, _)| name.clone()) {
                Some(name) => members.shift_remove(&name).is_some(),
                None => members.values_mut().any(|each| remove(each, id)),
            }
        }
        _ => false,
    }
}

/// Puts elements in; whether there is such a place.
pub(crate) fn insert(card: &mut Value, place: Place<'_>, elements: Vec<Value>) -> bool {
    match place {
        Place::Before(id) => beside(card, id, 0, elements).is_ok(),
        Place::After(id) => beside(card, id, 1, elements).is_ok(),
        Place::End(None) => {
            let Some(card) = card.as_object_mut() else { return false };
            let body = card.entry("body").or_insert_with(|| json!({}));
            append(body, "elements", elements)
        }
        Place::End(Some(id)) => {
            let Some(container) = part(card, id) else { return false };
            let tag = container.get("tag").and_then(Value::as_str).unwrap_or_default();
            let list = CONTAINERS.iter().find(|(known, _)| *known == tag);
            list.is_some_and(|(_, list)| append(container, list, elements))
        }
    }
}

/// Members over members; anything else takes the place of what was there.
pub(crate) fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (name, value) in change {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into, change) => *into = change.clone(),
    }
}

fn append(holder: &mut Value, list: &str, elements: Vec<Value>) -> bool {
    let members: Option<&mut Map<String, Value>> = holder.as_object_mut();
    let list = members.map(|members| members.entry(list).or_insert_with(|| json!([])));
    match list.and_then(Value::as_array_mut) {
        Some(list) => {
            list.extend(elements);
            true
        }
        None => false,
    }
}

// The elements come back where the place is somewhere else.
fn beside(card: &mut Value, id: &str, offset: usize, elements: Vec<Value>) -> Result<(), Vec<Value>> {
    match card {
        Value::Array(parts) => {
            if let Some(at) = position(parts, id) {
                parts.splice(at + offset..at + offset, elements);
                return Ok(());
            }
            each(parts.iter_mut(), id, offset, elements)
        }
        Value::Object(members) => each(members.values_mut(), id, offset, elements),
        _ => Err(elements),
    }
}

fn each<'c>(
    mut parts: impl Iterator<Item = &'c mut Value>,
    id: &str,
    offset: usize,
    elements: Vec<Value>,
) -> Result<(), Vec<Value>> {
    parts
        .try_fold(elements, |elements, part| match beside(part, id, offset, elements) {
            Ok(()) => Err(()),
            Err(elements) => Ok(elements),
        })
        .map_or(Ok(()), Err)
}

fn position(parts: &[Value], id: &str) -> Option<usize> {
    parts
        .iter()
        .position(|part| part.get("element_id").and_then(Value::as_str) == Some(id))
}
