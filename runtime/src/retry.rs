//! When a call is tried again, and how long it waits until then.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::BuildHasher,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use crate::digest::sha256;

/// When a call is tried again: how often, after what wait, and how much of that a client may do in bad times.
///
/// A failure is repeated only where that can do no harm:
/// - whatever the call, where nothing ran: no connection came about, or the platform refused it for coming too fast or being busy;
/// - where it may have run (a lost reply, HTTP 5xx), only a `GET`, or a call with a key against duplicates, which the client fills in
///   where it was left empty.
///
/// The wait is what the platform asks for, else random between nothing and a bound that doubles with each attempt. The call's time
/// limit holds for all of it: a wait that would pass it is not begun, and the error comes at once.
#[derive(Clone)]
pub struct Retry {
    attempts: u32,
    base: Duration,
    max: Duration,
    attempt_timeout: Option<Duration>,
    budget: Option<Arc<Budget>>,
}

/// How many retries a client has left; clones of a policy share it.
pub(crate) struct Budget {
    /// In tenths of a retry.
    left: AtomicU32,
    full: u32,
}

/// Tenths of a retry: what one costs. A success gives one tenth back.
const COST: u32 = 10;
/// How many retries there are to begin with, unless the policy says otherwise.
const RETRIES: u32 = 100;

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 3,
            base: Duration::from_millis(250),
            max: Duration::from_secs(10),
            attempt_timeout: None,
            budget: None,
        }
    }
}

impl Retry {
    /// Every call is sent once, and none is given a key against duplicates. A token the platform refuses is still replaced once.
    pub fn off() -> Self {
        Self::default().attempts(1)
    }

    /// How often a call is sent at most, the first time included; 3 unless given.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The bound of the first wait, and of any; 250 ms and 10 s unless given. What the platform asks for counts more than either.
    pub fn backoff(mut self, base: Duration, max: Duration) -> Self {
        (self.base, self.max) = (base, max);
        self
    }

    /// How long one attempt may take from the moment it is sent; as long as the whole call, unless given. One that takes longer counts
    /// as lost: it may have run, so only a call that may be repeated is tried again.
    ///
    /// Of a download in chunks, its beginning must come within that; the waits for a token and for the call's turn do not count.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = Some(limit);
        self
    }

    /// How many retries may be made while nothing succeeds; 100 unless given. Ten successes give one back. A wait that the platform
    /// itself named costs nothing. It keeps an outage from being met with a multiple of the usual calls.
    ///
    /// Whatever is given a clone of this policy shares the budget; a policy without its own takes the client's. So make the policy once and
    /// give each call a clone: one that is written where the call is made has a budget for that call alone.
    pub fn budget(mut self, retries: u32) -> Self {
        self.budget = Some(Arc::new(Budget::new(retries)));
        self
    }

    pub(crate) fn limit(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn is_on(&self) -> bool {
        self.attempts > 1
    }

    pub(crate) fn attempt_limit(&self) -> Option<Duration> {
        self.attempt_timeout
    }

    pub(crate) fn own_budget(&self) -> Option<&Arc<Budget>> {
        self.budget.as_ref()
    }

    /// How long to wait after so many attempts: "full jitter".
    pub(crate) fn wait(&self, tried: u32, dice: &Dice) -> Duration {
        let doubled = 2_u32.saturating_pow(tried.saturating_sub(1));
        dice.below(self.base.saturating_mul(doubled).min(self.max))
    }

    /// How long to wait when calls came too fast and the platform does not say for how long: the shortest of its windows is a second
    /// (protocol §3.3), so less would meet the same answer.
    pub(crate) fn wait_limited(&self, tried: u32, dice: &Dice) -> Duration {
        const WINDOW: Duration = Duration::from_secs(1);
        WINDOW.min(self.max).saturating_add(self.wait(tried, dice))
    }

    /// How long to wait when the platform says how long: never less, and a little more, for others wait as well.
    pub(crate) fn wait_named(&self, named: Duration, dice: &Dice) -> Duration {
        named.saturating_add(dice.below(self.base.min(self.max)))
    }
}

impl Budget {
    fn new(retries: u32) -> Self {
        let full = retries.saturating_mul(COST);
        Self {
            left: AtomicU32::new(full),
            full,
        }
    }

    /// Pays for a retry, if there is enough.
    pub(crate) fn spend(&self) -> bool {
        let pay = |left: u32| left.checked_sub(COST);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay)
            .is_ok()
    }

    /// A call succeeded. In good times this writes nothing, so that concurrent calls do not meet here.
    pub(crate) fn earn(&self) {
        if self.left.load(Ordering::Relaxed) < self.full {
            let add = |left: u32| (left < self.full).then(|| left + 1);
            // Full by now: as good.
            let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(RETRIES)
    }
}

