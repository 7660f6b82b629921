//! One at a time per key, in the order of arrival.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Waker},
};

use tokio::{
    sync::{Mutex as Turn, OwnedMutexGuard},
    task::unconstrained,
};

use crate::BoxFuture;

/// The queues of all keys that somebody waits in.
#[derive(Default)]
pub(super) struct Order(Mutex<HashMap<String, Arc<Turn<()>>>>);

/// A place in the queue of a key; dropping it lets the next one in.
pub(super) struct Place {
    order: Arc<Order>,
    key: String,
    turn: Option<Arc<Turn<()>>>,
    coming: Option<BoxFuture<'static, OwnedMutexGuard<()>>>,
    come: Option<OwnedMutexGuard<()>>,
}

impl Order {
    /// Takes the last place, at once.
    pub(super) fn queue(self: &Arc<Self>, key: String) -> Place {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = turns.entry(key.clone()).or_default().clone();
        // Outside of the task's budget, else a poll might come back without having taken a place.
        let mut coming: BoxFuture<'static, _> = Box::pin(unconstrained(turn.clone().lock_owned()));
        // The first poll takes the place; whoever is first has his turn already.
        let come = match Pin::new(&mut coming).poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(guard) => Some(guard),
            std::task::Poll::Pending => None,
        };
        Place {
            order: self.clone(),
            key,
            turn: Some(turn),
            coming: come.is_none().then_some(coming),
            come,
        }
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Place {
    /// Waits until everybody before is done.
    pub(super) async fn come(&mut self) {
        if let Some(coming) = self.coming.as_mut() {
            self.come = Some(coming.await);
            self.coming = None;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut turns = self.order.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.coming = None;
        self.come = None;
        self.turn = None;
        if turns.get(&self.key).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            turns.remove(&self.key);
        }
    }
}
