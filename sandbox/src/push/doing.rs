//! What users do to messages, as apps hear of it.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Actor, Delivery, Failure, Said, code, was_read};
use crate::{
    acts,
    messages::Message,
    push::Happening,
    store::{File, Reaction},
};

/// Something a user did, and how apps are told.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Told {
    /// One for each app that is told; none where nothing happened.
    pub deliveries: Vec<Delivery>,
}

impl Told {
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

impl Actor {
    /// Puts an emoji such as `THUMBSUP` on a message. The same one again changes nothing.
    ///
    /// # Errors
    /// When there is no such message or emoji.
    pub fn reacts(&self, message_id: &str, emoji: &str) -> Result<Told, Failure> {
        let message = self.standing(message_id)?;
        if !acts::is_emoji(emoji) {
            return Err(refused(format!("there is no emoji `{}`", emoji.escape_debug())));
        }
        let (_, happening) = self.sandbox.0.state().react(&message, &self.open_id, emoji)?;
        Ok(self.tell(happening))
    }

    /// Takes back an emoji that the user has put on a message.
    ///
    /// # Errors
    /// When there is no such message, or the user has not put this emoji there.
    pub fn unreacts(&self, message_id: &str, emoji: &str) -> Result<Told, Failure> {
        let message = self.standing(message_id)?;
        let happening = {
            let mut state = self.sandbox.0.state();
            let reaction: Option<Reaction> = state.store.reaction_of(message_id, emoji, &self.open_id)?;
            let missing = || refused(format!("`{}` has put no such emoji there", self.open_id));
            state.unreact(&message, &reaction.ok_or_else(missing)?)?
        };
        Ok(self.tell(Some(happening)))
    }

    /// Recalls a message: the user's own, or any in a chat that the user owns or manages.
    ///
    /// # Errors
    /// When there is no such message, or the user may not recall it.
    pub fn recalls(&self, message_id: &str) -> Result<Told, Failure> {
        let mut message = self.standing(message_id)?;
        let happening = {
            let mut state = self.sandbox.0.state();
            let kind = state.may_recall(&message, &self.open_id)?;
            let missing = || refused(format!("`{}` may not recall the message", self.open_id));
            state.recall(&mut message, &self.open_id, kind.ok_or_else(missing)?)?
        };
        Ok(self.tell(Some(happening)))
    }

    /// Reads a message. Of what an app has sent to the two's own chat, the app is told.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn reads(&self, message_id: &str) -> Result<Told, Failure> {
        let message = self.find(message_id)?;
        let happening = {
            let state = self.sandbox.0.state();
            let now = state.clock.now();
            let first = message.sender != self.open_id && state.store.mark_seen(message_id, &self.open_id, now)?;
            let chat = state.store.chat(&message.chat_id)?;
            let alone = chat.is_some_and(|chat| chat.mode == "p2p") && state.app(&message.sender).is_some();
            (first && alone).then(|| was_read(&message, &self.open_id, now))
        };
        Ok(self.tell(happening))
    }

    /// Puts another text in the place of one that the user has sent. No event tells of it.
    ///
    /// # Errors
    /// When there is no such message, or it is not the user's own text or post.
    pub fn edits(&self, message_id: &str, text: &str) -> Result<Message, Failure> {
        let mut message = self.standing(message_id)?;
        if message.sender != self.open_id || !matches!(message.msg_type.as_str(), "text" | "post") {
            let why = format!("`{}` edits texts and posts of its own only", self.open_id);
            return Err(refused(why));
        }
        let mut state = self.sandbox.0.state();
        state.edit(&mut message, "text", json!({"text": text}))?;
        Ok(message)
    }

    /// Sends an image to a chat, or to an app by its id.
    ///
    /// # Errors
    /// When there is no such chat or app.
    pub fn sends_image(&self, chat: &str, bytes: impl Into<Bytes>) -> Result<Said, Failure> {
        let key = self.uploads("image", "message", "", bytes.into())?;
        self.sends(chat, "image", json!({"image_key": key}))
    }

    /// Sends a file to a chat, or to an app by its id.
    ///
    /// # Errors
    /// When there is no such chat or app.
    pub fn sends_file(&self, chat: &str, name: &str, bytes: impl Into<Bytes>) -> Result<Said, Failure> {
        let key = self.uploads("file", "stream", name, bytes.into())?;
        self.sends(chat, "file", json!({"file_key": key, "file_name": name}))
    }

    fn uploads(&self, kind: &str, file_type: &str, name: &str, bytes: Bytes) -> Result<Value, Failure> {
        let mut state = self.sandbox.0.state();
        let file = File {
            key: state.mint.id(if kind == "image" { "img_v3_" } else { "file_v3_" }),
            kind: kind.to_owned(),
            file_type: file_type.to_owned(),
            name: name.to_owned(),
            app: self.open_id.clone(),
            tenant: state.home().to_owned(),
            time: state.clock.now(),
            bytes,
        };
        state.store.add_file(&file)?;
        Ok(file.key.into())
    }

    // A message that is there and was not recalled.
    fn standing(&self, message_id: &str) -> Result<Message, Failure> {
        let message = self.find(message_id)?;
        match message.recalled_by {
            Some(_) => Err(refused(format!("message `{}` was recalled", message_id.escape_debug()))),
            None => Ok(message),
        }
    }

    fn tell(&self, happening: Option<Happening>) -> Told {
        Told {
            deliveries: happening.map_or_else(Vec::new, |happening| self.sandbox.happens(&happening)),
        }
    }
}

fn refused(why: String) -> Failure {
    Failure::new(code::INTERNAL, why)
}
