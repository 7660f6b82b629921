//! The store of one client: its keys, its locks, and its outages.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout};

use super::{StoreError, Stored, TokenStore};
use crate::{BoxFuture, Rate, Result, Secret, random, slot::Landing};

/// How long the store may take for an answer.
const LIMIT: Duration = Duration::from_secs(1);
/// How long a store that failed is left alone.
const REST: Duration = Duration::from_secs(5);
/// The longest life that is believed, so that sums with it cannot overflow.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);
/// How often one looks whether another process is done.
const LOOK: Duration = Duration::from_millis(50);

/// A store, as one app uses it. Whatever fails is `None`: the caller goes on without.
pub(crate) struct Shared {
    store: Arc<dyn TokenStore>,
    /// Before every key: `flybook:cli_1:`.
    prefix: String,
    /// Until when the store is left alone.
    outage: Mutex<Option<Instant>>,
}

/// What a value in the store is worth to the one who asks.
pub(crate) enum Found {
    Good(Landing),
    /// It was refused: nobody else shall meet it.
    Dead,
    /// It is about to end.
    Old,
}

/// The right to renew something.
pub(crate) enum Lease {
    /// One's own, until it is given back or runs out.
    Held { name: String, mark: Secret },
    /// There is no store to ask.
    Alone,
    /// Another process has had it all the time.
    Taken,
}

impl Shared {
    pub(crate) fn new(store: Arc<dyn TokenStore>, app: &str) -> Self {
        Self {
            store,
            prefix: format!("flybook:{app}:"),
            outage: Mutex::default(),
        }
    }

    pub(crate) async fn get(&self, name: &str) -> Option<Option<Stored>> {
        let key = self.key(name);
        let mut stored = self.ask(|| self.store.get(&key)).await?;
        if let Some(stored) = &mut stored {
            stored.expires_in = stored.expires_in.min(LONGEST);
        }
        Some(stored)
    }

    pub(crate) async fn set(&self, name: &str, value: &Secret, life: Duration) -> Option<()> {
        let key = self.key(name);
        self.ask(|| self.store.set(&key, value, life)).await
    }

    pub(crate) async fn delete(&self, name: &str) -> Option<()> {
        let key = self.key(name);
        self.ask(|| self.store.delete(&key)).await
    }

    pub(crate) async fn swap(
        &self,
        name: &str,
        old: Option<&Secret>,
        new: Option<(&Secret, Duration)>,
    ) -> Option<bool> {
        let key = self.key(name);
        self.ask(|| self.store.compare_and_set(&key, old, new)).await
    }

    pub(crate) async fn take_turn(&self, name: &str, rates: &[Rate], now: u64) -> Option<Duration> {
        let key = self.key(name);
        self.ask(|| self.store.take_turn(&key, rates, now)).await
    }

    pub(crate) async fn close_turns(&self, name: &str, rates: &[Rate], wait: Duration, now: u64) -> Option<()> {
        let key = self.key(name);
        self.ask(|| self.store.close_turns(&key, rates, wait, now)).await
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    async fn ask<'a, T>(&self, ask: impl FnOnce() -> BoxFuture<'a, Result<T, StoreError>>) -> Option<T> {
        let resting = |until: &Instant| *until > Instant::now();
        if self.outage().as_ref().is_some_and(resting) {
            return None;
        }
        let problem = match timeout(LIMIT, ask()).await {
            Ok(Ok(answer)) => {
                if self.outage().take().is_some() {
                    tracing::info!("the store answers again");
                }
                return Some(answer);
            }
            Ok(Err(error)) => error,
            Err(_) => StoreError::new(format_args!("no answer within {LIMIT:?}")),
        };
        if self.outage().replace(Instant::now() + REST).is_none() {
            tracing::warn!(%problem, "the store fails; until it answers again, this client keeps tokens and limits by itself");
        }
        None
    }

    fn outage(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to renew `name`, for `life` at most; waits `patience` for whoever has it.
    pub(crate) async fn lease(&self, name: &str, life: Duration, patience: Duration) -> Lease {
        let Some(mark) = random::text().map(Secret::from) else {
            return Lease::Alone;
        };
        let name = format!("lock/{name}");
        let end = Instant::now() + patience;
        loop {
            match self.swap(&name, None, Some((&mark, life))).await {
                Some(true) => return Lease::Held { name, mark },
                None => return Lease::Alone,
                Some(false) if Instant::now() >= end => return Lease::Taken,
                Some(false) => sleep(LOOK).await,
            }
        }
    }

    pub(crate) async fn give_back(&self, lease: Lease) {
        if let Lease::Held { name, mark } = lease {
            self.swap(&name, Some(&mark), None).await;
        }
    }

    /// The token under `name`; if there is none worth having, the processes that share the store fetch it once between them.
    pub(crate) async fn once<'a>(
        &self,
        name: &str,
        limit: Duration,
        judge: impl Fn(&Stored) -> Found,
        fetch: impl FnOnce() -> BoxFuture<'a, Result<Landing>>,
    ) -> Result<Landing> {
        let end = Instant::now() + limit;
        let lease = loop {
            if let Some(landing) = self.look(name, &judge).await {
                return Ok(landing);
            }
            match self.lease(name, limit, Duration::ZERO).await {
                // Whoever had it may have been quicker than the look before.
                lease @ Lease::Held { .. } => match self.look(name, &judge).await {
                    Some(landing) => {
                        self.give_back(lease).await;
                        return Ok(landing);
                    }
                    None => break lease,
                },
                Lease::Taken if Instant::now() < end => sleep(LOOK).await,
                // Two tokens at once do no harm (protocol §2.2), so nobody waits for a process that is gone.
                lease => break lease,
            }
        };
        let outcome = fetch().await;
        if let Ok(Landing { token, .. }) = &outcome {
            let life = token.end.saturating_duration_since(Instant::now());
            if life > Duration::from_secs(1) {
                self.set(name, &token.value(), life).await;
            }
        }
        self.give_back(lease).await;
        outcome
    }

    async fn look(&self, name: &str, judge: &impl Fn(&Stored) -> Found) -> Option<Landing> {
        let stored = self.get(name).await??;
        match judge(&stored) {
            Found::Good(landing) => Some(landing),
            Found::Old => None,
            Found::Dead => {
                self.swap(name, Some(&stored.value), None).await;
                None
            }
        }
    }
}
