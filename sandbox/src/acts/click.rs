//! Cards that are changed after a click, by its token.

use serde_json::{Value, json};

use super::{Act, Outcome};
use crate::{
    card::{self, MOST_BYTES},
    refusal::{Refusal, code},
};

/// Changes the card that was clicked: for all who see it, or for those that the card names.
pub(super) fn renew(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let token = act.text("id").to_owned();
    // A refusal quotes no token.
    let refuse = |code, message: &str| {
        Err(Refusal::service(
            code,
            act.role("id").unwrap_or("token"),
            "",
            message.to_owned(),
        ))
    };
    if act.state.examples && act.tenant() == act.state.home() && act.example("id") == Some(&token) {
        return Ok(Outcome::Facts(json!({})));
    }
    if !token.starts_with("c-") {
        return refuse(
            code::MALFORMED_CLICK,
            "the token is malformed; send that of the callback, which begins with `c-`",
        );
    }
    let Some(click) = act
        .state
        .answering
        .find(&token)
        .filter(|click| !click.is_over(act.now))
        .cloned()
    else {
        return refuse(
            code::OLD_CLICK,
            "the token has expired; it is good for 30 minutes after the click",
        );
    };
    if click.app != act.app() {
        return refuse(code::OTHER_APPS_CLICK, "another app sent the card");
    }
    if click.is_used_up() {
        return refuse(
            code::USED_CLICK,
            "the token has been used twice; wait for another click",
        );
    }
    if !click.is_answered() {
        return refuse(
            code::INTERACTING,
            "its click has not been answered yet, and the answer would undo the change; answer the callback first",
        );
    }
    let message = act.state.store.message(&click.message)?;
    let Some(message) = message.filter(|message| message.recalled_by.is_none()) else {
        return refuse(code::CARD_RECALLED, "the card was recalled");
    };
    let mut new = act.value("content").cloned().unwrap_or_default();
    let viewers = new.as_object_mut().and_then(|card| card.shift_remove("open_ids"));
    judge(act, &new, &message.sent)?;
    if new.pointer("/config/update_multi") == Some(&Value::Bool(false)) {
        let viewers = viewers_in(act, viewers.as_ref())?;
        act.state.show_card(&message, &new, &viewers)?;
    } else {
        act.state.replace_card(&click.message, new)?;
    }
    act.state.answering.used(&token);
    Ok(Outcome::Facts(json!({})))
}

fn judge(act: &Act<'_>, new: &Value, shown: &Value) -> Result<(), Refusal> {
    let bytes = new.to_string().len();
    if bytes > MOST_BYTES {
        let message = format!("the card has {bytes} bytes, and may have {MOST_BYTES}");
        return Err(act.refuse(code::CARD_PARAMETER, "content", message));
    }
    let newer = |card: &Value| card.get("schema").and_then(Value::as_str) == Some("2.0");
    let template = new.get("type").and_then(Value::as_str) == Some("template");
    if newer(shown) && !newer(new) && !template {
        let message = "a card of JSON 2.0 cannot be replaced by one of JSON 1.0; set `schema` to `2.0`";
        return Err(act.refuse(code::CARD_FORMAT, "content", message));
    }
    card::check(new).map_err(|wrong| act.refuse(code::CARD_FORMAT, "content", wrong.to_string()))
}

// Users as the store knows them; nobody sees what is for an id that is nobody's.
fn viewers_in(act: &Act<'_>, viewers: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let Some(viewers) = viewers else {
        let message = "the card is not shared and needs `open_ids`, or `config.update_multi` must be true";
        return Err(act.refuse(code::NO_VIEWERS, "content", message));
    };
    let list = viewers.as_array().map(Vec::as_slice).unwrap_or_default();
    let ids: Vec<&str> = list
        .iter()
        .filter_map(Value::as_str)
        .filter(|id| id.starts_with("ou_"))
        .collect();
    if ids.is_empty() || ids.len() < list.len() {
        let message = "`open_ids` must be a list of open ids, and not be empty";
        return Err(act.refuse(code::WRONG_VIEWERS, "content", message));
    }
    let users = ids.into_iter().map(|id| act.state.known(act.app(), "open_id", id));
    Ok(users.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
