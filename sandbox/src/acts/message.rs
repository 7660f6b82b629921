//! Messages that are there: read, listed.

use serde_json::{Value, json};

use super::{Act, Outcome, standing};
use crate::{
    messages::Message,
    refusal::{Refusal, code},
    store::{Container, Stretch},
};

/// A message, and those that were merged into it.
pub(super) fn read(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = find(act, act.text("id"))?;
    let merged = act
        .state
        .store
        .messages(Container::Merged(&message.message_id), Stretch::ALL)?;
    let all = std::iter::once(&message).chain(&merged);
    let items: Vec<Value> = all.map(|message| act.told(message)).collect();
    Ok(Outcome::Facts(match act.role("into") {
        Some(into) => json!({into: items}),
        None => act.told(&message),
    }))
}

/// The messages of a chat or a thread, by pages.
pub(super) fn list(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let id = act.text("in");
    let container = match act.text("type") {
        "thread" => Container::Thread(id),
        _ => {
            seen(act, id)?;
            Container::Chat(id)
        }
    };
    let window = act.window()?;
    let seconds = |role| act.number(role).and_then(|seconds| u64::try_from(seconds).ok());
    let stretch = Stretch {
        from: seconds("from").map_or(0, |seconds| seconds.saturating_mul(1000)),
        until: seconds("until").map_or(Stretch::ALL.until, |seconds| {
            seconds.saturating_mul(1000).saturating_add(999).min(Stretch::ALL.until)
        }),
        newest_first: act.text("sort") == "ByCreateTimeDesc",
        skip: window.skip,
        most: window.most.saturating_add(1),
    };
    let messages = act.state.store.messages(container, stretch)?;
    Ok(Outcome::Facts(act.page_of(
        messages.iter().map(|message| act.told(message)).collect(),
        window,
        None,
    )))
}

/// A message that the caller may see.
pub(super) fn find(act: &Act<'_>, id: &str) -> Result<Message, Refusal> {
    let found = act
        .state
        .store
        .message(id)?
        .filter(|message| message.tenant_key == act.tenant());
    let message = found.ok_or_else(|| {
        Refusal::new(
            code::UNKNOWN_MESSAGE,
            format!("these ids not existed: [{}]", id.escape_debug()),
        )
    })?;
    seen(act, &message.chat_id)?;
    Ok(message)
}

// Only members see what is said in a chat.
fn seen(act: &Act<'_>, chat: &str) -> Result<(), Refusal> {
    let found = act.state.store.chat(chat)?.filter(|found| found.tenant == act.tenant());
    if let Some(found) = found
        && act.state.store.is_member(chat, act.actor())?
    {
        return if found.dissolved {
            Err(standing::dissolved(act))
        } else {
            Ok(())
        };
    }
    let message = format!(
        "Bot/User can NOT be out of the chat: `{}` has the caller as no member; add it",
        chat.escape_debug()
    );
    Err(act.refuse(code::NOT_IN_CHAT, "in", message))
}
