//! Messages that are sent, and where they go.

use serde_json::Value;

use super::{Act, Outcome, card, keys, message, standing};
use crate::{
    catalog::{Operation, Simulate},
    check::Checked,
    content::{self, Received},
    messages::Message,
    push::{self, Due},
    refusal::{Refusal, code},
    state::State,
    store,
};

/// The most bytes of a body with text, and with anything else.
const TEXT_BODY: usize = 150 * 1024;
const OTHER_BODY: usize = 30 * 1024;

/// Takes a message.
pub(super) fn send(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let msg_type = match act.role("type") {
        Some(_) => act.text("type"),
        None => "text",
    };
    sized(act, msg_type)?;
    let place = place(act)?;
    let (content, entity) = card::said(act, msg_type)?;
    keys::own(act, msg_type, &content)?;
    let message = Message {
        msg_type: msg_type.to_owned(),
        receive_id: act.text("to").to_owned(),
        sender: act.actor().to_owned(),
        tenant_key: act.tenant().to_owned(),
        operation: act.operation.id.clone(),
        ..act.state.message(place, content, msg_type)?
    };
    act.state.take(&message)?;
    card::shown(act, entity, &message)?;
    // Apps hear of what users say, whoever says it for them.
    if act.caller.as_ref().is_some_and(|caller| caller.user.is_some()) {
        act.state.due.push(Due::Happening(push::received(message.clone())));
    }
    Ok(Outcome::Facts(act.told(&message)))
}

/// Whether the body is no longer than this kind of message may be.
pub(super) fn sized(act: &Act<'_>, msg_type: &str) -> Result<(), Refusal> {
    sized_or(act, msg_type, code::TOO_LONG)
}

/// The same with a code of its own.
pub(super) fn sized_or(act: &Act<'_>, msg_type: &str, otherwise: i64) -> Result<(), Refusal> {
    let most = if msg_type == "text" { TEXT_BODY } else { OTHER_BODY };
    if act.size <= most {
        return Ok(());
    }
    let message = format!(
        "message too long: the body has {} bytes, and `{msg_type}` may have {most}",
        act.size
    );
    let field = act.role("content").or(act.role("to")).unwrap_or_default();
    Err(Refusal::service(otherwise, field, "", message))
}

/// Where a message goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) chat: String,
    pub(crate) parent: Option<String>,
    pub(crate) root: Option<String>,
    pub(crate) thread: Option<String>,
}

impl State {
    /// A message as it is received, not yet kept.
    pub(crate) fn message(&mut self, mut place: Place, sent: Value, msg_type: &str) -> store::Result<Message> {
        // In chats that are made of threads, what answers nothing begins one.
        let chat = self.store.chat(&place.chat)?;
        if place.thread.is_none() && chat.as_ref().is_some_and(|chat| chat.mode == "topic") {
            place.thread = Some(self.mint.id("omt_"));
        }
        let received = self.receive(msg_type, &sent)?;
        let now = self.clock.now();
        Ok(Message {
            message_id: self.mint.id("om_"),
            receive_id: place.chat.clone(),
            chat_id: place.chat,
            msg_type: msg_type.to_owned(),
            sent,
            content: received.content,
            mentions: received.mentions,
            sender: String::new(),
            tenant_key: chat.map_or_else(|| self.home().to_owned(), |chat| chat.tenant),
            parent_id: place.parent,
            root_id: place.root,
            thread_id: place.thread,
            upper_message_id: None,
            create_time: now,
            update_time: now,
            edits: 0,
            recalled_by: None,
            operation: String::new(),
            place: 0,
            visible_to: None,
        })
    }

    /// Content as those who receive it get it: whatever the sender calls a user, the store has one name.
    pub(crate) fn receive(&self, msg_type: &str, sent: &Value) -> store::Result<Received> {
        let mut received = content::receive(msg_type, sent, &|id| self.name_of(id));
        for mention in &mut received.mentions {
            if let Some(user) = self.store.user_called_anywhere(&mention.id)? {
                mention.id = user;
            }
        }
        // Whoever receives a file is told its name (message-content-description/message_content.md).
        if let ("file" | "media", Some(content)) = (msg_type, received.content.as_object_mut())
            && let Some(key) = content.get("file_key").and_then(Value::as_str)
            && let Some(file) = self.store.described(key)?
        {
            content.entry("file_name").or_insert_with(|| file.name.into());
        }
        Ok(received)
    }

    /// Keeps a new message, and tells whoever waits for one.
    pub(crate) fn take(&mut self, message: &Message) -> store::Result<()> {
        self.store.keep_message(message)?;
        self.sent.send_modify(|total| *total += 1);
        Ok(())
    }
}

