//! Messages that users are alerted to.

use serde_json::json;

use super::{Act, Outcome, message};
use crate::refusal::{Refusal, code};

/// So many urgent messages a user may have unread (im-v1/buzz-messages/urgent_app.md).
const UNREAD: usize = 200;

/// Alerts users to a message of the caller's own, in the way that the operation's `with` names.
pub(super) fn urge(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = message::find(act, "id")?;
    if message.recalled_by.is_some() {
        return Err(act.refuse(code::DELETED, "id", "the message was recalled"));
    }
    message::own(act, &message, code::NOT_SENDER)?;
    let (kind, way) = (act.text("by"), act.role("with").unwrap_or("app"));
    let (mut users, mut invalid) = (Vec::new(), Vec::new());
    for id in act.texts("ids") {
        let user = act.state.known(act.app(), kind, id)?;
        let there = match &user {
            Some(user) => act.state.store.is_member(&message.chat_id, user)?,
            None => false,
        };
        match user.filter(|_| there || act.exemplary("ids")) {
            Some(user) => users.push(user),
            None => invalid.push(id),
        }
    }
    if users.is_empty() {
        let why = "none of the users is in the message's chat";
        return Err(act.refuse(code::MESSAGE_PARAMETER, "ids", why));
    }
    for user in &users {
        if act.state.store.unread_urgent(user)? >= UNREAD {
            let why = format!("`{user}` has {UNREAD} unread urgent messages");
            return Err(act.refuse(code::TOO_MANY_URGENT, "ids", why));
        }
        act.state.store.mark_urgent(&message.message_id, user, way, act.now)?;
    }
    Ok(Outcome::Facts(json!({"invalid_user_id_list": invalid})))
}
