//! The one way of every call: a token, an exchange, and a second exchange when the platform refuses a token of the client's own.

use std::{any::Any, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue,
    header::{AUTHORIZATION, USER_AGENT},
};
use tokio::time::Instant;

use crate::{
    AppKind, Body, Chunks, Endpoint, Error, Method, Outgoing, Pacing, Received, Reply, Result, Secret, TokenKind,
    call::Options,
    client::Inner,
    encoder::Encoded,
    error::{Answer, Kind},
    headers::HELPDESK,
    pace::{Asked, NotNow, tenant_of},
    range::Span,
    reply::log_id,
    token::{self, Borrowed, bearer},
    upload::Upload,
};

/// The largest reply, unless the builder says otherwise: JSON, and downloads.
pub(crate) const JSON_LIMIT: usize = 64 << 20;
const DOWNLOAD_LIMIT: usize = 256 << 20;

/// A payload whose type only the caller knows.
pub(crate) type Payload = Box<dyn Any + Send>;

/// How a reply becomes a payload.
#[derive(Clone, Copy)]
pub(crate) enum Read {
    /// Read whole.
    Whole(fn(Received) -> Result<Payload>),
    /// As [`Chunks`], of which the beginning is read.
    Chunks,
}

/// A call on its way: where to, with what, and how to read what comes back.
pub(crate) struct Trip {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) method: Method,
    pub(crate) encoded: Encoded,
    pub(crate) read: Read,
    pub(crate) range: Option<Span>,
    /// How long each chunk may take.
    pub(crate) wait: Duration,
}

impl Trip {
    /// The same call once more; body and headers are shared, not copied.
    fn again(&self) -> Self {
        let Encoded {
            url,
            headers,
            body,
            upload,
            secrets,
            receiver,
        } = &self.encoded;
        let encoded = Encoded {
            url: url.clone(),
            headers: headers.clone(),
            body: body.clone(),
            upload: upload.clone(),
            secrets: secrets.clone(),
            receiver: *receiver,
        };
        Self { encoded, ..*self }
    }
}

/// How far a call has come, for those who end it before its time.
pub(crate) struct Progress {
    endpoint: &'static Endpoint,
    stage: Stage,
    limit: Duration,
    /// When the call's time is over; `None`: so late that no clock knows it.
    deadline: Option<Instant>,
}

#[derive(Clone, Copy)]
enum Stage {
    Begun,
    /// Waits for a token from here, the second time if `again`.
    Token {
        token: &'static Endpoint,
        again: bool,
    },
    /// Waits for its turn.
    Turn,
    Sent,
    Over,
}

impl Progress {
    pub(crate) fn new(endpoint: &'static Endpoint, limit: Duration) -> Self {
        Self {
            endpoint,
            stage: Stage::Begun,
            limit,
            deadline: Instant::now().checked_add(limit),
        }
    }

    /// The call has its outcome.
    pub(crate) fn end(&mut self) {
        self.stage = Stage::Over;
    }

    /// Why there is no outcome within `limit`.
    pub(crate) fn timeout(&self, limit: std::time::Duration) -> Kind {
        match self.stage {
            Stage::Token { token, again } => Kind::TokenTimeout { limit, token, again },
            Stage::Turn => Kind::TurnTimeout(limit),
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
            Stage::Turn => tracing::debug!(
                endpoint,
                "cancelled while waiting for its turn; the call was never sent"
            ),
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
            Credential::None => return self.attempt(trip, None, options, progress).await,
            Credential::Given(header) => return self.attempt(trip, Some(header), options, progress).await,
            Credential::Own(kind) => kind,
        };
        let token = self.borrow(endpoint, kind, options, false, progress).await?;
        let again = trip.again();
        let error = match self.attempt(trip, Some(token.header.clone()), options, progress).await {
            Err(error) if error.refuses_own_token() => error,
            outcome => return outcome,
        };
        token.reject();
        if let Some(name) = again.encoded.upload.as_ref().and_then(Upload::spent) {
            let code = error.code().unwrap_or_default();
            let problem = format!(
                "its token was refused ({code}), and the reader of the file `{name}` is spent, so it cannot be sent with another; call again \
                 with a new reader, or give the file by path or bytes"
            );
            return Err(Error::unsent(endpoint, problem));
        }
        let fresh = self.borrow(endpoint, kind, options, true, progress).await?;
        // The platform stands by the token, so it is the call that it does not like.
        if fresh.header == token.header {
            return Err(error);
        }
        self.attempt(again, Some(fresh.header), options, progress).await
    }

