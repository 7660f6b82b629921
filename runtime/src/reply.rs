//! From a response to the payload, or to the error it carries.

use std::{fmt, marker::PhantomData};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION},
};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::{
    Decode, Download, Endpoint, Error, Platform, Reply, Result, Secret,
    date::retry_after,
    disposition::file_name,
    error::{Answer, Kind},
    exchange::masks,
    line::flat,
    refusal::Refusal,
    scrap::{Scrap, without_mark},
    secret::masked,
    wire::{Key, Seed, field},
};

/// The largest body of a download without a file name that may be a refusal.
pub(crate) const LARGEST_REFUSAL: usize = 64 << 10;

/// A response, as it came.
pub struct Received {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) platform: &'static Platform,
    pub(crate) response: http::Response<Bytes>,
    /// What was sent and must not show up in an error.
    pub(crate) secrets: Vec<Secret>,
    /// The token it was sent with.
    pub(crate) token: Option<HeaderValue>,
}

/// A payload, and what came with it: the outcome of a call that is asked for [`answered`](crate::Call::answered).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answered<T> {
    /// The payload.
    pub reply: T,
    /// The log id, by which the platform's support finds the call.
    pub log_id: Option<String>,
    /// The HTTP status.
    pub status: http::StatusCode,
}

/// What a reply turns into: every [`Decode`] type, [`Download`], [`Bytes`], and `()` where only success matters.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a reply",
    note = "implement `Decode`, with `decode!`"
)]
pub trait FromReply: Send + Sized + 'static {
    /// Reads the payload.
    ///
    /// # Errors
    /// The platform's refusal, or what makes the response unreadable.
    fn from_reply(reply: Received) -> Result<Self>;
}

impl<T: Decode + Send + 'static> FromReply for T {
    fn from_reply(reply: Received) -> Result<Self> {
        let key = match reply.endpoint.reply {
            Reply::Data => "data",
            Reply::Key(key) => key,
            // No member of this name: the payload is the object itself, read below.
            Reply::Flat | Reply::Bytes => "",
        };
        let body = reply.body()?;
        let mut json = serde_json::Deserializer::from_slice(body);
        let envelope = Envelope {
            key,
            payload: PhantomData::<T>,
        };
        let (code, payload) = envelope.deserialize(&mut json).map_err(|e| reply.misread(e))?;
        if let Some(code) = code.filter(|code| *code != 0) {
            return Err(reply.refused(Some(code)));
        }
        json.end().map_err(|e| reply.misread(e))?;
        match payload {
            Some(payload) => Ok(payload),
            // A few endpoints answer with the bare payload.
            None if key.is_empty() || code.is_none() => parse(body, Seed(PhantomData)).map_err(|e| reply.misread(e)),
            None => parse(b"null", Seed(PhantomData)).map_err(|e| reply.misread(e)),
        }
    }
}

/// Nothing but success; an empty body will do.
impl FromReply for () {
    fn from_reply(reply: Received) -> Result<Self> {
        match reply.response.body().is_empty() && reply.response.status().is_success() {
            true => Ok(()),
            false => Ignored::from_reply(reply).map(drop),
        }
    }
}

#[derive(Default)]
struct Ignored;

impl Decode for Ignored {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_ignored_any(IgnoredAny).map(|_| Self)
    }
}

impl FromReply for Download {
    fn from_reply(reply: Received) -> Result<Self> {
        let headers = reply.response.headers();
        let (content_type, file_name) = (content_type(headers), disposition(headers));
        // A named file is a file, even one that looks like a refusal; so is a part of one.
        let is_file =
            headers.contains_key(CONTENT_DISPOSITION) || reply.response.status() == StatusCode::PARTIAL_CONTENT;
        if !reply.response.status().is_success() || !is_file && refuses(reply.response.body()) {
            return Err(reply.refused(None));
        }
        Ok(Self {
            bytes: reply.response.into_body(),
            file_name,
            content_type,
        })
    }
}

impl<T: FromReply> FromReply for Answered<T> {
    fn from_reply(reply: Received) -> Result<Self> {
        let log_id = log_id(reply.response.headers()).map(str::to_owned);
        let status = reply.response.status();
        Ok(Self {
            reply: T::from_reply(reply)?,
            log_id,
            status,
        })
    }
}

impl FromReply for Bytes {
    fn from_reply(reply: Received) -> Result<Self> {
        Download::from_reply(reply).map(|download| download.bytes)
    }
}

impl Received {
    /// The body of a response that may be a success.
    pub(crate) fn body(&self) -> Result<&[u8]> {
        match self.response.status().is_success() {
            true => Ok(without_mark(self.response.body())),
            false => Err(self.refused(None)),
        }
    }

    /// The error of a response that is no success; `code` is the one already found in it.
    #[cold]
    pub(crate) fn refused(&self, code: Option<i64>) -> Error {
        let refusal = self.refusal();
        let code = code.or_else(|| refusal.as_ref()?.code).filter(|code| *code != 0);
        if code.is_none() && self.response.status().is_redirection() {
            return self.error(Kind::Unreadable(self.redirect()));
        }
        match (refusal, code) {
            (None, None) => self.error(Kind::Unreadable(self.snippet())),
            (refusal, code) => {
                let mut refusal = refusal.unwrap_or_default();
                refusal.code = code.or(refusal.code);
                self.error(Kind::Refused(refusal))
            }
        }
    }

