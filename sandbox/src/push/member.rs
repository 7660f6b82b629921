//! What users do with chats and bots: they come and go, bring others, rename, and choose from menus.

use super::{Actor, Delivery, Failure, Happening, chat, code};
use crate::{
    acts,
    state::State,
    store::{Chat, Container, Stretch},
};

impl Actor {
    /// Joins a chat. Its apps are told, here as with everything that follows.
    ///
    /// # Errors
    /// When there is no such chat.
    pub fn joins(&self, chat: &str) -> Result<Vec<Delivery>, Failure> {
        self.adds(chat, &self.open_id)
    }

    /// Leaves a chat; when it is the owner's, another user owns it from then on.
    ///
    /// # Errors
    /// When there is no such chat, or the user is not in it.
    pub fn leaves(&self, chat: &str) -> Result<Vec<Delivery>, Failure> {
        self.removes(chat, &self.open_id)
    }

    /// Adds a user, by open id, or an app, by its id, to a chat.
    ///
    /// # Errors
    /// When there is no such chat.
    pub fn adds(&self, chat: &str, who: &str) -> Result<Vec<Delivery>, Failure> {
        self.changes(chat, |state, found| {
            let bot = state.app(who).is_some();
            if !state.store.join(chat, who, bot)? {
                return Ok(None);
            }
            Ok(Some(match bot {
                true => chat::bot_added(found, &self.open_id, who),
                false => chat::users_came(found, &self.open_id, vec![who.to_owned()]),
            }))
        })
    }

    /// Removes a user or an app from a chat.
    ///
    /// # Errors
    /// When there is no such chat, or nobody of that id is in it.
    pub fn removes(&self, chat: &str, who: &str) -> Result<Vec<Delivery>, Failure> {
        self.takes_out(chat, who, |found, bot| match bot {
            true => chat::bot_removed(found, &self.open_id, who),
            false => chat::users_gone(found, &self.open_id, vec![who.to_owned()]),
        })
    }

    /// Takes back that a user was added to a chat.
    ///
    /// # Errors
    /// When there is no such chat, or the user is not in it.
    pub fn withdraws(&self, chat: &str, who: &str) -> Result<Vec<Delivery>, Failure> {
        self.takes_out(chat, who, |found, _| {
            chat::users_withdrawn(found, &self.open_id, vec![who.to_owned()])
        })
    }

    /// Gives a chat another name.
    ///
    /// # Errors
    /// When there is no such chat.
    pub fn renames(&self, chat: &str, name: &str) -> Result<Vec<Delivery>, Failure> {
        self.changes(chat, |state, found| {
            let before = found.clone();
            found.facts.insert("name".to_owned(), name.into());
            state.store.change_chat(found)?;
            Ok(Some(chat::chat_updated(&before, found, &self.open_id, None)))
        })
    }

    /// Dissolves a chat.
    ///
    /// # Errors
    /// When there is no such chat.
    pub fn dissolves(&self, chat: &str) -> Result<Vec<Delivery>, Failure> {
        self.changes(chat, |state, found| {
            found.dissolved = true;
            state.store.change_chat(found)?;
            Ok(Some(chat::chat_disbanded(found, &self.open_id)))
        })
    }

    /// Opens the chat with an app, which is made when the two never spoke.
    ///
    /// # Errors
    /// When there is no such app.
    pub fn enters(&self, app: &str) -> Result<Vec<Delivery>, Failure> {
        self.knows(app)?;
        let entered = {
            let mut state = self.sandbox.0.state();
            let tenant = state.home().to_owned();
            let chat = acts::p2p(&mut state, app, &tenant, &self.open_id, &self.open_id)?;
            let latest = Stretch {
                newest_first: true,
                most: 1,
                ..Stretch::ALL
            };
            let last = state.store.messages(Container::Chat(&chat), latest)?.into_iter().next();
            let last = last.map(|message| (message.message_id, message.create_time));
            chat::talk_entered(app, &chat, &self.open_id, last)
        };
        self.sandbox.push_due();
        Ok(self.sandbox.happens(&entered))
    }

    /// Chooses the entry of a bot's menu that sends the event with this key.
    ///
    /// # Errors
    /// When there is no such app.
    pub fn picks(&self, app: &str, event_key: &str) -> Result<Vec<Delivery>, Failure> {
        self.knows(app)?;
        let now = self.sandbox.0.state().clock.now();
        let picked = chat::menu_picked(app, &self.open_id, event_key, now / 1000);
        Ok(self.sandbox.happens(&picked))
    }

    fn takes_out(
        &self,
        chat: &str,
        who: &str,
        tell: impl FnOnce(&Chat, bool) -> Happening,
    ) -> Result<Vec<Delivery>, Failure> {
        self.changes(chat, |state, found| {
            if !state.store.leave(chat, who)? {
                let (chat, who) = (chat.escape_debug(), who.escape_debug());
                let message = format!("`{who}` is not in the chat `{chat}`");
                return Err(Failure::new(code::INTERNAL, message));
            }
            if found.owner == who {
                let members = state.store.members(chat)?;
                let heir = members.into_iter().find(|member| !member.is_bot);
                found.owner = heir.map(|heir| heir.id).unwrap_or_default();
                state.store.change_chat(found)?;
            }
            Ok(Some(tell(found, state.app(who).is_some())))
        })
    }

    fn changes(
        &self,
        chat: &str,
        change: impl FnOnce(&State, &mut Chat) -> Result<Option<Happening>, Failure>,
    ) -> Result<Vec<Delivery>, Failure> {
        let happening = {
            let state = self.sandbox.0.state();
            let found = state.store.chat(chat)?.filter(|chat| !chat.dissolved);
            let mut found = found.ok_or_else(|| {
                let message = format!("no chat `{}`; add it with `Builder::chat`", chat.escape_debug());
                Failure::new(code::INTERNAL, message)
            })?;
            change(&state, &mut found)?
        };
        Ok(happening
            .map(|happening| self.sandbox.happens(&happening))
            .unwrap_or_default())
    }

    fn knows(&self, app: &str) -> Result<(), Failure> {
        if self.sandbox.0.state().app(app).is_some() {
            return Ok(());
        }
        let message = format!("no app `{}`; add it with `Builder::app`", app.escape_debug());
        Err(Failure::new(code::INTERNAL, message))
    }
}
