//! What is there when a sandbox begins: the users, chats and messages that its builder names.

use serde_json::{Map, json};

use crate::{
    acts::Place,
    app::User,
    messages::Message,
    state::State,
    store::{self, Chat},
};

/// A chat, its name and its members.
pub(crate) type Circle = (String, String, Vec<String>);

/// What is said of some users and chats beside their names.
pub(crate) struct Details<'b> {
    /// Users and the departments they are in.
    pub(crate) employed: &'b [(String, String)],
    /// Users, their email addresses and their phone numbers.
    pub(crate) contacts: &'b [[String; 3]],
    /// Chats that not everybody is in.
    pub(crate) circles: &'b [Circle],
}

/// A text that a user wrote before the sandbox began: in the first chat and by the first user unless said otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opening {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) chat: Option<String>,
    /// The user's open id or name.
    pub(crate) from: Option<String>,
}

impl State {
    /// A chat that every app and every user is in.
    pub(crate) fn add_chat(&self, chat: &Chat) -> store::Result<()> {
        self.store.add_chat(chat)?;
        for app in &self.apps {
            self.store.join(&chat.chat_id, &app.id, true)?;
        }
        for user in self.store.users()? {
            self.store.join(&chat.chat_id, &user.open_id, false)?;
        }
        Ok(())
    }

    /// Puts in place whom and what the builder names.
    pub(crate) fn people(
        &mut self,
        chats: Vec<String>,
        users: Vec<(String, String)>,
        details: Details<'_>,
        messages: Vec<Opening>,
    ) -> store::Result<()> {
        let Details {
            employed,
            contacts,
            circles,
        } = details;
        for (open_id, name) in users {
            let user = self.newcomer(&open_id, &name)?;
            let department = employed.iter().find(|(user, _)| *user == open_id);
            let contact = contacts.iter().find(|[user, ..]| *user == open_id);
            let [email, mobile] = [1, 2].map(|at| contact.and_then(|contact| contact.get(at)).cloned());
            self.store.add_user(&User {
                email,
                mobile,
                department: department.map(|(_, department)| department.clone()),
                ..user
            })?;
        }
        let users = self.store.users()?;
        for chat_id in chats {
            if self.store.chat(&chat_id)?.is_some() {
                continue;
            }
            let everybody = || users.iter().map(|user| &user.open_id).cloned().collect();
            let circle = circles.iter().find(|(id, ..)| *id == chat_id);
            let members: Vec<String> = circle.map_or_else(everybody, |(.., members)| members.clone());
            let user = members.iter().find(|id| self.app(id).is_none());
            let owner = match self.apps.first() {
                // What the examples do takes an owner, and they call as the first app.
                Some(app) if self.examples => Some(&app.id),
                _ => user.or(members.first()),
            };
            let name = circle.map_or(&chat_id, |(_, name, _)| name).as_str();
            let chat = Chat {
                chat_id: chat_id.clone(),
                mode: "group".to_owned(),
                tenant: self.home().to_owned(),
                owner: owner.cloned().unwrap_or_default(),
                created: self.clock.now(),
                dissolved: false,
                facts: Map::from_iter([("name".to_owned(), name.into())]),
            };
            if circle.is_none() {
                self.add_chat(&chat)?;
                continue;
            }
            self.store.add_chat(&chat)?;
            for member in &members {
                self.store.join(&chat.chat_id, member, self.app(member).is_some())?;
            }
        }
        let first = self
            .store
            .chats()?
            .into_iter()
            .next()
            .map(|chat| chat.chat_id)
            .unwrap_or_default();
        for Opening { id, text, chat, from } in messages {
            let wrote = |user: &&User| {
                from.as_ref()
                    .is_none_or(|from| user.open_id == *from || user.name == *from)
            };
            let author = users.iter().find(wrote).map(|user| user.open_id.clone());
            let place = Place {
                chat: chat.unwrap_or_else(|| first.clone()),
                ..Place::default()
            };
            let message = Message {
                message_id: id,
                sender: author.unwrap_or_default(),
                ..self.message(place, json!({"text": text}), "text")?
            };
            self.take(&message)?;
        }
        let total = self.store.count_messages()?;
        self.sent.send_replace(total);
        Ok(())
    }
}
