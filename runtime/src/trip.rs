//! The one way of every call: a token, an exchange, and a second exchange when the platform refuses a token of the client's own.

use std::any::Any;

use bytes::Bytes;
use http::{
    HeaderValue,
    header::{AUTHORIZATION, USER_AGENT},
};
use tokio::time::Instant;

use crate::{
    AppKind, Endpoint, Error, Method, Outgoing, Received, Reply, Result, Secret, TokenKind, TransportError,
    call::Options,
    client::Inner,
    encoder::Encoded,
    error::{Answer, Kind},
    headers::HELPDESK,
    reply::log_id,
    token::{self, Borrowed, bearer},
};

/// The largest reply, unless the builder says otherwise: JSON, and downloads.
const JSON_LIMIT: usize = 64 << 20;
const DOWNLOAD_LIMIT: usize = 256 << 20;

/// A payload whose type only the caller knows.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Reads a reply into a payload.
pub(crate) type Read = fn(Received) -> Result<Payload>;

/// A call on its way: where to, with what, and how to read what comes back.
pub(crate) struct Trip {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) method: Method,
    pub(crate) encoded: Encoded,
    pub(crate) read: Read,
}

impl Trip {
    /// The same call once more; body and headers are shared, not copied.
    fn again(&self) -> Self {
        let Encoded {
            url,
            headers,
            body,
            secrets,
        } = &self.encoded;
        let encoded = Encoded {
            url: url.clone(),
            headers: headers.clone(),
            body: body.clone(),
            secrets: secrets.clone(),
        };
        Self { encoded, ..*self }
    }
}

/// How far a call has come, for those who end it before its time.
pub(crate) struct Progress {
    endpoint: &'static Endpoint,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Begun,
    /// Waits for a token from here, the second time if `again`.
    Token {
        token: &'static Endpoint,
        again: bool,
    },
    Sent,
    Over,
}

impl Progress {
    pub(crate) fn new(endpoint: &'static Endpoint) -> Self {
        let stage = Stage::Begun;
        Self { endpoint, stage }
    }

    /// The call has its outcome.
    pub(crate) fn end(&mut self) {
        self.stage = Stage::Over;
    }

    /// Why there is no outcome within `limit`.
    pub(crate) fn timeout(&self, limit: std::time::Duration) -> Kind {
        match self.stage {
            Stage::Token { token, again } => Kind::TokenTimeout { limit, token, again },
            _ => Kind::Timeout(limit),
        }
    }
}

/// A call that its caller drops has nobody to report to but the log.
impl Drop for Progress {
    fn drop(&mut self) {
        let endpoint = self.endpoint.id;
        match self.stage {
            Stage::Token { token, again: false } => {
                let token = token.id;
                tracing::debug!(
                    endpoint,
                    token,
                    "cancelled while waiting for a token; the call was never sent"
                );
            }
            Stage::Token { token, .. } => {
                let token = token.id;
                tracing::debug!(
                    endpoint,
                    token,
                    "cancelled while waiting for another token; the call was refused"
                );
            }
            Stage::Sent => tracing::debug!(endpoint, "cancelled while waiting for a reply; the call may have run"),
            Stage::Begun | Stage::Over => {}
        }
    }
}

/// What a call says who it is with.
enum Credential {
    None,
    Given(HeaderValue),
    Own(TokenKind),
}

impl Inner {
    pub(crate) async fn run(&self, trip: Trip, options: &Options, progress: &mut Progress) -> Result<Payload> {
        let endpoint = trip.endpoint;
        let kind = match self.credential(endpoint, options)? {
            Credential::None => {
                progress.stage = Stage::Sent;
                return self.exchange(trip, None).await;
            }
            Credential::Given(header) => {
                progress.stage = Stage::Sent;
                return self.exchange(trip, Some(header)).await;
            }
            Credential::Own(kind) => kind,
        };
        let token = self.borrow(endpoint, kind, options, false, progress).await?;
        let again = trip.again();
        let error = match self.exchange(trip, Some(token.header.clone())).await {
            Err(error) if error.refuses_own_token() => error,
            outcome => return outcome,
        };
        token.reject();
        let fresh = self.borrow(endpoint, kind, options, true, progress).await?;
        // The platform stands by the token, so it is the call that it does not like.
        if fresh.header == token.header {
            return Err(error);
        }
        self.exchange(again, Some(fresh.header)).await
    }

    async fn borrow(
        &self,
        endpoint: &'static Endpoint,
        kind: TokenKind,
        options: &Options,
        again: bool,
        progress: &mut Progress,
    ) -> Result<Borrowed> {
        let token = token::source(self.app.kind, kind);
        progress.stage = Stage::Token { token, again };
        let token = self.token(endpoint, kind, options.tenant.as_deref()).await?;
        progress.stage = Stage::Sent;
        Ok(token)
    }

    /// Whether the call may be sent at all, and as whom.
    fn credential(&self, endpoint: &'static Endpoint, options: &Options) -> Result<Credential> {
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
            let problem = "the given token is empty or holds characters no token has; pass it on as the platform gave it, \
                           without `Bearer`, quotes or line breaks";
            return match bearer(token) {
                Some(header) => Ok(Credential::Given(header)),
                None => Err(Error::unsent(endpoint, problem)),
            };
        }
        let takes = |kind| endpoint.tokens.contains(&kind);
        Ok(match options.kind {
            Some(kind) => Credential::Own(kind),
            None if endpoint.tokens.is_empty() => Credential::None,
            None if takes(TokenKind::Tenant) => Credential::Own(TokenKind::Tenant),
            None if takes(TokenKind::App) => Credential::Own(TokenKind::App),
            None => Credential::Own(TokenKind::User),
        })
    }

    /// One exchange with the platform.
    pub(crate) async fn exchange(&self, trip: Trip, token: Option<HeaderValue>) -> Result<Payload> {
        let Trip {
            endpoint,
            method,
            encoded,
            read,
        } = trip;
        let Encoded {
            url,
            mut headers,
            body,
            mut secrets,
        } = encoded;
        if let Some(token) = token {
            secrets.push(value(&token));
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
            secrets,
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

/// The token in an `Authorization` header.
pub(crate) fn value(header: &HeaderValue) -> Secret {
    let text = header.to_str().unwrap_or_default();
    text.strip_prefix("Bearer ").unwrap_or(text).into()
}

fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
