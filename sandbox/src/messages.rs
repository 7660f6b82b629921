//! Messages that were sent: the `message` word of the catalog.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    access::Caller,
    catalog::{MessageWords, Operation},
    check::Checked,
    content::{self, Mention},
    refusal::{Refusal, code},
    render,
    state::State,
};

/// How long a dedupe key holds.
const HOUR: u64 = 60 * 60 * 1000;
/// So many messages are kept.
const KEPT: usize = 100_000;
/// The most bytes of a body with text, and with anything else.
const TEXT_BODY: usize = 150 * 1024;
const OTHER_BODY: usize = 30 * 1024;

/// A message the sandbox has taken.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Message {
    /// Identifies the message: `om_…`.
    pub message_id: String,
    /// The chat it is in: `oc_…`.
    pub chat_id: String,
    /// The receiver as the sender named it.
    pub receive_id: String,
    /// What the content is: `text`, `post`, `interactive`, …
    pub msg_type: String,
    /// The content as it was sent.
    pub sent: Value,
    /// The content as the receiver gets it: mentions as `@_user_1`, a post without its language.
    pub content: Value,
    /// The users it mentions.
    pub mentions: Vec<Mention>,
    /// The app, or the user by open id, that sent it.
    pub sender: String,
    /// The tenant it was sent in.
    pub tenant_key: String,
    /// The message it answers.
    pub parent_id: Option<String>,
    /// The first message of the chain of answers.
    pub root_id: Option<String>,
    /// When it was sent, in milliseconds since 1970.
    pub create_time: u64,
    /// The operation that sent it; empty for what was there before the sandbox began.
    pub operation: String,
}

impl Message {
    /// What the receiver sees, as plain text: names in mentions, the title and lines of a post, `[image]`, `[card: title]`.
    pub fn rendered(&self) -> String {
        render::plain(&self.msg_type, &self.content, &self.mentions)
    }

    /// Everything replies may show of it, by the platform's names.
    pub(crate) fn to_json(&self) -> Value {
        let by_user = self.sender.starts_with("ou_");
        let mentions: Vec<Value> = self
            .mentions
            .iter()
            .map(|mention| {
                json!({"key": mention.key, "id": mention.id, "id_type": mention.id_type(), "name": mention.name, "tenant_key": self.tenant_key})
            })
            .collect();
        let time = self.create_time.to_string();
        let mut all = json!({
            "message_id": self.message_id,
            "msg_type": self.msg_type,
            "create_time": time,
            "update_time": time,
            "deleted": false,
            "updated": false,
            "chat_id": self.chat_id,
            "sender": {
                "id": self.sender,
                "id_type": if by_user { "open_id" } else { "app_id" },
                "sender_type": if by_user { "user" } else { "app" },
                "tenant_key": self.tenant_key,
            },
            "body": {"content": self.content.to_string()},
        });
        let optional = [
            ("mentions", (!mentions.is_empty()).then(|| mentions.into())),
            ("parent_id", self.parent_id.clone().map(Value::from)),
            ("root_id", self.root_id.clone().map(Value::from)),
        ];
        for (name, value) in optional {
            if let (Some(value), Some(all)) = (value, all.as_object_mut()) {
                all.insert(name.to_owned(), value);
            }
        }
        all
    }
}

/// All messages, and what keeps them from being sent twice.
#[derive(Default)]
pub(crate) struct Messages {
    pub(crate) all: VecDeque<Arc<Message>>,
    /// How many there ever were; whoever waits for one hears of it.
    pub(crate) total: watch::Sender<usize>,
    /// The p2p chats by who speaks with whom.
    p2p: HashMap<(String, String, String), String>,
    sent: HashMap<Key, (u64, Arc<Message>)>,
    by_age: VecDeque<(u64, Key)>,
}

/// Sender, tenant, operation and the key itself.
type Key = (String, String, String, String);

impl Messages {
    pub(crate) fn find(&self, id: &str) -> Option<&Arc<Message>> {
        self.all.iter().rev().find(|message| message.message_id == id)
    }

    /// The app that a user speaks with alone in this chat; none when it is a group.
    pub(crate) fn talk(&self, chat: &str) -> Option<&str> {
        let mut talks = self.p2p.iter();
        talks.find(|(_, p2p)| *p2p == chat).map(|((app, ..), _)| app.as_str())
    }

    fn before(&self, key: &Key, now: u64) -> Option<&Arc<Message>> {
        self.sent
            .get(key)
            .filter(|(time, _)| now.saturating_sub(*time) < HOUR)
            .map(|(_, message)| message)
    }

    /// A text that a user wrote before the sandbox began.
    pub(crate) fn write(&mut self, id: &str, text: &str, (chat, author, tenant): (&str, &str, &str), now: u64) {
        let content = json!({"text": text});
        let message = Message {
            message_id: id.to_owned(),
            chat_id: chat.to_owned(),
            receive_id: chat.to_owned(),
            msg_type: "text".to_owned(),
            sent: content.clone(),
            content,
            mentions: Vec::new(),
            sender: author.to_owned(),
            tenant_key: tenant.to_owned(),
            parent_id: None,
            root_id: None,
            create_time: now,
            operation: String::new(),
        };
        self.keep(Arc::new(message), None, now);
    }

    pub(crate) fn keep(&mut self, message: Arc<Message>, key: Option<Key>, now: u64) {
        while self
            .by_age
            .front()
            .is_some_and(|(time, _)| now.saturating_sub(*time) >= HOUR)
        {
            let Some((time, key)) = self.by_age.pop_front() else {
                break;
            };
            if self.sent.get(&key).is_some_and(|(kept, _)| *kept == time) {
                self.sent.remove(&key);
            }
        }
        if let Some(key) = key {
            self.by_age.push_back((now, key.clone()));
            self.sent.insert(key, (now, message.clone()));
        }
        if self.all.len() == KEPT {
            self.all.pop_front();
        }
        self.all.push_back(message);
        self.total.send_modify(|total| *total += 1);
    }
}

