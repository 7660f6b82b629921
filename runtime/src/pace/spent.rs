//! What has been taken from a bucket, and when it comes back. Pure arithmetic on milliseconds, so that any store can keep it.
//!
//! A bucket holds as many tokens as its window takes requests, and a token comes back one whole window after it was taken. No
//! stretch of time as long as the window then sees more requests than it may, however the platform lays its own windows; a bucket
//! that refills drop by drop lets nearly twice as many through after a pause, and the platform refuses those.

use std::{collections::VecDeque, fmt::Write, time::Duration};

use crate::Rate;

/// Tokens come back in batches, so many in a window: what is kept is small, and at most a fiftieth of the rate is lost.
const BATCHES: u64 = 50;

/// The state of one bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    windows: Vec<Window>,
    /// The platform asked for quiet until then.
    closed: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Window {
    requests: u32,
    length: u64,
    /// The tokens that are out, in the order in which they come back.
    out: VecDeque<Batch>,
    /// How many that are.
    count: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Batch {
    back: u64,
    count: u32,
}

impl Spent {
    /// A full bucket.
    pub(crate) fn new(rates: &[Rate]) -> Self {
        let windows = rates.iter().map(|rate| Window::new(*rate)).collect();
        Self { windows, closed: 0 }
    }

    /// When a caller with `ahead` others before it may go; not before `now`, and not after everything that came back until then.
    pub(crate) fn turn(&mut self, now: u64, ahead: u32) -> u64 {
        let windows = self.windows.iter_mut().map(|window| window.turn(now, ahead));
        windows.fold(now.max(self.closed), u64::max)
    }

    /// Takes one token; whoever calls this has seen that its turn is now.
    pub(crate) fn take(&mut self, now: u64) {
        for window in &mut self.windows {
            window.take(now);
        }
    }

    /// Gives nothing away before `until`.
    pub(crate) fn close(&mut self, until: u64) {
        self.closed = self.closed.max(until);
    }

    /// Whether forgetting it changes nothing.
    pub(crate) fn is_full(&self, now: u64) -> bool {
        self.idle_from() <= now
    }

    /// How long a store has to keep it.
    pub(crate) fn life(&self, now: u64) -> Duration {
        Duration::from_millis(self.idle_from().saturating_sub(now).max(1))
    }

    fn idle_from(&self) -> u64 {
        let last = self.windows.iter().filter_map(|window| window.out.back());
        last.map(|batch| batch.back).fold(self.closed, u64::max)
    }

    /// As text: `closed`, then for each window `;` and its batches, `back:count` with commas between.
    pub(crate) fn text(&self) -> String {
        let mut text = self.closed.to_string();
        for window in &self.windows {
            for (index, batch) in window.out.iter().enumerate() {
                let between = if index == 0 { ';' } else { ',' };
                // Writing to a string cannot fail.
                let _ = write!(text, "{between}{}:{}", batch.back, batch.count);
            }
            if window.out.is_empty() {
                text.push(';');
            }
        }
        text
    }

    /// Reads [`text`](Self::text); what cannot be read is a full bucket, for a lost state must not stop anybody.
    pub(crate) fn read(rates: &[Rate], text: &str) -> Self {
        Self::try_read(rates, text).unwrap_or_else(|| Self::new(rates))
    }

    fn try_read(rates: &[Rate], text: &str) -> Option<Self> {
        let mut spent = Self::new(rates);
        let mut parts = text.split(';');
        spent.closed = parts.next()?.parse().ok()?;
        for (window, part) in spent.windows.iter_mut().zip(parts) {
            for batch in part.split(',').filter(|batch| !batch.is_empty()) {
                let (back, count) = batch.split_once(':')?;
                let (back, count) = (back.parse().ok()?, count.parse().ok()?);
                if window.out.back().is_some_and(|last| last.back > back) {
                    return None;
                }
                window.out.push_back(Batch { back, count });
                window.count = window.count.checked_add(count)?;
            }
        }
        Some(spent)
    }
}

impl Window {
    fn new(rate: Rate) -> Self {
        // A window of no length or no requests is a mistake in hand-written facts; it must not stop a program for ever.
        let (requests, length) = (rate.requests.max(1), u64::from(rate.seconds.max(1)) * 1000);
        let batches = u64::from(requests).min(BATCHES + 2);
        Self {
            requests,
            length,
            out: VecDeque::with_capacity(batches as usize),
            count: 0,
        }
    }

    fn turn(&mut self, now: u64, ahead: u32) -> u64 {
        while let Some(batch) = self.out.front().filter(|batch| batch.back <= now) {
            self.count = self.count.saturating_sub(batch.count);
            self.out.pop_front();
        }
        let free = self.requests.saturating_sub(self.count);
        if ahead < free {
            return now;
        }
        // Those ahead take tokens as they come back, and each is out for a window again.
        let (rounds, place) = ((ahead - free) / self.requests, (ahead - free) % self.requests);
        let wait = u64::from(rounds) * self.length;
        let mut passed = 0;
        let batch = self.out.iter().find(|batch| {
            passed += batch.count;
            passed > place
        });
        match batch {
            Some(batch) => batch.back + wait,
            // The tokens that are free now go first, and come back last.
            None => now + self.length + wait,
        }
    }

    fn take(&mut self, now: u64) {
        let slice = (self.length / BATCHES).max(1);
        let back = now.div_ceil(slice) * slice + self.length;
        self.count += 1;
        match self.out.back_mut() {
            // Of two clocks that share the bucket one may be behind.
            Some(last) if last.back >= back => last.count += 1,
            _ => self.out.push_back(Batch { back, count: 1 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// protocol §3.3, all tiers with published numbers.
    const TIERS: &[&[Rate]] = &[
        &[Rate::per_minute(10)],
        &[Rate::per_minute(20)],
        &[Rate::per_minute(100)],
        &[Rate::per_minute(1000), Rate::per_second(50)],
        &[Rate::per_second(1)],
        &[Rate::per_second(5)],
        &[Rate::per_second(10)],
        &[Rate::per_second(20)],
        &[Rate::per_second(50)],
        &[Rate::per_second(100)],
        &[Rate::per_second(3)],
    ];

    /// The moments at which a caller that never rests may go, from `start` on.
    fn moments(rates: &[Rate], start: u64, count: usize) -> Vec<u64> {
        let mut spent = Spent::new(rates);
        let mut now = start;
        (0..count)
            .map(|_| {
                now = spent.turn(now, 0);
                spent.take(now);
                now
            })
            .collect()
    }

    /// Whatever way the platform lays its windows, none holds more than protocol §3.3 allows, and little of that is lost.
    #[test]
    fn every_tier_is_kept_and_used() {
        for rates in TIERS {
            for start in [0, 7, 1_700_000_000_123] {
                let moments = moments(rates, start, 3000);
                for rate in *rates {
                    let (requests, length) = (rate.requests as usize, u64::from(rate.seconds) * 1000);
                    for run in moments.windows(requests + 1) {
                        assert!(run[requests] - run[0] >= length, "{rates:?} from {start}");
                    }
                }
                let slowest = rates
                    .iter()
                    .map(|rate| 3000 / u64::from(rate.requests) * u64::from(rate.seconds) * 1000);
                let ideal = slowest.max().unwrap();
                let took = moments[2999] - start;
                assert!(took <= ideal + ideal / 40, "{rates:?}: {took} ms instead of {ideal}");
            }
        }
    }

    /// Tier 4 (protocol §3.3): fifty at once, a thousand within a minute; what went at 1 s is back with its batch, at 61.2 s.
    #[test]
    fn both_windows() {
        let moments = moments(TIERS[3], 0, 1051);
        assert_eq!(
            (moments[49], moments[50], moments[99], moments[100]),
            (0, 1000, 1000, 2000)
        );
        assert_eq!((moments[999], moments[1000]), (19_000, 60_000));
        assert_eq!((moments[1049], moments[1050]), (60_000, 61_200));
    }

    #[test]
    fn the_place_in_line_gives_the_turn() {
        for rates in TIERS {
            let mut spent = Spent::new(rates);
            for _ in 0..7 {
                let now = spent.turn(0, 0);
                spent.take(now);
            }
            // From here every call is certain to come at the moment foretold, or later by what batches cost.
            let now = spent.turn(0, 0);
            let foretold: Vec<u64> = (0..200).map(|ahead| spent.clone().turn(now, ahead)).collect();
            let mut at = now;
            for (ahead, foretold) in foretold.iter().enumerate() {
                at = spent.turn(at, 0);
                spent.take(at);
                assert!(
                    *foretold <= at,
                    "{rates:?}, {ahead} ahead: {foretold} foretold, {at} came"
                );
                assert!(
                    at - foretold <= (at - now) / 40 + 1,
                    "{rates:?}, {ahead} ahead: {foretold}, {at}"
                );
            }
        }
    }

    #[test]
    fn closed_is_closed() {
        let mut spent = Spent::new(TIERS[3]);
        spent.close(52_000);
        spent.close(3_000);
        assert_eq!(spent.turn(10, 0), 52_000);
        assert!(!spent.is_full(51_999) && spent.is_full(52_000));
    }

    #[test]
    fn text_and_back() {
        for rates in TIERS {
            let mut spent = Spent::new(rates);
            assert_eq!(Spent::read(rates, &spent.text()), spent);
            for now in [5, 5, 900, 1001] {
                let now = spent.turn(now, 0);
                spent.take(now);
            }
            spent.close(77);
            assert_eq!(Spent::read(rates, &spent.text()), spent, "{}", spent.text());
        }
        let mut spent = Spent::new(TIERS[3]);
        spent.take(0);
        spent.take(30);
        assert_eq!(spent.text(), "0;60000:1,61200:1;1000:1,1040:1");
        for broken in ["", "x", "0;1", "0;5:1,4:1;", "0;1:x", "-1;;"] {
            assert_eq!(Spent::read(TIERS[3], broken), Spent::new(TIERS[3]), "{broken}");
        }
    }

    /// Facts written by hand may be senseless; they neither panic nor stop the program.
    #[test]
    fn senseless_rates() {
        for (requests, seconds) in [(0, 0), (0, 1), (1, 0), (u32::MAX, u32::MAX)] {
            let mut spent = Spent::new(&[Rate { requests, seconds }]);
            spent.take(0);
            assert!(spent.turn(1, 5) < u64::MAX / 2);
        }
    }
}
