//! What is known about an endpoint, as data.

use std::fmt;

/// Everything known about one endpoint, as data.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// Its name: `im.v1.message.create`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path, with parameters as `:message_id`.
    pub path: &'static str,
    /// The page of the reference, below `https://open.feishu.cn/document`.
    pub page: &'static str,
    /// The kinds of token it takes; empty: it wants no `Authorization` header.
    pub tokens: &'static [TokenKind],
    /// The kinds of app that may call it.
    pub apps: &'static [AppKind],
    /// The scopes of which the app needs one; empty: none needed.
    pub scopes: &'static [&'static str],
    /// The scopes without which single fields of the reply stay empty.
    pub field_scopes: &'static [&'static str],
    /// How often it may be called.
    pub rate: &'static [Rate],
    /// How often it may be called for one receiver.
    pub paced: Option<Paced>,
    /// The parameter that makes repeating a call harmless.
    pub dedupe: Option<Dedupe>,
    /// Whether it wants the help desk's credentials beside the token.
    pub helpdesk: bool,
    /// Whether its request or its reply holds a secret, so that no error may quote either.
    pub sensitive: bool,
    /// Where the reply keeps its payload.
    pub reply: Reply,
    /// Which host serves it.
    pub host: Host,
    /// The codes its page lists, and what each means: `(code, "The cause; the cure.")`.
    pub errors: &'static [(i64, &'static str)],
}

impl Endpoint {
    /// What holds unless an endpoint says otherwise; `id`, `method` and `path` always differ.
    pub const DEFAULT: Self = Self {
        id: "",
        method: Method::Get,
        path: "",
        page: "",
        tokens: &[],
        apps: &[AppKind::Custom, AppKind::Store],
        scopes: &[],
        field_scopes: &[],
        rate: &[],
        paced: None,
        dedupe: None,
        helpdesk: false,
        sensitive: false,
        reply: Reply::Data,
        host: Host::Open,
        errors: &[],
    };
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or does what the others do not.
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As HTTP spells it: `GET`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// The parameter that makes repeating a call harmless, by where it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dedupe {
    /// A member of the JSON body.
    Body(&'static str),
    /// A parameter of the query.
    Query(&'static str),
}

/// Who an access token speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// The app within a tenant; `t-…`.
    Tenant,
    /// A user of the app; `u-…` or a JWT.
    User,
    /// The app itself; `a-…` or `t-…`.
    App,
}

/// The kinds of app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AppKind {
    /// Made by a tenant for itself.
    Custom,
    /// From the app store, installed by many tenants.
    Store,
}

/// A limit: so many requests in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// The requests.
    pub requests: u32,
    /// The seconds.
    pub seconds: u32,
}

impl Rate {
    /// So many requests a second.
    pub const fn per_second(requests: u32) -> Self {
        Self { requests, seconds: 1 }
    }

    /// So many requests a minute.
    pub const fn per_minute(requests: u32) -> Self {
        Self { requests, seconds: 60 }
    }

    /// So many requests an hour.
    pub const fn per_hour(requests: u32) -> Self {
        Self {
            requests,
            seconds: 3600,
        }
    }

    /// So many requests a day.
    pub const fn per_day(requests: u32) -> Self {
        Self {
            requests,
            seconds: 86_400,
        }
    }
}

/// A limit that each receiver, be it a chat, a user or a message, has for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Paced {
    /// The parameter that names the receiver.
    pub by: &'static str,
    /// How often it may be called for each.
    pub rate: Rate,
    /// The endpoint whose receivers these are: calls with the same one count together.
    pub with: &'static str,
}

/// Where a reply keeps its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reply {
    /// Under `data`: `{"code":0,"msg":"ok","data":{…}}`.
    Data,
    /// Beside the code: `{"code":0,"msg":"ok","expire":7200,…}`.
    Flat,
    /// Under another key: `{"code":0,"msg":"ok","bot":{…}}`.
    Key(&'static str),
    /// In the body itself: raw bytes, and JSON only when the call failed.
    Bytes,
}

/// Which of the platform's hosts serves an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host {
    /// The open platform.
    Open,
    /// Sign-in and authorization.
    Accounts,
    /// The product's own site.
    Web,
}
