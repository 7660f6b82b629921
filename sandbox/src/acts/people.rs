//! Users by any of their ids. Whoever is named in a form that ids have is a user of the tenant.
//!
//! Within the sandbox a user is what the first app calls the user; every other app has an open id of its own for the same user.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Act, Outcome};
use crate::{
    app::{App, User},
    messages::Message,
    refusal::{Refusal, code},
    state::State,
    store::{self, IdKind},
};

/// The scope that makes user ids appear beside open ids.
pub(crate) const USER_IDS: &str = "contact:user.employee_id:readonly";

impl State {
    /// What an app calls a user; ids of no user stay as they are.
    pub(crate) fn open_id(&self, app: &str, user: &str) -> String {
        if self.is_first(app) || self.app(user).is_some() || user.is_empty() {
            return user.to_owned();
        }
        if let Ok(Some(alias)) = self.store.alias(app, user) {
            return alias;
        }
        let digest = Sha256::digest(format!("{app} {user}"));
        let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let alias = format!("ou_{digits}");
        // When it cannot be kept, it follows from the two again the next time.
        _ = self.store.add_alias(app, &alias, user);
        alias
    }

    fn is_first(&self, app: &str) -> bool {
        self.apps.first().is_none_or(|first| first.id == app)
    }

    /// The user of this id, as an app knows it; the user begins to exist when nobody has it yet.
    pub(crate) fn person(&mut self, app: &str, kind: &str, id: &str) -> Result<String, Refusal> {
        if let Some(user) = self.known(app, kind, id)? {
            return Ok(user);
        }
        let named = match (kind, id.split_once('_')) {
            ("email" | "user_id", _) => None,
            ("union_id", Some((_, bare))) => Some(format!("ou_{bare}")),
            _ => Some(id.to_owned()),
        };
        let open_id = match named {
            Some(open_id) if self.store.user(&open_id)?.is_none() => open_id,
            _ => self.mint.id("ou_"),
        };
        let mut user = self.newcomer(&open_id, id)?;
        match kind {
            "email" => user.email = Some(id.to_owned()),
            "union_id" => id.clone_into(&mut user.union_id),
            "user_id" => id.clone_into(&mut user.user_id),
            _ => {}
        }
        if kind == "open_id" && !self.is_first(app) {
            user.open_id = self.mint.id("ou_");
            self.store.add_alias(app, id, &user.open_id)?;
        }
        self.store.add_user(&user)?;
        Ok(user.open_id)
    }

    /// The same, when there is one; an open id that another app was given is refused.
    pub(crate) fn known(&self, app: &str, kind: &str, id: &str) -> Result<Option<String>, Refusal> {
        match kind {
            "email" => return Ok(self.store.user_by_email(id)?),
            "union_id" | "user_id" => return Ok(self.store.user_by(IdKind::named(kind), id)?),
            _ => {}
        }
        let own = if self.is_first(app) {
            self.store.user_by(IdKind::Open, id)?
        } else {
            self.store.user_called(app, id)?
        };
        if own.is_some() {
            return Ok(own);
        }
        let others = self.store.user_called_anywhere(id)?;
        // What the examples name, every app may name.
        if others.is_none() || self.examples {
            return Ok(others);
        }
        let message = format!(
            "open_id cross app: `{}` was given to another app; ask for the user's open_id as this app",
            id.escape_debug()
        );
        Err(Refusal::new(code::OPEN_ID_OF_OTHER_APP, message))
    }

    /// A user's name, by any id that any app has for the user.
    pub(crate) fn name_of(&self, id: &str) -> Option<String> {
        let user = self.anyone(id)?;
        Some(self.store.user(&user).ok()??.name)
    }

    /// The user whom any id means, whoever uses it.
    pub(crate) fn anyone(&self, id: &str) -> Option<String> {
        let store = &self.store;
        let called = || store.user_called_anywhere(id).ok().flatten();
        let by = |kind| store.user_by(kind, id).ok().flatten();
        called().or_else(|| by(IdKind::Union)).or_else(|| by(IdKind::User))
    }

