//! One cached token, fetched by one caller at a time.

use std::{
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::HeaderValue;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::{BoxFuture, Error, Result};

/// How long before its end a token is replaced (protocol: the slack of the official clients).
const AHEAD: Duration = Duration::from_secs(180);
/// How long a caller waits for a fresh token while the old one still serves, and how long after an attempt the next one begins.
const PATIENCE: Duration = Duration::from_secs(10);

/// A place for one token.
#[derive(Default)]
pub(crate) struct Slot {
    current: RwLock<Option<Token>>,
    /// Held by whoever fetches; remembers why the last attempt failed.
    fetching: Mutex<Option<Error>>,
    /// The attempts that came to an end, well or badly.
    ended: AtomicU64,
}

/// A token, ready to be sent.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) header: HeaderValue,
    renew: Instant,
    end: Instant,
}

pub(crate) type Fetch<'a> = dyn Fn() -> BoxFuture<'a, Result<Token>> + Send + Sync + 'a;

enum State {
    Missing,
    Ageing(HeaderValue),
    Fresh(HeaderValue),
}

impl Token {
    /// A token that lives for `life` from `start`, the moment it was asked for.
    pub(crate) fn new(header: HeaderValue, start: Instant, life: Duration) -> Self {
        let end = start + life;
        // A token of a few minutes is renewed at half its life, else it would be renewed by every call.
        Self {
            header,
            renew: end - AHEAD.min(life / 2),
            end,
        }
    }
}

impl Slot {
    /// The token. However many ask, one fetches; a failure is shared by all who waited for it.
    pub(crate) async fn get(&self, fetch: &Fetch<'_>) -> Result<HeaderValue> {
        match self.state() {
            State::Fresh(header) => Ok(header),
            State::Ageing(header) => self.renew(header, fetch).await,
            State::Missing => self.fill(fetch).await,
        }
    }

    /// Forgets the token, unless another has taken its place.
    pub(crate) fn reject(&self, header: &HeaderValue) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.take_if(|token| token.header == header);
    }

    async fn fill(&self, fetch: &Fetch<'_>) -> Result<HeaderValue> {
        let ended = self.ended.load(Ordering::Acquire);
        // A caller that is cancelled lets go of the lock, and the next one takes over.
        let mut failure = self.fetching.lock().await;
        if let State::Fresh(header) | State::Ageing(header) = self.state() {
            return Ok(header);
        }
        // What the attempt it waited for brought is good enough, even a token that is over already: one attempt serves all.
        if self.ended.load(Ordering::Acquire) != ended {
            if let Some(error) = &*failure {
                return Err(error.clone());
            }
            if let Some(header) = self.latest() {
                return Ok(header);
            }
        }
        let outcome = fetch().await;
        self.settle(&mut failure, outcome)
    }

    /// One caller fetches ahead of time; the others go on with the old token, and so does that one if it fails.
    async fn renew(&self, old: HeaderValue, fetch: &Fetch<'_>) -> Result<HeaderValue> {
        let Ok(mut failure) = self.fetching.try_lock() else {
            return Ok(old);
        };
        if let State::Fresh(header) = self.state() {
            return Ok(header);
        }
        // Before anything can go wrong: a caller that is cancelled here must not leave its task to the very next one.
        self.keep(&old);
        let Ok(outcome) = timeout(PATIENCE, fetch()).await else {
            tracing::warn!("the access token could not be renewed in time; the old one stays in use");
            self.keep(&old);
            return Ok(old);
        };
        match self.settle(&mut failure, outcome) {
            Err(error) if !matches!(self.state(), State::Missing) => {
                tracing::warn!(%error, "the access token could not be renewed; the old one stays in use");
                self.keep(&old);
                Ok(old)
            }
            outcome => outcome,
        }
    }

    /// Stays with the old token for a while before the next attempt.
    fn keep(&self, old: &HeaderValue) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = current.as_mut().filter(|token| token.header == *old) {
            token.renew = Instant::now() + PATIENCE;
        }
    }

    /// The last token, unless it was refused.
    fn latest(&self) -> Option<HeaderValue> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().map(|token| token.header.clone())
    }

    fn settle(&self, failure: &mut Option<Error>, outcome: Result<Token>) -> Result<HeaderValue> {
        let outcome = outcome.map(|token| {
            let header = token.header.clone();
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(token);
            header
        });
        *failure = outcome.as_ref().err().cloned();
        self.ended.fetch_add(1, Ordering::Release);
        outcome
    }

    fn state(&self) -> State {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let Some(token) = &*current else { return State::Missing };
        let now = Instant::now();
        if now >= token.end {
            State::Missing
        } else if now >= token.renew {
            State::Ageing(token.header.clone())
        } else {
            State::Fresh(token.header.clone())
        }
    }
}
