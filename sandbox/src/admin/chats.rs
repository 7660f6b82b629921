//! What users see and do: `/_sandbox/chats` and below, and `POST /_sandbox/messages/{id}/acts`, which acts on a card.

use std::collections::HashMap;

use axum::{
    Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Problem;
use crate::{messages::Message, push::Delivery, sandbox::Sandbox};

/// So many messages of a chat are shown.
const SHOWN: usize = 300;

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/chats", get(list))
        .route("/chats/{chat}/messages", get(messages).post(write))
        .route("/messages/{message}/acts", post(act))
}

async fn list(State(sandbox): State<Sandbox>) -> Json<Value> {
    let (known, names) = {
        let state = sandbox.0.state();
        let known: Vec<(String, bool)> = state
            .chats
            .iter()
            .map(|chat| (chat.clone(), state.messages.talk(chat).is_some()))
            .collect();
        (known, names(&sandbox, &state.users))
    };
    let all = sandbox.messages();
    let mut last: HashMap<&str, (&Message, usize)> = HashMap::new();
    for message in &all {
        let entry = last.entry(&message.chat_id).or_insert((message, 0));
        *entry = (message, entry.1 + 1);
    }
    let chats = known.iter().map(|(chat, alone)| {
        let last = last.get(chat.as_str());
        // The one who speaks with the app alone is the only other in the chat.
        let other = all
            .iter()
            .rev()
            .filter(|message| message.chat_id == *chat)
            .find_map(|message| {
                let ids = [&message.sender, &message.receive_id];
                ids.into_iter().find(|id| id.starts_with("ou_")).cloned()
            });
        let other = other.filter(|_| *alone);
        json!({
            "chat_id": chat,
            "alone": alone,
            "with": other.map(|id| named(&names, &id)),
            "messages": last.map_or(0, |last| last.1),
            "last": last.map(|(message, _)| json!({
                "text": message.rendered(),
                "time": message.create_time,
                "sender": named(&names, &message.sender),
            })),
        })
    });
    Json(json!({"chats": chats.collect::<Vec<_>>()}))
}

async fn messages(State(sandbox): State<Sandbox>, Path(chat): Path<String>) -> Json<Value> {
    let (names, deliveries) = {
        let state = sandbox.0.state();
        let deliveries: Vec<Delivery> = state.deliveries.iter().cloned().collect();
        (names(&sandbox, &state.users), deliveries)
    };
    let mut told: HashMap<String, Vec<Value>> = HashMap::new();
    for delivery in &deliveries {
        let payload: Value = serde_json::from_str(delivery.payload()).unwrap_or_default();
        if let Some(id) = payload.pointer("/event/message/message_id").and_then(Value::as_str) {
            told.entry(id.to_owned()).or_default().push(went(delivery));
        }
    }
    let all = sandbox.messages_in(&chat);
    let from = all.len().saturating_sub(SHOWN);
    let shown = all.iter().skip(from).map(|message| {
        let mut shown = show(&names, message);
        shown["deliveries"] = told.remove(&message.message_id).unwrap_or_default().into();
        shown
    });
    Json(json!({"messages": shown.collect::<Vec<_>>(), "earlier": from}))
}

/// Who an id is, by name.
fn names(sandbox: &Sandbox, users: &[crate::app::User]) -> HashMap<String, String> {
    let users = users.iter().map(|user| (user.open_id.clone(), user.name.clone()));
    users.chain([(sandbox.app_id().to_owned(), "Bot".to_owned())]).collect()
}

fn named(names: &HashMap<String, String>, id: &str) -> Value {
    let kind = if id.starts_with("cli_") { "app" } else { "user" };
    json!({"id": id, "type": kind, "name": names.get(id).map_or(id, String::as_str)})
}

fn show(names: &HashMap<String, String>, message: &Message) -> Value {
    let mentions = message.mentions.iter();
    let mentions = mentions.map(|one| json!({"key": one.key, "id": one.id, "name": one.name}));
    json!({
        "message_id": message.message_id,
        "chat_id": message.chat_id,
        "msg_type": message.msg_type,
        "sent": message.sent,
        "content": message.content,
        "text": message.rendered(),
        "mentions": mentions.collect::<Vec<_>>(),
        "sender": named(names, &message.sender),
        "parent_id": message.parent_id,
        "root_id": message.root_id,
        "time": message.create_time,
    })
}

fn went(delivery: &Delivery) -> Value {
    let attempts = delivery.attempts();
    let last = attempts.last();
    let failure = last.and_then(|last| last.failure.as_ref());
    let next = delivery.next_attempt();
    let state = match (last, failure, next) {
        (None, ..) => "under_way",
        (Some(_), None, _) => "taken",
        (Some(_), Some(_), Some(_)) => "waits",
        (Some(_), Some(_), None) => "failed",
    };
    json!({
        "event_id": delivery.event_id(),
        "event_type": delivery.event_type(),
        "app": delivery.app_id(),
        "state": state,
        "attempts": attempts.len(),
        "why": failure.map(|failure| failure.message.clone()),
        "code": failure.map(|failure| failure.code),
        "next": next,
    })
}

/// What a user writes: a text, or content of another type.
#[derive(Deserialize)]
struct Written {
    user: Option<String>,
    text: Option<String>,
    msg_type: Option<String>,
    content: Option<Value>,
    /// The message that is answered.
    reply_to: Option<String>,
}

async fn write(
    State(sandbox): State<Sandbox>,
    Path(chat): Path<String>,
    written: Result<Json<Written>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(written) = written.map_err(|wrong| Problem::wrong(wrong.body_text()))?;
    let user = sandbox.user(written.user.as_deref().unwrap_or(sandbox.open_id()));
    let said = match (written.reply_to, written.text, written.msg_type, written.content) {
        (Some(parent), Some(text), ..) => user.replies(&parent, &text),
        (None, Some(text), ..) => user.says(&chat, &text),
        (None, None, Some(kind), Some(content)) => user.sends(&chat, &kind, content),
        _ => {
            return Err(Problem::wrong(
                "send `text`, or `msg_type` and `content`; `reply_to` goes with `text`",
            ));
        }
    };
    let said = said.map_err(|failure| Problem::missing(failure.to_string()))?;
    let names = names(&sandbox, &sandbox.0.state().users);
    Ok(Json(show(&names, &said.message)))
}

/// What a user does with a card.
#[derive(Deserialize)]
struct Act {
    user: Option<String>,
    action: Value,
}

async fn act(
    State(sandbox): State<Sandbox>,
    Path(message): Path<String>,
    act: Result<Json<Act>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(act) = act.map_err(|wrong| Problem::wrong(wrong.body_text()))?;
    let user = sandbox.user(act.user.as_deref().unwrap_or(sandbox.open_id()));
    let answer = user.acts(&message, act.action).await;
    sandbox.0.state().changed();
    // An app that does not answer is no problem of the one who asks: the user sees the code, as in the real client.
    Ok(Json(match answer {
        Ok(reply) => json!({"reply": reply}),
        Err(failure) => json!({"failure": {"code": failure.code, "message": failure.message}}),
    }))
}
