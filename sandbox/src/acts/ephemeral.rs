//! Cards in a chat that one user alone can see.

use serde_json::json;

use super::{Act, Outcome, Place, standing};
use crate::{
    card,
    messages::Message,
    refusal::{Refusal, code},
    store::Document,
};

/// What is kept of a card that was deleted without a trace.
const GONE: &str = "ephemeral";

/// Shows a card to one user of a chat.
pub(super) fn send(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let chat = act.text("in");
    let found = act.state.store.chat(chat)?.filter(|chat| chat.tenant == act.tenant());
    let inside = act.state.store.is_member(chat, act.app())?;
    let Some(found) = found.filter(|_| inside) else {
        return Err(act.refuse(code::NOT_IN_CHAT, "in", "the bot is not in the chat; add it"));
    };
    if found.dissolved {
        return Err(standing::dissolved(act));
    }
    if found.mode != "group" {
        return Err(act.refuse(
            code::SCHEMA,
            "in",
            "only group chats take cards for one user, and not those of topics",
        ));
    }
    let kind = act
        .role("to")
        .and_then(|to| act.sent.keys.get(to))
        .and_then(|key| key.as_str());
    let kind = kind.unwrap_or("open_id");
    let known = act.state.known(act.app(), kind, act.text("to"))?;
    let here = match &known {
        Some(user) => act.state.store.is_member(chat, user)?,
        None => false,
    };
    let viewer = match known {
        Some(user) if here => user,
        _ if act.state.examples => act.person(kind, act.text("to"))?,
        _ => return Err(act.refuse(code::SCHEMA, "to", "the user is not in the chat")),
    };
    let content = act.value("content").cloned().unwrap_or_default();
    card::check(&content).map_err(|wrong| super::card::refused(act, &wrong))?;
    let place = Place {
        chat: chat.to_owned(),
        ..Place::default()
    };
    let message = Message {
        receive_id: act.text("to").to_owned(),
        sender: act.app().to_owned(),
        tenant_key: act.tenant().to_owned(),
        operation: act.operation.id.clone(),
        visible_to: Some(viewer),
        ..act.state.message(place, content, "interactive")?
    };
    act.state.take(&message)?;
    Ok(Outcome::Facts(json!({"message_id": message.message_id})))
}

/// Takes such a card away, without a trace.
pub(super) fn delete(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let id = act.text("id");
    if act.state.store.document(GONE, act.tenant(), "", id)?.is_some() && !act.state.examples {
        return Err(act.refuse(code::GONE_ALREADY, "id", "the card is deleted already"));
    }
    let found = act.state.store.message(id)?;
    let own = |message: &Message| {
        message.visible_to.is_some() && message.tenant_key == act.tenant() && message.sender == act.app()
    };
    if !found.as_ref().is_some_and(own) {
        let message = format!("these ids not existed: [{}]", id.escape_debug());
        return Err(Refusal::new(code::UNKNOWN_MESSAGE, message));
    }
    act.state.store.drop_message(id)?;
    let gone = Document {
        id: id.to_owned(),
        within: String::new(),
        app: act.app().to_owned(),
        time: act.now,
        body: Default::default(),
    };
    act.state.store.put(GONE, act.tenant(), &gone)?;
    Ok(Outcome::Facts(json!({})))
}
