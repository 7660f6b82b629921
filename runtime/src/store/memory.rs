//! A store in memory, shared by the clients of one process.

use std::{
    collections::HashMap,
    fmt,
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{BoxFuture, Secret, StoreError, Stored, TokenStore, pace::Room};

/// How many values are kept unless told otherwise.
const CAPACITY: usize = 10_000;
/// The longest life, so that sums with it cannot overflow.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Keeps values in memory. Clones share them, so that several clients of one process can, and keep the platform's limits together.
///
/// It holds so many values at most; beyond that, those unused for longest go. A user's session that goes this way is over once the
/// client that holds it is, so give it room for all users, or use a store outside the process.
#[derive(Clone)]
pub struct MemoryStore(Arc<Mutex<Entries>>);

struct Entries {
    all: HashMap<String, Entry>,
    capacity: usize,
    /// Counts the uses; an entry remembers its last.
    clock: u64,
    /// Where the calls of each app wait for their turn: the clients stand in one line there, and need not write anything down.
    rooms: HashMap<String, Arc<Room>>,
}

struct Entry {
    value: Secret,
    end: Instant,
    used: u64,
}

impl MemoryStore {
    /// An empty store of 10,000 values at most.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// An empty store of so many values at most.
    pub fn with_capacity(values: usize) -> Self {
        Self(Arc::new(Mutex::new(Entries {
            all: HashMap::new(),
            capacity: values.max(1),
            clock: 0,
            rooms: HashMap::new(),
        })))
    }

    pub(crate) fn room(&self, app: &str) -> Arc<Room> {
        self.entries().rooms.entry(app.to_owned()).or_default().clone()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn get(&mut self, key: &str) -> Option<Stored> {
        let now = Instant::now();
        self.clock += 1;
        let entry = self.all.get_mut(key).filter(|entry| entry.end > now)?;
        entry.used = self.clock;
        Some(Stored {
            value: entry.value.clone(),
            expires_in: entry.end - now,
        })
    }

    fn set(&mut self, key: &str, value: &Secret, life: Duration) {
        if self.all.len() >= self.capacity && !self.all.contains_key(key) {
            self.make_room();
        }
        self.clock += 1;
        let entry = Entry {
            value: value.clone(),
            end: Instant::now() + life.min(LONGEST),
            used: self.clock,
        };
        self.all.insert(key.to_owned(), entry);
    }

    /// Lets go of a tenth, so that the next ones need not look through everything again.
    fn make_room(&mut self) {
        let now = Instant::now();
        self.all.retain(|_, entry| entry.end > now);
        if self.all.len() < self.capacity {
            return;
        }
        let mut used: Vec<u64> = self.all.values().map(|entry| entry.used).collect();
        let (_, last, _) = used.select_nth_unstable(self.capacity / 10);
        let last = *last;
        self.all.retain(|_, entry| entry.used > last);
    }
}

impl TokenStore for MemoryStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(ready(Ok(self.entries().get(key))))
    }

    fn set<'a>(&'a self, key: &'a str, value: &'a Secret, life: Duration) -> BoxFuture<'a, Result<(), StoreError>> {
        self.entries().set(key, value, life);
        Box::pin(ready(Ok(())))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.entries().all.remove(key);
        Box::pin(ready(Ok(())))
    }

    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        old: Option<&'a Secret>,
        new: Option<(&'a Secret, Duration)>,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let mut entries = self.entries();
        let same = entries.get(key).as_ref().map(|stored| &stored.value) == old;
        if same {
            match new {
                Some((value, life)) => entries.set(key, value, life),
                None => drop(entries.all.remove(key)),
            }
        }
        Box::pin(ready(Ok(same)))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("values", &self.entries().all.len())
            .finish_non_exhaustive()
    }
}
