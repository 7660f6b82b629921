//! The buckets of an app's clients, by what they are for. One that is full again is forgotten.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::atomic::{AtomicU32, Ordering},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    sync::{Mutex as Turn, MutexGuard},
    time::Instant,
};

use super::{millis, spent::Spent};
use crate::Rate;

/// What a bucket is for: an endpoint, or the receivers of one; a tenant; a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) tenant: u64,
    pub(crate) receiver: Option<u64>,
}

/// A bucket and the line before it.
pub(crate) struct Bucket {
    pub(crate) key: Key,
    pub(crate) rates: Box<[Rate]>,
    /// Whoever holds it is at the head of the line; tokio's mutex lets callers in as they came. Nobody takes a token without it.
    turn: Turn<()>,
    /// Those at the head and behind.
    line: AtomicU32,
    spent: Mutex<Spent>,
}

/// A place in the line, given up when dropped.
pub(crate) struct Place<'a> {
    line: &'a AtomicU32,
    _turn: Option<MutexGuard<'a, ()>>,
}

impl Bucket {
    fn new(key: Key, rates: &[Rate]) -> Self {
        Self {
            key,
            rates: rates.into(),
            turn: Turn::new(()),
            line: AtomicU32::new(0),
            spent: Mutex::new(Spent::new(rates)),
        }
    }

    /// The head of the line, if nobody is in it.
    pub(crate) fn try_enter(&self) -> Option<Place<'_>> {
        let turn = self.turn.try_lock().ok()?;
        let mut place = self.place();
        place._turn = Some(turn);
        Some(place)
    }

    /// The head of the line, after all who came before.
    pub(crate) async fn enter(&self) -> Place<'_> {
        // Made before the wait, so that whoever gives up is not counted any more.
        let mut place = self.place();
        place._turn = Some(self.turn.lock().await);
        place
    }

    fn place(&self) -> Place<'_> {
        self.line.fetch_add(1, Ordering::Relaxed);
        Place {
            line: &self.line,
            _turn: None,
        }
    }

    /// When a caller at the end of the line may go.
    pub(crate) fn foretell(&self, now: u64) -> u64 {
        let ahead = self.line.load(Ordering::Relaxed);
        self.with(|spent| spent.turn(now, ahead))
    }

    pub(crate) fn with<T>(&self, use_it: impl FnOnce(&mut Spent) -> T) -> T {
        use_it(&mut self.spent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.line.fetch_sub(1, Ordering::Relaxed);
    }
}

/// All buckets of an app's clients, and their clock.
pub(crate) struct Room {
    buckets: RwLock<Shelf>,
    /// The same moment by both clocks: buckets count milliseconds since 1970, so that several programs may share them.
    start: (Instant, u64),
}

/// Every call looks its bucket up, so the hash is a quick one; that of a receiver has been mixed before.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0xf135_7aea_2e62_a9c5);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

#[derive(Default)]
struct Shelf {
    by_key: HashMap<Key, Arc<Bucket>, BuildHasherDefault<Mix>>,
    /// How many there may be before the full ones go.
    limit: usize,
}

/// With so few buckets there is nothing to tidy.
const FEW: usize = 256;

impl Default for Room {
    fn default() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            buckets: RwLock::default(),
            start: (Instant::now(), millis(since)),
        }
    }
}

impl Room {
    /// Milliseconds since 1970, by tokio's clock.
    pub(crate) fn now(&self) -> u64 {
        let (start, at) = self.start;
        at.saturating_add(millis(start.elapsed()))
    }

    pub(crate) fn until(&self, turn: u64) -> Duration {
        // The clock of the buckets is cut off to milliseconds, so the turn may come a little later, never earlier.
        let (start, at) = self.start;
        Duration::from_millis(turn.saturating_sub(at)).saturating_sub(start.elapsed())
    }

    pub(crate) fn find(&self, key: &Key) -> Option<Arc<Bucket>> {
        let shelf = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        shelf.by_key.get(key).cloned()
    }

    pub(crate) fn get(&self, key: &Key, rates: &[Rate], now: u64) -> Arc<Bucket> {
        if let Some(bucket) = self.find(key) {
            return bucket;
        }
        let mut shelf = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        if shelf.by_key.len() >= shelf.limit.max(FEW) {
            // A bucket that somebody holds is about to be used.
            shelf
                .by_key
                .retain(|_, bucket| Arc::strong_count(bucket) > 1 || !bucket.with(|spent| spent.is_full(now)));
            // As many again may come before the next round, so that each costs the same, however many there are.
            shelf.limit = shelf.by_key.len() * 2;
        }
        let bucket = shelf
            .by_key
            .entry(*key)
            .or_insert_with(|| Arc::new(Bucket::new(*key, rates)));
        bucket.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(receiver: u64) -> Key {
        Key {
            name: "im.v1.message.create",
            tenant: 0,
            receiver: Some(receiver),
        }
    }

    /// Ten receivers a millisecond at 5/s each (protocol §3.5): those of the last second are kept, the others are not.
    #[test]
    fn full_buckets_are_forgotten() {
        let room = Room::default();
        let rates = [Rate::per_second(5)];
        let mut most = 0;
        for receiver in 0..100_000 {
            let now = receiver / 10;
            room.get(&key(receiver), &rates, now).with(|spent| spent.take(now));
            most = most.max(room.buckets.read().unwrap().by_key.len());
        }
        assert!((10_000..25_000).contains(&most), "{most}");
        let last = room.find(&key(99_999)).unwrap();
        assert_eq!(last.with(|spent| spent.clone().turn(9_999, 4)), 11_000);
    }

    #[test]
    fn a_bucket_in_use_stays() {
        let room = Room::default();
        let rates = [Rate::per_second(5)];
        let held = room.get(&key(0), &rates, 0);
        for receiver in 1..5000 {
            room.get(&key(receiver), &rates, 0);
        }
        assert!(Arc::ptr_eq(&held, &room.get(&key(0), &rates, 0)));
        assert!(room.buckets.read().unwrap().by_key.len() < 1000);
    }
}
