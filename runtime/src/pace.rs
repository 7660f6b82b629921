//! Pacing: calls wait for their turn, so that the platform need not refuse them.

mod room;
#[cfg(any(feature = "redis", all(test, unix)))]
mod script;
pub(crate) mod shared;
mod spent;

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

pub(crate) use self::room::Room;
use self::room::{Bucket, Key, Place};
#[cfg(feature = "redis")]
pub(crate) use self::script::{CLOSE_SCRIPT, TAKE_SCRIPT};
use crate::{AppKind, Endpoint, Rate, store::Shared};

/// What a call does that the platform would refuse for coming too often.
///
/// The limits are those of the reference, for each endpoint, tenant and app, and for each receiver where the reference has such a
/// limit. Endpoints whose limits the reference does not publish are not paced, until the platform refuses a call and says for how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pacing {
    /// It is sent at once.
    Off,
    /// It waits for its turn, in the order in which the calls were made. If that would take longer than the call's time limit, it
    /// fails at once.
    #[default]
    Wait,
    /// It is not sent; the error says when the next one could be ([`Error::retry_after`](crate::Error::retry_after)).
    Refuse,
}

/// The buckets of a client.
pub(crate) struct Pace {
    room: Arc<Room>,
    /// Where other processes are asked.
    store: Option<Arc<Shared>>,
}

/// A call that asks for its turn.
pub(crate) struct Asked<'a> {
    pub(crate) endpoint: &'static Endpoint,
    /// Who shares the limit with the call; nothing for the one tenant of a custom app.
    pub(crate) tenant: &'a str,
    pub(crate) receiver: Option<u64>,
    pub(crate) pacing: Pacing,
    /// When its time is over; `None`: never.
    pub(crate) deadline: Option<Instant>,
}

/// It is not the call's turn in time; that will be after so long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotNow(pub(crate) Duration);

/// The buckets of one call.
struct Buckets {
    receiver: Option<Arc<Bucket>>,
    endpoint: Option<Arc<Bucket>>,
}

impl Pace {
    pub(crate) fn new(room: Arc<Room>, store: Option<Arc<Shared>>) -> Self {
        Self { room, store }
    }

    /// Returns when the call may be sent. Whoever stops waiting leaves nothing behind: a token is taken at the very end, from all
    /// buckets at once.
    pub(crate) async fn turn(&self, asked: &Asked<'_>) -> Result<(), NotNow> {
        if asked.pacing == Pacing::Off {
            return Ok(());
        }
        let now = self.room.now();
        let Some(buckets) = self.buckets(asked, now) else {
            return Ok(());
        };
        if let Some(store) = &self.store {
            return Box::pin(self.shared_turn(store, buckets, asked)).await;
        }
        let wait = match buckets.try_take(now) {
            Ok(()) => return Ok(()),
            Err(turn) => self.room.until(turn),
        };
        // No wait at all: somebody else is just taking a token.
        if (asked.pacing == Pacing::Refuse && !wait.is_zero()) || !self.is_in_time(wait, asked) {
            return Err(NotNow(wait));
        }
        tracing::debug!(
            endpoint = asked.endpoint.id,
            wait_ms = millis(wait),
            "waits for its turn"
        );
        Box::pin(self.wait(buckets, asked)).await
    }

    /// Nothing goes to the endpoint for so long, because the platform said so.
    pub(crate) async fn penalty(&self, endpoint: &'static Endpoint, tenant: &str, wait: Duration) {
        if is_raw(endpoint) {
            return;
        }
        let now = self.room.now();
        let key = key(endpoint.id, tenant, None);
        let bucket = self.room.get(&key, endpoint.rate, now);
        bucket.with(|spent| spent.close(now.saturating_add(millis(wait))));
        if let Some(store) = &self.store {
            store.close_turns(&name(&key), endpoint.rate, wait, now).await;
        }
    }

    async fn wait(&self, buckets: Buckets, asked: &Asked<'_>) -> Result<(), NotNow> {
        // First to the receiver, so that those with the same receiver do not stand in the way of all others.
        let mut places = Vec::with_capacity(2);
        for bucket in buckets.each() {
            places.push(bucket.enter().await);
            loop {
                let now = self.room.now();
                let turn = buckets.turn(places.len(), now);
                if turn <= now {
                    break;
                }
                self.sleep(turn, asked).await?;
            }
        }
        // At the head of every line, at a moment at which every bucket has a token.
        buckets.take(self.room.now());
        drop(places);
        Ok(())
    }

    /// The same with the buckets in the store. Only the head of a line asks, so that many who wait do not ask in turns.
    async fn shared_turn(&self, store: &Shared, buckets: Buckets, asked: &Asked<'_>) -> Result<(), NotNow> {
        let mut places: Vec<Place<'_>> = Vec::with_capacity(2);
        for bucket in buckets.each() {
            // Whoever does not wait stands in no line.
            if asked.pacing == Pacing::Wait {
                places.push(bucket.enter().await);
            }
            let name = name(&bucket.key);
            loop {
                let now = self.room.now();
                let answer = store.take_turn(&name, &bucket.rates, now).await;
                // This client's own part is written down here as well, so that it goes on from there when the store is lost.
                let turn = bucket.with(|spent| {
                    let turn = match answer {
                        Some(wait) => now.saturating_add(millis(wait)),
                        None => spent.turn(now, 0),
                    };
                    if turn <= now {
                        spent.turn(now, 0);
                        spent.take(now);
                    }
                    turn
                });
                if turn <= now {
                    break;
                }
                self.sleep(turn, asked).await?;
            }
        }
        Ok(())
    }

