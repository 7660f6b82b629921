//! The scopes that an app has to ask for, as its code needs them.

mod observed;

use std::{collections::BTreeSet, fmt};

pub(crate) use self::observed::Observed;
use crate::{AcceptsApp, AcceptsTenant, AcceptsUser, Endpoint, Request, TokenKind};

/// The scopes that calls need; [`scopes!`](crate::scopes) names the calls, and `observed_scopes` of a client takes those it made.
///
/// Of the scopes of which an endpoint wants any one, as few as possible are chosen for all endpoints together. Where several choices
/// are as small, those come first that only read (`…:readonly`), then those with the narrower names (`im:message:send_as_bot` before
/// `im:message`), then those that stand first in the reference. Where that is too much to search through, for some hundreds of
/// endpoints at once, the choice is sufficient, and perhaps not the smallest.
///
/// Displayed, it is the JSON that the developer console imports, under Permissions & Scopes.
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    needs: Vec<Need>,
    fields: bool,
}

#[derive(Clone, Copy)]
struct Need {
    endpoint: &'static Endpoint,
    user: bool,
}

impl Scopes {
    /// None yet.
    pub const fn new() -> Self {
        Self {
            needs: Vec::new(),
            fields: false,
        }
    }

    /// Adds what the call needs as it is sent unless told otherwise: with the app's token, or a user's where it takes no other.
    pub fn with<R: Request>(self) -> Self {
        let user = R::ENDPOINT.tokens == [TokenKind::User];
        self.add(R::ENDPOINT, user)
    }

    /// Adds what the call needs when it is sent on behalf of a user.
    pub fn with_user<R: AcceptsUser>(self) -> Self {
        self.add(R::ENDPOINT, true)
    }

    /// Adds what the call needs when it is sent as the app within a tenant.
    pub fn with_tenant<R: AcceptsTenant>(self) -> Self {
        self.add(R::ENDPOINT, false)
    }

    /// Adds what the call needs when it is sent as the app itself.
    pub fn with_app<R: AcceptsApp>(self) -> Self {
        self.add(R::ENDPOINT, false)
    }

    /// Adds the scopes without which single fields of the replies stay empty, all of them.
    pub fn with_field_scopes(mut self) -> Self {
        self.fields = true;
        self
    }

    /// The scopes to ask for as the app, in alphabetical order.
    pub fn tenant(&self) -> Vec<&'static str> {
        self.of(false)
    }

    /// The scopes to ask of users, in alphabetical order.
    pub fn user(&self) -> Vec<&'static str> {
        self.of(true)
    }

    /// The JSON that the developer console imports: `{"scopes":{"tenant":["im:message"],"user":[]}}`.
    pub fn to_json(&self) -> String {
        serde_json::json!({ "scopes": { "tenant": self.tenant(), "user": self.user() } }).to_string()
    }

    fn add(mut self, endpoint: &'static Endpoint, user: bool) -> Self {
        self.needs.push(Need { endpoint, user });
        self
    }

    fn of(&self, user: bool) -> Vec<&'static str> {
        let needs = || self.needs.iter().filter(|need| need.user == user);
        let fields = needs()
            .filter(|_| self.fields)
            .flat_map(|need| need.endpoint.field_scopes);
        let given: BTreeSet<&'static str> = fields.copied().collect();
        let lists: Vec<&[&'static str]> = needs().map(|need| need.endpoint.scopes).collect();
        let mut all = flybook_scopes::least(&lists, &given);
        all.extend(given);
        all.into_iter().collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_json())
    }
}

impl fmt::Debug for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let identity = if self.user { "user" } else { "tenant" };
        write!(f, "{} as {identity}", self.endpoint.id)
    }
}

/// The least [`Scopes`](crate::Scopes) for the calls a program makes: `scopes!(im::v1::message::Create, im::v1::chat::List as user)`.
///
/// A call that may be sent as the app counts as sent so; `as user` says otherwise, and compiles only where user tokens are accepted.
#[macro_export]
macro_rules! scopes {
    ($($request:path $(as $identity:ident)?),* $(,)?) => {{
        let scopes = $crate::Scopes::new();
        $(let scopes = $crate::__scopes!(scopes, $request $(, $identity)?);)*
        scopes
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __scopes {
    ($scopes:ident, $request:path) => {
        $scopes.with::<$request>()
    };
    ($scopes:ident, $request:path, user) => {
        $scopes.with_user::<$request>()
    };
    ($scopes:ident, $request:path, tenant) => {
        $scopes.with_tenant::<$request>()
    };
    ($scopes:ident, $request:path, app) => {
        $scopes.with_app::<$request>()
    };
    ($scopes:ident, $request:path, $identity:ident) => {
        compile_error!(concat!(
            "a call is sent `as user`, `as tenant` or `as app`, not `as ",
            stringify!($identity),
            "`"
        ))
    };
}
