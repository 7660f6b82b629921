//! What those who measure are told.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use http::StatusCode;

use crate::{Endpoint, Error};

/// Is told of every attempt and every call, for metrics; see [`Builder::observer`](crate::Builder::observer).
///
/// It is called where the call is made, so it must be quick. A panic in it is caught, and the call goes on. Calls for tokens are
/// reported as well, with their own endpoints. A call that is dropped before its end is not reported.
pub trait Observer: Send + Sync + 'static {
    /// An attempt is over.
    fn attempt(&self, attempt: &Attempt<'_>) {
        let _ = attempt;
    }

    /// A call is over, with all its attempts.
    fn call(&self, outcome: &Outcome<'_>) {
        let _ = outcome;
    }
}

/// One exchange with the platform.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The endpoint it went to.
    pub endpoint: &'static Endpoint,
    /// Which attempt of its call it was, from 1; one that is repeated with a new token keeps its number.
    pub attempt: u32,
    /// The HTTP status; `None` when there was no answer.
    pub status: Option<StatusCode>,
    /// The platform's code, 0 for success; `None` when it sent none.
    pub code: Option<i64>,
    /// The log id, by which the platform's support finds the call.
    pub log_id: Option<&'a str>,
    /// How long it took.
    pub elapsed: Duration,
    /// The bytes of the body that was sent.
    pub sent: u64,
    /// The bytes of the body that was read; of a download in chunks, those read to begin with.
    pub received: u64,
    /// Why it failed.
    pub error: Option<&'a Error>,
    /// After how long it will be tried again; `None` when it will not.
    pub retry_in: Option<Duration>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// The endpoint it went to.
    pub endpoint: &'static Endpoint,
    /// How often it was tried; 0 when it was not sent.
    pub attempts: u32,
    /// How long it took, waits and tokens included.
    pub elapsed: Duration,
    /// Why it failed.
    pub error: Option<&'a Error>,
}

/// Hands something to the observer, whatever that does with it.
pub(crate) fn tell(observer: &dyn Observer, what: impl FnOnce(&dyn Observer)) {
    if catch_unwind(AssertUnwindSafe(|| what(observer))).is_err() {
        tracing::warn!("the observer panicked; the call goes on");
    }
}
