//! Clicks on cards: what apps are told, what they answer, and what they may change afterwards.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Actor, Failure, buttons, code, message};
use crate::{card::Card, messages::Message, state::State, store};

/// What a click and a shown link set off, in the catalog's words; the second are clicks that an app has told in their first form.
const CLICKED: &str = "click card";
const CLICKED_FIRST: &str = "click old_card";
const SHOWN: &str = "show link";
/// How long and how often a click lets its app change the card (protocol.md §5.7).
const LIFE: u64 = 30 * 60 * 1000;
const USES: u8 = 2;
/// What a card as one user alone sees it is called in the store.
const VIEW: &str = "card_view";

/// A click, by the token that the app was given for it.
#[derive(Clone, Debug)]
pub(crate) struct Click {
    pub(crate) message: String,
    pub(crate) app: String,
    time: u64,
    uses: u8,
    answered: bool,
}

impl Click {
    pub(crate) fn is_over(&self, now: u64) -> bool {
        now.saturating_sub(self.time) > LIFE
    }

    pub(crate) fn is_used_up(&self) -> bool {
        self.uses >= USES
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.answered
    }
}

/// The clicks of the last half hour.
#[derive(Default)]
pub(crate) struct Clicks(HashMap<String, Click>);

impl Clicks {
    /// Whether an app is still to answer a click on this message.
    pub(crate) fn contains(&self, message: &str) -> bool {
        self.0.values().any(|click| !click.answered && click.message == message)
    }

    pub(crate) fn find(&self, token: &str) -> Option<&Click> {
        self.0.get(token)
    }

    /// Counts a use.
    pub(crate) fn used(&mut self, token: &str) {
        if let Some(click) = self.0.get_mut(token) {
            click.uses += 1;
        }
    }

    fn begin(&mut self, token: &str, card: &Message, now: u64) {
        // What is over tells an app more than what was never there, for a while.
        self.0.retain(|_, click| now.saturating_sub(click.time) <= 2 * LIFE);
        let click = Click {
            message: card.message_id.clone(),
            app: card.sender.clone(),
            time: now,
            uses: 0,
            answered: false,
        };
        self.0.insert(token.to_owned(), click);
    }

    fn answered(&mut self, token: &str) {
        if let Some(click) = self.0.get_mut(token) {
            click.answered = true;
        }
    }
}

/// Lets the card be changed again, however the callback ended.
struct Answering<'a>(&'a Actor, String);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.sandbox.0.state().answering.answered(&self.1);
    }
}

impl Actor {
    /// Clicks the button with this text on a card that an app sent, and gives back what the app answered. A card in the answer takes
    /// the place of the one that was clicked.
    ///
    /// # Errors
    /// When there is no such message or button, or the app did not answer as it should.
    pub async fn clicks(&self, message_id: &str, button: &str) -> Result<Value, Failure> {
        let card = self.card(message_id)?;
        let mut found = buttons(&card.json);
        let Some(at) = found.iter().position(|one| one.text == button) else {
            let texts: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
            let message = format!("the card has no button `{button}`; it has [{}]", texts.join(", "));
            return Err(Failure::new(code::INTERNAL, message));
        };
        self.acts(message_id, found.swap_remove(at).action).await
    }

    /// The card of a message as this user sees it.
    ///
    /// # Errors
    /// When there is no such message, or it holds no card.
    pub fn card(&self, message_id: &str) -> Result<Card, Failure> {
        let message = self.find(message_id)?;
        let view = self.sandbox.0.state().view(&message, &self.open_id)?;
        if let Some(json) = view {
            return Ok(Card { json });
        }
        message.card().ok_or_else(|| {
            let message = format!("the message `{}` holds no card", message_id.escape_debug());
            Failure::new(code::INTERNAL, message)
        })
    }

