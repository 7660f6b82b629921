//! Which events were handled already.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{BoxError, later};
use crate::BoxFuture;

/// Remembers the events that were handled, so that none is handled twice. [`Memory`] is the one in use unless another is given.
///
/// Replicas that share a store share the work: what one handles, no other does. An error of the store never loses an event; it may
/// then be handled twice.
pub trait Seen: Send + Sync + 'static {
    /// Marks `key` as [`Running`](Mark::Running) for `ttl` unless it bears a mark; in one step. `None`: it bore none, and is the caller's
    /// to handle.
    fn claim<'a>(&'a self, key: &'a str, ttl: Duration) -> BoxFuture<'a, Result<Option<Mark>, BoxError>>;

    /// Sets the mark of `key`, for `ttl` from now.
    fn mark<'a>(&'a self, key: &'a str, mark: Mark, ttl: Duration) -> BoxFuture<'a, Result<(), BoxError>>;

    /// Takes the mark off, so that the event is handled when it comes again.
    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), BoxError>>;
}

/// How far an event has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Somebody is at it.
    Running,
    /// It was handled.
    Done,
}

/// Marks in memory, of this process alone. At its bound it forgets the oldest.
pub struct Memory {
    marks: Mutex<Marks>,
    capacity: usize,
}

#[derive(Default)]
struct Marks {
    by_key: HashMap<String, Entry>,
    by_age: BTreeMap<u64, String>,
    next: u64,
}

struct Entry {
    mark: Mark,
    end: Instant,
    age: u64,
}

impl Memory {
    /// Room for so many events; each takes about 200 bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            marks: Mutex::default(),
            capacity: capacity.max(1),
        }
    }

    /// How many events it remembers.
    pub fn len(&self) -> usize {
        self.lock().by_key.len()
    }

    /// Whether it remembers none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room for 131,072 events: over 8 hours, 4 each second.
impl Default for Memory {
    fn default() -> Self {
        Self::with_capacity(1 << 17)
    }
}

impl Marks {
    fn get(&self, key: &str) -> Option<Mark> {
        let entry = self.by_key.get(key)?;
        (entry.end > Instant::now()).then_some(entry.mark)
    }

    fn set(&mut self, key: &str, mark: Mark, ttl: Duration, capacity: usize) {
        self.remove(key);
        let now = Instant::now();
        while let Some((_, oldest)) = self.by_age.first_key_value() {
            let ended = self.by_key.get(oldest).is_none_or(|entry| entry.end <= now);
            if !ended && self.by_key.len() < capacity {
                break;
            }
            let oldest = oldest.clone();
            self.remove(&oldest);
        }
        let age = self.next;
        self.next += 1;
        self.by_age.insert(age, key.to_owned());
        let end = later(ttl);
        self.by_key.insert(key.to_owned(), Entry { mark, end, age });
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.by_key.remove(key) {
            self.by_age.remove(&entry.age);
        }
    }
}

impl Seen for Memory {
    fn claim<'a>(&'a self, key: &'a str, ttl: Duration) -> BoxFuture<'a, Result<Option<Mark>, BoxError>> {
        let mut marks = self.lock();
        let found = marks.get(key);
        if found.is_none() {
            marks.set(key, Mark::Running, ttl, self.capacity);
        }
        Box::pin(std::future::ready(Ok(found)))
    }

    fn mark<'a>(&'a self, key: &'a str, mark: Mark, ttl: Duration) -> BoxFuture<'a, Result<(), BoxError>> {
        self.lock().set(key, mark, ttl, self.capacity);
        Box::pin(std::future::ready(Ok(())))
    }

    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        self.lock().remove(key);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
