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
use crate::{
    messages::Message,
    push::Delivery,
    sandbox::Sandbox,
    state::State as Remembered,
    store::{Container, Stretch},
};

/// So many messages of a chat are shown.
const SHOWN: usize = 300;

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/chats", get(list))
        .route("/chats/{chat}/messages", get(messages).post(write))
        .route("/messages/{message}/acts", post(act))
}

async fn list(State(sandbox): State<Sandbox>) -> Result<Json<Value>, Problem> {
    let state = sandbox.0.state();
    let names = names(&state)?;
    let latest = Stretch {
        newest_first: true,
        most: 1,
        ..Stretch::ALL
    };
    let mut chats = Vec::new();
    for chat in state.store.chats()? {
        let alone = chat.mode == "p2p";
        let members = state.store.members(&chat.chat_id)?;
        let other = members.iter().find(|member| alone && !member.is_bot);
        // Nobody writes where the chat is dissolved.
        let writers = members.iter().filter(|member| !member.is_bot && !chat.dissolved);
        let writers: Vec<Value> = writers.map(|member| named(&names, &member.id)).collect();
        let last = state.store.messages(Container::Whole(&chat.chat_id), latest)?.pop();
        chats.push(json!({
            "chat_id": chat.chat_id,
            "name": chat.facts.get("name"),
            "alone": alone,
            "dissolved": chat.dissolved,
            "with": other.map(|member| named(&names, &member.id)),
            "members": members.len(),
            "writers": writers,
            "last": last.map(|message| json!({
                "text": text(&message),
                "time": message.create_time,
                "sender": named(&names, &message.sender),
            })),
        }));
    }
    Ok(Json(json!({"chats": chats})))
}

async fn messages(State(sandbox): State<Sandbox>, Path(chat): Path<String>) -> Result<Json<Value>, Problem> {
    let state = sandbox.0.state();
    let names = names(&state)?;
    let mut told: HashMap<String, Vec<Value>> = HashMap::new();
    // Most are of other chats, and need no reading.
    let here = state.deliveries.iter();
    for delivery in here.filter(|delivery| delivery.payload().contains(&chat)) {
        let payload: Value = serde_json::from_str(delivery.payload()).unwrap_or_default();
        if let Some(id) = payload.pointer("/event/message/message_id").and_then(Value::as_str) {
            told.entry(id.to_owned()).or_default().push(went(delivery));
        }
    }
    // By message, then by emoji: who reacted.
    let mut reacted: HashMap<String, Vec<(String, Vec<Value>)>> = HashMap::new();
    for one in state.store.reactions_in(&chat)? {
        let here = reacted.entry(one.message_id).or_default();
        let who = named(&names, &one.operator)["name"].clone();
        match here.iter_mut().find(|(emoji, _)| *emoji == one.emoji) {
            Some((_, all)) => all.push(who),
            None => here.push((one.emoji, vec![who])),
        }
    }
    let newest = Stretch {
        newest_first: true,
        most: SHOWN,
        ..Stretch::ALL
    };
    let all = state.store.messages(Container::Whole(&chat), newest)?;
    let earlier = state.store.count_in(&chat)?.saturating_sub(all.len());
    let shown = all.iter().rev().map(|message| {
        let mut shown = show(&names, message);
        let reactions = reacted.remove(&message.message_id).unwrap_or_default();
        let reactions = reactions
            .into_iter()
            .map(|(emoji, names)| json!({"emoji": emoji, "count": names.len(), "names": names}));
        shown["reactions"] = reactions.collect();
        shown["deliveries"] = told.remove(&message.message_id).unwrap_or_default().into();
        shown
    });
    Ok(Json(json!({"messages": shown.collect::<Vec<_>>(), "earlier": earlier})))
}

/// Who an id is, by name.
fn names(state: &Remembered) -> Result<HashMap<String, String>, Problem> {
    let users = state.store.users()?.into_iter().map(|user| (user.open_id, user.name));
    Ok(users
        .chain(state.apps.iter().map(|app| (app.id.clone(), "Bot".to_owned())))
        .collect())
}

fn text(message: &Message) -> String {
    match message.recalled_by {
        Some(_) => String::new(),
        None => message.rendered(),
    }
}

fn named(names: &HashMap<String, String>, id: &str) -> Value {
    let kind = if id.starts_with("cli_") { "app" } else { "user" };
    json!({"id": id, "type": kind, "name": names.get(id).map_or(id, String::as_str)})
}

fn show(names: &HashMap<String, String>, message: &Message) -> Value {
    let gone = message.recalled_by.is_some();
    let mentions = message.mentions.iter();
    let mentions = mentions.map(|one| json!({"key": one.key, "id": one.id, "name": one.name}));
    json!({
        "message_id": message.message_id,
        "chat_id": message.chat_id,
        "msg_type": message.msg_type,
        // What was recalled nobody sees again.
        "sent": if gone { &Value::Null } else { &message.sent },
        "content": if gone { &Value::Null } else { &message.content },
        "text": text(message),
        "deleted": gone,
        "edited": message.edits > 0,
        "thread_id": message.thread_id,
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
    let names = names(&sandbox.0.state())?;
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
