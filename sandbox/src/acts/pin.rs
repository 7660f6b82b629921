//! Messages that are pinned in their chats.

use serde_json::{Value, json};

use super::{Act, Outcome, message};
use crate::{
    refusal::{Refusal, code},
    store::{Pin, Stretch},
};

/// Pins a message; one that is pinned keeps the pin it has.
pub(super) fn create(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = message::find(act, "in")?;
    if message.recalled_by.is_some() {
        return Err(act.refuse(code::RECALLED, "in", "the message was recalled"));
    }
    let pin = Pin {
        operator: act.actor().to_owned(),
        time: act.now,
        chat_id: message.chat_id,
        message_id: message.message_id,
    };
    act.state.store.add_pin(&pin)?;
    let pin = act.state.store.pin(&pin.message_id)?.unwrap_or(pin);
    let pin = shown(act, &pin);
    Ok(Outcome::Facts(match act.role("into") {
        Some(into) => json!({into: pin}),
        None => pin,
    }))
}

/// Takes a pin away, if there is one.
pub(super) fn delete(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let message = message::find(act, "in")?;
    act.state.store.drop_pin(&message.message_id)?;
    Ok(Outcome::Facts(json!({})))
}

/// The pins of a chat, the latest first.
pub(super) fn list(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    message::seen(act, "in", act.text("in"), code::NOT_IN_CHAT)?;
    let window = act.window()?;
    let moment = |role| act.number(role).and_then(|time| u64::try_from(time).ok());
    let time = (
        moment("from").unwrap_or_default(),
        moment("until").unwrap_or(Stretch::ALL.until).min(Stretch::ALL.until),
    );
    let most = window.most.saturating_add(1);
    let pins = act.state.store.pins(act.text("in"), time, window.skip, most)?;
    let items = pins.iter().map(|pin| shown(act, pin)).collect();
    Ok(Outcome::Facts(act.page_of(items, window, None)))
}

fn shown(act: &Act<'_>, pin: &Pin) -> Value {
    let app = act.state.app(&pin.operator).is_some();
    json!({
        "message_id": pin.message_id,
        "chat_id": pin.chat_id,
        "operator_id": act.named(&pin.operator),
        "operator_id_type": if app { "app_id" } else { "open_id" },
        "create_time": pin.time.to_string(),
    })
}
