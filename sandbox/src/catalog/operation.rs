//! What the catalog says about one operation or event.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::types::{Field, Place, Type};

/// One operation of the platform.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Operation {
    /// `service.version.resource.name`.
    pub id: String,
    /// The service it belongs to.
    #[serde(default)]
    pub service: String,
    /// The version of the service.
    #[serde(default)]
    pub version: String,
    /// The resource it works on.
    #[serde(default)]
    pub resource: String,
    /// Its name among the operations of the resource.
    #[serde(default)]
    pub name: String,
    /// One line for the caller.
    #[serde(default)]
    pub doc: String,
    /// The HTTP method, in capitals.
    pub method: String,
    /// The path, with parameters as `:name`.
    pub path: String,
    /// The page the facts come from.
    #[serde(default)]
    pub page: String,
    /// The tokens it takes; none means no `Authorization` header is wanted.
    #[serde(default)]
    pub tokens: Vec<TokenKind>,
    /// The kinds of app that may call it; none means any.
    #[serde(default)]
    pub apps: Vec<AppKind>,
    /// Any one of these must be granted; none means no scope is needed.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Scopes that make single fields of the reply appear.
    #[serde(default)]
    pub field_scopes: Vec<String>,
    /// How often it may be called.
    #[serde(default)]
    pub rate: Vec<Rate>,
    /// How often it may be called for one receiver.
    #[serde(default)]
    pub paced: Option<Paced>,
    /// The parameter that makes a repeated call harmless.
    #[serde(default)]
    pub dedupe: Option<String>,
    /// Which of the platform's hosts answers, when it is not that of the API. The sandbox is all of them.
    #[serde(default)]
    pub host: Option<String>,
    /// A further credential it wants, such as `helpdesk`.
    #[serde(default)]
    pub auth: Option<String>,
    /// Set when another operation should be used.
    #[serde(default)]
    pub deprecated: Option<Deprecated>,
    /// Where the payload lies in the reply.
    #[serde(default)]
    pub reply: Reply,
    /// Everything a caller may send.
    #[serde(default)]
    pub parameters: Vec<Field>,
    /// The payload of a successful reply.
    #[serde(default)]
    pub data: Option<Type>,
    /// How pages continue, where it is not as usual.
    #[serde(default, skip_serializing)]
    pub paged: Option<Paged>,
    /// The list that comes in counted pages.
    #[serde(default)]
    pub counted: Option<Counted>,
    /// The operation's own error codes.
    #[serde(default)]
    pub errors: Vec<OperationError>,
    /// What the sandbox does beyond checking.
    #[serde(default, skip_serializing)]
    pub simulate: Option<Simulate>,
    /// What of its Rust does not follow from its names.
    #[serde(default, skip_serializing)]
    pub rust: Rust,
}

impl Operation {
    /// The parameters that travel in `place`.
    pub fn parameters_in(&self, place: Place) -> impl Iterator<Item = &Field> {
        self.parameters.iter().filter(move |field| field.place == Some(place))
    }

    /// The parameter that holds the content of a message, when the operation sends one.
    pub fn content(&self) -> Option<&str> {
        let words = self.simulate.as_ref().filter(|words| words.thing() == "message")?;
        words.roles.get("content").map(String::as_str)
    }

    /// Whether it gives a user's tokens, which it does as OAuth has it.
    pub(crate) fn signs_in(&self) -> bool {
        self.does("issue user_token")
    }

    /// Whether this is what the operation is there for.
    pub(crate) fn does(&self, act: &str) -> bool {
        self.simulate.as_ref().is_some_and(|words| words.act == act)
    }

    /// What the operation's table says about `code`.
    pub fn error(&self, code: i64) -> Option<&OperationError> {
        self.errors.iter().find(|error| error.code == code)
    }
}

/// What of an operation's Rust does not follow from its names on the wire.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rust {
    /// The request's type.
    pub name: Option<String>,
    /// Whether the reply is one page of many.
    pub paged: bool,
    /// The cargo feature, where it is not called after the service.
    pub feature: Option<String>,
}

/// What a token stands for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// An app inside one tenant.
    Tenant,
    /// A user of an app.
    User,
    /// An app itself.
    App,
}

/// Who an app is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// Built by a tenant for itself.
    Custom,
    /// Offered to many tenants in the store.
    Store,
}

impl fmt::Display for AppKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Custom => "custom",
            Self::Store => "store",
        })
    }
}

