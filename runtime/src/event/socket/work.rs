//! The deliveries that are being handled. They outlive the connection that brought them, but not the run.

use std::{future::pending, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::mpsc::UnboundedSender,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::answer::{Pending, Receipt};
use crate::{BoxFuture, Router, event::Answer};

/// What handles deliveries: the router.
pub(crate) trait Deliver: Send + Sync + 'static {
    /// One delivery: the plain JSON of an event or a callback. Resolves when the platform may be answered.
    fn deliver(&self, payload: Bytes) -> BoxFuture<'static, Answer>;

    /// Waits until nothing is being handled any more, `limit` at most.
    fn drain(&self, limit: Duration) -> BoxFuture<'static, bool>;
}

impl Deliver for Router {
    fn deliver(&self, payload: Bytes) -> BoxFuture<'static, Answer> {
        Self::deliver(self, payload)
    }

    fn drain(&self, limit: Duration) -> BoxFuture<'static, bool> {
        let router = self.clone();
        Box::pin(async move { Self::drain(&router, limit).await })
    }
}

/// So many deliveries are handled at once; more are put off. The router's own bounds are narrower.
const MOST: usize = 4096;

/// The deliveries in hand.
pub(super) struct Work {
    router: Arc<dyn Deliver>,
    tasks: JoinSet<()>,
}

impl Work {
    pub(super) fn new(router: Arc<dyn Deliver>) -> Self {
        let tasks = JoinSet::new();
        Self { router, tasks }
    }

    /// Hands over a delivery, and waits for the answer on a task of its own; the acknowledgement goes to `acks`.
    pub(super) fn take(&mut self, receipt: Receipt, payload: Bytes, acks: &UnboundedSender<Bytes>) {
        let delivery = Pending::new(receipt, acks.clone());
        if self.tasks.len() >= MOST {
            tracing::warn!("{MOST} deliveries are being handled; the platform is asked to send another one again");
            return delivery.answer(&Answer::Busy);
        }
        // The router takes it in right here, else two events of one chat could change places on their way to it.
        let answer = self.router.deliver(payload);
        self.tasks.spawn(async move {
            delivery.answer(&answer.await);
        });
    }

    /// Waits for one of the tasks to end; for ever when there is none.
    pub(super) async fn ended(&mut self) {
        match self.tasks.join_next().await {
            Some(Err(error)) if error.is_panic() => tracing::error!("handling a delivery panicked"),
            Some(_) => {}
            None => pending().await,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    pub(super) fn drain(&self, limit: Duration) -> BoxFuture<'static, bool> {
        self.router.drain(limit)
    }

    /// Waits for all to end, until `end`; what is left then is dropped.
    pub(super) async fn settle(&mut self, end: Instant) {
        let mut drained = self.drain(end.saturating_duration_since(Instant::now()));
        let mut is_drained = false;
        while !(self.is_empty() && is_drained) {
            tokio::select! {
                () = self.ended() => {}
                _ = &mut drained, if !is_drained => is_drained = true,
                () = sleep_until(end) => return self.give_up(),
            }
        }
    }

    pub(super) fn give_up(&mut self) {
        let left = self.tasks.len();
        tracing::warn!(
            left,
            "the time to finish is over; what is still being handled is dropped"
        );
        self.tasks.abort_all();
    }
}
