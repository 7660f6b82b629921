//! Messages that are there: read, listed, and who has read them.

use serde_json::{Value, json};

use super::{Act, Outcome, standing};
use crate::{
    messages::Message,
    refusal::{Refusal, code},
    store::{self, Chat, Container, Stretch},
};

/// Who has read a message is known for so long (im-v1/message/read_users.md).
const READERS_KNOWN: u64 = 7 * super::DAY;
/// What an app needs beyond the operation's own scopes to list what is said in groups (im-v1/message/list.md).
const GROUPS: &str = "im:message.group_msg";
/// The form in which a card comes back as it was sent.
const AS_SENT: &str = "user_card_content";

/// A message, and those that were merged into it.
pub(super) fn read(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = find(act, "id")?;
    let merged = act
        .state
        .store
        .messages(Container::Merged(&message.message_id), Stretch::ALL)?;
    let all = std::iter::once(&message).chain(&merged);
    let items: Vec<Value> = all.map(|message| shown(act, message)).collect::<Result<_, _>>()?;
    Ok(Outcome::Facts(match act.role("into") {
        Some(into) => json!({into: items}),
        None => items.into_iter().next().unwrap_or_default(),
    }))
}

/// The messages of a chat or a thread, by pages.
pub(super) fn list(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let id = act.text("in");
    // Threads know no stretch of time (im-v1/message/list.md).
    let seconds = |role| act.number(role).and_then(|seconds| u64::try_from(seconds).ok());
    let (container, chat, from, until) = match act.text("type") {
        "thread" => {
            let chat = match act.state.store.thread_chat(id)? {
                Some(chat) if is_in(act, &chat)? => chat,
                _ => {
                    let message = format!("no thread `{}` is in a chat of the bot", id.escape_debug());
                    return Err(act.refuse(code::HIDDEN_THREAD, "in", message));
                }
            };
            (Container::Thread(id), chat, None, None)
        }
        _ => (Container::Chat(id), id.to_owned(), seconds("from"), seconds("until")),
    };
    seen(act, "in", &chat, code::NOT_IN_CHAT)?;
    let group = act.state.store.chat(&chat)?.is_some_and(|chat| chat.mode != "p2p");
    let app = act.state.app(act.app());
    if group && !app.is_some_and(|app| app.has_any(&[GROUPS.to_owned()])) {
        let message = format!("Lack of necessary permissions: the messages of groups need the scope `{GROUPS}` too");
        return Err(act.refuse(code::NO_PERMISSION, "in", message));
    }
    let window = act.window()?;
    let stretch = Stretch {
        from: from.map_or(0, |seconds| seconds.saturating_mul(1000).min(Stretch::ALL.until)),
        until: until.map_or(Stretch::ALL.until, |seconds| {
            seconds.saturating_mul(1000).saturating_add(999).min(Stretch::ALL.until)
        }),
        newest_first: act.text("sort") == "ByCreateTimeDesc",
        after: i64::try_from(window.skip).ok().filter(|place| *place > 0),
        skip: 0,
        most: window.most.saturating_add(1),
    };
    let mut messages = act.state.store.messages(container, stretch)?;
    let more = messages.len() > window.most;
    messages.truncate(window.most);
    let last = messages.last().and_then(|last| usize::try_from(last.place).ok());
    let items = messages
        .iter()
        .map(|message| shown(act, message))
        .collect::<Result<_, _>>()?;
    Ok(Outcome::Facts(act.page_until(items, last.filter(|_| more), None)))
}

/// Who has read a message of the caller's own.
pub(super) fn readers(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = find(act, "in")?;
    own(act, &message, code::NOT_SENDER)?;
    if message.recalled_by.is_some() {
        return Err(act.refuse(code::DELETED, "in", "the message was recalled"));
    }
    if message.age(act.now) > READERS_KNOWN {
        return Err(act.refuse(code::OLD_MESSAGE, "in", "the message is older than 7 days"));
    }
    let window = act.window()?;
    let most = window.most.saturating_add(1);
    let seen = act.state.store.seen(&message.message_id, window.skip, most)?;
    let kind = act.text("by");
    let items = seen.iter().map(|seen| {
        let id = act.named(&seen.reader);
        Ok(json!({"user_id_type": kind, "user_id": id, "timestamp": seen.time.to_string(), "tenant_key": message.tenant_key}))
    });
    let items = items.collect::<store::Result<_>>()?;
    Ok(Outcome::Facts(act.page_of(items, window, None)))
}

