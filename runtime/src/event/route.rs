//! One route, its types erased: from a delivery to the work it makes.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::Semaphore;

use super::{
    BoxError, Delivered, Delivery, Event, Handler, Outcome,
    contain::contained,
    delivery::{Key, LateHook, Settings},
    failure::Cause,
    order::{Order, Place},
};
use crate::{BoxFuture, Decode};

/// A handler and how it wants its events.
pub(super) struct Route {
    pub(super) settings: Settings,
    pub(super) permits: Arc<Semaphore>,
    order: Arc<Order>,
    accepted: Arc<AtomicUsize>,
    prepare: Box<Prepare>,
}

type Prepare = dyn Fn(&Delivered) -> Result<Prepared, Cause> + Send + Sync;

/// What is known of a delivery once its body is read.
pub(super) struct Prepared {
    pub(super) work: Work,
    /// What tells it from others; empty when nothing does.
    pub(super) id: String,
    /// What it is in order with; empty when nothing.
    pub(super) order: String,
}

pub(super) type Work = Box<dyn FnOnce() -> BoxFuture<'static, Result<Replied, BoxError>> + Send>;

/// What a handler gave.
pub(super) struct Replied {
    pub(super) json: Option<Bytes>,
    /// What to do when nobody waits for it any more.
    pub(super) late: Option<Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>>,
}

/// A place among the accepted of a route.
pub(super) struct Seat(Arc<AtomicUsize>);

impl Route {
    pub(super) fn new<T, R, H>(delivery: Delivery<T, R>, handler: H) -> Self
    where
        T: Decode + Send + 'static,
        R: Serialize + Send + 'static,
        H: Handler<T, R>,
    {
        let Delivery {
            settings,
            order,
            dedupe,
            when_late,
        } = delivery;
        let handler = Arc::new(handler);
        let prepare = move |delivered: &Delivered| {
            let event: Event<T> = delivered.read().map_err(Cause::Unreadable)?;
            let id = key(&dedupe, &event, delivered)?;
            let order = key(&order, &event, delivered)?;
            // The hook gets an event of its own, read once more: an event need not be `Clone`.
            let late = when_late.clone().map(|hook| (hook, delivered.clone()));
            let handler = handler.clone();
            let work: Work = Box::new(move || Box::pin(answered(handler(event), late)));
            Ok(Prepared { work, id, order })
        };
        Self {
            permits: Arc::new(Semaphore::new(settings.concurrency.min(Semaphore::MAX_PERMITS))),
            settings,
            order: Arc::default(),
            accepted: Arc::default(),
            prepare: Box::new(prepare),
        }
    }

    pub(super) fn prepare(&self, delivered: &Delivered) -> Result<Prepared, Cause> {
        contained(|| (self.prepare)(delivered)).unwrap_or_else(|said| Err(Cause::Panic(said)))
    }

    /// A seat, if there is one left among those who work and those who wait.
    pub(super) fn seat(&self) -> Option<Seat> {
        let most = self.settings.concurrency.saturating_add(self.settings.backlog);
        let seat = Seat(self.accepted.clone());
        (self.accepted.fetch_add(1, Ordering::AcqRel) < most).then_some(seat)
    }

    pub(super) fn queue(&self, key: String) -> Option<Place> {
        (!key.is_empty()).then(|| self.order.queue(key))
    }

    #[cfg(test)]
    pub(super) fn queues(&self) -> usize {
        self.order.keys()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn key<T>(key: &Key<T>, event: &Event<T>, delivered: &Delivered) -> Result<String, Cause> {
    Ok(match key {
        Key::None => String::new(),
        Key::At([]) => delivered.envelope.event_id.clone(),
        Key::At(path) => delivered.at(path).unwrap_or_default(),
        Key::By(of) => of(event),
    })
}

async fn answered<T, R>(
    work: impl Future<Output: Outcome<R>>,
    late: Option<(Arc<LateHook<T, R>>, Delivered)>,
) -> Result<Replied, BoxError>
where
    T: Decode + Send + 'static,
    R: Serialize + Send + 'static,
{
    let reply = work.await.into_result()?;
    let json = serde_json::to_vec(&reply)?;
    let json = (json != b"null").then(|| Bytes::from(json));
    let late = late.map(
        |(hook, delivered)| -> Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send> {
            Box::new(move || match delivered.read() {
                Ok(event) => hook(event, reply),
                Err(_) => Box::pin(std::future::ready(())),
            })
        },
    );
    Ok(Replied { json, late })
}
