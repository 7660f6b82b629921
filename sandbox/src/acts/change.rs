//! Messages that are edited, recalled, or have another card put in their place.

use serde_json::{Value, json};

use super::{Act, DAY, Outcome, keys, message, send};
use crate::{
    messages::Message,
    push::{self, Due, Happening},
    refusal::{Refusal, code},
    state::State,
    store,
};

/// How often a message can be edited (im-v1/message/update.md).
const EDITS: u32 = 20;
/// How long texts and posts can be edited, which the tenant's administrator says; cards are replaced for as long (im-v1/message-card/patch.md).
const EDITABLE: u64 = 14 * DAY;
/// How long one's own messages can be recalled, which the tenant's administrator says.
const RECALLABLE: u64 = DAY;
/// How long owners and managers of a chat can recall those of others (im-v1/message/delete.md).
const OTHERS_RECALLABLE: u64 = 365 * DAY;

/// Puts another text or post in the place of one.
pub(super) fn edit(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut message = message::find(act, "id")?;
    send::sized(act, act.text("type"))?;
    unrecalled(act, &message)?;
    message::own(act, &message, code::EDIT_NOT_OWN)?;
    if !matches!(message.msg_type.as_str(), "text" | "post") {
        let why = format!(
            "a message of type `{}` cannot be edited; texts and posts can",
            message.msg_type
        );
        return Err(act.refuse(code::UNSUITABLE, "id", why));
    }
    if message.age(act.now) > EDITABLE {
        let why = "the message is older than 14 days, for which messages can be edited";
        return Err(act.refuse(code::TOO_OLD_TO_EDIT, "id", why));
    }
    if message.edits >= EDITS {
        return Err(act.refuse(code::EDITED_OUT, "id", "the message has been edited 20 times"));
    }
    let content = act.value("content").cloned().unwrap_or_default();
    keys::own(act, act.text("type"), &content)?;
    act.state.edit(&mut message, act.text("type"), content)?;
    let mut facts = message::shown(act, &message)?;
    // Only whoever reads it later learns that it was edited (im-v1/message/update.md).
    facts["updated"] = false.into();
    Ok(Outcome::Facts(facts))
}

/// Puts another card in the place of one.
pub(super) fn replace(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = message::find_or(act, "id", code::UNKNOWN_MESSAGE, code::NO_PERMISSION)?;
    send::sized(act, "interactive")?;
    unrecalled(act, &message)?;
    message::own(act, &message, code::NO_PERMISSION)?;
    let card = act.value("content").cloned().unwrap_or_default();
    if !act.exemplary("id") {
        if message.msg_type != "interactive" {
            return Err(act.refuse(code::MESSAGE_PARAMETER, "id", "this message is NOT a card"));
        }
        for (which, card) in [("that was sent", &message.sent), ("that is sent now", &card)] {
            if !is_shared(card) {
                let why = format!("the card {which} needs `\"update_multi\": true` in its `config`");
                return Err(act.refuse(code::MESSAGE_PARAMETER, "content", why));
            }
        }
        if is_newer(&message.sent) && !is_newer(&card) && card.get("type").is_none() {
            let why = "a card of JSON 2.0 stays one; send `\"schema\": \"2.0\"`";
            return Err(act.refuse(code::MESSAGE_PARAMETER, "content", why));
        }
    }
    if message.age(act.now) > EDITABLE {
        return Err(act.refuse(code::OLD_CARD, "id", "the message is older than 14 days"));
    }
    act.state.replace_card(&message.message_id, card)?;
    Ok(Outcome::Facts(json!({})))
}

/// Takes a message back.
pub(super) fn recall(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let mut message = message::find(act, "id")?;
    if message.recalled_by.is_some() {
        return Err(act.refuse(code::DELETED, "id", "the message was recalled before"));
    }
    if act.state.store.is_batch_part(&message.message_id)? {
        let why = "the message was sent in a batch, and is recalled with it";
        return Err(act.refuse(code::MAY_NOT_RECALL, "id", why));
    }
    let by = act.actor().to_owned();
    let Some(kind) = act.state.may_recall(&message, &by)? else {
        let why = "only its sender recalls a message, and whoever owns or manages the chat";
        return Err(act.refuse(code::MAY_NOT_RECALL, "id", why));
    };
    let limit = if kind == OWNER_OF_MESSAGE {
        RECALLABLE
    } else {
        OTHERS_RECALLABLE
    };
    if message.age(act.now) > limit {
        let why = format!("the message is older than {} days", limit / DAY);
        return Err(act.refuse(code::TOO_OLD_TO_RECALL, "id", why));
    }
    let happening = act.state.recall(&mut message, &by, kind)?;
    act.state.due.push(Due::Happening(happening));
    Ok(Outcome::Facts(json!({})))
}

/// As the event about it calls whoever sent the message.
pub(crate) const OWNER_OF_MESSAGE: &str = "message_owner";

impl State {
    /// As what somebody may recall a message, in the words of the event; none when not at all.
    pub(crate) fn may_recall(&self, message: &Message, by: &str) -> store::Result<Option<&'static str>> {
        if message.sender == by {
            return Ok(Some(OWNER_OF_MESSAGE));
        }
        let chat = self.store.chat(&message.chat_id)?;
        if chat.is_some_and(|chat| chat.owner == by) {
            return Ok(Some("group_owner"));
        }
        let manages = self.store.is_manager(&message.chat_id, by)?;
        Ok(manages.then_some("group_manager"))
    }

    /// Takes a message back.
    pub(crate) fn recall(&mut self, message: &mut Message, by: &str, kind: &'static str) -> store::Result<Happening> {
        let now = self.clock.now();
        message.recalled_by = Some(by.to_owned());
        message.update_time = now;
        self.store.keep_message(message)?;
        self.store.drop_pin(&message.message_id)?;
        Ok(push::recalled(message, kind, now))
    }

    /// Puts other content in the place of a message's own.
    pub(crate) fn edit(&mut self, message: &mut Message, msg_type: &str, sent: Value) -> store::Result<()> {
        let received = self.receive(msg_type, &sent)?;
        msg_type.clone_into(&mut message.msg_type);
        message.content = received.content;
        message.mentions = received.mentions;
        message.sent = sent;
        message.edits += 1;
        message.update_time = self.clock.now();
        self.store.keep_message(message)
    }
}

fn unrecalled(act: &Act<'_>, message: &Message) -> Result<(), Refusal> {
    match message.recalled_by {
        Some(_) => Err(act.refuse(code::RECALLED, "id", "the message was recalled")),
        None => Ok(()),
    }
}

// Whether all who see it see the same; newer cards are always so, and of templates and entities only the platform knows.
fn is_shared(card: &Value) -> bool {
    let told = card.pointer("/config/update_multi").and_then(Value::as_bool);
    let elsewhere = card
        .get("type")
        .is_some_and(|kind| kind == "template" || kind == "card");
    told.unwrap_or_else(|| elsewhere || is_newer(card))
}

fn is_newer(card: &Value) -> bool {
    card.get("schema").is_some_and(|schema| schema == "2.0")
}
