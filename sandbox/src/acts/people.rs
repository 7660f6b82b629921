//! Users by any of their ids. Whoever is named in a form that ids have is a user of the tenant.

use crate::{
    app::User,
    state::State,
    store::{self, IdKind},
};

impl State {
    /// The open id, as the first app knows it, of the user with this id; the user begins to exist when nobody has it yet.
    pub(crate) fn person(&mut self, kind: &str, id: &str) -> store::Result<String> {
        if let Some(user) = self.known(kind, id)? {
            return Ok(user);
        }
        let bare = match id.split_once('_') {
            Some((_, bare)) => bare.to_owned(),
            None => self.mint.id(""),
        };
        let mut user = self.newcomer(&format!("ou_{bare}"), id)?;
        match kind {
            "email" => user.email = Some(id.to_owned()),
            "union_id" => id.clone_into(&mut user.union_id),
            "user_id" => id.clone_into(&mut user.user_id),
            _ => {}
        }
        self.store.add_user(&user)?;
        Ok(user.open_id)
    }

    /// The same, when there is one.
    pub(crate) fn known(&self, kind: &str, id: &str) -> store::Result<Option<String>> {
        match kind {
            "email" => self.store.user_by_email(id),
            other => self.store.user_by(IdKind::named(other), id),
        }
    }

    /// A user with ids that follow from the open id.
    pub(crate) fn newcomer(&mut self, open_id: &str, name: &str) -> store::Result<User> {
        let bare = open_id.split_once('_').map_or(open_id, |(_, bare)| bare);
        let mut user_id: String = bare.chars().take(8).collect();
        if user_id.is_empty() || self.store.user_by(IdKind::User, &user_id)?.is_some() {
            user_id = self.mint.id("").chars().take(8).collect();
        }
        Ok(User {
            open_id: open_id.to_owned(),
            union_id: format!("on_{bare}"),
            user_id,
            name: name.to_owned(),
            email: None,
            mobile: None,
        })
    }
}
