//! What apps put into the message lists of users: cards of their own, and what stands on the entries of chats.

use serde_json::{Map, Value, json};

use super::{Act, Outcome, standing};
use crate::{refusal::Refusal, store::Document};

const THING: &str = "feed_card";
/// Why a user did not get a card, in the words of the pages' examples (im-v2/app_feed_card).
const NOT_CREATED: &str = "NOT_CREATED";
const NO_PERMISSION: &str = "NO_PERMISSION";

/// Puts a card into the lists of users.
pub(super) fn create(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut card = object(act.value("content"));
    let key = act.role("key").unwrap_or("id");
    let id = match act.text_of(&card, key) {
        "" => act.state.mint.id(""),
        id => id.to_owned(),
    };
    card.insert(key.to_owned(), id.clone().into());
    let mut failed = Vec::new();
    for name in act.texts("ids") {
        match reached(act, name)? {
            Some(user) => put(act, &user, &id, card.clone())?,
            None => failed.push(json!({key: id, "user_id": name, "reason": NO_PERMISSION})),
        }
    }
    Ok(Outcome::Facts(json!({"failed_cards": failed, key: id})))
}

/// Changes cards, each in the list of one user.
pub(super) fn update(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    each(act, |act, user, id, item| {
        let Some(mut card) = card(act, user, id)? else {
            return Ok(false);
        };
        card.extend(object(item.get(act.role("with").unwrap_or_default())));
        put(act, user, id, card)?;
        Ok(true)
    })
}

/// Takes cards away, each from the list of one user.
pub(super) fn delete(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    each(act, |act, user, id, _| {
        let list = list_of(act, user);
        Ok(act.state.store.drop_document(THING, act.tenant(), &list, id)?)
    })
}

/// Changes what stands on the entry of a chat in the lists of its members.
pub(super) fn mark(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = match act.role("in") {
        Some(_) => Some(standing::inside(act, act.text("in"))?),
        // Without one it is the chat with the bot itself.
        None => None,
    };
    let mut failed = Vec::new();
    for name in act.texts("ids") {
        let user = reached(act, name)?;
        let there = match (&user, &chat) {
            (Some(user), Some(chat)) => act.state.store.is_member(&chat.chat_id, user)?,
            (user, _) => user.is_some(),
        };
        if !there {
            failed.push(json!({"error_code": 0, "error_message": "The user is not in the chat", "user_id": name}));
        }
    }
    Ok(Outcome::Facts(json!({"failed_user_reasons": failed})))
}

type Change = fn(&mut Act<'_>, user: &str, id: &str, item: &Map<String, Value>) -> Result<bool, Refusal>;

fn each(act: &mut Act<'_>, change: Change) -> Result<Outcome, Refusal> {
    let key = act.role("key").unwrap_or("id");
    let within = act.role("with").unwrap_or_default();
    let items = act.value("content").and_then(Value::as_array).into_iter().flatten();
    let mut failed = Vec::new();
    for item in items.filter_map(Value::as_object) {
        let id = item.get(key).or_else(|| item.get(within)?.get(key));
        let id = id.and_then(Value::as_str).unwrap_or_default();
        let name = act.text_of(item, "user_id");
        let done = match reached(act, name)? {
            Some(user) => change(act, &user, id, item)?,
            None => false,
        };
        if !done {
            failed.push(json!({key: id, "user_id": name, "reason": NOT_CREATED}));
        }
    }
    Ok(Outcome::Facts(json!({"failed_cards": failed})))
}

// A user of this id whom the app is for.
fn reached(act: &Act<'_>, id: &str) -> Result<Option<String>, Refusal> {
    let user = act.state.known(act.app(), act.id_kind(), id)?;
    Ok(user.filter(|user| standing::visible(act, user)))
}

// Cards are the app's own, whatever ids others choose.
fn list_of(act: &Act<'_>, user: &str) -> String {
    format!("{} {user}", act.app())
}

fn card(act: &Act<'_>, user: &str, id: &str) -> Result<Option<Map<String, Value>>, Refusal> {
    let found = act.state.store.document(THING, act.tenant(), &list_of(act, user), id)?;
    Ok(found.map(|found| found.body))
}

fn put(act: &mut Act<'_>, user: &str, id: &str, body: Map<String, Value>) -> Result<(), Refusal> {
    let document = Document {
        id: id.to_owned(),
        within: list_of(act, user),
        app: act.app().to_owned(),
        time: act.now,
        body,
    };
    act.state.store.put(THING, act.tenant(), &document)?;
    Ok(())
}

fn object(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}
