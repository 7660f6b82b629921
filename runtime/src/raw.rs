//! Calls to endpoints this release does not know.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Poll},
};

use serde::Serialize;
use serde_json::Value;

use crate::{
    AppKind, Client, Decode, Encoder, Endpoint, File, Method, Param, Received, Result, Secret, TokenKind,
    call::{Options, Sending, options},
    line::flat,
    reply::FromReply,
    scrap::Scrap,
};

/// What is known about the endpoint of a raw call: nothing, so every kind of token will do.
static RAW: Endpoint = Endpoint {
    id: "raw",
    tokens: &[TokenKind::Tenant, TokenKind::User, TokenKind::App],
    apps: &[AppKind::Custom, AppKind::Store],
    ..Endpoint::DEFAULT
};
static RAW_HELPDESK: Endpoint = Endpoint { helpdesk: true, ..RAW };

/// A call by method and path; see [`Client::raw`]. Await it to send it.
///
/// The reply is the payload as JSON: `data` where there is such a member, else all members but `code` and `msg`.
#[must_use = "a call is sent when it is awaited"]
pub struct RawCall {
    client: Client,
    endpoint: &'static Endpoint,
    method: Method,
    place: String,
    encoder: Encoder,
    options: Options,
}

impl RawCall {
    pub(crate) fn new(client: Client, method: Method, path: &str) -> Self {
        let mut encoder = client.encoder(&RAW, path);
        let dots = |part: &str| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
        let plain = |letter: char| letter.is_ascii_graphic() && !"?#\\\"<>`".contains(letter);
        if !path.starts_with('/') || !path.chars().all(plain) || path.split('/').any(dots) {
            encoder.fail(format_args!(
                "`{}` is no path; write it as /open-apis/…, give parameters with `.path(…)` and the query with `.query(…)`",
                path.escape_debug()
            ));
        }
        Self {
            client,
            endpoint: &RAW,
            method,
            place: format!("{method} {}", flat(path, 256)),
            encoder,
            options: Options::default(),
        }
    }

    /// Fills in the path parameter written as `:name`, percent-encoded.
    pub fn path(mut self, name: &str, value: impl Param) -> Self {
        self.encoder.watch(|encoder| encoder.path(name, &value));
        self
    }

    /// Adds `name=value` to the query; the same name may come several times.
    pub fn query(mut self, name: &str, value: impl Param) -> Self {
        self.encoder.watch(|encoder| encoder.query(name, &value));
        self
    }

    /// Makes `value` the JSON body.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        self.encoder.watch(|encoder| encoder.whole(value));
        self
    }

    /// Adds a text part to the form that is the body.
    pub fn part(mut self, name: &str, value: impl Param) -> Self {
        self.encoder.watch(|encoder| encoder.part(name, &value));
        self
    }

    /// Adds a file to the form that is the body.
    pub fn file(mut self, name: &str, file: &File) -> Self {
        self.encoder.file(name, file);
        self
    }

    /// Sends it with the client's token of this kind; the tenant's unless told otherwise. A user's has to be given, with `as_user`.
    pub fn token_kind(mut self, kind: TokenKind) -> Self {
        self.options.own(kind);
        self
    }

    /// Sends the help desk's credentials along, which `Builder::helpdesk` took.
    pub fn helpdesk(mut self) -> Self {
        self.endpoint = &RAW_HELPDESK;
        self
    }

    /// Sends it on behalf of a user, with a user access token. The client never replaces it.
    pub fn as_user(self, token: impl Into<Secret>) -> Self {
        self.token(token)
    }

    options!();
}

impl IntoFuture for RawCall {
    type Output = Result<Value>;
    type IntoFuture = RawSending;

    fn into_future(self) -> RawSending {
        let sending = Sending::new(self.client, self.endpoint, self.method, self.encoder, self.options);
        RawSending {
            sending,
            endpoint: self.endpoint,
            place: self.place,
        }
    }
}

/// A raw call on its way.
#[must_use = "a call is sent when it is awaited"]
pub struct RawSending {
    sending: Sending<Payload>,
    endpoint: &'static Endpoint,
    place: String,
}

impl Future for RawSending {
    type Output = Result<Value>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Value>> {
        let outcome = Pin::new(&mut self.sending).poll(context);
        outcome.map(|outcome| match outcome {
            Ok(payload) => Ok(payload.0),
            Err(error) => Err(error.at(self.endpoint, std::mem::take(&mut self.place))),
        })
    }
}

struct Payload(Value);

impl FromReply for Payload {
    fn from_reply(reply: Received) -> Result<Self> {
        let body = reply.body()?;
        if body.is_empty() {
            return Ok(Self(Value::Null));
        }
        let code = Scrap::new(body).object().and_then(|members| members.code());
        if let Some(code) = code.filter(|code| *code != 0) {
            return Err(reply.refused(Some(code)));
        }
        let whole: Value = serde_json::from_slice(body).map_err(|error| reply.misread(error))?;
        let Value::Object(mut members) = whole else {
            return Ok(Self(whole));
        };
        // What is left is 0, or no code at all.
        let code = members.remove("code").unwrap_or_default();
        i64::decode(code).map_err(|error| reply.misread(error))?;
        Ok(Self(members.remove("data").unwrap_or_else(|| {
            members.remove("msg");
            Value::Object(members)
        })))
    }
}

impl fmt::Debug for RawCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCall")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RawSending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawSending")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
