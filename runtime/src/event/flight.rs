//! An event on its way: who waits for it, and how it ended.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::watch, time::Instant};

use super::Answer;

/// The events that are being handled, by what tells them apart.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<String, Arc<Progress>>>);

/// One event that is being handled. Dropping it before its end tells those who wait to come again.
pub(super) struct Flight {
    flights: Arc<Flights>,
    key: String,
    progress: Arc<Progress>,
}

/// How far an event has come.
pub(super) struct Progress(watch::Sender<State>);

#[derive(Clone)]
struct State {
    stage: Stage,
    waiting: usize,
}

#[derive(Clone)]
enum Stage {
    Claiming,
    Running,
    Ended(Answer),
}

/// Somebody who waits for the end of an event.
pub(super) struct Waiter {
    progress: Arc<Progress>,
    counted: bool,
}

impl Flights {
    /// Joins the event with this key that is under way, or begins it. Only who begins it gets the flight.
    pub(super) fn join(self: &Arc<Self>, key: &str) -> (Waiter, Option<Flight>) {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(progress) = flights.get(key) {
            return (Waiter::new(progress), None);
        }
        let progress = Arc::new(Progress(watch::Sender::new(State {
            stage: Stage::Claiming,
            waiting: 0,
        })));
        if !key.is_empty() {
            flights.insert(key.to_owned(), progress.clone());
        }
        let flight = Flight {
            flights: self.clone(),
            key: key.to_owned(),
            progress: progress.clone(),
        };
        (Waiter::new(&progress), Some(flight))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Flight {
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// It is ours to handle.
    pub(super) fn claimed(&self) {
        self.progress.0.send_modify(|state| state.stage = Stage::Running);
    }

    /// It has ended; says whether anybody waited for it. Who comes now begins anew.
    pub(super) fn end(&self, answer: Answer) -> bool {
        if !self.key.is_empty() {
            let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Another one with this key may have begun since.
            if flights
                .get(&self.key)
                .is_some_and(|progress| Arc::ptr_eq(progress, &self.progress))
            {
                flights.remove(&self.key);
            }
        }
        let mut heard = false;
        self.progress.0.send_modify(|state| {
            heard = state.waiting > 0;
            if !matches!(state.stage, Stage::Ended(_)) {
                state.stage = Stage::Ended(answer);
            }
        });
        heard
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.end(Answer::Busy);
    }
}

impl Waiter {
    fn new(progress: &Arc<Progress>) -> Self {
        progress.0.send_if_modified(|state| {
            state.waiting += 1;
            false
        });
        Self {
            progress: progress.clone(),
            counted: true,
        }
    }

    /// How it ended, or `late` when it has not by then; `first` waits only until it is claimed.
    pub(super) async fn wait(mut self, until: Instant, first: bool, late: Answer) -> Answer {
        let mut stages = self.progress.0.subscribe();
        let settled = stages.wait_for(|state| match state.stage {
            Stage::Claiming => false,
            Stage::Running => first,
            Stage::Ended(_) => true,
        });
        let settled = tokio::time::timeout_at(until, settled).await;
        // The sender lives in `self.progress`, so the channel is never closed here.
        let in_time = settled.map(|state| state.map(drop)).is_ok();
        match self.leave() {
            Some(answer) => answer,
            // Nobody can promise yet that it is handled.
            None if first && !in_time => Answer::Busy,
            None => late,
        }
    }

    /// Waits no more; the answer, if there is one by now.
    fn leave(&mut self) -> Option<Answer> {
        let mut answer = None;
        let counted = std::mem::take(&mut self.counted);
        self.progress.0.send_if_modified(|state| {
            if let Stage::Ended(ended) = &state.stage {
                answer = Some(ended.clone());
            }
            state.waiting -= usize::from(counted);
            false
        });
        answer
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.leave();
    }
}