    /// A user with ids that follow from the open id.
    pub(crate) fn newcomer(&mut self, open_id: &str, name: &str) -> store::Result<User> {
        let bare = open_id.split_once('_').map_or(open_id, |(_, bare)| bare);
        let mut user_id: String = bare.chars().take(8).collect();
        if user_id.is_empty() || self.store.user_by(IdKind::User, &user_id)?.is_some() {
            user_id = self.mint.id("").chars().take(8).collect();
        }
        let mut union_id = format!("on_{bare}");
        if self.store.user_by(IdKind::Union, &union_id)?.is_some() {
            union_id = self.mint.id("on_");
        }
        Ok(User {
            open_id: open_id.to_owned(),
            union_id,
            user_id,
            name: name.to_owned(),
            email: None,
            mobile: None,
            department: None,
        })
    }
}

/// What an app may know of a user beyond the open id.
pub(crate) fn may_see_user_ids(app: &App) -> bool {
    app.has_any(&[USER_IDS.to_owned()])
}

impl Act<'_> {
    /// The user whom an id of this kind means to the calling app; begins to exist when nobody has it yet.
    pub(super) fn person(&mut self, kind: &str, id: &str) -> Result<String, Refusal> {
        let app = self.app().to_owned();
        self.state.person(&app, kind, id)
    }

    /// The kind of id in which the call names users, and is answered.
    pub(super) fn id_kind(&self) -> &'static str {
        match self.text("by") {
            "union_id" => "union_id",
            "user_id" => "user_id",
            _ => "open_id",
        }
    }

    /// A user by the kind of id that the call asks for; bots are named by their apps.
    pub(super) fn named(&self, user: &str) -> String {
        let known = match self.id_kind() {
            "open_id" => None,
            kind => self.state.store.user(user).ok().flatten().map(|user| match kind {
                "union_id" => user.union_id,
                _ => user.user_id,
            }),
        };
        known.unwrap_or_else(|| self.state.open_id(self.app(), user))
    }

    /// A message as the calling app may see it: with its own ids of users.
    pub(super) fn told(&self, message: &Message) -> Value {
        let mut told = message.to_json();
        let own = |id: &mut Value| {
            if let Some(user) = id.as_str().filter(|id| id.starts_with("ou_")) {
                *id = self.named(user).into();
            }
        };
        let kind = self.id_kind();
        if let Some(sender) = told.get_mut("sender").filter(|sender| sender["id_type"] == "open_id") {
            own(&mut sender["id"]);
            sender["id_type"] = kind.into();
        }
        for mention in told
            .get_mut("mentions")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if mention["id_type"] == "open_id" {
                own(&mut mention["id"]);
                mention["id_type"] = kind.into();
            }
        }
        told
    }
}

/// Tells who is signed in.
pub(super) fn read(act: &mut Act<'_>) -> Result<Outcome, Refusal> {
    let signed_in = act.caller.as_ref().and_then(|caller| caller.user.clone());
    let user = signed_in.map(|user| act.state.store.user(&user)).transpose()?.flatten();
    let Some(user) = user else {
        return Err(act.refuse(
            code::NO_USER,
            "id",
            "the user does not exist; have a present user sign in",
        ));
    };
    let mut facts = json!({
        "name": user.name,
        "en_name": user.name,
        "open_id": act.state.open_id(act.app(), &user.open_id),
        "union_id": user.union_id,
        "tenant_key": act.tenant(),
    });
    // What the app has no scope for is taken out of the reply.
    let more = [
        ("user_id", Some(user.user_id)),
        ("email", user.email),
        ("mobile", user.mobile),
    ];
    for (name, value) in more {
        if let (Some(value), Some(facts)) = (value, facts.as_object_mut()) {
            facts.insert(name.to_owned(), value.into());
        }
    }
    Ok(Outcome::Facts(facts))
}