/// The message that this part of the call names, if the caller may see it.
pub(super) fn find(act: &Act<'_>, role: &str) -> Result<Message, Refusal> {
    find_or(act, role, code::UNKNOWN_MESSAGE, code::NOT_IN_CHAT)
}

/// The same, with codes of its own for a message that is not there and for one in a chat that the caller is not in.
pub(super) fn find_or(act: &Act<'_>, role: &str, unknown: i64, hidden: i64) -> Result<Message, Refusal> {
    let id = act.text(role);
    let found = there(act, id)?;
    let mut message = found.ok_or_else(|| {
        let message = format!("these ids not existed: [{}]", id.escape_debug());
        match unknown {
            // The gateway's own, whatever the operation lists.
            code::UNKNOWN_MESSAGE => Refusal::new(unknown, message),
            _ => act.refuse(unknown, role, message),
        }
    })?;
    // What the examples name is there for every call: the caller's own, just sent, and nobody has touched it.
    if act.exemplary(role) {
        act.actor().clone_into(&mut message.sender);
        message.recalled_by = None;
        message.edits = 0;
        message.create_time = act.now;
    }
    let chat = match &message.upper_message_id {
        Some(upper) => act.state.store.message(upper)?.map(|upper| upper.chat_id),
        None => Some(message.chat_id.clone()),
    };
    seen(act, role, &chat.unwrap_or_default(), hidden)?;
    Ok(message)
}

/// A message of the caller's tenant.
pub(super) fn there(act: &Act<'_>, id: &str) -> store::Result<Option<Message>> {
    let found = act.state.store.message(id)?;
    // Ephemeral cards are no messages to anybody but who sees them.
    Ok(found.filter(|message| message.tenant_key == act.tenant() && message.visible_to.is_none()))
}

/// The chat of the thread that this part of the call names, with codes for one that is not there and for one that the caller is not in.
pub(super) fn chat_of_thread(act: &Act<'_>, role: &str, unknown: i64, hidden: i64) -> Result<Chat, Refusal> {
    let id = act.text(role);
    let found = match act.state.store.thread_chat(id)? {
        Some(chat) => act.state.store.chat(&chat)?.filter(|chat| chat.tenant == act.tenant()),
        None => None,
    };
    let Some(chat) = found else {
        return Err(act.refuse(unknown, role, format!("there is no thread `{}`", id.escape_debug())));
    };
    match is_in(act, &chat.chat_id)? {
        true => Ok(chat),
        false => Err(act.refuse(hidden, role, "the caller is not in the thread's chat")),
    }
}

/// Whether the caller is in this chat of its tenant.
pub(super) fn is_in(act: &Act<'_>, chat: &str) -> store::Result<bool> {
    let there = act
        .state
        .store
        .chat(chat)?
        .is_some_and(|chat| chat.tenant == act.tenant());
    Ok(there && act.state.store.is_member(chat, act.actor())?)
}

/// Only who sent a message may do some things to it.
pub(super) fn own(act: &Act<'_>, message: &Message, otherwise: i64) -> Result<(), Refusal> {
    if message.sender == act.actor() {
        return Ok(());
    }
    let role = if act.role("id").is_some() { "id" } else { "in" };
    Err(act.refuse(
        otherwise,
        role,
        "the operator is not the sender: the message is of somebody else",
    ))
}

/// A message as the call wants to see it.
pub(super) fn shown(act: &Act<'_>, message: &Message) -> store::Result<Value> {
    let mut facts = act.told(message);
    if act.text("form") == AS_SENT && message.msg_type == "interactive" && message.recalled_by.is_none() {
        facts["body"]["content"] = message.sent.to_string().into();
    }
    Ok(facts)
}

// Only members see what is said in a chat.
pub(super) fn seen(act: &Act<'_>, role: &str, chat: &str, hidden: i64) -> Result<(), Refusal> {
    if is_in(act, chat)? {
        return match act.state.store.chat(chat)?.is_some_and(|chat| chat.dissolved) {
            true => Err(standing::dissolved(act)),
            false => Ok(()),
        };
    }
    let by_user = act.caller.as_ref().is_some_and(|caller| caller.user.is_some());
    let hidden = match hidden {
        code::NOT_IN_CHAT if (by_user || !act.lists(hidden)) && act.lists(code::HIDDEN_MESSAGE) => code::HIDDEN_MESSAGE,
        code => code,
    };
    let message = format!(
        "Bot/User can NOT be out of the chat: `{}` has the caller as no member; add it",
        chat.escape_debug()
    );
    Err(act.refuse(hidden, role, message))
}
