//! The client: identity, tokens and transport, and the one way every call takes.

use std::{any::Any, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue,
    header::{AUTHORIZATION, USER_AGENT},
};
use tokio::time::Instant;

use crate::{
    AppKind, BoxFuture, Call, Encoder, Endpoint, Error, Host, Items, Method, Outgoing, Paged, Platform, RawCall,
    Received, Reply, Request, Result, Secret, TokenKind, Transport, TransportError,
    call::Options,
    encoder::Encoded,
    error::{Answer, Kind},
    reply::log_id,
    token::{Borrowed, Tokens, bearer},
};

/// Carries the help desk's credentials.
pub(crate) const HELPDESK: HeaderName = HeaderName::from_static("x-lark-helpdesk-authorization");

/// The largest reply, unless the builder says otherwise: JSON, and downloads.
const JSON_LIMIT: usize = 64 << 20;
const DOWNLOAD_LIMIT: usize = 256 << 20;

/// Speaks to the platform for one app. Cheap to clone; the clones share tokens and connections.
///
/// Runs within tokio, with its time driver on.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) platform: &'static Platform,
    pub(crate) app: App,
    pub(crate) hosts: [String; 3],
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) tokens: Tokens,
    pub(crate) helpdesk: Option<HeaderValue>,
    pub(crate) timeout: Duration,
    pub(crate) body_limit: Option<usize>,
    pub(crate) user_agent: HeaderValue,
}

pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) kind: AppKind,
}

/// Reads a reply into a value whose type only the caller knows.
pub(crate) type Read = fn(Received) -> Result<Box<dyn Any + Send>>;

/// A call on its way: where to, with what, and how to read what comes back.
pub(crate) struct Trip {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) method: Method,
    pub(crate) encoded: Encoded,
    pub(crate) read: Read,
}

/// What a call says who it is with.
enum Credential {
    None,
    Given(HeaderValue),
    Own(Borrowed),
}

impl Client {
    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// A call, to be awaited, with options to set before: `client.send(request).as_user(token).await`.
    pub fn send<R: Request>(&self, request: R) -> Call<'_, R> {
        Call::new(self, request)
    }

    /// All items of a list, page after page.
    pub fn items<R: Paged>(&self, request: R) -> Items<'_, R> {
        Items::new(self, request)
    }

    /// A call to an endpoint this release does not know, by method and path.
    ///
    /// The path starts with `/open-apis/`; its parameters may be written as `:name` and filled in with
    /// [`RawCall::path`], which encodes them.
    pub fn raw<'a>(&'a self, method: Method, path: &str) -> RawCall<'a> {
        RawCall::new(self, method, path)
    }

    /// Takes over the ticket the platform pushes to a store app about every hour (the `app_ticket` event).
    pub fn set_app_ticket(&self, ticket: impl Into<Secret>) {
        self.0.tokens.set_ticket(ticket.into());
    }

    /// The app's id.
    pub fn app_id(&self) -> &str {
        &self.0.app.id
    }

    pub(crate) fn encoder(&self, endpoint: &Endpoint, path: &str) -> Encoder {
        Encoder::new(self.0.base(endpoint.host), path)
    }

    /// The one way of every call; nothing here is generic.
    pub(crate) fn execute(
        &self,
        endpoint: &'static Endpoint,
        method: Method,
        mut encoder: Encoder,
        options: Options,
        read: Read,
    ) -> BoxFuture<'_, Result<Box<dyn Any + Send>>> {
        for (name, value) in &options.headers {
            encoder.header_text(name, value);
        }
        if endpoint.reply == Reply::Bytes {
            encoder.expect_json();
        }
        let encoded = encoder.finish();
        Box::pin(async move {
            let encoded = encoded.map_err(|problem| Error::unsent(endpoint, problem))?;
            let limit = options.timeout.unwrap_or(self.0.timeout);
            let trip = Trip {
                endpoint,
                method,
                encoded,
                read,
            };
            match tokio::time::timeout(limit, self.0.run(trip, &options)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Error::of(
                    endpoint,
                    self.0.platform,
                    Answer::default(),
                    Kind::Timeout(limit),
                )),
            }
        })
    }
}

impl Inner {
    pub(crate) fn base(&self, host: Host) -> &str {
        match host {
            Host::Open => &self.hosts[0],
            Host::Accounts => &self.hosts[1],
            Host::Web => &self.hosts[2],
        }
    }