/// At most `requests` calls in `seconds` seconds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Rate {
    /// How many calls.
    pub requests: u64,
    /// In how many seconds.
    pub seconds: u64,
}

/// A limit for each receiver of an operation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Paced {
    /// The parameter that names the receiver.
    pub by: String,
    /// How often it may be called for one.
    pub rate: Rate,
    /// The operation whose receivers share the limit; this one unless said otherwise.
    #[serde(default)]
    pub with: Option<String>,
    /// The operation's own code for too many; the gateway's unless said otherwise.
    #[serde(default)]
    pub code: Option<i64>,
}

/// The way out of an old operation.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Deprecated {
    /// The operation to use instead.
    #[serde(default, rename = "use")]
    pub instead: Option<String>,
}

/// Where the payload lies in a reply.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Under `data`.
    #[default]
    Data,
    /// Beside `code` and `msg`.
    Flat,
    /// The body itself: raw bytes.
    Bytes,
    /// Under a key of its own.
    Key(String),
}

/// One row of an operation's error table.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OperationError {
    /// The platform's code.
    pub code: i64,
    /// The HTTP status it arrives with, when the page says so.
    #[serde(default)]
    pub status: Option<u16>,
    /// What it means.
    #[serde(default)]
    pub doc: String,
}

/// A list whose pages are counted, so that only the number of its items tells where it ends.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Counted {
    /// The reply's list.
    pub items: String,
    /// The reply's field that says how many items all pages have.
    pub total: String,
}

/// The fields that pages go by, where they are not the usual ones.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Paged {
    /// The reply's list.
    #[serde(default)]
    pub items: Option<String>,
    /// The reply's field with the next page's token.
    #[serde(default)]
    pub next: Option<String>,
    /// The reply's field that says whether there are more.
    #[serde(default)]
    pub more: Option<String>,
    /// The call's field that takes a page's token.
    #[serde(default)]
    pub token: Option<String>,
    /// The call's field that takes a page's number.
    #[serde(default)]
    pub page: Option<String>,
    /// The reply's field that says how many items all pages have.
    #[serde(default)]
    pub total: Option<String>,
    /// The call's field that takes how many items are passed over.
    #[serde(default)]
    pub offset: Option<String>,
    /// The call's field that says how many items come at most, where a list goes on by offset.
    #[serde(default)]
    pub limit: Option<String>,
}

/// What the sandbox does beyond checking: a verb and a thing, and which field plays which part.
#[derive(Clone, Debug, Deserialize)]
pub struct Simulate {
    /// The verb and the thing, such as `send message`.
    #[serde(default, rename = "do")]
    pub act: String,
    /// The code for a thing that is not there.
    #[serde(default)]
    pub missing: Option<i64>,
    /// The fields by their parts.
    #[serde(flatten)]
    pub roles: BTreeMap<String, String>,
}

impl Simulate {
    /// What is done.
    pub(crate) fn verb(&self) -> &str {
        self.act.split_once(' ').map_or(&self.act, |(verb, _)| verb)
    }

    /// What it is done to.
    pub(crate) fn thing(&self) -> &str {
        self.act.split_once(' ').map_or("", |(_, thing)| thing)
    }
}

/// The scopes that let through what is said in some places.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Reach {
    /// To the app alone.
    #[serde(default)]
    pub p2p: Vec<String>,
    /// In groups.
    #[serde(default)]
    pub group: Vec<String>,
    /// With a mention of the app.
    #[serde(default)]
    pub mention: Vec<String>,
}

/// One event the platform pushes.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// `service.version.resource.name`.
    pub id: String,
    /// The name on the wire.
    #[serde(rename = "type")]
    pub kind: String,
    /// One line for the receiver.
    #[serde(default)]
    pub doc: String,
    /// The version of the envelope it comes in: `2.0`, `1.0` for old events, or `bare` for what comes without one.
    #[serde(default)]
    pub schema: String,
    /// How far each scope reaches; without it, every scope brings all.
    #[serde(default)]
    pub reach: Option<Reach>,
    /// What sets it off, in the words of `simulate`.
    #[serde(default)]
    pub when: Option<String>,
    /// An app gets it when any one of these is granted; none means always.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Scopes that make single fields of it appear.
    #[serde(default)]
    pub field_scopes: Vec<String>,
    /// What the event tells.
    #[serde(default)]
    pub body: Option<Type>,
    /// What the app answers, when it is a callback.
    #[serde(default)]
    pub reply: Option<Type>,
}
