//! How a push went: every attempt, and the end.

use bytes::Bytes;
use tokio::sync::watch;

use super::{Failure, Parcel};

/// One attempt to push an event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// When it began, in milliseconds since 1970 on the sandbox's clock.
    pub time: u64,
    /// The long connection it went over; none when it went to the request URL, or nowhere.
    pub connection: Option<String>,
    /// Why the app did not take it; none when it did.
    pub failure: Option<Failure>,
}

/// A push under way. It goes on whether or not anyone holds this.
#[derive(Clone, Debug)]
pub struct Delivery {
    parcel: Parcel,
    progress: watch::Receiver<Progress>,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    attempts: Vec<Attempt>,
    ended: bool,
    next: Option<u64>,
}

impl Delivery {
    /// The event's id, the same in every attempt.
    pub fn event_id(&self) -> &str {
        &self.parcel.event_id
    }

    /// The event's type.
    pub fn event_type(&self) -> &str {
        &self.parcel.event_type
    }

    /// The app it goes to.
    pub fn app_id(&self) -> &str {
        &self.parcel.app
    }

    /// The JSON that is pushed, before any encryption.
    pub fn payload(&self) -> &str {
        &self.parcel.payload
    }

    /// The attempts that have ended so far, oldest first.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.progress.borrow().attempts.clone()
    }

    /// When it is tried again, in milliseconds since 1970 on the sandbox's clock; none when it was taken, or given up.
    pub fn next_attempt(&self) -> Option<u64> {
        self.progress.borrow().next
    }

    /// Waits until so many attempts have ended, or until there will be no more.
    pub async fn attempted(&self, times: usize) -> Vec<Attempt> {
        let mut progress = self.progress.clone();
        let reached = progress.wait_for(|progress| progress.ended || progress.attempts.len() >= times);
        // An error means that the sandbox is gone; what happened until then still counts.
        if let Ok(progress) = reached.await {
            return progress.attempts.clone();
        }
        self.attempts()
    }

    /// Waits for the end: whether the app took the event. Without an app that takes it, that is after the last retry.
    pub async fn done(&self) -> bool {
        let attempts = self.attempted(usize::MAX).await;
        attempts.last().is_some_and(|last| last.failure.is_none())
    }
}

/// The writing end of a [`Delivery`].
pub(crate) struct Track(watch::Sender<Progress>);

impl Track {
    pub(crate) fn new(parcel: Parcel) -> (Self, Delivery) {
        let (track, progress) = watch::channel(Progress::default());
        (Self(track), Delivery { parcel, progress })
    }

    /// Notes an attempt, and when the next one is due should this have failed; whether it was taken.
    pub(crate) fn tried(
        &self,
        time: u64,
        connection: Option<String>,
        answer: Result<Option<Bytes>, Failure>,
        again: Option<u64>,
    ) -> bool {
        let failure = answer.err();
        let taken = failure.is_none();
        self.0.send_modify(|progress| {
            progress.next = again.filter(|_| !taken);
            progress.ended = progress.next.is_none();
            progress.attempts.push(Attempt {
                time,
                connection,
                failure,
            });
        });
        taken
    }
}