/// One call to an operation that sends messages.
pub(crate) struct Sending<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) words: &'a MessageWords,
    pub(crate) sent: &'a Checked,
    /// The bytes of the body.
    pub(crate) size: usize,
    pub(crate) caller: Option<Caller>,
}

/// Takes a message, or gives back the one that the same dedupe key sent before.
pub(crate) fn send(state: &mut State, sending: Sending<'_>, now: u64) -> Result<Arc<Message>, Refusal> {
    let Sending {
        operation,
        words,
        sent,
        size,
        caller,
    } = sending;
    let (sender, tenant) = match caller {
        Some(caller) => (caller.user.unwrap_or(caller.app), caller.tenant),
        None => (String::new(), state.home().to_owned()),
    };
    let key = operation
        .dedupe
        .as_deref()
        .map(|name| sent.text(name))
        .filter(|key| !key.is_empty());
    let key = key.map(|key| (sender.clone(), tenant.clone(), operation.id.clone(), key.to_owned()));
    if let Some(message) = key.as_ref().and_then(|key| state.messages.before(key, now)) {
        return Ok(message.clone());
    }
    let msg_type = words.kind.as_deref().map_or("text", |name| sent.text(name)).to_owned();
    let most = if msg_type == "text" { TEXT_BODY } else { OTHER_BODY };
    if size > most {
        let message = format!("message too long: the body has {size} bytes, and `{msg_type}` may have {most}");
        let field = words.content.as_deref().unwrap_or(&words.to);
        return Err(Refusal::service(code::TOO_LONG, field, "", message));
    }
    let receive_id = sent.text(&words.to).to_owned();
    let place = place(state, operation, words, sent, (&sender, &tenant, &receive_id))?;
    let content = words
        .content
        .as_deref()
        .and_then(|name| sent.argument(name))
        .cloned()
        .unwrap_or_default();
    let received = content::receive(&msg_type, &content, &|id| state.user_name(id).map(str::to_owned));
    let message = Arc::new(Message {
        message_id: state.mint.id("om_"),
        chat_id: place.chat,
        receive_id,
        msg_type,
        sent: content,
        content: received.content,
        mentions: received.mentions,
        sender,
        tenant_key: tenant,
        parent_id: place.parent,
        root_id: place.root,
        create_time: now,
        operation: operation.id.clone(),
    });
    state.messages.keep(message.clone(), key, now);
    Ok(message)
}

/// Where a message goes.
pub(crate) struct Place {
    pub(crate) chat: String,
    pub(crate) parent: Option<String>,
    pub(crate) root: Option<String>,
}

fn place(
    state: &mut State,
    operation: &Operation,
    words: &MessageWords,
    sent: &Checked,
    (sender, tenant, id): (&str, &str, &str),
) -> Result<Place, Refusal> {
    let kind = receiver_kind(operation, words, sent, id);
    let field = sent.keys.get(&words.to).and_then(Value::as_str).unwrap_or(&words.to);
    if kind == "message_id" {
        let Some(parent) = state.messages.find(id) else {
            return Err(Refusal::new(
                code::UNKNOWN_MESSAGE,
                format!("these ids not existed: [{id}]"),
            ));
        };
        let root = parent.root_id.clone().unwrap_or_else(|| id.to_owned());
        return Ok(Place {
            chat: parent.chat_id.clone(),
            parent: Some(id.to_owned()),
            root: Some(root),
        });
    }
    if !suits(kind, id) {
        let message = format!("invalid receive_id: `{}` is not a {kind}", id.escape_debug());
        return Err(Refusal::service(code::WRONG_RECEIVER, field, id, message));
    }
    let chat = if kind == "chat_id" {
        if !state.chats.iter().any(|chat| chat == id) {
            let message = format!(
                "Bot/User can NOT be out of the chat: no chat `{}` has the bot as a member; add it",
                id.escape_debug()
            );
            return Err(Refusal::service(code::NOT_IN_CHAT, field, id, message));
        }
        id.to_owned()
    } else {
        p2p(state, sender, tenant, id)
    };
    Ok(Place {
        chat,
        parent: None,
        root: None,
    })
}

/// The chat in which a user speaks with an app alone.
pub(crate) fn p2p(state: &mut State, sender: &str, tenant: &str, id: &str) -> String {
    let State {
        messages, mint, chats, ..
    } = state;
    let talk = (sender.to_owned(), tenant.to_owned(), id.to_owned());
    let chat = messages.p2p.entry(talk).or_insert_with(|| {
        let chat = mint.id("oc_");
        chats.push(chat.clone());
        chat
    });
    chat.clone()
}

// The word says which parameter tells; one key of several tells by its name, and any other id by its prefix.
fn receiver_kind<'a>(operation: &'a Operation, words: &'a MessageWords, sent: &'a Checked, id: &str) -> &'a str {
    if let Some(by) = &words.by {
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
    if let Some(key) = sent.keys.get(&words.to).and_then(Value::as_str) {
        return key;
    }
    PREFIXES
        .iter()
        .find(|(prefix, _)| id.starts_with(prefix))
        .map_or("user_id", |(_, kind)| kind)
}

const PREFIXES: [(&str, &str); 4] = [
    ("ou_", "open_id"),
    ("on_", "union_id"),
    ("oc_", "chat_id"),
    ("om_", "message_id"),
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
