//! Card entities: made, changed in the order of their numbers, and shown by the one message that names them.

use serde_json::{Map, Value, json};

use super::{Act, Outcome};
use crate::{
    card::{self, Wrong},
    messages::Message,
    refusal::{Refusal, code},
    state::State,
    store::{self, Document},
};

/// What card entities are called in the store.
pub(crate) const CARD: &str = "card";
/// What says which entity a message shows.
const SHOWN: &str = "shown_card";
/// How long an entity can be sent and changed.
const LIFE: u64 = 14 * 24 * 60 * 60 * 1000;

/// A card entity. Its document holds the card, its last number, when streaming began, the message that shows it, and the keys of
/// changes that were made.
pub(super) struct Entity {
    document: Document,
}

impl Entity {
    pub(super) fn card(&mut self) -> &mut Value {
        self.document.body.entry("card").or_insert_with(|| json!({}))
    }

    fn text(&self, name: &str) -> &str {
        self.document.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, name: &str) -> u64 {
        self.document.body.get(name).and_then(Value::as_u64).unwrap_or_default()
    }

    /// One that the examples name stays as it is, so that each of them can be tried, again and again.
    pub(super) fn is_example(&self) -> bool {
        self.document.body.contains_key("example")
    }

    /// When streaming mode was last turned on; none while it is off.
    pub(super) fn streaming_since(&self) -> Option<u64> {
        streams(self.document.body.get("card")?).then(|| self.number("streaming"))
    }

    pub(super) fn template(&self) -> bool {
        self.document
            .body
            .get("card")
            .is_some_and(|card| card.get("template").is_some())
    }
}

fn streams(card: &Value) -> bool {
    card.pointer("/config/streaming_mode") == Some(&Value::Bool(true))
}

/// Makes a card entity.
pub(super) fn create(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let sent = act.value("content").cloned().unwrap_or_default();
    let card = match act.text("type") {
        // What a template looks like only the card builder knows.
        "template" => {
            json!({"schema": "2.0", "config": {"streaming_mode": true}, "body": {"elements": []}, "template": sent})
        }
        _ => sent,
    };
    // The examples give no whole card.
    if !act.state.examples {
        card::check_new(&card).map_err(|wrong| refused(act, &wrong))?;
    }
    let body = Map::from_iter([("card".to_owned(), card), ("streaming".to_owned(), act.now.into())]);
    let id = act.state.mint.number().to_string();
    keep(act, &id, &body)?;
    Ok(Outcome::Facts(json!({"card_id": id})))
}

fn keep(act: &Act<'_>, id: &str, body: &Map<String, Value>) -> Result<(), Refusal> {
    let document = Document {
        id: id.to_owned(),
        within: String::new(),
        app: act.app().to_owned(),
        time: act.now,
        body: body.clone(),
    };
    Ok(act.state.store.put(CARD, act.tenant(), &document)?)
}

/// Puts another card in the place of an entity's.
pub(super) fn replace(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut new = act
        .value("content")
        .and_then(|card| card.get("data"))
        .cloned()
        .unwrap_or_default();
    if let Some(parsed) = new.as_str().and_then(|text| serde_json::from_str(text).ok()) {
        new = parsed;
    }
    changed(act, "id", |_, entity| {
        *entity.card() = new;
        Ok(())
    })
}

/// Changes what a card has beside its content.
pub(super) fn settings(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let settings = act.value("content").cloned().unwrap_or_default();
    changed(act, "id", |_, entity| {
        card::merge(entity.card(), &settings);
        Ok(())
    })
}

