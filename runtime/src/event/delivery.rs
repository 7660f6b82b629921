//! How the events of one route are delivered.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::Serialize;

use super::Event;
use crate::BoxFuture;

/// How the events of one route are delivered; the defaults lose nothing and handle nothing twice.
///
/// | what | unless said otherwise |
/// |---|---|
/// | [`acknowledge_first`](Self::acknowledge_first) | the platform is answered after the work |
/// | [`deadline`](Self::deadline) | after 2.5 s of work it is answered all the same, and the work goes on |
/// | [`late_reply`](Self::late_reply) | then a callback is answered with a toast, where its reply has one |
/// | [`concurrency`](Self::concurrency), [`backlog`](Self::backlog) | 128 at a time, 1,024 more wait |
/// | [`order_by`](Self::order_by), [`unordered`](Self::unordered) | one at a time per chat, where the event has one |
/// | [`dedupe_by`](Self::dedupe_by), [`repeated`](Self::repeated) | each event once, told by its id |
/// | [`time_limit`](Self::time_limit) | after 10 minutes the handler is cancelled |
pub struct Delivery<T, R> {
    pub(super) settings: Settings,
    pub(super) order: Key<T>,
    pub(super) dedupe: Key<T>,
    pub(super) when_late: Option<Arc<LateHook<T, R>>>,
}

/// The settings that need no type.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) first: bool,
    pub(super) deadline: Duration,
    pub(super) late_reply: Option<Bytes>,
    pub(super) concurrency: usize,
    pub(super) backlog: usize,
    pub(super) time_limit: Duration,
}

/// Where a key comes from.
pub(super) enum Key<T> {
    None,
    At(&'static [&'static str]),
    By(Box<KeyOf<T>>),
}

pub(super) type KeyOf<T> = dyn Fn(&Event<T>) -> String + Send + Sync;
pub(super) type LateHook<T, R> = dyn Fn(Event<T>, R) -> BoxFuture<'static, ()> + Send + Sync;

impl<T, R: Serialize> Delivery<T, R> {
    pub(super) fn new(dedupe: Key<T>, order: &'static [&'static str], late_reply: Option<&'static str>) -> Self {
        Self {
            settings: Settings {
                first: false,
                deadline: Duration::from_millis(2500),
                late_reply: late_reply.map(|reply| Bytes::from_static(reply.as_bytes())),
                concurrency: 128,
                backlog: 1024,
                time_limit: Duration::from_secs(600),
            },
            order: if order.is_empty() { Key::None } else { Key::At(order) },
            dedupe,
            when_late: None,
        }
    }

    /// Answers the platform before the work begins: for work that always takes longer than the deadline. What fails then, or is under
    /// way when the process ends, does not come again. A callback is answered with its [late reply](Self::late_reply).
    pub fn acknowledge_first(mut self) -> Self {
        self.settings.first = true;
        self
    }

    /// How long the platform waits for the work; it gives up after 3 seconds, and the way there takes time too.
    ///
    /// Past it the work goes on. An event is answered "not now": the platform sends it again after 15 seconds, and is then told
    /// how the work ended, so that a failure (or the end of the process) loses nothing. A callback is answered with its
    /// [late reply](Self::late_reply), for the platform does not send it again.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    /// What a callback is answered with when its handler is not done in time.
    ///
    /// A reply that cannot be written as JSON leaves the default in place.
    pub fn late_reply(mut self, reply: impl Into<R>) -> Self {
        if let Ok(json) = serde_json::to_vec(&reply.into()) {
            self.settings.late_reply = Some(json.into());
        }
        self
    }

    /// What becomes of a reply that comes too late for the platform: change the card, send a message.
    pub fn when_late<F, W>(mut self, hook: F) -> Self
    where
        F: Fn(Event<T>, R) -> W + Send + Sync + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        self.when_late = Some(Arc::new(move |event, reply| Box::pin(hook(event, reply))));
        self
    }

    /// How many are handled at a time; at least one.
    pub fn concurrency(mut self, most: usize) -> Self {
        self.settings.concurrency = most.max(1);
        self
    }

    /// How many may wait for their turn. What comes on top is answered "not now", and the platform sends it again.
    pub fn backlog(mut self, most: usize) -> Self {
        self.settings.backlog = most;
        self
    }

    /// Handles events with the same key one at a time, in the order in which they came; an empty key stands for none.
    pub fn order_by(mut self, key: impl Fn(&Event<T>) -> String + Send + Sync + 'static) -> Self {
        self.order = Key::By(Box::new(key));
        self
    }

    /// Keeps no order: whatever comes is handled at once.
    pub fn unordered(mut self) -> Self {
        self.order = Key::None;
        self
    }

    /// Tells repeats by this key instead of the event's id; an empty key means that the event is handled whenever it comes.
    pub fn dedupe_by(mut self, key: impl Fn(&Event<T>) -> String + Send + Sync + 'static) -> Self {
        self.dedupe = Key::By(Box::new(key));
        self
    }

    /// Handles an event as often as it comes.
    pub fn repeated(mut self) -> Self {
        self.dedupe = Key::None;
        self
    }

    /// How long a handler may take before it is cancelled and the event counts as failed.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.settings.time_limit = limit;
        self
    }
}

impl<T, R> fmt::Debug for Delivery<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
