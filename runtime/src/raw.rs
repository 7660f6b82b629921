//! Calls to endpoints this release does not know.

use std::{
    fmt,
    future::{Future, IntoFuture},
    ops::RangeBounds,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
};

use serde::Serialize;
use serde_json::Value;

use crate::{
    AppKind, Client, Decode, Encoder, Endpoint, File, Method, Opening, Param, Received, Reply, Result, ToFile,
    TokenKind, UserAccess,
    call::{Options, Sending, options},
    line::flat,
    range::Span,
    reply::FromReply,
    scrap::Scrap,
    trip::Read,
};

/// What is known about the endpoint of a raw call: nothing, so every kind of token will do.
static RAW: Endpoint = Endpoint {
    id: "raw",
    tokens: &[TokenKind::Tenant, TokenKind::User, TokenKind::App],
    apps: &[AppKind::Custom, AppKind::Store],
    ..Endpoint::DEFAULT
};
static RAW_HELPDESK: Endpoint = Endpoint { helpdesk: true, ..RAW };
static RAW_FILE: Endpoint = Endpoint {
    reply: Reply::Bytes,
    ..RAW
};
static RAW_HELPDESK_FILE: Endpoint = Endpoint {
    helpdesk: true,
    ..RAW_FILE
};

/// A call by method and path; see [`Client::raw`]. Await it to send it.
///
/// The reply is the payload as JSON: `data` where there is such a member, else all members but `code` and `msg`. A call that brings a
/// file is sent by [`to_file`](Self::to_file) or [`chunks`](Self::chunks).
#[must_use = "a call is sent when it is awaited"]
pub struct RawCall {
    client: Client,
    helpdesk: bool,
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
        // What is put behind the path all the same may be a secret.
        let end = path.find(['?', '#']);
        let shown = end.map_or_else(
            || flat(path, 256),
            |end| flat(&path[..end], 256) + &path[end..=end] + "***",
        );
        if !path.starts_with('/') || !path.chars().all(plain) || path.split('/').any(dots) {
            encoder.fail(format_args!(
                "`{}` is no path; write it as /open-apis/…, give parameters with `.path(…)` and the query with `.query(…)`",
                shown.escape_debug()
            ));
        }
        Self {
            client,
            helpdesk: false,
            method,
            place: format!("{method} {shown}"),
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
        self.helpdesk = true;
        self
    }

    /// Sends it on behalf of a user: with an access token, which the client never replaces, or with a
    /// [`UserSession`](crate::UserSession), whose token it renews.
    pub fn as_user(mut self, user: impl Into<UserAccess>) -> Self {
        self.options.user(user.into());
        self
    }

    options!();

    /// Asks for a part of a file only: `..100`, `100..200`, `200..`. A server that sends another part makes it an error.
    pub fn range(mut self, bytes: impl RangeBounds<u64>) -> Self {
        self.options.range = Some(Span::new(bytes));
        self
    }

    /// Takes the body of the reply as a file, chunk by chunk, so that it is never in memory as a whole; a refusal is an error.
    pub fn chunks(self) -> Opening {
        let endpoint = if self.helpdesk { &RAW_HELPDESK_FILE } else { &RAW_FILE };
        let reply = self
            .client
            .execute(endpoint, self.method, self.encoder, self.options, Read::Chunks);
        Opening::new(endpoint, reply).at(self.place)
    }

    /// Saves the body of the reply on the disk, chunk by chunk, in place of what may be there; all of it, or nothing. The time limit is
    /// that of [`Chunks`](crate::Chunks).
    pub fn to_file(self, path: impl AsRef<Path>) -> ToFile {
        ToFile::new(self.chunks(), path.as_ref().to_owned())
    }
}

impl IntoFuture for RawCall {
    type Output = Result<Value>;
    type IntoFuture = RawSending;

    fn into_future(self) -> RawSending {
        let endpoint = if self.helpdesk { &RAW_HELPDESK } else { &RAW };
        let sending = Sending::new(self.client, endpoint, self.method, self.encoder, self.options);
        RawSending {
            sending,
            endpoint,
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
