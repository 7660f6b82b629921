//! What users do, and what apps are told of it.

use serde_json::{Value, json};

use super::{Delivery, Failure, buttons, code, message};
use crate::{
    acts::{self, Place},
    messages::Message,
    sandbox::Sandbox,
    state::State,
};

/// What a click and a shown link set off, in the catalog's words.
const CLICKED: &str = "click card";
const SHOWN: &str = "show link";

/// A user who acts.
#[derive(Clone, Debug)]
pub struct Actor {
    pub(super) sandbox: Sandbox,
    pub(super) open_id: String,
}

/// A message that a user sent, and how the apps of the chat are told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Said {
    /// The message.
    pub message: Message,
    /// One for each app that is told.
    pub deliveries: Vec<Delivery>,
}

impl Said {
    /// Waits for the end of every delivery: whether all apps took the event.
    pub async fn done(&self) -> bool {
        for delivery in &self.deliveries {
            if !delivery.done().await {
                return false;
            }
        }
        true
    }
}

impl Sandbox {
    /// Lets a user act: one of the sandbox's by open id or by name, or a stranger by an open id of their own.
    pub fn user(&self, who: &str) -> Actor {
        let users = self.0.state().store.users().unwrap_or_default();
        let known = users.iter().find(|user| user.open_id == who);
        let known = known.or_else(|| users.iter().find(|user| user.name == who));
        let open_id = known.map_or(who, |user| &user.open_id).to_owned();
        Actor {
            sandbox: self.clone(),
            open_id,
        }
    }
}

impl Actor {
    /// Sends a text to a chat, or to an app by its id, which is a chat of the two alone. `<at user_id="…">name</at>` mentions. Each
    /// app there with a scope for it gets the event. Outside a tokio runtime nobody is told.
    ///
    /// # Errors
    /// When there is no such chat or app.
    pub fn says(&self, chat: &str, text: &str) -> Result<Said, Failure> {
        self.sends(chat, "text", json!({"text": text}))
    }

    /// Sends a message of any kind; `content` is an object in the form that senders use.
    ///
    /// # Errors
    /// When there is no such chat or app.
    pub fn sends(&self, chat: &str, msg_type: &str, content: Value) -> Result<Said, Failure> {
        self.write(chat, None, msg_type, content)
    }

    /// Answers a message with a text.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn replies(&self, message_id: &str, text: &str) -> Result<Said, Failure> {
        let parent = self.find(message_id)?;
        self.write(&parent.chat_id, Some(&parent), "text", json!({"text": text}))
    }

    fn write(&self, chat: &str, parent: Option<&Message>, msg_type: &str, content: Value) -> Result<Said, Failure> {
        let message = {
            let mut state = self.sandbox.0.state();
            let chat = if state.app(chat).is_some() {
                let tenant = state.home().to_owned();
                acts::p2p(&mut state, chat, &tenant, &self.open_id, &self.open_id)?
            } else if state.store.chat(chat)?.is_some() {
                chat.to_owned()
            } else {
                let chat = chat.escape_debug();
                let message = format!("no chat and no app `{chat}`; add it with `Builder::chat` or `Builder::app`");
                return Err(Failure::new(code::INTERNAL, message));
            };
            if let Some(found) = state.store.chat(&chat)?
                && (found.dissolved || !acts::may_speak(&state, &found, &self.open_id)?)
            {
                let message = format!("the chat `{}` does not let the user speak", chat.escape_debug());
                return Err(Failure::new(code::INTERNAL, message));
            }
            let place = Place {
                chat,
                parent: parent.map(|parent| parent.message_id.clone()),
                root: parent.map(|parent| parent.root_id.clone().unwrap_or_else(|| parent.message_id.clone())),
                thread: parent.and_then(|parent| parent.thread_id.clone()),
            };
            let message = Message {
                sender: self.open_id.clone(),
                ..state.message(place, content, msg_type)?
            };
            state.take(&message)?;
            message
        };
        self.sandbox.push_due();
        let deliveries = self.sandbox.happens(&message::received(message.clone()));
        Ok(Said { message, deliveries })
    }

    /// Clicks the button with this text on a card that an app sent, and gives back what the app answered. A card in the answer takes
    /// the place of the one that was clicked.
    ///
    /// # Errors
    /// When there is no such message or button, or the app did not answer as it should.
    pub async fn clicks(&self, message_id: &str, button: &str) -> Result<Value, Failure> {
        let card = self.find(message_id)?;
        let mut found = buttons::buttons(&card.sent);
        let Some(at) = found.iter().position(|one| one.text == button) else {
            let texts: Vec<&str> = found.iter().map(|one| one.text.as_str()).collect();
            let message = format!("the card has no button `{button}`; it has [{}]", texts.join(", "));
            return Err(Failure::new(code::INTERNAL, message));
        };
        self.acts(message_id, found.swap_remove(at).action).await
    }

    /// Acts on a card in any way, such as `{"tag": "select_static", "option": "1"}`, and gives back what the app answered.
    ///
    /// # Errors
    /// When there is no such message, or the app did not answer as it should.
    pub async fn acts(&self, message_id: &str, action: Value) -> Result<Value, Failure> {
        let card = self.find(message_id)?;
        let body = {
            let mut state = self.sandbox.0.state();
            let token = state.mint.id("c-");
            let operator = operator(&state, &card.sender, &self.open_id);
            json!({
                "operator": operator,
                "token": token,
                "action": action,
                "host": "im_message",
                "context": {"open_message_id": card.message_id, "open_chat_id": card.chat_id},
            })
        };
        let parcel = self
            .sandbox
            .seal(&card.sender, &self.sandbox.event_when(CLICKED), body)?;
        let reply = self.sandbox.ask(&parcel, Some(&card.sent)).await?;
        if reply.pointer("/card/type").and_then(Value::as_str) == Some("raw")
            && let Some(card) = reply.pointer("/card/data")
        {
            self.sandbox.0.state().replace_card(message_id, card.clone())?;
        }
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

    fn find(&self, message_id: &str) -> Result<Message, Failure> {
        let found = self.sandbox.0.state().store.message(message_id)?;
        found.ok_or_else(|| {
            let message = format!("no message `{}` in the sandbox", message_id.escape_debug());
            Failure::new(code::INTERNAL, message)
        })
    }
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
