//! Bubbles under the newest message of an app's chat with a user.

use serde_json::{Map, json};

use super::{Act, Outcome, message};
use crate::{
    refusal::Refusal,
    store::{Container, Document, Stretch},
};

/// The codes of these calls mean other things than elsewhere (im-v1/message/push_follow_up.md).
mod code {
    pub(super) const OLD: i64 = 230_002;
    pub(super) const NOT_ALONE: i64 = 230_003;
    pub(super) const HIDDEN: i64 = 230_004;
    pub(super) const NOT_NEWEST: i64 = 230_006;
    pub(super) const THERE: i64 = 230_008;
}

/// A message takes bubbles for so long.
const FRESH: u64 = 600 * 1000;
const BUBBLES: &str = "bubble";

/// Puts bubbles under a message.
pub(super) fn push(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = message::find_or(act, "in", code::HIDDEN, code::HIDDEN)?;
    let id = message.message_id.clone();
    if act.exemplary("in") {
        return Ok(Outcome::Facts(json!({})));
    }
    message::own(act, &message, code::HIDDEN)?;
    if message.recalled_by.is_some() {
        return Err(act.refuse(code::HIDDEN, "in", "the message was recalled"));
    }
    let chat = act.state.store.chat(&message.chat_id)?;
    if chat.is_none_or(|chat| chat.mode != "p2p") {
        return Err(act.refuse(code::NOT_ALONE, "in", "the message is not in a chat of two"));
    }
    let newest = Stretch {
        newest_first: true,
        most: 1,
        ..Stretch::ALL
    };
    let newest = act.state.store.messages(Container::Chat(&message.chat_id), newest)?;
    if newest.first().is_none_or(|newest| newest.message_id != id) {
        return Err(act.refuse(code::NOT_NEWEST, "in", "the message is not the newest of the chat"));
    }
    if message.age(act.now) > FRESH {
        return Err(act.refuse(code::OLD, "in", "the message is older than 600 seconds"));
    }
    let tenant = act.tenant().to_owned();
    if act.state.store.document(BUBBLES, &tenant, &id, &id)?.is_some() {
        return Err(act.refuse(code::THERE, "in", "the message has bubbles already"));
    }
    let bubbles = Document {
        id: id.clone(),
        within: id,
        app: act.app().to_owned(),
        time: act.now,
        body: Map::from_iter([(BUBBLES.to_owned(), act.value("content").cloned().unwrap_or_default())]),
    };
    act.state.store.put(BUBBLES, &tenant, &bubbles)?;
    Ok(Outcome::Facts(json!({})))
}
