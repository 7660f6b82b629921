//! One cached token, fetched once for all who want it, and renewed behind their backs.

use std::{
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use http::HeaderValue;
use tokio::{sync::watch, task::AbortHandle, time::Instant};
use tracing::instrument::WithSubscriber;

use crate::{BoxFuture, Error, Result, Secret};

/// How long before its end a token is replaced (protocol: the slack of the official clients).
pub(crate) const AHEAD: Duration = Duration::from_secs(180);
/// How long after an attempt to renew the next one begins.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How many attempts in a row may end without an outcome before a caller gives up.
const LOST: u32 = 2;
/// How many refused tokens are remembered.
const DEAD: usize = 8;

/// A place for one token.
#[derive(Default)]
pub(crate) struct Slot(RwLock<State>);

#[derive(Default)]
struct State {
    current: Option<Token>,
    flight: Option<Flight>,
    /// Tokens that were refused, each until its end: a store may still have them.
    dead: Vec<Token>,
    /// Counts the tokens that were put here.
    serial: u64,
    /// Counts the tokens put here by hand: a flight that began before one brings nothing.
    epoch: u64,
}

/// An attempt to get a token under way. It goes on when those who wait for it leave.
struct Flight {
    outcome: watch::Receiver<Option<Result<Token>>>,
    task: AbortHandle,
}

/// A token, ready to be sent.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) header: HeaderValue,
    renew: Instant,
    pub(crate) end: Instant,
    /// Tells it from one of the same text that was issued again.
    serial: u64,
}

/// A token, and where it comes from.
pub(crate) struct Landing {
    pub(crate) token: Token,
    /// From a store rather than from the platform, which stands by what it issues.
    pub(crate) stored: bool,
}

/// Gets a token; given one, it gets another.
pub(crate) type Source<'a> = dyn Fn(Option<HeaderValue>) -> BoxFuture<'static, Result<Landing>> + Send + Sync + 'a;

enum Look {
    Missing,
    Ageing(Token),
    Fresh(Token),
}

impl Token {
    /// A token that lives for `life` from `start`, the moment it was asked for.
    pub(crate) fn new(header: HeaderValue, start: Instant, life: Duration) -> Self {
        // A token of a few minutes is renewed at half its life, else it would be renewed by every call.
        Self::ending(header, start + life, AHEAD.min(life / 2))
    }

    /// A token that has lived for a while already.
    pub(crate) fn ending(header: HeaderValue, end: Instant, ahead: Duration) -> Self {
        Self {
            header,
            renew: end.checked_sub(ahead).unwrap_or(end),
            end,
            serial: 0,
        }
    }

    /// The token itself.
    pub(crate) fn value(&self) -> Secret {
        crate::token::value(&self.header)
    }

    /// Whether it lives, and is not about to end.
    pub(crate) fn is_fresh(&self) -> bool {
        Instant::now() < self.renew
    }
}

impl Slot {
    /// The token. However many ask, one attempt serves all; its failure is shared by all who waited for it.
    pub(crate) async fn get(self: &Arc<Self>, source: &Source<'_>) -> Result<Token> {
        let mut lost = 0;
        loop {
            let mut flight = match self.look() {
                Look::Fresh(token) => return Ok(token),
                Look::Ageing(token) => {
                    if self.claim(&token) {
                        self.begin(source, Some(token.header.clone()));
                    }
                    return Ok(token);
                }
                Look::Missing => match self.begin(source, None) {
                    Some(flight) => flight,
                    None => continue,
                },
            };
            let outcome = match flight.wait_for(Option::is_some).await {
                Ok(outcome) => outcome.clone(),
                Err(_) => None,
            };
            match outcome {
                // Whoever has more time than one attempt begins the next; the caller's own limit ends this.
                Some(Err(error)) if error.is_out_of_time() => {}
                Some(outcome) => return outcome,
                // It ended with its runtime, and the next one is ours; one that ends so again has panicked.
                None if lost < LOST => lost += 1,
                None => {
                    let problem = "getting its access token ended without an outcome, probably in a panic of the token store or the transport";
                    return Err(Error::no_token(problem));
                }
            }
        }
    }

    /// The token, if there is nothing to be done about it.
    pub(crate) fn fresh(&self) -> Option<Token> {
        match self.look() {
            Look::Fresh(token) => Some(token),
            Look::Missing | Look::Ageing(_) => None,
        }
    }

