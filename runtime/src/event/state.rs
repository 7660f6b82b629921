//! What the clones of a router share: the work under way and the memory of what is done.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{
    Answer, Cause, Delivered, Failure, Mark, Seen,
    contain::{contain, contained},
    flight::{Flight, Flights},
    order::Place,
    route::{Replied, Route, Seat, Work},
};

/// How long a handled event is remembered: the platform sends it again up to 7 hours and 5 minutes later (protocol §5.5).
const MEMORY: Duration = Duration::from_secs(8 * 3600);
/// How long an event stays claimed by a process that has died.
const LEASE: Duration = Duration::from_secs(60);

/// Shared by all clones of a router; the last one to go ends the work.
#[derive(Default)]
pub(super) struct State {
    pub(super) flights: Arc<Flights>,
    tasks: Mutex<Tasks>,
    /// How many events are being handled.
    active: Arc<watch::Sender<usize>>,
}

#[derive(Default)]
struct Tasks {
    running: JoinSet<()>,
    /// How many callers wait for the end of all; as long as there is one, nothing begins.
    drains: usize,
}

struct Working(Arc<watch::Sender<usize>>);
struct Draining<'a>(&'a State);

impl State {
    pub(super) fn is_draining(&self) -> bool {
        self.tasks().drains > 0
    }

    /// Runs `work` in a task of its own, which ends with the router; drops it when the router drains.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        if tasks.drains > 0 {
            // The work may lead back here when it is dropped.
            drop(tasks);
            return;
        }
        self.active.send_modify(|count| *count += 1);
        let working = Working(self.active.clone());
        while tasks.running.try_join_next().is_some() {}
        tasks.running.spawn(async move {
            let _working = working;
            work.await;
        });
    }

    pub(super) async fn drain(&self, limit: Duration) -> bool {
        self.tasks().drains += 1;
        let _draining = Draining(self);
        let mut work = self.active.subscribe();
        let mut quiet = async move || work.wait_for(|count| *count == 0).await.map(drop);
        if timeout(limit, quiet()).await.is_ok() {
            return true;
        }
        self.tasks().running.abort_all();
        // A task ends where it next waits; one that blocks its thread is not waited for.
        let _ = timeout(Duration::from_secs(1), quiet()).await;
        false
    }

    fn tasks(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Drop for Draining<'_> {
    fn drop(&mut self) {
        self.0.tasks().drains -= 1;
    }
}

/// Hears of failures.
pub(super) type FailureHook = dyn Fn(&Failure) + Send + Sync;

/// Reports a failure to the log and to the hook.
pub(super) fn report(hook: Option<&FailureHook>, delivered: Option<&Delivered>, cause: Cause) {
    let failure = Failure {
        envelope: delivered.map(|delivered| delivered.envelope.clone()),
        cause,
        raw: delivered.map(|delivered| delivered.raw.clone()),
    };
    tracing::error!(target: "flybook::event", "{failure}");
    if let Some(hook) = hook
        && let Err(said) = contained(|| hook(&failure))
    {
        tracing::error!(target: "flybook::event", "the failure hook panicked: {said}");
    }
}

/// One event, from its claim to its end.
pub(super) struct Job {
    pub(super) claim: Claim,
    pub(super) delivered: Delivered,
    pub(super) route: Arc<Route>,
    pub(super) on_failure: Option<Arc<FailureHook>>,
    pub(super) work: Work,
    pub(super) place: Option<Place>,
    pub(super) seat: Seat,
}

impl Job {
    pub(super) async fn run(self) {
        let Self {
            claim,
            delivered,
            route,
            on_failure,
            work,
            place,
            seat,
        } = self;
        if let Some(answer) = claim.take(route.settings.late_reply.is_some()).await {
            claim.flight.end(answer);
            return;
        }
        claim.flight.claimed();
        let limit = route.settings.time_limit;
        match claim.keep(turn(route, place, work)).await {
            Ok(replied) => {
                claim.mark(Some(Mark::Done), MEMORY).await;
                let heard = claim.flight.end(Answer::Done(replied.json));
                if let Some(late) = replied.late.filter(|_| !heard)
                    && let Ok(Err(said)) = timeout(limit, contain(async move { late().await })).await
                {
                    tracing::error!(target: "flybook::event", "the hook for late replies panicked: {said}");
                }
            }
            Err(cause) => {
                // Forgotten before the platform hears of it, so that what it sends again is handled.
                claim.mark(None, MEMORY).await;
                report(on_failure.as_deref(), Some(&delivered), cause);
                claim.flight.end(Answer::Failed);
            }
        }
        drop(seat);
    }
}

/// The right to handle an event.
pub(super) struct Claim {
    pub(super) flight: Flight,
    pub(super) seen: Arc<dyn Seen>,
}

impl Claim {
    /// Claims the event; an answer means that it is not ours to handle.
    async fn take(&self, callback: bool) -> Option<Answer> {
        let key = self.flight.key();
        if key.is_empty() {
            return None;
        }
        match self.seen.claim(key, LEASE).await {
            Ok(None) => None,
            // A callback that comes again: its reply is gone, and nothing changes any more.
            Ok(Some(Mark::Done)) => Some(Answer::Done(callback.then(|| Bytes::from_static(b"{}")))),
            Ok(Some(Mark::Running)) => Some(Answer::Busy),
            Err(error) => {
                tracing::warn!(target: "flybook::event", "whether {key} was handled before cannot be told: {error}");
                None
            }
        }
    }

    /// Awaits `work`, and keeps the claim meanwhile.
    async fn keep<O>(&self, work: impl Future<Output = O>) -> O {
        let mut work = std::pin::pin!(work);
        loop {
            match timeout(LEASE / 3, work.as_mut()).await {
                Ok(output) => return output,
                Err(_) => self.mark(Some(Mark::Running), LEASE).await,
            }
        }
    }

    async fn mark(&self, mark: Option<Mark>, ttl: Duration) {
        let key = self.flight.key();
        if key.is_empty() {
            return;
        }
        let marked = match mark {
            Some(mark) => self.seen.mark(key, mark, ttl).await,
            None => self.seen.forget(key).await,
        };
        if let Err(error) = marked {
            tracing::warn!(target: "flybook::event", "the mark of {key} cannot be set: {error}");
        }
    }
}

/// Waits for the turn of an event and does the work.
async fn turn(route: Arc<Route>, mut place: Option<Place>, work: Work) -> Result<Replied, Cause> {
    if let Some(place) = &mut place {
        place.come().await;
    }
    // The semaphore is never closed.
    let _permit = route.permits.clone().acquire_owned().await;
    let limit = route.settings.time_limit;
    let start = Instant::now();
    match timeout(limit, contain(async move { work().await })).await {
        Ok(Ok(result)) => result.map_err(Cause::Error),
        Ok(Err(said)) => Err(Cause::Panic(said)),
        Err(_) => Err(Cause::TimeLimit(start.elapsed().min(limit))),
    }
}
