//! What is said in tickets.

use serde_json::json;

use super::{
    Act, Outcome, Place,
    ticket::{CLOSED, TICKET, find, number, text, told},
};
use crate::{
    messages::Message,
    push::{Audience, Due, Happening, ids},
    refusal::{Refusal, code},
    state::State,
    store::{self, Document},
};

const MESSAGE: &str = "ticket_message";
/// Who spoke in a ticket.
const BOT: i64 = 1;
const GUEST: i64 = 2;

/// Says something in a ticket, as the helpdesk's bot.
pub(super) fn say(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let ticket = find(act, act.text("in"))?;
    if number(&ticket, "status") >= CLOSED && !act.state.examples {
        return Err(act.refuse(code::CLOSED_TICKET, "in", "the ticket is closed; open a new one"));
    }
    let place = Place {
        chat: text(&ticket, "chat_id").to_owned(),
        ..Place::default()
    };
    let content = act.value("content").cloned().unwrap_or_default();
    let message = Message {
        sender: act.app().to_owned(),
        tenant_key: act.tenant().to_owned(),
        operation: act.operation.id.clone(),
        ..act.state.message(place, content, act.text("type"))?
    };
    act.state.take(&message)?;
    let said = record(act.state, &ticket, &message, BOT)?;
    act.state.due.push(Due::Happening(said));
    Ok(Outcome::Facts(json!({"message_id": message.message_id})))
}

/// What a user said, where it was in a helpdesk's chat with an open ticket.
pub(crate) fn heard(state: &mut State, message: &Message) -> store::Result<Option<Happening>> {
    let chat = state.store.chat(&message.chat_id)?;
    if !chat.is_some_and(|chat| chat.facts.contains_key("helpdesk")) {
        return Ok(None);
    }
    let tickets = state.store.documents(TICKET, &message.tenant_key, "")?;
    let mut here = tickets.into_iter().rev();
    match here.find(|ticket| text(ticket, "chat_id") == message.chat_id && number(ticket, "status") < CLOSED) {
        Some(ticket) => record(state, &ticket, message, GUEST).map(Some),
        None => Ok(None),
    }
}

fn record(state: &mut State, ticket: &Document, message: &Message, from: i64) -> store::Result<Happening> {
    let id = state.mint.number().to_string();
    let said = message.rendered();
    let content = match message.msg_type.as_str() {
        "image" => json!({"msg_type": "image", "image_key": message.content.get("image_key")}),
        "post" => json!({"msg_type": "post", "content": said, "image_keys": []}),
        _ => json!({"msg_type": "text", "content": said}),
    };
    let user = state.store.user(&message.sender)?;
    let body = json!({
        "id": id,
        "message_id": message.message_id,
        "message_type": message.msg_type,
        "created_at": message.create_time,
        "content": content,
        "user_name": user.map(|user| user.name).unwrap_or_default(),
        "user_id": message.sender,
    });
    let document = Document {
        id: id.clone(),
        within: ticket.id.clone(),
        app: ticket.app.clone(),
        time: message.create_time,
        body: body.as_object().cloned().unwrap_or_default(),
    };
    state.store.put(MESSAGE, &message.tenant_key, &document)?;
    let event = state.mint.id("");
    let (ticket, message) = (ticket.clone(), message.clone());
    let tenant = message.tenant_key.clone();
    let spoken = Happening::new("add ticket_message", Audience::Subscribers, move |state, app| {
        let sender = (from == GUEST).then(|| ids(state, app, &message.sender));
        json!({
            "ticket_message_id": id,
            "message_id": message.message_id,
            "msg_type": message.msg_type,
            "sender_id": sender,
            "sender_type": from,
            "text": said,
            "ticket": told(state, &app.id, &ticket),
            "event_id": event,
            "chat_id": message.chat_id,
            "content": content,
        })
    });
    Ok(spoken.within(&tenant))
}