    /// Forgets the token, unless another has taken its place, even one of the same text.
    pub(crate) fn reject(&self, token: &Token) {
        let mut state = self.write();
        let current = state.current.as_ref();
        let again = current.is_some_and(|each| each.header == token.header && each.serial != token.serial);
        if again {
            return;
        }
        state.current.take_if(|each| each.serial == token.serial);
        let now = Instant::now();
        state.dead.retain(|each| each.end > now && each.header != token.header);
        if state.dead.len() == DEAD {
            state.dead.remove(0);
        }
        state.dead.push(token.clone());
    }

    /// Whether this token was refused.
    pub(crate) fn is_dead(&self, header: &HeaderValue) -> bool {
        self.read().is_dead(header)
    }

    /// Puts a token in place, whatever is there or under way.
    pub(crate) fn put(&self, token: Option<Token>) {
        let mut state = self.write();
        state.epoch += 1;
        state.flight = None;
        state.current = None;
        if let Some(token) = token {
            state.settle(token);
        }
    }

    /// Ends an attempt that nobody waits for any more.
    pub(crate) fn abort(&self) {
        if let Some(flight) = self.write().flight.take() {
            flight.task.abort();
        }
    }

    /// Whether nothing would be lost with it.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.read();
        let now = Instant::now();
        let lives = |token: &Token| token.end > now;
        state.flight.is_none() && !state.current.iter().chain(&state.dead).any(lives)
    }

    /// The attempt under way, or a new one; `None` if there is a token meanwhile.
    fn begin(
        self: &Arc<Self>,
        source: &Source<'_>,
        old: Option<HeaderValue>,
    ) -> Option<watch::Receiver<Option<Result<Token>>>> {
        let mut state = self.write();
        if let Some(flight) = &state.flight
            && flight.outcome.has_changed().is_ok()
        {
            return Some(flight.outcome.clone());
        }
        let waits = old.is_none();
        if waits && state.current.as_ref().is_some_and(|token| token.end > Instant::now()) {
            return None;
        }
        let (sender, outcome) = watch::channel(None);
        let (slot, epoch, first) = (self.clone(), state.epoch, source(old));
        // What a store brings may have been refused meanwhile; the second attempt sees that.
        let second = source(state.current.as_ref().map(|token| token.header.clone()));
        let task = async move {
            let landed = match slot.land(first.await, epoch) {
                Some(landed) => landed,
                None => slot.land(second.await, epoch).unwrap_or_else(|| {
                    Err(Error::no_token(
                        "the token store keeps bringing back a token that was refused",
                    ))
                }),
            };
            if let (false, Err(error)) = (waits, &landed) {
                tracing::warn!(%error, "the access token could not be renewed; the old one stays in use");
            }
            sender.send_replace(Some(landed));
        };
        let task = tokio::spawn(task.with_current_subscriber());
        state.flight = Some(Flight {
            outcome: outcome.clone(),
            task: task.abort_handle(),
        });
        Some(outcome)
    }

    /// What an attempt has brought; `None` if it is a token that was refused already.
    fn land(&self, outcome: Result<Landing>, epoch: u64) -> Option<Result<Token>> {
        let mut state = self.write();
        if state.epoch != epoch {
            let current = state.current.clone();
            return Some(current.map_or_else(|| outcome.map(|landing| landing.token), Ok));
        }
        let landing = match outcome {
            Ok(landing) if landing.stored && state.is_dead(&landing.token.header) => return None,
            Ok(landing) => landing,
            Err(error) => {
                state.flight = None;
                return Some(Err(error));
            }
        };
        state.flight = None;
        Some(Ok(state.settle(landing.token)))
    }

    /// Whether it is on this caller to have the token renewed; the next one is asked a while later.
    fn claim(&self, old: &Token) -> bool {
        let mut state = self.write();
        let now = Instant::now();
        let due = state.current.as_mut();
        let Some(token) = due.filter(|token| token.serial == old.serial && token.renew <= now) else {
            return false;
        };
        token.renew = now + PATIENCE;
        true
    }

    fn look(&self) -> Look {
        let state = self.read();
        let Some(token) = &state.current else {
            return Look::Missing;
        };
        let now = Instant::now();
        if now >= token.end {
            Look::Missing
        } else if now >= token.renew {
            Look::Ageing(token.clone())
        } else {
            Look::Fresh(token.clone())
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_dead(&self, header: &HeaderValue) -> bool {
        self.dead.iter().any(|token| token.header == *header)
    }

    fn settle(&mut self, mut token: Token) -> Token {
        self.serial += 1;
        token.serial = self.serial;
        // The platform stands by what it issues, even a second time.
        self.dead.retain(|each| each.header != token.header);
        self.current = Some(token.clone());
        token
    }
}