/// Random numbers, seeded by the system: good enough for waits and for keys that must differ, and no dependency.
pub(crate) struct Dice {
    state: RandomState,
    count: AtomicU64,
}

impl Dice {
    pub(crate) fn new() -> Self {
        Self {
            state: RandomState::new(),
            count: AtomicU64::new(0),
        }
    }

    /// The time goes in as well, so that a copied process or machine does not repeat the numbers.
    fn roll(&self) -> u64 {
        // Whatever is odd and large spreads the count over all bits (Knuth's multiplicative hashing).
        let count = self
            .count
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let time = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        self.state.hash_one(count ^ time.as_nanos() as u64)
    }

    fn below(&self, bound: Duration) -> Duration {
        let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        // The upper half of the product: even enough, and no division.
        Duration::from_nanos(((u128::from(self.roll()) * u128::from(nanos)) >> 64) as u64)
    }

    /// A key in the form of a random UUID (RFC 9562 §5.4).
    pub(crate) fn key(&self) -> Key {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.roll().to_be_bytes());
        bytes[8..].copy_from_slice(&self.roll().to_be_bytes());
        Key::of(bytes)
    }
}

/// The key of a call that comes so many after the one with this key: always the same, and in the form of a UUID.
pub(crate) fn key_after(first: &str, calls: usize) -> String {
    let digest = sha256(format!("{calls} {first}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Key::of(bytes).as_str().to_owned()
}

/// A random key.
pub(crate) struct Key([u8; 36]);

impl Key {
    fn of(mut bytes: [u8; 16]) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (index, byte) in bytes.into_iter().enumerate() {
            at += usize::from(matches!(index, 4 | 6 | 8 | 10));
            text[at] = HEX[usize::from(byte >> 4)];
            text[at + 1] = HEX[usize::from(byte & 0xf)];
            at += 2;
        }
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("attempts", &self.attempts)
            .field("backoff", &(self.base, self.max))
            .field("attempt_timeout", &self.attempt_timeout)
            .field("budget", &self.budget.as_ref().map(|budget| budget.full / COST))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn waits_are_random_below_a_bound_that_doubles() {
        let (retry, dice) = (Retry::default(), Dice::new());
        for (tried, bound) in [(1, 250), (2, 500), (3, 1000), (7, 10_000), (u32::MAX, 10_000)] {
            let bound = Duration::from_millis(bound);
            let waits: Vec<_> = (0..200).map(|_| retry.wait(tried, &dice)).collect();
            assert!(waits.iter().all(|wait| *wait < bound), "{tried}");
            assert!(waits.iter().any(|wait| *wait > bound / 2) && waits.iter().any(|wait| *wait < bound / 2));
        }
        assert_eq!(retry.wait_named(Duration::MAX, &dice), Duration::MAX);
        let window = Duration::from_secs(1);
        assert!((0..200).all(|_| (window..window * 2).contains(&retry.wait_limited(3, &dice))));
        assert_eq!(
            retry.backoff(Duration::ZERO, Duration::ZERO).wait(9, &dice),
            Duration::ZERO
        );
    }

    /// RFC 9562 §5.4: 36 characters, version 4, variant 10.
    #[test]
    fn keys_have_the_form_of_a_uuid_and_differ() {
        let dice = Dice::new();
        let keys: HashSet<String> = (0..1000).map(|_| dice.key().as_str().to_owned()).collect();
        assert_eq!(keys.len(), 1000);
        let after: HashSet<String> = (1..1000).map(|calls| key_after("fe599b60", calls)).collect();
        assert_eq!(after.len(), 999);
        assert_eq!(key_after("fe599b60", 3), key_after("fe599b60", 3));
        for key in keys.into_iter().chain(after) {
            let parts: Vec<&str> = key.split('-').collect();
            assert_eq!(
                parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
                [8, 4, 4, 4, 12],
                "{key}"
            );
            assert!(parts[2].starts_with('4') && "89ab".contains(&parts[3][..1]), "{key}");
            assert!(parts.concat().bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
        }
    }

    #[test]
    fn a_budget_is_spent_and_earned() {
        let budget = Budget::new(2);
        budget.earn();
        assert_eq!([(); 3].map(|()| budget.spend()), [true, true, false]);
        (0..9).for_each(|_| budget.earn());
        assert!(!budget.spend());
        budget.earn();
        assert_eq!([(); 2].map(|()| budget.spend()), [true, false]);
        assert!(!Budget::new(0).spend());
    }
}
