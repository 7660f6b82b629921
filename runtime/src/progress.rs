//! How far a call has come: for its time limit, for those who end it early, and for those who watch it.

use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;
use tracing::{Span, field::Empty};

use crate::{
    Attempt, Endpoint, Error, Outcome, Result,
    client::Inner,
    error::Kind,
    observe::tell,
    trip::{Payload, Stage},
};

/// A call under way.
pub(crate) struct Progress {
    pub(crate) endpoint: &'static Endpoint,
    span: Span,
    pub(crate) stage: Stage,
    start: Instant,
    pub(crate) limit: Duration,
    /// When its time is over.
    pub(crate) deadline: Instant,
    /// The attempt that is being made.
    pub(crate) attempt: u32,
    /// How often it was sent.
    pub(crate) attempts: u32,
    /// Whether an attempt before the present one may have run.
    pub(crate) ran: bool,
    /// The exchange that is not reported yet.
    pub(crate) exchange: Option<Exchange>,
}

/// What is known of one exchange.
pub(crate) struct Exchange {
    pub(crate) start: Instant,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) status: Option<StatusCode>,
    pub(crate) log_id: Option<String>,
}

impl Progress {
    pub(crate) fn new(endpoint: &'static Endpoint, limit: Duration, span: Span) -> Self {
        const YEAR: Duration = Duration::from_secs(365 * 86_400);
        let start = Instant::now();
        Self {
            endpoint,
            span,
            stage: Stage::Begun,
            start,
            limit,
            deadline: start.checked_add(limit).unwrap_or_else(|| start + YEAR),
            attempt: 0,
            attempts: 0,
            ran: false,
            exchange: None,
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Why there is no outcome within `limit`.
    pub(crate) fn timeout(&self) -> Kind {
        let limit = self.limit;
        match self.stage {
            Stage::Token { token, again } => Kind::TokenTimeout { limit, token, again },
            Stage::Turn => Kind::TurnTimeout(limit),
            Stage::Opening => Kind::FileTimeout(limit),
            _ => Kind::Timeout(limit),
        }
    }
}

/// The span of a call; what is not known yet is filled in when it is over.
pub(crate) fn span(endpoint: &'static Endpoint) -> Span {
    tracing::info_span!(
        "call",
        endpoint = endpoint.id,
        attempts = Empty,
        status = Empty,
        code = Empty,
        log_id = Empty,
        elapsed_ms = Empty
    )
}

impl Inner {
    /// Whether anybody wants to know of single attempts.
    pub(crate) fn is_watched(&self, progress: &Progress) -> bool {
        self.observer.is_some() || !progress.span.is_disabled() || tracing::enabled!(tracing::Level::DEBUG)
    }

    /// An exchange is over.
    pub(crate) fn report(&self, progress: &mut Progress, error: Option<&Error>, retry_in: Option<Duration>) {
        let Some(exchange) = progress.exchange.take().filter(|_| self.is_watched(progress)) else {
            return;
        };
        let status = exchange.status.or_else(|| error?.status());
        let attempt = Attempt {
            endpoint: progress.endpoint,
            attempt: progress.attempts,
            status,
            code: error.map_or_else(|| status.map(|_| 0), Error::code),
            log_id: exchange.log_id.as_deref().or_else(|| error?.log_id()),
            elapsed: exchange.start.elapsed(),
            sent: exchange.sent,
            received: exchange.received,
            error,
            retry_in,
        };
        let (status, code, log_id) = (status.map(|status| status.as_u16()), attempt.code, attempt.log_id);
        tracing::debug!(
            endpoint = progress.endpoint.id,
            attempt = attempt.attempt,
            status,
            code,
            log_id,
            elapsed_ms = millis(attempt.elapsed),
            sent = attempt.sent,
            received = attempt.received,
            error = error.map(tracing::field::display),
            "attempt"
        );
        progress
            .span
            .record("status", status)
            .record("code", code)
            .record("log_id", log_id);
        if let Some(observer) = &self.observer {
            tell(&**observer, |observer| observer.attempt(&attempt));
        }
    }

    /// A call is over.
    pub(crate) fn finish(&self, progress: &mut Progress, outcome: &Result<Payload>) {
        let _in_span = progress.span().entered();
        let error = outcome.as_ref().err();
        // What is under way when the time is over.
        self.report(progress, error, None);
        progress.stage = Stage::Over;
        let span = &progress.span;
        if span.is_disabled() && self.observer.is_none() {
            return;
        }
        let elapsed = progress.start.elapsed();
        span.record("attempts", progress.attempts)
            .record("elapsed_ms", millis(elapsed));
        if let Some(observer) = &self.observer {
            let outcome = Outcome {
                endpoint: progress.endpoint,
                attempts: progress.attempts,
                elapsed,
                error,
            };
            tell(&**observer, |observer| observer.call(&outcome));
        }
    }
}

/// A call that its caller drops has nobody to report to but the log.
impl Drop for Progress {
    fn drop(&mut self) {
        let _in_span = self.span.enter();
        let endpoint = self.endpoint.id;
        match self.stage {
            Stage::Token { token, again: false } => {
                let token = token.id;
                tracing::debug!(
                    endpoint,
                    token,
                    "cancelled while waiting for a token; the call was not sent"
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
            Stage::Turn => tracing::debug!(endpoint, "cancelled while waiting for its turn; the call was not sent"),
            Stage::Opening => tracing::debug!(endpoint, "cancelled while its files were opened; the call was not sent"),
            Stage::Sent => tracing::debug!(endpoint, "cancelled while waiting for a reply; the call may have run"),
            Stage::Waiting => {
                let may_have_run = self.ran;
                tracing::debug!(endpoint, may_have_run, "cancelled while waiting for another attempt");
            }
            Stage::Begun | Stage::Over => {}
        }
    }
}

fn millis(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
