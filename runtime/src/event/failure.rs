//! What went wrong with an event, for those who want to know.

use std::{fmt, sync::Arc, time::Duration};

use serde_json::Value;

use super::{BoxError, Envelope};

/// An event that was not handled; [`Router::on_failure`](super::Router::on_failure) hears of it.
#[non_exhaustive]
pub struct Failure {
    /// Which event; `None` when not even that could be read.
    pub envelope: Option<Envelope>,
    /// What went wrong.
    pub cause: Cause,
    pub(super) raw: Option<Arc<Value>>,
}

/// Why an event was not handled.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause {
    /// The handler returned this error.
    Error(BoxError),
    /// The handler panicked with this message.
    Panic(String),
    /// The handler took longer than its time limit and was cancelled.
    TimeLimit(Duration),
    /// The delivery or its body has another shape than expected.
    Unreadable(String),
}

impl Failure {
    /// The whole delivery as it came, to be kept and looked into; it may hold secrets. `None` when it is no JSON.
    pub fn raw(&self) -> Option<&Value> {
        self.raw.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.envelope {
            Some(envelope) => write!(f, "{} {}", envelope.event_type, envelope.event_id)?,
            None => f.write_str("a delivery")?,
        }
        write!(f, ": {}", self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "the handler failed: {error}"),
            Self::Panic(said) => write!(f, "the handler panicked: {said}"),
            Self::TimeLimit(limit) => write!(
                f,
                "the handler was cancelled after {limit:?}; give it longer with `Delivery::time_limit`"
            ),
            Self::Unreadable(why) => write!(f, "it cannot be read: {why}"),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("envelope", &self.envelope)
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}
