//! The one seam: a call goes out, a response comes back.

use std::{fmt, future::Future, pin::Pin};

use bytes::Bytes;
use http::HeaderMap;

#[cfg(feature = "socket")]
use crate::Upgraded;
use crate::{Body, Endpoint, Method, Secret, headers, line::flat, secret::masked, upload::Outflow};

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A call, ready to travel. `Debug` masks the body and every sensitive header.
#[derive(Clone)]
#[non_exhaustive]
pub struct Outgoing {
    /// The endpoint it goes to.
    pub endpoint: &'static Endpoint,
    /// The HTTP method.
    pub method: Method,
    /// The whole URL.
    pub url: String,
    /// The headers; those with credentials are marked sensitive.
    pub headers: HeaderMap,
    /// The body; empty when there is none.
    pub body: Bytes,
    /// The largest response body to accept, in bytes.
    pub body_limit: usize,
    pub(crate) upload: Option<Outflow>,
}

impl Outgoing {
    /// The body and its length, when it is a stream; it can be taken once, and `body` is empty then. Only [`Transport::open`] meets it.
    pub fn take_upload(&mut self) -> Option<(Body, u64)> {
        self.upload.take()?.take()
    }

    /// How long the body is.
    pub(crate) fn length(&self) -> u64 {
        self.upload.as_ref().map_or(self.body.len() as u64, Outflow::length)
    }

    /// The same as a plain HTTP request. Every URL of the client fits into an `http::Uri`; one put in its place that does not becomes `/`.
    pub fn into_http(self) -> http::Request<Bytes> {
        let mut request = http::Request::new(self.body);
        *request.method_mut() = self.method.into();
        *request.uri_mut() = http::Uri::try_from(self.url).unwrap_or_default();
        *request.headers_mut() = self.headers;
        request
    }
}

impl From<Outgoing> for http::Request<Bytes> {
    fn from(call: Outgoing) -> Self {
        call.into_http()
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Path and query may hold secrets: what shows is the host, the path with its parameters unfilled, and that there is a query.
        let host = self.url.find("://").map_or(0, |at| at + 3);
        let host = self.url[host..].find('/').map_or(self.url.len(), |at| host + at);
        let path = if self.endpoint.path.is_empty() {
            "/***"
        } else {
            self.endpoint.path
        };
        let query = if self.url.contains('?') { "?***" } else { "" };
        let headers = self.headers.iter().map(|(name, value)| {
            let masked = value.is_sensitive() || headers::is_secret(name);
            let shown = if masked {
                "***"
            } else {
                value.to_str().unwrap_or("(binary)")
            };
            (name.as_str(), shown)
        });
        let length = self.length();
        f.debug_struct("Outgoing")
            .field("endpoint", &self.endpoint.id)
            .field("method", &self.method)
            .field("url", &format_args!("{}{path}{query}", &self.url[..host]))
            .field("headers", &headers.collect::<Vec<_>>())
            .field("body", &format_args!("({length} bytes)"))
            .finish()
    }
}

