//! Where tokens and limits may live beside the process: several replicas of a program share them there.

mod memory;
#[cfg(feature = "redis")]
mod redis;
mod shared;

use std::{fmt, sync::Arc, time::Duration};

use crate::{BoxFuture, Rate, Secret, line::flat, pace};

pub use memory::MemoryStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub(crate) use shared::{Found, Lease, Shared};

/// Keeps small secrets by name, each for a while: tokens, app tickets, users' sessions, and the locks around their renewal. The
/// clients that have it keep the platform's limits together, too.
///
/// Four methods are enough. A store that can compute has better ones in the place of the other two, which take one step then.
///
/// A client has one only when it is given one ([`Builder::store`](crate::Builder::store)); [`MemoryStore`] and, with the feature
/// `redis`, `RedisStore` come with the crate. What a store holds gives access to tenants' data: keep it as safe as the app's secret.
///
/// A store that fails or takes longer than a second is passed over for a few seconds: the client goes on with what it has in memory.
pub trait TokenStore: Send + Sync + 'static {
    /// What is kept under `key`, unless its time is over.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>>;

    /// Keeps `value` for `life`, whatever was there before.
    fn set<'a>(&'a self, key: &'a str, value: &'a Secret, life: Duration) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Forgets `key`.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Puts `new` in the place of `old`, and says whether it did: only if what is kept is `old` exactly (`None`: nothing is kept).
    /// `None` for `new` forgets the key. Nothing may come between the comparison and the change.
    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        old: Option<&'a Secret>,
        new: Option<(&'a Secret, Duration)>,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Takes a turn of those that `rates` allow all clients together, kept under `key`, and returns zero; or takes none, and says how
    /// long to wait before asking again.
    ///
    /// `now` is the caller's clock, in milliseconds since 1970. Clocks that differ cost turns for as long as they differ, so a
    /// store with a clock uses that instead.
    fn take_turn<'a>(
        &'a self,
        key: &'a str,
        rates: &'a [Rate],
        now: u64,
    ) -> BoxFuture<'a, Result<Duration, StoreError>> {
        Box::pin(pace::shared::take(self, key, rates, now))
    }

    /// Nobody gets a turn under `key` for so long, for the platform said so.
    fn close_turns<'a>(
        &'a self,
        key: &'a str,
        rates: &'a [Rate],
        wait: Duration,
        now: u64,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(pace::shared::close(self, key, rates, wait, now))
    }
}

/// A value of a [`TokenStore`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stored {
    /// The value.
    pub value: Secret,
    /// How much longer it is kept.
    pub expires_in: Duration,
}

impl Stored {
    /// A value, and how much longer it is kept.
    pub fn new(value: impl Into<Secret>, expires_in: Duration) -> Self {
        Self {
            value: value.into(),
            expires_in,
        }
    }
}

/// Why a store could not do what it was asked for. Its text must not hold a secret.
#[derive(Clone)]
pub struct StoreError(String);

impl StoreError {
    /// An error with this text, which is logged.
    pub fn new(problem: impl fmt::Display) -> Self {
        Self(flat(&problem.to_string(), 300))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreError").field(&self.0).finish()
    }
}

impl std::error::Error for StoreError {}

impl<T: TokenStore + ?Sized> TokenStore for Arc<T> {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        (**self).get(key)
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a Secret, life: Duration) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).set(key, value, life)
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).delete(key)
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        old: Option<&'a Secret>,
        new: Option<(&'a Secret, Duration)>,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).compare_and_set(key, old, new)
    }

    fn take_turn<'a>(
        &'a self,
        key: &'a str,
        rates: &'a [Rate],
        now: u64,
    ) -> BoxFuture<'a, Result<Duration, StoreError>> {
        (**self).take_turn(key, rates, now)
    }

    fn close_turns<'a>(
        &'a self,
        key: &'a str,
        rates: &'a [Rate],
        wait: Duration,
        now: u64,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).close_turns(key, rates, wait, now)
    }
}