    /// The error of a body that does not read as expected. A refusal may carry any payload, so it comes first.
    #[cold]
    pub(crate) fn misread(&self, error: serde_json::Error) -> Error {
        let what = match self.refusal() {
            Some(refusal) if refusal.code.is_some_and(|code| code != 0) => return self.error(Kind::Refused(refusal)),
            Some(_) if self.endpoint.sensitive => format!(
                "the reply has another shape than documented at line {} column {}",
                error.line(),
                error.column()
            ),
            Some(_) => format!(
                "the reply has another shape than documented: {}",
                flat(&masked(error.to_string(), &self.masks()), 400)
            ),
            None => self.snippet(),
        };
        self.error(Kind::Unreadable(what))
    }

    pub(crate) fn masks(&self) -> Vec<Secret> {
        masks(&self.secrets, self.token.as_ref())
    }

    fn refusal(&self) -> Option<Refusal> {
        let mut refusal = Refusal::read(self.response.body())?;
        refusal.mask(&self.masks());
        Some(refusal)
    }

    pub(crate) fn error(&self, kind: Kind) -> Error {
        let headers = self.response.headers();
        let answer = Answer {
            status: Some(self.response.status()),
            log_id: log_id(headers).map(str::to_owned),
            retry_after: retry_after(headers),
        };
        Error::of(self.endpoint, self.platform, answer, kind)
    }

    /// What there is instead of a JSON object.
    fn snippet(&self) -> String {
        let body = self.response.body();
        if body.is_empty() {
            return "the reply is empty where JSON belongs".to_owned();
        }
        if self.endpoint.sensitive {
            let kind = match without_mark(body).trim_ascii_start().first() {
                Some(b'{') => "a broken one",
                Some(b'[') => "a list",
                Some(b'"') => "a string",
                Some(b'<') => "HTML or XML",
                _ => "something else",
            };
            return format!("the reply is no JSON object but {kind}, {} bytes long", body.len());
        }
        // 256 characters take at most 1024 bytes; a secret that is cut there must not stand at the end of them.
        let text = masked(
            String::from_utf8_lossy(&body[..body.len().min(8192)]).into_owned(),
            &self.masks(),
        );
        format!("the reply is no JSON object; it begins \"{}\"", flat(&text, 256))
    }

    /// Where the server wants to send the caller; only the host is named, for the rest may hold a secret.
    fn redirect(&self) -> String {
        let location = self.response.headers().get(LOCATION);
        let host = location
            .and_then(|location| http::Uri::try_from(location.as_bytes()).ok())
            .and_then(|location| {
                location
                    .host()
                    .map(|host| format!(" to the host `{}`", flat(host, 100)))
            });
        let host = host.unwrap_or_default();
        format!(
            "the server redirects{host}, and redirects are not followed, for the token would travel along; check the base URL"
        )
    }
}

/// Whether the body of a download is a refusal: a whole JSON object with a code.
pub(crate) fn refuses(body: &[u8]) -> bool {
    let body = Some(body).filter(|body| body.len() <= LARGEST_REFUSAL).map(Scrap::new);
    let members = body.filter(|body| body.is_whole()).and_then(Scrap::object);
    members.is_some_and(|members| !members.get("code").is_text() && members.code().is_some_and(|code| code != 0))
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("endpoint", &self.endpoint.id)
            .field("status", &self.response.status())
            .finish_non_exhaustive()
    }
}

pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The file name in the headers.
pub(crate) fn disposition(headers: &HeaderMap) -> Option<String> {
    file_name(headers.get(CONTENT_DISPOSITION)?.as_bytes())
}

/// The log id of a response.
pub(crate) fn log_id(headers: &HeaderMap) -> Option<&str> {
    ["x-tt-logid", "x-request-id", "request-id"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
}

fn parse<'de, S: DeserializeSeed<'de>>(body: &'de [u8], seed: S) -> Result<S::Value, serde_json::Error> {
    seed.deserialize(&mut serde_json::Deserializer::from_slice(body))
}

/// Reads code and payload in one pass, in whatever order they come.
struct Envelope<'k, T> {
    key: &'k str,
    payload: PhantomData<T>,
}

impl<'de, T: Decode> DeserializeSeed<'de> for Envelope<'_, T> {
    type Value = (Option<i64>, Option<T>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Decode> Visitor<'de> for Envelope<'_, T> {
    type Value = (Option<i64>, Option<T>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `code`, `msg` and a payload")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut code, mut payload) = (None::<i64>, None);
        while let Some(key) = map.next_key_seed(Key)? {
            if key == "code" {
                let mut next = None;
                field(&mut map, &key, &mut next)?;
                // The first that is not 0.
                code = code.filter(|code| *code != 0).or(next).or(code);
            } else if key == self.key && code.is_none_or(|code| code == 0) {
                payload = Some(map.next_value_seed(Seed(PhantomData))?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok((code, payload))
    }
}
