//! Emojis on messages.

use serde_json::{Value, json};

use super::{Act, Outcome, message};
use crate::{
    messages::Message,
    push::{self, Due, Happening},
    refusal::{Refusal, code},
    state::State,
    store::{self, Reaction},
};

/// The platform's emojis (im-v1/message-reaction/emojis-introduce.md), one to a line.
const EMOJIS: &str = include_str!("emojis.txt");

/// Puts an emoji on a message; twice the same is once.
pub(super) fn create(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = find(act)?;
    let emoji = act.value("content").and_then(|emoji| emoji.get("emoji_type"));
    let emoji = emoji.and_then(Value::as_str).unwrap_or_default();
    known(act, "content", emoji)?;
    if message.msg_type == "system" {
        let why = "messages of the system take no reactions";
        return Err(act.refuse(code::TAKES_NO_REACTION, "in", why));
    }
    let operator = act.actor().to_owned();
    let (reaction, happening) = act.state.react(&message, &operator, emoji)?;
    act.state.due.extend(happening.map(Due::Happening));
    Ok(Outcome::Facts(shown(act, &reaction)?))
}

/// Takes back an emoji that the caller has put there.
pub(super) fn delete(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = find(act)?;
    let id = act.text("id");
    let Some(reaction) = act.state.store.reaction(id)? else {
        let why = format!("there is no reaction `{}`", id.escape_debug());
        return Err(act.refuse(code::NO_REACTION, "id", why));
    };
    if reaction.message_id != message.message_id {
        return Err(act.refuse(code::REACTION_ELSEWHERE, "id", "the reaction is on another message"));
    }
    if reaction.operator != act.actor() {
        return Err(act.refuse(code::OTHERS_REACTION, "id", "the reaction is of somebody else"));
    }
    // An example stays, for whoever calls with it next.
    if !act.exemplary("id") {
        let happening = act.state.unreact(&message, &reaction)?;
        act.state.due.push(Due::Happening(happening));
    }
    Ok(Outcome::Facts(shown(act, &reaction)?))
}

/// The emojis on a message, by pages.
pub(super) fn list(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = find(act)?;
    let emoji = act.text("type");
    if !emoji.is_empty() {
        known(act, "type", emoji)?;
    }
    let window = act.window()?;
    let most = window.most.saturating_add(1);
    let store = &act.state.store;
    let reactions = store.reactions(&message.message_id, emoji, window.skip, most)?;
    let items = reactions
        .iter()
        .map(|reaction| shown(act, reaction))
        .collect::<Result<_, _>>()?;
    Ok(Outcome::Facts(act.page_of(items, window, None)))
}

impl State {
    /// Lets an app or a user react; nothing happens when it has done so before.
    pub(crate) fn react(
        &mut self,
        message: &Message,
        operator: &str,
        emoji: &str,
    ) -> store::Result<(Reaction, Option<Happening>)> {
        if let Some(before) = self.store.reaction_of(&message.message_id, emoji, operator)? {
            return Ok((before, None));
        }
        let reaction = Reaction {
            reaction_id: self.mint.id(""),
            message_id: message.message_id.clone(),
            emoji: emoji.to_owned(),
            operator: operator.to_owned(),
            time: self.clock.now(),
        };
        self.store.add_reaction(&reaction)?;
        let happening = push::reacted(&message.chat_id, reaction.clone());
        Ok((reaction, Some(happening)))
    }

    /// Takes a reaction back.
    pub(crate) fn unreact(&mut self, message: &Message, reaction: &Reaction) -> store::Result<Happening> {
        self.store.drop_reaction(&reaction.reaction_id)?;
        let now = self.clock.now();
        Ok(push::unreacted(&message.chat_id, reaction.clone(), now))
    }
}

/// Whether the platform has this emoji.
pub(crate) fn is_emoji(name: &str) -> bool {
    EMOJIS.lines().any(|emoji| emoji == name)
}

fn known(act: &Act<'_>, role: &str, emoji: &str) -> Result<(), Refusal> {
    if is_emoji(emoji) {
        return Ok(());
    }
    let other = EMOJIS.lines().find(|known| known.eq_ignore_ascii_case(emoji));
    let hint = other.map_or_else(String::new, |other| format!("; perhaps `{other}`"));
    let why = format!(
        "reaction type is invalid: there is no emoji `{}`{hint}",
        emoji.escape_debug()
    );
    Err(act.refuse(code::NO_EMOJI, role, why))
}

fn find(act: &Act<'_>) -> Result<Message, Refusal> {
    // Not all of these operations list both.
    let hidden = [code::MAY_NOT_REACT, code::NO_ACCESS]
        .into_iter()
        .find(|code| act.lists(*code));
    let hidden = hidden.unwrap_or(code::NO_ACCESS);
    let message = message::find_or(act, "in", code::NOTHING_TO_REACT_TO, hidden)?;
    if message.recalled_by.is_some() {
        let why = "the message was recalled, and has no reactions";
        return Err(act.refuse(code::NOTHING_TO_REACT_TO, "in", why));
    }
    Ok(message)
}

fn shown(act: &Act<'_>, reaction: &Reaction) -> store::Result<Value> {
    let app = act.state.app(&reaction.operator).is_some();
    let operator = match app {
        true => reaction.operator.clone(),
        false => act.named(&reaction.operator),
    };
    Ok(json!({
        "reaction_id": reaction.reaction_id,
        "operator": {"operator_id": operator, "operator_type": if app { "app" } else { "user" }},
        "action_time": reaction.time.to_string(),
        "reaction_type": {"emoji_type": reaction.emoji},
    }))
}
