//! The one way of every call: attempts, each with a token and an exchange, and the waits between them.

use std::{any::Any, time::Duration};

use http::HeaderValue;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use crate::{
    AppKind, Endpoint, Error, Method, Pacing, Received, Result, Retry, Secret, TokenKind, UserSession,
    call::Options,
    client::Inner,
    encoder::Encoded,
    error::{Answer, Kind, Verdict},
    pace::{Asked, NotNow, tenant_of},
    progress::{Progress, span},
    range::Span,
    retry::Budget,
    token::{self, Borrowed, bearer},
    upload::Upload,
};

/// The largest reply in JSON, unless the builder says otherwise.
pub(crate) const JSON_LIMIT: usize = 64 << 20;

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
    /// Whether sending it twice does no harm: it only reads, carries a key against duplicates, or asks for a token.
    fn is_safe(&self) -> bool {
        self.method == Method::Get || self.encoded.has_key || token::issues(self.endpoint)
    }
}

/// Where a call is.
#[derive(Clone, Copy)]
pub(crate) enum Stage {
    Begun,
    /// Waits for a token from here, the second time if `again`.
    Token {
        token: &'static Endpoint,
        again: bool,
    },
    /// Waits for its turn.
    Turn,
    Sent,
    /// Waits until it may be tried again.
    Waiting,
    Over,
}

/// What a call says who it is with.
pub(crate) enum Credential {
    None,
    Given(HeaderValue),
    Own(TokenKind),
}

impl Inner {
    /// A whole call, with all its attempts.
    pub(crate) async fn run(&self, trip: &mut Trip, options: &Options, progress: &mut Progress) -> Result<Payload> {
        let credential = self.credential(trip.endpoint, options)?;
        self.attempts(trip, &credential, options, self.retry(options), progress)
            .await
    }

    /// A call of the client's own, beside those of its user: it carries the app's secret in its body, and no token.
    pub(crate) async fn apart(&self, trip: &mut Trip, retry: &Retry) -> Result<Payload> {
        let span = span(trip.endpoint);
        let call = async {
            let (options, mut progress) = (
                Options::default(),
                Progress::new(trip.endpoint, self.timeout, span.clone()),
            );
            let outcome = self
                .attempts(trip, &Credential::None, &options, retry, &mut progress)
                .await;
            self.finish(&mut progress, &outcome);
            outcome
        };
        call.instrument(span.clone()).await
    }

    /// Tries until it succeeds, or until there is no use in trying.
    pub(crate) async fn attempts(
        &self,
        trip: &mut Trip,
        credential: &Credential,
        options: &Options,
        retry: &Retry,
        progress: &mut Progress,
    ) -> Result<Payload> {
        let budget = retry.own_budget().unwrap_or(&self.budget);
        loop {
            progress.attempt += 1;
            let last = progress.attempt >= retry.limit();
            let error = match self.attempt(trip, last, credential, options, progress).await {
                Ok(payload) => {
                    budget.earn();
                    self.report(progress, None, None);
                    return Ok(payload);
                }
                Err(error) => error,
            };
            let wait = match self.plan(&error, trip, last, retry, budget, progress) {
                Ok(wait) => wait,
                Err(note) => {
                    let error = note.into_iter().fold(error, Error::noted);
                    let error = error.tried(progress.attempts, progress.ran);
                    self.report(progress, Some(&error), None);
                    return Err(error);
                }
            };
            self.report(progress, Some(&error), Some(wait));
            progress.ran |= error.may_have_run();
            progress.stage = Stage::Waiting;
            sleep(wait).await;
        }
    }

    /// After a failed attempt: how long to wait for the next; otherwise the error is final, with a note where that is not plain.
    fn plan(
        &self,
        error: &Error,
        trip: &Trip,
        last: bool,
        retry: &Retry,
        budget: &Budget,
        progress: &Progress,
    ) -> Result<Duration, Option<String>> {
        let verdict = error.verdict();
        // A call for a token was tried as often as it may be, for all who waited for it.
        let is_final = verdict == Verdict::Final || !error.is_of(trip.endpoint);
        if last || is_final || verdict == Verdict::Lost && !trip.is_safe() {
            return Err(None);
        }
        if let Some(name) = trip.encoded.upload.as_ref().and_then(Upload::spent) {
            return Err(Some(format!(
                "not tried again, for the reader of the file `{name}` is spent; call again with a new reader, or give the file by path or bytes"
            )));
        }
        let named = error.retry_after();
        let wait = match named {
            Some(named) => retry.wait_named(named, &self.dice),
            None if verdict == Verdict::Limited => retry.wait_limited(progress.attempt, &self.dice),
            None => retry.wait(progress.attempt, &self.dice),
        };
        let next = Instant::now().checked_add(wait);
        if next.is_none_or(|next| next >= progress.deadline) {
            return Err(None);
        }
        let is_free = verdict == Verdict::Limited && named.is_some();
        if !is_free && !budget.spend() {
            tracing::warn!(endpoint = trip.endpoint.id, %error, "not tried again: the retry budget is spent");
            return Err(None);
        }
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(endpoint = trip.endpoint.id, attempt = progress.attempt, wait_ms, %error, "trying again");
        Ok(wait)
    }

