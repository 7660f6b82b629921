//! Events and callbacks: what arrives, who handles it, and what the platform is told.

mod contain;
mod dedup;
mod delivery;
mod envelope;
mod failure;
mod flight;
mod handler;
mod in_store;
mod order;
mod route;
mod router;
mod state;
mod ticket;

#[cfg(test)]
mod fuzz;
#[cfg(feature = "socket")]
pub mod socket;
#[cfg(test)]
mod tests;
#[cfg(feature = "webhook")]
pub mod webhook;

pub use dedup::{Mark, Memory, Seen};
pub use delivery::Delivery;
pub use envelope::{Envelope, Event, Schema};
pub use failure::{Cause, Failure};
pub use handler::{Handler, Outcome};
pub use in_store::InStore;
pub use router::Router;

// For the doors, which are features.
#[allow(unused_imports)]
pub(crate) use envelope::Delivered;

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

/// So much later than now; what no clock can hold is in a hundred years.
fn later(wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 86400);
    Instant::now() + wait.min(CENTURY)
}

/// An error of somebody else's, on the heap.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the platform is to be told about a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Taken; with the reply of a callback, as JSON.
    Done(Option<Bytes>),
    /// A handler failed or panicked, or the delivery could not be read: the platform shall send it again.
    Failed,
    /// Nobody handles it. The platform need not send it again.
    Unhandled,
    /// Shutting down, or too much is going on, or the work takes its time: not now.
    Busy,
}