    async fn sleep(&self, turn: u64, asked: &Asked<'_>) -> Result<(), NotNow> {
        let wait = self.room.until(turn);
        if asked.pacing == Pacing::Refuse || !self.is_in_time(wait, asked) {
            return Err(NotNow(wait));
        }
        sleep_until(Instant::now() + wait).await;
        Ok(())
    }

    fn buckets(&self, asked: &Asked<'_>, now: u64) -> Option<Buckets> {
        let endpoint = asked.endpoint;
        if is_raw(endpoint) {
            return None;
        }
        let receiver = endpoint.paced.as_ref().zip(asked.receiver).map(|(paced, receiver)| {
            let key = key(paced.with, asked.tenant, Some(receiver));
            self.room.get(&key, std::slice::from_ref(&paced.rate), now)
        });
        let key = key(endpoint.id, asked.tenant, None);
        // Without a rate there is a bucket only if the platform closed it.
        let endpoint = match endpoint.rate {
            [] if self.store.is_none() => self.room.find(&key),
            rates => Some(self.room.get(&key, rates, now)),
        };
        (receiver.is_some() || endpoint.is_some()).then_some(Buckets { receiver, endpoint })
    }

    fn is_in_time(&self, wait: Duration, asked: &Asked<'_>) -> bool {
        let left = asked
            .deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()));
        left.is_none_or(|left| wait < left)
    }
}

impl Buckets {
    fn each(&self) -> impl Iterator<Item = &Arc<Bucket>> {
        self.receiver.iter().chain(&self.endpoint)
    }

    /// Takes a token from each at once, or says when that will be possible.
    fn try_take(&self, now: u64) -> Result<(), u64> {
        let [receiver, endpoint] =
            [&self.receiver, &self.endpoint].map(|bucket| bucket.as_ref().map(|it| it.try_enter()));
        let is_busy = matches!(receiver, Some(None)) || matches!(endpoint, Some(None));
        let turn = match is_busy {
            false => self.turn(2, now),
            true => {
                drop((receiver, endpoint));
                let turns = self.each().map(|bucket| bucket.foretell(now));
                return Err(turns.fold(now, u64::max));
            }
        };
        match turn <= now {
            true => {
                self.take(now);
                Ok(())
            }
            false => Err(turn),
        }
    }

    /// When all of the first `count` have a token, for one who is at the head of their lines.
    fn turn(&self, count: usize, now: u64) -> u64 {
        let turns = self
            .each()
            .take(count)
            .map(|bucket| bucket.with(|spent| spent.turn(now, 0)));
        turns.fold(now, u64::max)
    }

    fn take(&self, now: u64) {
        for bucket in self.each() {
            bucket.with(|spent| spent.take(now));
        }
    }
}

/// A raw call has no endpoint of its own, so nobody knows with whom it shares a limit.
fn is_raw(endpoint: &Endpoint) -> bool {
    endpoint.path.is_empty()
}

fn key(name: &'static str, tenant: &str, receiver: Option<u64>) -> Key {
    let tenant = if tenant.is_empty() { 0 } else { stable_hash(&[tenant]) };
    Key { name, tenant, receiver }
}

/// What a bucket is called in a store.
fn name(key: &Key) -> String {
    let Key { name, tenant, receiver } = key;
    match receiver {
        Some(receiver) => format!("pace/{name}/{tenant:x}/{receiver:016x}"),
        None => format!("pace/{name}/{tenant:x}"),
    }
}

/// FNV-1a: quick, and the same in every program that shares the store.
pub(crate) fn stable_hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// `1000/min, 50/s`, as the reference says it.
pub(crate) fn rates_text(endpoint: &Endpoint) -> String {
    let text = |rate: &Rate| match rate.seconds {
        1 => format!("{}/s", rate.requests),
        60 => format!("{}/min", rate.requests),
        seconds => format!("{} in {seconds} s", rate.requests),
    };
    let mut texts: Vec<String> = endpoint.rate.iter().map(text).collect();
    texts.extend(
        endpoint
            .paced
            .map(|paced| format!("{} for each `{}`", text(&paced.rate), paced.by)),
    );
    texts.join(", ")
}

/// Who shares limits with a call: the tenant. Neither a user's token nor a session says which tenant that is, so each is on its own
/// there.
pub(crate) fn tenant_of<'a>(kind: AppKind, tenant: Option<&'a str>, user: Option<&'a str>) -> &'a str {
    match kind {
        AppKind::Custom => "",
        AppKind::Store => tenant.or(user).unwrap_or_default(),
    }
}