    /// One attempt: a token, an exchange, and a second one where the platform refuses a token of the client's own.
    async fn attempt(
        &self,
        trip: &mut Trip,
        last: bool,
        credential: &Credential,
        options: &Options,
        progress: &mut Progress,
    ) -> Result<Payload> {
        let endpoint = trip.endpoint;
        let (header, own) = match credential {
            Credential::None => (None, None),
            Credential::Given(header) => (Some(header.clone()), None),
            Credential::Own(kind) => {
                let token = self.borrow(endpoint, *kind, options, false, progress).await?;
                (Some(token.header.clone()), Some((*kind, token)))
            }
        };
        let outcome = self
            .in_turn(trip, last && own.is_none(), header, options, progress)
            .await;
        let (kind, token, error) = match (own, outcome) {
            (Some((kind, token)), Err(error)) if token.is_refused(&error) => (kind, token, error),
            (_, outcome) => return outcome,
        };
        // Boxed, for few calls come here, and the others need not be as large.
        Box::pin(self.again(trip, last, kind, &token, error, options, progress)).await
    }

    /// The second exchange of an attempt, after the platform refused `token` with `error`.
    #[allow(clippy::too_many_arguments)]
    async fn again(
        &self,
        trip: &mut Trip,
        last: bool,
        kind: TokenKind,
        token: &Borrowed,
        error: Error,
        options: &Options,
        progress: &mut Progress,
    ) -> Result<Payload> {
        let endpoint = trip.endpoint;
        token.reject();
        if let Some(name) = trip.encoded.upload.as_ref().and_then(Upload::spent) {
            let code = error.code().unwrap_or_default();
            let problem = format!(
                "its token was refused ({code}), and the reader of the file `{name}` is spent, so it cannot be sent with another; call again \
                 with a new reader, or give the file by path or bytes"
            );
            self.report(progress, Some(&error), None);
            return Err(Error::unsent(endpoint, problem));
        }
        let fresh = match self.borrow(endpoint, kind, options, true, progress).await {
            Ok(fresh) if fresh.header != token.header => fresh,
            // The platform stands by the token, so it is the call that it does not like.
            Ok(_) => return Err(error),
            Err(missing) => {
                self.report(progress, Some(&error), None);
                return Err(missing);
            }
        };
        self.report(progress, Some(&error), Some(Duration::ZERO));
        let outcome = self
            .in_turn(trip, last, Some(fresh.header.clone()), options, progress)
            .await;
        // The call is over, and the next one shall not meet the same.
        if outcome.as_ref().is_err_and(|error| fresh.is_refused(error)) {
            fresh.reject();
        }
        outcome
    }

    /// One exchange, when it is its turn. That comes after the token: calls that wait for one must not go out all at once.
    async fn in_turn(
        &self,
        trip: &mut Trip,
        last: bool,
        token: Option<HeaderValue>,
        options: &Options,
        progress: &mut Progress,
    ) -> Result<Payload> {
        let endpoint = trip.endpoint;
        // One token serves all, so these calls are few.
        if token::issues(endpoint) {
            return self.exchange(trip, last, token, progress).await;
        }
        let session = options.session.as_ref().map(UserSession::key);
        let tenant = tenant_of(
            self.app.kind,
            options.tenant.as_deref(),
            options.token.as_ref().map(Secret::expose).or(session),
        );
        let asked = Asked {
            endpoint,
            tenant,
            receiver: trip.encoded.receiver,
            pacing: options.pacing.unwrap_or(self.pacing),
            deadline: Some(progress.deadline),
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
        self.observed.note(endpoint, options);
        let outcome = self.exchange(trip, last, token, progress).await;
        if let Err(error) = &outcome
            && error.is_rate_limited()
            && let Some(wait) = error.retry_after()
        {
            Box::pin(self.pace.penalty(endpoint, tenant, wait)).await;
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
        let token = self.token(endpoint, kind, options).await?;
        progress.stage = Stage::Begun;
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
}