/// Carries calls to the platform, or to whatever stands in for it.
///
/// A closure will do: `|call: Outgoing| async move { Ok(http::Response::new(Bytes::from_static(b"{\"code\":0}"))) }`.
/// An implementation must not follow redirects with the headers it was given: the token would travel along.
pub trait Transport: Send + Sync + 'static {
    /// Sends one call and reads the response whole.
    fn send(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>>;

    /// Sends one call, with a body that may be a [stream](Outgoing::take_upload), and hands the body of the response on as it arrives;
    /// the limit of that is the caller's business here.
    ///
    /// Unless implemented, this is [`send`](Self::send), and both bodies travel in one piece.
    fn open(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Body>, TransportError>> {
        Box::pin(async move {
            let mut call = call;
            if let Some((body, _)) = call.take_upload() {
                call.body = body.whole(usize::MAX).await?;
            }
            Ok(self.send(call).await?.map(Body::from))
        })
    }

    /// Sends the handshake of a WebSocket, to a `wss://` or `ws://` URL. Where it is answered with 101, the connection comes with the
    /// answer.
    ///
    /// Unless implemented, `HttpTransport` does it (feature `reqwest`): through the proxy of the environment, with the platform's certificates.
    #[cfg(feature = "socket")]
    fn upgrade(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Option<Upgraded>>, TransportError>> {
        Box::pin(default_upgrade(call))
    }
}

#[cfg(all(feature = "socket", feature = "reqwest"))]
async fn default_upgrade(call: Outgoing) -> Result<http::Response<Option<Upgraded>>, TransportError> {
    let transport = crate::HttpTransport::new().map_err(TransportError::other)?;
    transport.upgrade(call).await
}

#[cfg(all(feature = "socket", not(feature = "reqwest")))]
async fn default_upgrade(_: Outgoing) -> Result<http::Response<Option<Upgraded>>, TransportError> {
    Err(TransportError::other(
        "the transport opens no sockets; implement `Transport::upgrade`",
    ))
}

impl<F, Fut> Transport for F
where
    F: Fn(Outgoing) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<http::Response<Bytes>, TransportError>> + Send + 'static,
{
    fn send(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        Box::pin(self(call))
    }
}

/// Why no response came back.
pub struct TransportError {
    failure: Failure,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy)]
enum Failure {
    Connect,
    Timeout,
    BodyTooLarge(usize),
    Other,
}

impl TransportError {
    /// No connection came about; nothing was sent.
    pub fn connect(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            failure: Failure::Connect,
            source: Some(source.into()),
        }
    }

    /// The transport's own time limit passed.
    pub fn timeout(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            failure: Failure::Timeout,
            source: Some(source.into()),
        }
    }

    /// The response body is larger than `limit` bytes.
    pub fn body_too_large(limit: usize) -> Self {
        Self {
            failure: Failure::BodyTooLarge(limit),
            source: None,
        }
    }

    /// Anything else.
    pub fn other(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            failure: Failure::Other,
            source: Some(source.into()),
        }
    }

    /// Whether no connection came about.
    pub fn is_connect(&self) -> bool {
        matches!(self.failure, Failure::Connect)
    }

    /// Whether the transport's own time limit passed.
    pub fn is_timeout(&self) -> bool {
        matches!(self.failure, Failure::Timeout)
    }

    /// Whether the response body was too large.
    pub fn is_body_too_large(&self) -> bool {
        matches!(self.failure, Failure::BodyTooLarge(_))
    }

    /// The same, without what repeats a secret.
    pub(crate) fn masked(self, secrets: &[Secret]) -> Self {
        let said: Vec<String> = self.chain().map(ToString::to_string).collect();
        let masked: Vec<String> = said.iter().map(|text| masked(text.clone(), secrets)).collect();
        match said == masked {
            true => self,
            false => Self {
                source: Some(masked.join(": ").into()),
                ..self
            },
        }
    }

    /// The causes, the nearest first.
    fn chain(&self) -> impl Iterator<Item = &dyn std::error::Error> {
        let first = self.source.as_deref().map(|source| source as &dyn std::error::Error);
        // No chain is longer in earnest.
        std::iter::successors(first, |error| error.source()).take(8)
    }

    pub(crate) fn what(&self) -> &'static str {
        match self.failure {
            Failure::Connect => "no connection",
            Failure::Timeout => "no reply in time",
            Failure::BodyTooLarge(_) => "the reply is too large",
            Failure::Other => "the exchange broke off",
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what())?;
        if let Failure::BodyTooLarge(limit) = self.failure {
            write!(
                f,
                ": more than {limit} bytes; raise the limit with `Builder::body_limit`"
            )?;
        }
        self.chain()
            .try_for_each(|error| write!(f, ": {}", flat(&error.to_string(), 200)))
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransportError({self})")
    }
}

/// Without a `source`: what it would say, `Display` says already.
impl std::error::Error for TransportError {}
