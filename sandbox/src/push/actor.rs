//! What users do, and what apps are told of it.

use serde_json::{Value, json};

use super::{Delivery, Failure, code, message};
use crate::{
    acts::{self, Place},
    messages::Message,
    sandbox::Sandbox,
};

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
        let (message, heard) = {
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
            let heard = acts::heard(&mut state, &message)?;
            (message, heard)
        };
        self.sandbox.push_due();
        let mut deliveries = self.sandbox.happens(&message::received(message.clone()));
        if let Some(happening) = heard {
            deliveries.extend(self.sandbox.happens(&happening));
        }
        Ok(Said { message, deliveries })
    }

    /// A message that this user can see.
    pub(super) fn find(&self, message_id: &str) -> Result<Message, Failure> {
        let found = self.sandbox.0.state().store.message(message_id)?;
        let seen = |message: &Message| message.visible_to.as_ref().is_none_or(|viewer| *viewer == self.open_id);
        let found = found.filter(seen);
        found.ok_or_else(|| {
            let message = format!("no message `{}` in the sandbox", message_id.escape_debug());
            Failure::new(code::INTERNAL, message)
        })
    }
}
