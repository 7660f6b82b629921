//! What a caller is to a chat: of its tenant, in it, one of those who lead it, its owner.

use serde_json::Value;

use super::Act;
use crate::{
    refusal::{Refusal, code},
    state::State,
    store::{self, Chat},
};

/// The scope with which a bot stays in charge of the chats that it made.
const AS_OWNER: &str = "im:chat:operate_as_owner";

/// A chat of the caller's tenant.
pub(super) fn find(act: &Act<'_>, id: &str) -> Result<Chat, Refusal> {
    let Some(chat) = act.state.store.chat(id)? else {
        let message = format!(
            "no chat has the chat_id `{}`; list chats for the right one",
            id.escape_debug()
        );
        return Err(act.refuse_as(&[code::UNKNOWN_CHAT, code::CHAT_PARAMETER], "in", message));
    };
    if chat.tenant != act.tenant() {
        let message = "Operator and chat can NOT be in different tenants";
        return Err(act.refuse_as(
            &[code::OTHER_TENANT, code::OUT_OF_CHAT, code::CHAT_PARAMETER],
            "in",
            message,
        ));
    }
    Ok(chat)
}

/// A chat that the caller is in, and that was not dissolved.
pub(super) fn inside(act: &Act<'_>, id: &str) -> Result<Chat, Refusal> {
    let chat = there(act, id)?;
    if !act.state.store.is_member(id, act.actor())? {
        let message = "Operator can NOT be out of the chat; add the app or user to it";
        return Err(act.refuse_as(&[code::OUT_OF_CHAT, code::CHAT_PARAMETER], "in", message));
    }
    Ok(chat)
}

/// A chat of the caller's tenant that was not dissolved.
pub(super) fn there(act: &Act<'_>, id: &str) -> Result<Chat, Refusal> {
    let chat = find(act, id)?;
    if chat.dissolved {
        return Err(dissolved(act));
    }
    Ok(chat)
}

/// What a chat that is no more is refused with.
pub(super) fn dissolved(act: &Act<'_>) -> Refusal {
    let message = "the chat has been dissolved; use another one";
    act.refuse_as(
        &[code::DISSOLVED, code::NOT_IN_CHAT, code::CHAT_PARAMETER],
        "in",
        message,
    )
}

/// Whether the caller may do what owner and administrators may.
pub(super) fn leads(act: &Act<'_>, chat: &Chat) -> Result<bool, Refusal> {
    Ok(owns(act, chat) || manages(act.state, chat, act.actor())?)
}

/// Whether the caller owns the chat, or is the bot that made it and may act as owner.
fn owns(act: &Act<'_>, chat: &Chat) -> bool {
    let made = || {
        let app = act.state.app(act.actor());
        app.is_some_and(|app| {
            chat.facts.get("creator").is_some_and(|creator| *creator == *app.id) && app.has_any(&[AS_OWNER.to_owned()])
        })
    };
    chat.owner == act.actor() || made()
}

/// Refuses those who do not own the chat.
pub(super) fn owner(act: &Act<'_>, chat: &Chat) -> Result<(), Refusal> {
    if owns(act, chat) {
        return Ok(());
    }
    let message = format!("only the chat's owner may, or the bot that made it with `{AS_OWNER}`");
    Err(act.refuse(code::NOT_OWNER, "in", message))
}

fn manages(state: &State, chat: &Chat, id: &str) -> store::Result<bool> {
    state.store.is_manager(&chat.chat_id, id)
}

/// Refuses those whom the chat does not let speak, and all once it was dissolved.
pub(super) fn speaks(act: &Act<'_>, chat: &Chat) -> Result<(), Refusal> {
    if chat.dissolved {
        return Err(dissolved(act));
    }
    if may_speak(act.state, chat, act.actor())? {
        return Ok(());
    }
    let message = "The operator does NOT have the authority to send messages in this chat: its settings forbid it";
    Err(act.refuse(code::MUTED, "to", message))
}

/// Whether a member may speak in a chat.
pub(crate) fn may_speak(state: &State, chat: &Chat, id: &str) -> store::Result<bool> {
    let setting = chat.facts.get("moderation_permission").and_then(Value::as_str);
    let listed = || moderators(chat).any(|moderator| moderator == id);
    Ok(match setting {
        Some("only_owner") => chat.owner == id || manages(state, chat, id)?,
        Some("moderator_list") => chat.owner == id || listed(),
        _ => true,
    })
}

/// The members whom the chat lets speak where only chosen ones may.
pub(super) fn moderators(chat: &Chat) -> impl Iterator<Item = &str> {
    let list = chat.facts.get("moderators").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

/// Whether there is such a bot; in the examples, any.
pub(super) fn is_bot(state: &State, id: &str) -> bool {
    state.app(id).is_some_and(|app| app.bot) || state.examples && state.app(id).is_none()
}

/// The users of a list, all of whom must be there and may use the app.
pub(super) fn users(act: &Act<'_>, role: &str) -> Result<Vec<String>, Refusal> {
    let mut users = Vec::new();
    for id in act.texts(role) {
        let user = act.state.known(act.app(), act.id_kind(), id)?;
        match user.filter(|user| visible(act, user)) {
            Some(user) => users.push(user),
            None => {
                let message = format!(
                    "`{}` is nobody's {} that the app may use",
                    id.escape_debug(),
                    act.id_kind()
                );
                return Err(act.refuse(code::BAD_IDS, role, message));
            }
        }
    }
    Ok(users)
}

/// Whether the app may act on a user; users who act themselves may act on all.
pub(super) fn visible(act: &Act<'_>, user: &str) -> bool {
    let as_user = act.caller.as_ref().is_some_and(|caller| caller.user.is_some());
    as_user || act.state.app(act.app()).is_none_or(|app| app.is_for(user))
}

impl Act<'_> {
    /// A refusal in the first of these codes that the operation lists.
    pub(super) fn refuse_as(&self, codes: &[i64], role: &str, message: impl Into<String>) -> Refusal {
        let listed = codes.iter().find(|code| self.operation.error(**code).is_some());
        self.refuse(listed.or(codes.first()).copied().unwrap_or(code::SCHEMA), role, message)
    }
}
