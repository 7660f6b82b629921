//! How a long connection is doing.

use tokio::{
    sync::watch::{self, Receiver, Sender},
    time::Instant,
};

use crate::Error;

/// How a long connection is doing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Health {
    /// It is being opened, or is about to be.
    Connecting,
    /// It is open.
    Up {
        /// Since when.
        since: Instant,
        /// When the platform was last heard of. It answers every ping, so this is never long ago. Watchers are not woken for it.
        last_frame: Instant,
    },
    /// It is lost, or could not be opened, and will be tried again.
    Down {
        /// Why.
        last_error: Error,
        /// When it is tried again.
        next_attempt: Instant,
    },
    /// [`run`](super::LongConnection::run) has ended, or was dropped; what it ended with says why.
    Ended,
}

impl Health {
    /// Whether events can arrive.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }
}

/// Reports health, up to the end.
#[derive(Debug)]
pub(super) struct Report(Sender<Health>);

impl Report {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Health::Connecting))
    }

    pub(super) fn watch(&self) -> Receiver<Health> {
        self.0.subscribe()
    }

    pub(super) fn set(&self, health: Health) {
        self.0.send_replace(health);
    }

    /// A frame came in. This is no news, so nobody is woken.
    pub(super) fn heard(&self, now: Instant) {
        self.0.send_if_modified(|health| {
            if let Health::Up { last_frame, .. } = health {
                *last_frame = now;
            }
            false
        });
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.set(Health::Ended);
    }
}