    /// Acts on a card in any way, such as `{"tag": "select_static", "option": "1"}`, and gives back what the app answered.
    ///
    /// # Errors
    /// When there is no such message, or the app did not answer as it should.
    pub async fn acts(&self, message_id: &str, action: Value) -> Result<Value, Failure> {
        let message = self.find(message_id)?;
        let shown = self.card(message_id)?;
        let (token, old, body) = {
            let mut state = self.sandbox.0.state();
            let token = state.mint.id("c-");
            let now = state.clock.now();
            state.answering.begin(&token, &message, now);
            let old = state
                .webhooks
                .get(&message.sender)
                .is_some_and(|webhook| webhook.takes_old_cards());
            let operator = operator(&state, &message.sender, &self.open_id);
            let body = if old {
                flat(operator, &token, action, &message)
            } else {
                json!({
                    "operator": operator,
                    "token": token,
                    "action": action,
                    "host": "im_message",
                    "context": {"open_message_id": message.message_id, "open_chat_id": message.chat_id},
                })
            };
            (token, old, body)
        };
        let answering = Answering(self, token);
        let act = if old { CLICKED_FIRST } else { CLICKED };
        let parcel = self.sandbox.seal(
            &message.tenant_key,
            &message.sender,
            &self.sandbox.event_when(act),
            body,
        )?;
        let reply = self.sandbox.ask(&parcel, Some(&shown.json)).await?;
        let card = if old { whole(&reply) } else { raw(&reply) };
        if let Some(card) = card {
            self.sandbox.0.state().replace_card(message_id, card)?;
        }
        drop(answering);
        Ok(reply)
    }

    /// Shows a link in a message, for which the platform asks an app how it shall look, and gives back what the app answered.
    ///
    /// # Errors
    /// When there is no such message or app, or the app did not answer as it should.
    pub async fn previews(&self, app_id: &str, message_id: &str, url: &str) -> Result<Value, Failure> {
        let message = self.find(message_id)?;
        let body = {
            let mut state = self.sandbox.0.state();
            let token = state.mint.id("");
            let operator = operator(&state, app_id, &self.open_id);
            json!({
                "operator": operator,
                "host": "im_message",
                "context": {
                    "url": url,
                    "preview_token": token,
                    "open_message_id": message.message_id,
                    "open_chat_id": message.chat_id,
                },
            })
        };
        self.sandbox
            .call_back(app_id, &self.sandbox.event_when(SHOWN), body)
            .await
    }
}

impl State {
    /// A card as this user alone sees it, if it is another one than the others see.
    pub(crate) fn view(&self, message: &Message, open_id: &str) -> store::Result<Option<Value>> {
        let found = self
            .store
            .document(VIEW, &message.tenant_key, &message.message_id, open_id)?;
        Ok(found.map(|document| document.body.into()))
    }

    /// Lets these users alone see another card.
    pub(crate) fn show_card(&self, message: &Message, card: &Value, viewers: &[String]) -> store::Result<()> {
        viewers.iter().try_for_each(|open_id| {
            let document = store::Document {
                id: open_id.clone(),
                within: message.message_id.clone(),
                app: message.sender.clone(),
                time: message.create_time,
                body: card.as_object().cloned().unwrap_or_default(),
            };
            self.store.put(VIEW, &message.tenant_key, &document)
        })
    }

    /// Lets all see the same card again.
    pub(crate) fn share_card(&self, message: &Message) -> store::Result<()> {
        let views = self.store.documents(VIEW, &message.tenant_key, &message.message_id)?;
        views.iter().try_for_each(|view| {
            let dropped = self
                .store
                .drop_document(VIEW, &message.tenant_key, &view.within, &view.id);
            dropped.map(drop)
        })
    }
}

// The card in an answer of the present form.
fn raw(reply: &Value) -> Option<Value> {
    let is_raw = reply.pointer("/card/type").and_then(Value::as_str) == Some("raw");
    reply.pointer("/card/data").filter(|_| is_raw).cloned()
}

// In the first form the answer is the card itself, beside which a toast may stand.
fn whole(reply: &Value) -> Option<Value> {
    let mut card = reply.as_object()?.clone();
    card.shift_remove("toast");
    (!card.is_empty()).then(|| card.into())
}

// The members of the first form (protocol.md §5.8).
fn flat(operator: Value, token: &str, action: Value, message: &Message) -> Value {
    let mut body = operator;
    if let Some(body) = body.as_object_mut() {
        body.shift_remove("union_id");
        body.extend([
            ("open_message_id".to_owned(), message.message_id.as_str().into()),
            ("open_chat_id".to_owned(), message.chat_id.as_str().into()),
            ("token".to_owned(), token.into()),
            ("action".to_owned(), action),
        ]);
    }
    body
}

fn operator(state: &State, app_id: &str, open_id: &str) -> Value {
    let mut operator = match state.app(app_id) {
        Some(app) => message::ids(state, app, open_id),
        None => json!({"open_id": open_id}),
    };
    if let Some(operator) = operator.as_object_mut() {
        operator.retain(|_, id| !id.is_null());
        operator.insert("tenant_key".to_owned(), state.home().into());
    }
    operator
}