/// Where the call's receiver is.
pub(super) fn place(act: &mut Act<'_>) -> Result<Place, Refusal> {
    let to = act.role("to").unwrap_or_default();
    let id = act.text("to");
    let (operation, sent) = (act.operation, act.sent);
    let told = operation
        .simulate
        .as_ref()
        .map_or("", |words| receiver_kind(operation, words, sent, id));
    // Some examples name a chat, and call it the id of a user.
    let kind = if act.exemplary("to") && !suits(told, id) {
        by_prefix(id)
    } else {
        told
    };
    let field = sent.keys.get(to).and_then(Value::as_str).unwrap_or(to);
    if kind == "message_id" {
        return answer(act, id);
    }
    if !suits(kind, id) {
        let message = format!("invalid receive_id: `{}` is not a {kind}", id.escape_debug());
        return Err(Refusal::service(code::WRONG_RECEIVER, field, id, message));
    }
    if kind == "thread_id" {
        return in_thread(act, id);
    }
    let chat = if kind == "chat_id" {
        let chat = act.state.store.chat(id)?.filter(|chat| chat.tenant == act.tenant());
        let inside = act.state.store.is_member(id, act.actor())?;
        let Some(chat) = chat.filter(|_| inside) else {
            let message = format!(
                "Bot/User can NOT be out of the chat: no chat `{}` has the bot as a member; add it",
                id.escape_debug()
            );
            return Err(Refusal::service(code::NOT_IN_CHAT, field, id, message));
        };
        standing::speaks(act, &chat)?;
        chat.chat_id
    } else {
        let (app, tenant) = (act.app().to_owned(), act.tenant().to_owned());
        let user = act.person(kind, id)?;
        if act.state.app(&app).is_some_and(|app| !app.is_for(&user)) {
            let message = "Bot has NO availability to this user; widen the app's availability";
            return Err(Refusal::service(code::NOT_AVAILABLE, field, id, message.to_owned()));
        }
        let begins = act.actor().to_owned();
        p2p(act.state, &app, &tenant, &user, &begins)?
    };
    Ok(Place {
        chat,
        ..Place::default()
    })
}

fn answer(act: &mut Act<'_>, id: &str) -> Result<Place, Refusal> {
    let mut parent = message::find(act, "to")?;
    if parent.recalled_by.is_some() {
        return Err(act.refuse(code::RECALLED, "to", "the message was recalled"));
    }
    if parent.upper_message_id.is_some() {
        return Err(act.refuse(code::UNSUITABLE, "to", "the message is inside a merged one"));
    }
    let wanted = act.value("thread").and_then(Value::as_bool).unwrap_or_default();
    if wanted && parent.thread_id.is_none() {
        parent.thread_id = Some(act.state.mint.id("omt_"));
        act.state.store.keep_message(&parent)?;
    }
    if let Some(chat) = act.state.store.chat(&parent.chat_id)? {
        standing::speaks(act, &chat)?;
    }
    Ok(Place {
        root: Some(parent.root_id.clone().unwrap_or_else(|| id.to_owned())),
        parent: Some(id.to_owned()),
        chat: parent.chat_id,
        thread: parent.thread_id,
    })
}

fn in_thread(act: &Act<'_>, id: &str) -> Result<Place, Refusal> {
    let chat = message::chat_of_thread(act, "to", code::NO_THREAD, code::HIDDEN_TARGET_THREAD)?;
    standing::speaks(act, &chat)?;
    Ok(Place {
        chat: chat.chat_id,
        thread: Some(id.to_owned()),
        ..Place::default()
    })
}

/// The chat in which a user speaks with an app alone; made when they first do, and then the app hears who began it.
pub(crate) fn p2p(state: &mut State, app: &str, tenant: &str, user: &str, begins: &str) -> store::Result<String> {
    if let Some(chat) = state.store.talk(app, tenant, user)? {
        return Ok(chat);
    }
    let chat = store::Chat {
        chat_id: state.mint.id("oc_"),
        mode: "p2p".to_owned(),
        tenant: tenant.to_owned(),
        owner: String::new(),
        created: state.clock.now(),
        dissolved: false,
        facts: Default::default(),
    };
    state.store.add_chat(&chat)?;
    state.store.join(&chat.chat_id, user, false)?;
    state.store.join(&chat.chat_id, app, true)?;
    state
        .due
        .push(Due::Happening(push::talk_begun(&chat, app, user, begins)));
    Ok(chat.chat_id)
}

// The word says which parameter tells; one key of several tells by its name, and any other id by its prefix.
fn receiver_kind<'a>(operation: &'a Operation, words: &'a Simulate, sent: &'a Checked, id: &str) -> &'a str {
    if let Some(by) = words.roles.get("by") {
        let default = || {
            operation
                .parameters
                .iter()
                .find(|field| field.name == *by)?
                .default
                .as_ref()?
                .as_str()
        };
        let told = sent.argument(by).and_then(Value::as_str).or_else(default);
        if let Some(told) = told {
            return told;
        }
    }
    let to = words.roles.get("to").map_or("", String::as_str);
    if let Some(key) = sent.keys.get(to).and_then(Value::as_str) {
        return key;
    }
    by_prefix(id)
}

fn by_prefix(id: &str) -> &'static str {
    let known = PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix));
    known.map_or("user_id", |(_, kind)| kind)
}

const PREFIXES: [(&str, &str); 5] = [
    ("ou_", "open_id"),
    ("on_", "union_id"),
    ("oc_", "chat_id"),
    ("om_", "message_id"),
    ("omt_", "thread_id"),
];

fn suits(kind: &str, id: &str) -> bool {
    if let Some((prefix, _)) = PREFIXES.iter().find(|(_, name)| *name == kind) {
        return id.len() > prefix.len() && id.starts_with(prefix);
    }
    match kind {
        "email" => id
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()),
        "user_id" => !id.is_empty() && !id.contains('@') && !PREFIXES.iter().any(|(prefix, _)| id.starts_with(prefix)),
        _ => !id.is_empty(),
    }
}