    /// Token, exchange, and a second exchange if the platform refuses a token that is not the caller's own.
    async fn run(&self, trip: Trip, options: &Options) -> Result<Box<dyn Any + Send>> {
        let endpoint = trip.endpoint;
        match self.credential(endpoint, options).await? {
            Credential::None => self.exchange(trip, None).await,
            Credential::Given(header) => self.exchange(trip, Some(header)).await,
            Credential::Own(token) => {
                let again = trip.again();
                match self.exchange(trip, Some(token.header.clone())).await {
                    Err(error) if error.refuses_own_token() => {
                        token.reject();
                        let Credential::Own(token) = self.credential(endpoint, options).await? else {
                            return Err(error);
                        };
                        self.exchange(again, Some(token.header)).await
                    }
                    outcome => outcome,
                }
            }
        }
    }

    async fn credential(&self, endpoint: &'static Endpoint, options: &Options) -> Result<Credential> {
        if !endpoint.apps.contains(&self.app.kind) {
            let problem = match self.app.kind {
                AppKind::Store => "it is not open to store apps; call it with a custom app",
                AppKind::Custom => "it is not open to custom apps; build the client with `.store_app()`",
            };
            return Err(Error::unsent(endpoint, problem));
        }
        if endpoint.helpdesk && self.helpdesk.is_none() {
            let problem = "it belongs to the help desk; give its credentials with `Builder::helpdesk`";
            return Err(Error::unsent(endpoint, problem));
        }
        if let Some(token) = &options.token {
            return match bearer(token).filter(|_| !token.expose().is_empty()) {
                Some(header) => Ok(Credential::Given(header)),
                None => Err(Error::unsent(
                    endpoint,
                    "the given token is empty or holds characters no header can",
                )),
            };
        }
        let takes = |kind| endpoint.tokens.contains(&kind);
        let kind = match options.kind {
            Some(kind) => kind,
            None if endpoint.tokens.is_empty() => return Ok(Credential::None),
            None if takes(TokenKind::Tenant) => TokenKind::Tenant,
            None if takes(TokenKind::App) => TokenKind::App,
            None => TokenKind::User,
        };
        self.token(endpoint, kind, options.tenant.as_deref())
            .await
            .map(Credential::Own)
    }

    /// One exchange with the platform.
    pub(crate) async fn exchange(&self, trip: Trip, token: Option<HeaderValue>) -> Result<Box<dyn Any + Send>> {
        let Trip {
            endpoint,
            method,
            encoded,
            read,
        } = trip;
        let Encoded { url, mut headers, body } = encoded;
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token);
        }
        if let Some(value) = self.helpdesk.as_ref().filter(|_| endpoint.helpdesk) {
            headers.insert(HELPDESK, value.clone());
        }
        headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        let otherwise = if endpoint.reply == Reply::Bytes {
            DOWNLOAD_LIMIT
        } else {
            JSON_LIMIT
        };
        let body_limit = self.body_limit.unwrap_or(otherwise);

        let start = Instant::now();
        let response = self
            .transport
            .send(Outgoing {
                endpoint,
                method,
                url,
                headers,
                body,
                body_limit,
            })
            .await;
        let response = match response {
            Ok(response) if response.body().len() > body_limit => Err(TransportError::body_too_large(body_limit)),
            other => other,
        };
        let response: http::Response<Bytes> = response.map_err(|error| {
            tracing::debug!(endpoint = endpoint.id, %error, elapsed_ms = millis(start), "no response");
            Error::of(endpoint, self.platform, Answer::default(), Kind::Transport(error))
        })?;
        let status = response.status().as_u16();
        let log = tracing::enabled!(tracing::Level::DEBUG).then(|| log_id(response.headers()).map(str::to_owned));
        let outcome = read(Received {
            endpoint,
            platform: self.platform,
            response,
        });
        if let Some(log_id) = log {
            let code = outcome.as_ref().map_or_else(Error::code, |_| Some(0));
            tracing::debug!(
                endpoint = endpoint.id,
                status,
                code,
                log_id,
                elapsed_ms = millis(start),
                "call"
            );
        }
        outcome
    }
}

impl Trip {
    /// The same call once more; body and headers are shared, not copied.
    fn again(&self) -> Self {
        let Encoded { url, headers, body } = &self.encoded;
        let encoded = Encoded {
            url: url.clone(),
            headers: headers.clone(),
            body: body.clone(),
        };
        Self { encoded, ..*self }
    }
}

fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("app_id", &self.0.app.id)
            .field("app_kind", &self.0.app.kind)
            .field("base_url", &self.0.base(Host::Open))
            .finish_non_exhaustive()
    }
}
