//! The one way of every call: attempts, each with a token and an exchange, and the waits between them.

use std::{any::Any, ops::ControlFlow, time::Duration};

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

/// A call on its way: where to, with what, and how to read what comes back. All that lives as long as the call is in it, in one place,
/// for the futures of a call are as large as what they hold.
pub(crate) struct Trip {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) method: Method,
    pub(crate) encoded: Encoded,
    pub(crate) options: Options,
    pub(crate) read: Read,
    /// What it is sent with at present.
    pub(crate) token: Option<HeaderValue>,
}

impl Trip {
    pub(crate) fn new(endpoint: &'static Endpoint, encoded: Encoded, options: Options, read: Read) -> Self {
        Self {
            endpoint,
            method: endpoint.method,
            encoded,
            options,
            read,
            token: None,
        }
    }

    /// Whether sending it twice does no harm: it only reads, carries a key against duplicates, is a block of an upload, or asks for a token.
    fn is_safe(&self) -> bool {
        self.method == Method::Get || self.encoded.has_key || self.options.repeatable || token::issues(self.endpoint)
    }

    /// The name of a file that cannot be sent again.
    fn spent(&self) -> Option<&str> {
        self.encoded.upload.as_ref().and_then(Upload::spent)
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
    /// Waits for the files it uploads to be open.
    Opening,
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
    pub(crate) async fn run(&self, trip: &mut Trip, progress: &mut Progress) -> Result<Payload> {
        let credential = self.credential(trip.endpoint, &trip.options)?;
        self.attempts(trip, &credential, progress).await
    }

    /// A call of the client's own, beside those of its user: it carries the app's secret in its body, and no token.
    pub(crate) async fn apart(&self, trip: &mut Trip) -> Result<Payload> {
        let mut progress = Progress::new(trip.endpoint, self.timeout, span(trip.endpoint));
        let span = progress.span();
        let call = self.attempts(trip, &Credential::None, &mut progress);
        let outcome = call.instrument(span).await;
        self.finish(&mut progress, &outcome);
        outcome
    }

    /// Tries until it succeeds, or until there is no use in trying.
    async fn attempts(&self, trip: &mut Trip, credential: &Credential, progress: &mut Progress) -> Result<Payload> {
        loop {
            progress.attempt += 1;
            let outcome = self.attempt(trip, credential, progress).await;
            match self.judge(outcome, trip, progress) {
                ControlFlow::Break(outcome) => return outcome,
                ControlFlow::Continue(wait) => sleep(wait).await,
            }
        }
    }

    /// Whether that was the last attempt, or else how long to wait for the next.
    fn judge(
        &self,
        outcome: Result<Payload>,
        trip: &Trip,
        progress: &mut Progress,
    ) -> ControlFlow<Result<Payload>, Duration> {
        let retry = self.retry(&trip.options);
        let budget = retry.own_budget().unwrap_or(&self.budget);
        let error = match outcome {
            Ok(payload) => {
                budget.earn();
                self.report(progress, None, None);
                return ControlFlow::Break(Ok(payload));
            }
            Err(error) => error,
        };
        match self.plan(&error, trip, retry, budget, progress) {
            Ok(wait) => {
                self.report(progress, Some(&error), Some(wait));
                progress.ran |= error.may_have_run();
                progress.stage = Stage::Waiting;
                ControlFlow::Continue(wait)
            }
            Err(note) => {
                let error = note.into_iter().fold(error, Error::noted);
                let error = error.tried(progress.attempts, progress.ran);
                self.report(progress, Some(&error), None);
                ControlFlow::Break(Err(error))
            }
        }
    }

    /// After a failed attempt: how long to wait for the next; otherwise the error is final, with a note where that is not plain.
    fn plan(
        &self,
        error: &Error,
        trip: &Trip,
        retry: &Retry,
        budget: &Budget,
        progress: &Progress,
    ) -> Result<Duration, Option<String>> {
        let verdict = error.verdict();
        // A call for a token was tried as often as it may be, for all who waited for it.
        let is_final = verdict == Verdict::Final || !error.is_of(trip.endpoint);
        let is_last = progress.attempt >= retry.limit();
        if is_last || is_final || verdict == Verdict::Lost && !trip.is_safe() {
            return Err(None);
        }
        if let Some(name) = trip.spent() {
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
    async fn attempt(&self, trip: &mut Trip, credential: &Credential, progress: &mut Progress) -> Result<Payload> {
        let own = match credential {
            Credential::None => None,
            Credential::Given(header) => {
                trip.token = Some(header.clone());
                None
            }
            Credential::Own(kind) => Some(match self.fresh(*kind, &trip.options) {
                Some(token) => token,
                // Boxed, as all that few calls come to, so that the others are not as large.
                None => Box::pin(self.borrow(*kind, false, trip, progress)).await?,
            }),
        };
        if let Some(token) = &own {
            trip.token = Some(token.header().clone());
        }
        let outcome = self.in_turn(trip, progress).await;
        match (own, outcome) {
            (Some(token), Err(error)) if token.is_refused(&error) => {
                Box::pin(self.again(trip, &token, error, progress)).await
            }
            (_, outcome) => outcome,
        }
    }

    /// The second exchange of an attempt, after the platform refused `token` with `error`.
    async fn again(&self, trip: &mut Trip, token: &Borrowed, error: Error, progress: &mut Progress) -> Result<Payload> {
        token.reject();
        if let Some(name) = trip.spent() {
            let code = error.code().unwrap_or_default();
            let problem = format!(
                "its token was refused ({code}), and the reader of the file `{name}` is spent, so it cannot be sent with another; call again \
                 with a new reader, or give the file by path or bytes"
            );
            self.report(progress, Some(&error), None);
            return Err(Error::unsent(trip.endpoint, problem));
        }
        let fresh = match self.borrow(token.kind, true, trip, progress).await {
            Ok(fresh) if fresh.header() != token.header() => fresh,
            // The platform stands by the token, so it is the call that it does not like.
            Ok(_) => return Err(error),
            Err(missing) => {
                self.report(progress, Some(&error), None);
                return Err(missing);
            }
        };
        self.report(progress, Some(&error), Some(Duration::ZERO));
        trip.token = Some(fresh.header().clone());
        let outcome = self.in_turn(trip, progress).await;
        // The call is over, and the next one shall not meet the same.
        if outcome.as_ref().is_err_and(|error| fresh.is_refused(error)) {
            fresh.reject();
        }
        outcome
    }

    /// One exchange, when it is its turn. That comes after the token: calls that wait for one must not go out all at once.
    async fn in_turn(&self, trip: &mut Trip, progress: &mut Progress) -> Result<Payload> {
        // One token serves all, so the calls for them are few.
        let takes_turns = !token::issues(trip.endpoint);
        if takes_turns {
            self.turn(trip, progress).await?;
            self.observed.note(trip.endpoint, &trip.options);
        }
        let outcome = self.exchange(trip, progress).await;
        if let Err(error) = &outcome
            && takes_turns
            && error.is_rate_limited()
            && let Some(wait) = error.retry_after()
        {
            Box::pin(self.pace.penalty(trip.endpoint, self.tenant(&trip.options), wait)).await;
        }
        outcome
    }

    async fn turn(&self, trip: &Trip, progress: &mut Progress) -> Result<()> {
        let asked = Asked {
            endpoint: trip.endpoint,
            tenant: self.tenant(&trip.options),
            receiver: trip.encoded.receiver,
            pacing: trip.options.pacing.unwrap_or(self.pacing),
            deadline: Some(progress.deadline),
        };
        progress.stage = Stage::Turn;
        let Err(NotNow(wait)) = self.pace.turn(&asked).await else {
            return Ok(());
        };
        let limit = (asked.pacing == Pacing::Wait).then_some(progress.limit);
        let answer = Answer {
            retry_after: Some(wait),
            ..Answer::default()
        };
        Err(Error::of(
            trip.endpoint,
            self.platform,
            answer,
            Kind::NotNow { wait, limit },
        ))
    }

    /// Who shares limits with a call of these options.
    fn tenant<'a>(&self, options: &'a Options) -> &'a str {
        let session = options.session.as_ref().map(UserSession::key);
        let user = options.token.as_ref().map(Secret::expose).or(session);
        tenant_of(self.app.kind, options.tenant.as_deref(), user)
    }

    async fn borrow(&self, kind: TokenKind, again: bool, trip: &Trip, progress: &mut Progress) -> Result<Borrowed> {
        let token = token::source(self.app.kind, kind);
        progress.stage = Stage::Token { token, again };
        let token = self.token(trip.endpoint, kind, &trip.options).await?;
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