/// Makes one change of an entity: all of it, or nothing.
pub(super) fn changed(
    act: &mut Act<'_>,
    role: &str,
    change: impl FnOnce(&Act<'_>, &mut Entity) -> Result<(), Refusal>,
) -> Result<Outcome, Refusal> {
    let mut entity = find(act, role, act.text(role))?;
    let shown_in = entity.text("message").to_owned();
    if act.state.answering.contains(&shown_in) {
        let message =
            "the card is in an ongoing interaction and cannot be updated; wait until its callback is answered";
        return Err(act.refuse(code::INTERACTING, role, message));
    }
    let key = act.sent.text(act.operation.dedupe.as_deref().unwrap_or_default());
    let known = entity
        .document
        .body
        .get("keys")
        .and_then(|keys| keys.get(key))
        .is_some();
    if known && !entity.is_example() {
        let message = "UUID conflict: another change of this card had the same one; send a new one with each";
        return Err(Refusal::service(code::OTHER_CHANGE, "uuid", key, message.to_owned()));
    }
    let (last, number) = (entity.number("sequence"), act.number("order").unwrap_or_default());
    let number = u64::try_from(number).unwrap_or_default();
    if number <= last && !entity.is_example() {
        let message =
            format!("sequence number compare failed: {number} is not greater than {last}, that of the last change");
        return Err(act.refuse(code::OLD_SEQUENCE, "order", message));
    }
    let streamed = entity.streaming_since().is_some();
    change(act, &mut entity)?;
    if entity.is_example() {
        return Ok(Outcome::Facts(json!({})));
    }
    card::check_new(entity.card()).map_err(|wrong| refused(act, &wrong))?;
    let set_on = act.role("content").is_some_and(|_| streams_anew(act));
    let streams = streams(entity.card());
    let body = &mut entity.document.body;
    body.insert("sequence".to_owned(), number.into());
    if streams && (!streamed || set_on) {
        body.insert("streaming".to_owned(), act.now.into());
    }
    if !key.is_empty() {
        let keys = body.entry("keys").or_insert_with(|| json!({}));
        card::merge(keys, &json!({key: true}));
    }
    act.state.store.put(CARD, act.tenant(), &entity.document)?;
    let card = entity.card().clone();
    if !shown_in.is_empty() {
        act.state.replace_card(&shown_in, card)?;
    }
    Ok(Outcome::Facts(json!({})))
}

// Whether the change itself turns streaming mode on, which may have timed out.
fn streams_anew(act: &Act<'_>) -> bool {
    fn says(value: &Value) -> bool {
        match value {
            Value::Object(members) => members
                .iter()
                .any(|(name, value)| (name == "streaming_mode" && *value == Value::Bool(true)) || says(value)),
            Value::Array(items) => items.iter().any(says),
            _ => false,
        }
    }
    act.value("content").is_some_and(says)
}

/// The card in a refusal's words.
pub(super) fn refused(act: &Act<'_>, wrong: &Wrong) -> Refusal {
    act.refuse(wrong.code(), "content", wrong.to_string())
}

// Of this app, and not too old.
fn find(act: &Act<'_>, role: &str, id: &str) -> Result<Entity, Refusal> {
    let refuse = |code, message: String| Err(Refusal::service(code, act.role(role).unwrap_or(role), id, message));
    let shown = id.escape_debug();
    match act.state.store.document(CARD, act.tenant(), "", id)? {
        None => refuse(code::NO_CARD, format!("the card entity `{shown}` does not exist")),
        Some(document) if document.app != act.app() => refuse(
            code::OTHER_APPS_CARD,
            format!("another app created the card entity `{shown}`"),
        ),
        Some(document) if act.now.saturating_sub(document.time) > LIFE => refuse(
            code::OLD_ENTITY,
            format!("the card entity `{shown}` has expired; it lives for 14 days"),
        ),
        Some(document) => Ok(Entity { document }),
    }
}

/// What a message says: a card entity as it is now, and anything else as it was sent.
pub(super) fn said(act: &Act<'_>, msg_type: &str) -> Result<(Value, Option<Entity>), Refusal> {
    let sent = act.value("content").cloned().unwrap_or_default();
    if msg_type != "interactive" {
        return Ok((sent, None));
    }
    let inner = |code: i64, why: String| {
        let message = format!("Failed to create card content, ext=ErrCode: {code}; {why}");
        act.refuse(code::BAD_CARD, "content", message)
    };
    match sent.get("type").and_then(Value::as_str) {
        Some("template") => Ok((sent, None)),
        Some("card") => {
            let id = sent
                .pointer("/data/card_id")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let mut entity =
                find(act, "content", id).map_err(|why| inner(why.code, format!("ErrMsg: {}", why.message)))?;
            if !entity.text("message").is_empty() && !entity.is_example() {
                // The page says that an entity is sent once, and gives no code for it.
                return Err(inner(
                    11310,
                    "ErrMsg: the card entity has been sent already; create another".to_owned(),
                ));
            }
            Ok((entity.card().clone(), Some(entity)))
        }
        _ => match card::check(&sent) {
            Ok(()) => Ok((sent, None)),
            Err(wrong) => {
                let (code, why) = wrong.inner();
                Err(inner(code, why))
            }
        },
    }
}

/// From here on the message shows the entity.
pub(super) fn shown(act: &Act<'_>, entity: Option<Entity>, message: &Message) -> Result<(), Refusal> {
    let Some(Entity { mut document }) = entity else {
        return Ok(());
    };
    document
        .body
        .insert("message".to_owned(), message.message_id.as_str().into());
    act.state.store.put(CARD, act.tenant(), &document)?;
    let shown = Document {
        id: message.message_id.clone(),
        within: String::new(),
        app: document.app.clone(),
        time: act.now,
        body: Map::from_iter([("card".to_owned(), document.id.into())]),
    };
    Ok(act.state.store.put(SHOWN, act.tenant(), &shown)?)
}

impl State {
    /// Puts a card in the place of the entity's that a message shows, if it shows one.
    pub(crate) fn replace_entity(&self, message: &Message, card: &Value) -> store::Result<()> {
        let tenant = &message.tenant_key;
        let shown = self.store.document(SHOWN, tenant, "", &message.message_id)?;
        let id = shown.as_ref().and_then(|shown| shown.body.get("card")?.as_str());
        let entity = match id {
            Some(id) => self.store.document(CARD, tenant, "", id)?,
            None => None,
        };
        let Some(mut entity) = entity else { return Ok(()) };
        entity.body.insert("card".to_owned(), card.clone());
        self.store.put(CARD, tenant, &entity)
    }
}
