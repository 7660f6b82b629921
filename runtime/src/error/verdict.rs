//! Whether a failed call may be tried again, from the facts of the failure.

use std::sync::Arc;

use http::StatusCode;

use super::{Error, Kind, Tries};
use crate::Endpoint;

/// What a failure means for another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Another attempt would fare no better.
    Final,
    /// It came too fast, and did not run.
    Limited,
    /// It did not run.
    Unrun,
    /// It may have run, and another attempt may fare better.
    Lost,
}

impl Error {
    /// How often the call was sent; 0 when it never was, and a replay with a new token does not count.
    pub fn attempts(&self) -> u32 {
        self.1.count
    }

    /// Counts the attempts. What a call for a token failed with keeps its own count.
    pub(crate) fn tried(mut self, count: u32, ran: bool) -> Self {
        self.1 = Tries {
            count: if self.1.count == 0 { count } else { self.1.count },
            ran: self.1.ran || ran,
        };
        self
    }

    /// Whether it is of this endpoint, and not of a token that a call to it needed.
    pub(crate) fn is_of(&self, endpoint: &'static Endpoint) -> bool {
        self.0.endpoint.is_some_and(|own| std::ptr::eq(own, endpoint))
    }

    /// Adds why there was no other attempt.
    pub(crate) fn noted(mut self, note: String) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.note = Some(note);
        }
        self
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match &self.0.kind {
            Kind::Transport(error) if error.is_connect() => Verdict::Unrun,
            Kind::Transport(error) if !error.is_body_too_large() => Verdict::Lost,
            Kind::Refused(_) | Kind::Unreadable(_) => self.verdict_of_answer(),
            _ => Verdict::Final,
        }
    }

    /// Codes say more than statuses, and the inner code of an old service more than its code.
    fn verdict_of_answer(&self) -> Verdict {
        let refusal = self.refusal();
        let inner = refusal.and_then(|refusal| refusal.inner_code());
        if let Some(table) = self.0.platform.map(|platform| &platform.retry_errors) {
            for code in [inner, self.code()].into_iter().flatten() {
                let rows = [
                    (table.last, Verdict::Final),
                    (table.limited, Verdict::Limited),
                    (table.busy, Verdict::Unrun),
                ];
                if let Some((_, verdict)) = rows.into_iter().find(|(codes, _)| codes.contains(&code)) {
                    return verdict;
                }
            }
        }
        match self.status() {
            Some(StatusCode::TOO_MANY_REQUESTS) => Verdict::Limited,
            Some(StatusCode::NOT_IMPLEMENTED | StatusCode::HTTP_VERSION_NOT_SUPPORTED) => Verdict::Final,
            Some(status) if status.is_server_error() && !self.is_token_rejected() => Verdict::Lost,
            _ => Verdict::Final,
        }
    }
}
