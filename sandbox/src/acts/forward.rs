//! Messages and threads that are sent on, one by one or several as one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Act, Outcome, Place, message, send};
use crate::{
    messages::{MERGED, Message},
    push::{self, Due},
    refusal::{Refusal, code},
    store::{Container, Stretch},
};

/// What a message says into which others were merged (im-v1/message/merge_forward.md).
const SENTENCE: &str = "Merged and Forwarded Message";
/// What cannot be forwarded (im-v1/message/forward-message.md).
const KEPT_BACK: [&str; 5] = ["system", "hongbao", "vote", "audio", "general_calendar"];

/// Sends a message on.
pub(super) fn one(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = message::find(act, "id")?;
    if message.recalled_by.is_some() {
        return Err(act.refuse(code::FORWARD_RECALLED, "id", "the message was recalled"));
    }
    if message.upper_message_id.is_some() {
        let why = "the message is inside a merged one, and only the whole can be forwarded";
        return Err(act.refuse(code::CANNOT_FORWARD, "id", why));
    }
    if KEPT_BACK.contains(&message.msg_type.as_str()) {
        let why = format!("messages of type `{}` cannot be forwarded", message.msg_type);
        return Err(act.refuse(code::NOT_FORWARDED, "id", why));
    }
    let merged = match message.is_merged() {
        true => act
            .state
            .store
            .messages(Container::Merged(&message.message_id), Stretch::ALL)?,
        false => Vec::new(),
    };
    let place = target(act)?;
    let sent = pass_on(act, place, &message)?;
    for message in &merged {
        put_into(act, &sent.message_id, message)?;
    }
    Ok(Outcome::Facts(act.told(&sent)))
}

/// Sends several messages on as one.
pub(super) fn several(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let (mut messages, mut invalid): (Vec<Message>, Vec<&str>) = Default::default();
    let (mut recalled, mut seen) = (0, BTreeSet::new());
    for id in act.texts("ids") {
        if !seen.insert(id) {
            continue;
        }
        let visible = match message::there(act, id)? {
            Some(message) if message::is_in(act, &message.chat_id)? => Some(message),
            _ => None,
        };
        match visible {
            Some(message) if message.recalled_by.is_some() => {
                recalled += 1;
                invalid.push(id);
            }
            Some(message) if message.upper_message_id.is_some() || KEPT_BACK.contains(&message.msg_type.as_str()) => {
                invalid.push(id);
            }
            Some(message) => messages.push(message),
            None => invalid.push(id),
        }
    }
    if messages.is_empty() {
        return Err(match recalled == invalid.len() {
            true => act.refuse(code::FORWARD_RECALLED, "ids", "all the messages were recalled"),
            false => act.refuse(
                code::CANNOT_FORWARD,
                "ids",
                "none of the messages is one that the caller sees and that can be forwarded",
            ),
        });
    }
    let chats: BTreeSet<&str> = messages.iter().map(|message| message.chat_id.as_str()).collect();
    if chats.len() > 1 {
        let why = format!(
            "the messages are of {} chats; forward those of one at a time",
            chats.len()
        );
        return Err(act.refuse(code::SEVERAL_CHATS, "ids", why));
    }
    let threads: BTreeSet<Option<&str>> = messages.iter().map(|message| message.thread_id.as_deref()).collect();
    if threads.len() > 1 {
        let why = "the messages are of several threads, or some of a thread and some not";
        return Err(act.refuse(code::SEVERAL_THREADS, "ids", why));
    }
    messages.sort_by_key(|message| (message.create_time, message.place));
    let sent = merge(act, &messages)?;
    Ok(Outcome::Facts(match act.role("into") {
        Some(into) => json!({into: act.told(&sent), "invalid_message_id_list": invalid}),
        None => act.told(&sent),
    }))
}

/// Sends a thread on, its messages as one.
pub(super) fn thread(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    message::chat_of_thread(act, "id", code::CANNOT_FORWARD, code::HIDDEN_THREAD)?;
    let id = act.text("id");
    let mut messages = act.state.store.messages(Container::Thread(id), Stretch::ALL)?;
    messages.retain(|message| message.recalled_by.is_none());
    let sent = merge(act, &messages)?;
    Ok(Outcome::Facts(act.told(&sent)))
}

fn merge(act: &mut Act<'_>, messages: &[Message]) -> Result<Message, Refusal> {
    let place = target(act)?;
    let content = Value::from(SENTENCE);
    let sent = new(act, place, content, MERGED)?;
    act.state.take(&sent)?;
    tell(act, &sent);
    for message in messages {
        put_into(act, &sent.message_id, message)?;
    }
    Ok(sent)
}

// The message as it was, under a new name and from whoever forwards it.
fn pass_on(act: &mut Act<'_>, place: Place, message: &Message) -> Result<Message, Refusal> {
    let copy = Message {
        content: message.content.clone(),
        mentions: message.mentions.clone(),
        ..new(act, place, message.sent.clone(), &message.msg_type)?
    };
    act.state.take(&copy)?;
    tell(act, &copy);
    Ok(copy)
}

fn new(act: &mut Act<'_>, place: Place, content: Value, msg_type: &str) -> Result<Message, Refusal> {
    Ok(Message {
        receive_id: act.text("to").to_owned(),
        sender: act.actor().to_owned(),
        tenant_key: act.tenant().to_owned(),
        operation: act.operation.id.clone(),
        ..act.state.message(place, content, msg_type)?
    })
}

// What is merged keeps its sender, chat and time, and can be read where the whole can (im-v1/message/get-message.md).
fn put_into(act: &mut Act<'_>, upper: &str, message: &Message) -> Result<(), Refusal> {
    let copy = Message {
        message_id: act.state.mint.id("om_"),
        upper_message_id: Some(upper.to_owned()),
        thread_id: None,
        parent_id: None,
        root_id: None,
        ..message.clone()
    };
    act.state.store.keep_message(&copy)?;
    Ok(())
}

fn tell(act: &mut Act<'_>, message: &Message) {
    if act.caller.as_ref().is_some_and(|caller| caller.user.is_some()) {
        act.state.due.push(Due::Happening(push::received(message.clone())));
    }
}

// A chat that is not there is told apart from one that the bot is not in.
fn target(act: &mut Act<'_>) -> Result<Place, Refusal> {
    let to = act.text("to");
    if act.text("by") == "chat_id" && act.state.store.chat(to)?.is_none_or(|chat| chat.tenant != act.tenant()) {
        let why = format!("there is no chat `{}`", to.escape_debug());
        return Err(act.refuse(code::NO_FORWARD_CHAT, "to", why));
    }
    send::place(act)
}