    /// One exchange, when it is its turn. That comes after the token: calls that wait for one must not go out all at once.
    async fn attempt(
        &self,
        trip: Trip,
        token: Option<HeaderValue>,
        options: &Options,
        progress: &mut Progress,
    ) -> Result<Payload> {
        let endpoint = trip.endpoint;
        let tenant = tenant_of(
            self.app.kind,
            options.tenant.as_deref(),
            options.token.as_ref().map(Secret::expose),
        );
        let asked = Asked {
            endpoint,
            tenant,
            receiver: trip.encoded.receiver,
            pacing: options.pacing.unwrap_or(self.pacing),
            deadline: progress.deadline,
        };
        progress.stage = Stage::Turn;
        if let Err(NotNow(wait)) = self.pace.turn(&asked).await {
            let limit = (asked.pacing == Pacing::Wait).then_some(progress.limit);
            let answer = Answer {
                retry_after: Some(wait),
                ..Answer::default()
            };
            return Err(Error::of(endpoint, self.platform, answer, Kind::NotNow { wait, limit }));
        }
        progress.stage = Stage::Sent;
        self.observed.note(endpoint, options);
        let outcome = self.exchange(trip, token).await;
        if let Err(error) = &outcome
            && error.is_rate_limited()
            && let Some(wait) = error.retry_after()
        {
            self.pace.penalty(endpoint, tenant, wait).await;
        }
        outcome
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
        self.token(endpoint, kind, options.tenant.as_deref()).await
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
            range,
            wait,
        } = trip;
        let Encoded {
            url,
            mut headers,
            body,
            upload,
            mut secrets,
            receiver: _,
        } = encoded;
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token);
        }
        if let Some((header, token)) = self.helpdesk.as_ref().filter(|_| endpoint.helpdesk) {
            secrets.push(token.clone());
            headers.insert(HELPDESK, header.clone());
        }
        secrets.extend(headers.values().filter(|header| header.is_sensitive()).map(value));
        headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        let otherwise = if endpoint.reply == Reply::Bytes {
            DOWNLOAD_LIMIT
        } else {
            JSON_LIMIT
        };
        let body_limit = self.body_limit.unwrap_or(otherwise);

        let upload = match upload {
            Some(upload) => Some(
                upload
                    .open()
                    .await
                    .map_err(|problem| Error::unsent(endpoint, problem))?,
            ),
            None => None,
        };

        let start = Instant::now();
        let streams = upload.is_some() || matches!(read, Read::Chunks);
        let call = Outgoing {
            endpoint,
            method,
            url,
            headers,
            body,
            body_limit,
            upload,
        };
        let response = match streams {
            true => self.transport.open(call).await,
            false => self.transport.send(call).await.map(|response| response.map(Body::from)),
        };
        // Of what is read whole, the head alone is no response yet.
        let response = match response {
            Ok(response) if matches!(read, Read::Whole(_)) => {
                let (head, body) = response.into_parts();
                let bytes = body.whole(body_limit).await;
                bytes.map(|bytes| http::Response::from_parts(head, (bytes, Body::default())))
            }
            other => other.map(|response| response.map(|body| (Bytes::new(), body))),
        };
        let response = response.map_err(|error| {
            tracing::debug!(endpoint = endpoint.id, %error, elapsed_ms = millis(start), "no response");
            Error::of(endpoint, self.platform, Answer::default(), Kind::Transport(error))
        })?;
        let status = response.status();
        let log = tracing::enabled!(tracing::Level::DEBUG).then(|| log_id(response.headers()).map(str::to_owned));
        let problem = range.and_then(|range| range.problem(status, response.headers()));
        let (head, (bytes, body)) = response.into_parts();
        let received = Received {
            endpoint,
            platform: self.platform,
            response: http::Response::from_parts(head, bytes),
            secrets,
        };
        let problem = problem.map(|problem| received.error(Kind::Unreadable(problem)));
        let outcome = match read {
            Read::Whole(read) => read(received),
            Read::Chunks => {
                let chunks = Chunks::begin(received, body, self.body_limit, wait).await;
                chunks.map(|chunks| Box::new(chunks) as _)
            }
        };
        // A refusal is the error it is; only a success is looked at further.
        let outcome = outcome.and_then(|payload| problem.map_or(Ok(payload), Err));
        if let Some(log_id) = log {
            let code = outcome.as_ref().map_or_else(Error::code, |_| Some(0));
            tracing::debug!(
                endpoint = endpoint.id,
                status = status.as_u16(),
                code,
                log_id,
                elapsed_ms = millis(start),
                "call"
            );
        }
        outcome
    }
}

/// The token in an `Authorization` header; the whole of any other.
pub(crate) fn value(header: &HeaderValue) -> Secret {
    let text = header.to_str().unwrap_or_default();
    text.strip_prefix("Bearer ").unwrap_or(text).into()
}

fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
