//! The elements of card entities: added, changed, taken out, and their text as it grows.

use serde_json::{Value, json};

use super::{Act, Outcome, card as entity, card::Entity};
use crate::{
    card::{self, Place},
    refusal::{Refusal, code},
};

/// When streaming mode ends by itself; the pages name the codes of it and no time.
const STREAMING: u64 = 10 * 60 * 1000;

/// Adds elements.
pub(super) fn add(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    entity::changed(act, "in", |act, entity| {
        let elements = act.value("content").and_then(Value::as_array).cloned();
        put(
            act,
            entity,
            act.text("at"),
            act.text("to"),
            elements.unwrap_or_default(),
        )
    })
}

/// Takes one out, with what it holds.
pub(super) fn delete(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    entity::changed(act, "in", |act, entity| take(act, entity, act.text("id")))
}

/// Puts another in its place.
pub(super) fn replace(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    entity::changed(act, "in", |act, entity| {
        let new = act.value("content").cloned().unwrap_or_default();
        exchange(act, entity, act.text("id"), new)
    })
}

/// Changes some of its properties.
pub(super) fn change(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    entity::changed(act, "in", |act, entity| {
        let change = act.value("content").cloned().unwrap_or_default();
        alter(act, entity, act.text("id"), &change)
    })
}

/// Writes its text, typed out to the reader while streaming mode is on.
pub(super) fn write(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    entity::changed(act, "in", |act, entity| {
        let Some(since) = entity.streaming_since() else {
            let message = "card streaming closed: set `streaming_mode` to true in the card's settings";
            return Err(act.refuse(code::STREAMING_OFF, "in", message));
        };
        if act.now.saturating_sub(since) > STREAMING {
            let message = "card streaming timeout: set `streaming_mode` to true in the card's settings again";
            return Err(act.refuse(code::STREAMING_OVER, "in", message));
        }
        let id = act.text("id");
        let element = part(act, entity, id, code::ELEMENT_NOT_CHANGED)?;
        let tag = element.get("tag").and_then(Value::as_str).unwrap_or_default();
        if !matches!(tag, "markdown" | "plain_text") {
            let message = format!(
                "`{}` is a {}, and only plain_text and markdown have text to stream",
                id.escape_debug(),
                tag.escape_debug()
            );
            return Err(act.refuse(code::NO_TEXT, "id", message));
        }
        card::merge(element, &json!({"content": act.text("content")}));
        Ok(())
    })
}

/// Makes several changes in their order.
pub(super) fn batch(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    entity::changed(act, "id", |act, entity| {
        let changes = act.value("content").and_then(Value::as_array);
        changes.into_iter().flatten().try_for_each(|change| {
            let part = |name: &str| change.pointer(&format!("/params/{name}")).cloned().unwrap_or_default();
            let text = |name: &str| part(name).as_str().unwrap_or_default().to_owned();
            let list = |name: &str| part(name).as_array().cloned().unwrap_or_default();
            match change.get("action").and_then(Value::as_str).unwrap_or_default() {
                "partial_update_setting" => {
                    card::merge(entity.card(), &part("settings"));
                    Ok(())
                }
                "add_elements" => put(act, entity, &text("type"), &text("target_element_id"), list("elements")),
                "delete_elements" => {
                    let ids = list("element_ids");
                    ids.iter()
                        .filter_map(Value::as_str)
                        .try_for_each(|id| take(act, entity, id))
                }
                "partial_update_element" => alter(act, entity, &text("element_id"), &part("partial_element")),
                "update_element" => exchange(act, entity, &text("element_id"), part("element")),
                // The catalog lets no other by.
                _ => Ok(()),
            }
        })
    })
}

fn put(act: &Act<'_>, entity: &mut Entity, at: &str, target: &str, elements: Vec<Value>) -> Result<(), Refusal> {
    let place = match at {
        // The least that the page's example sends names no element.
        _ if target.is_empty() && entity.is_example() => Place::End(None),
        "insert_before" => Place::Before(target),
        "insert_after" => Place::After(target),
        _ => Place::End((!target.is_empty()).then_some(target)),
    };
    // What a template holds is not known here, so everything is there that is named.
    if !target.is_empty() && entity.template() {
        part(act, entity, target, code::NOT_ADDED)?;
    }
    if card::insert(entity.card(), place, elements) {
        return Ok(());
    }
    let message = match (at, target) {
        (_, "") => format!("failed to add element: `{at}` needs a target element"),
        ("append", _) => format!(
            "failed to add element: `{}` is no container of the card",
            target.escape_debug()
        ),
        _ => format!(
            "failed to add element: the card has no element `{}`",
            target.escape_debug()
        ),
    };
    Err(act.refuse(code::NOT_ADDED, "to", message))
}

fn take(act: &Act<'_>, entity: &mut Entity, id: &str) -> Result<(), Refusal> {
    if card::remove(entity.card(), id) || entity.template() {
        return Ok(());
    }
    let message = format!(
        "failed to delete element: the card has no element `{}`",
        id.escape_debug()
    );
    Err(act.refuse(code::NOT_DELETED, "id", message))
}

fn exchange(act: &Act<'_>, entity: &mut Entity, id: &str, new: Value) -> Result<(), Refusal> {
    *part(act, entity, id, code::NOT_REPLACED)? = new;
    Ok(())
}

fn alter(act: &Act<'_>, entity: &mut Entity, id: &str, change: &Value) -> Result<(), Refusal> {
    let element = part(act, entity, id, code::ELEMENT_NOT_CHANGED)?;
    if change.get("tag").is_some_and(|tag| Some(tag) != element.get("tag")) {
        let message = "unable to update element tag: delete the element and add another";
        return Err(act.refuse(code::OTHER_TAG, "content", message));
    }
    card::merge(element, change);
    Ok(())
}

fn part<'e>(act: &Act<'_>, entity: &'e mut Entity, id: &str, code: i64) -> Result<&'e mut Value, Refusal> {
    if entity.template() && !card::ids(entity.card()).contains(&id) {
        let text = json!({"tag": "markdown", "element_id": id, "content": ""});
        card::insert(entity.card(), Place::End(None), vec![text]);
    }
    card::part(entity.card(), id).ok_or_else(|| {
        let message = format!("the card has no element `{}`", id.escape_debug());
        act.refuse(code, "id", message)
    })
}
