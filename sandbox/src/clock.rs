//! The sandbox's clock, and identifiers that carry the time or a bit of chance.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::time::Instant;

/// Time as the sandbox sees it, in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: u64,
    since: Instant,
    /// How many milliseconds pass in one; none pass on a clock that stands still.
    rate: f64,
    /// How far it was moved by hand.
    ahead: u64,
}

impl Clock {
    /// A clock that only moves when it is told to.
    pub(crate) fn still(at: SystemTime) -> Self {
        Self {
            start: millis(at),
            since: Instant::now(),
            rate: 0.0,
            ahead: 0,
        }
    }

    /// The system's time from here on, so many times as fast.
    pub(crate) fn running(rate: f64) -> Self {
        let rate = if rate.is_finite() { rate.max(0.0) } else { 1.0 };
        Self {
            rate,
            ..Self::still(SystemTime::now())
        }
    }

    pub(crate) fn now(&self) -> u64 {
        let passed = (self.since.elapsed().as_secs_f64() * 1000.0 * self.rate) as u64;
        self.start.saturating_add(passed).saturating_add(self.ahead).min(LATEST)
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        // Far enough for every rule of the platform, and short of where sums with it could overflow.
        self.ahead = self.ahead.saturating_add(by).min(LATEST);
    }

    /// From now on it runs so many times as fast.
    pub(crate) fn set_rate(&mut self, rate: f64) {
        let start = self.now().saturating_sub(self.ahead);
        *self = Self {
            start,
            ahead: self.ahead,
            ..Self::running(rate)
        };
    }

    /// How many times as fast it runs.
    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }

    /// How far it was moved by hand.
    pub(crate) fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead)
    }

    pub(crate) fn stands_still(&self) -> bool {
        self.rate <= 0.0
    }

    /// How long one has to wait until this time; none when waiting alone does not bring it.
    pub(crate) fn until(&self, time: u64) -> Option<Duration> {
        let left = time.saturating_sub(self.now()) as f64 / 1000.0 / self.rate;
        (!self.stands_still())
            .then(|| Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX))
            .map(|left| left.max(Duration::from_millis(1)))
    }
}

/// The end of the year 9999, the last that a log id can spell.
const LATEST: u64 = 253_402_300_799_999;

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(LATEST).min(LATEST)
}

/// Makes identifiers that do not repeat.
#[derive(Debug, Default)]
pub(crate) struct Mint {
    seed: RandomState,
    made: u64,
}

impl Mint {
    /// `prefix` and 32 hexadecimal digits.
    pub(crate) fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}{:016x}{:016x}", self.next(), self.next())
    }

    /// A log id in the platform's form: the date, the time and 20 hexadecimal digits.
    pub(crate) fn log_id(&mut self, now: u64) -> String {
        let seconds = now / 1000;
        let (year, month, day) = date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let chance = self.next();
        let made = self.made & 0xffff;
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{chance:016X}{made:04X}")
    }

    /// A number of 18 digits, as the platform counts things.
    pub(crate) fn number(&mut self) -> u64 {
        700_000_000_000_000_000 + self.next() % 100_000_000_000_000_000
    }

    /// Sixteen bytes of chance.
    pub(crate) fn block(&mut self) -> [u8; 16] {
        let mut block = [0; 16];
        let (first, second) = block.split_at_mut(8);
        first.copy_from_slice(&self.next().to_be_bytes());
        second.copy_from_slice(&self.next().to_be_bytes());
        block
    }

    /// One of so many, by chance.
    pub(crate) fn pick(&mut self, many: usize) -> usize {
        usize::try_from(self.next()).unwrap_or_default() % many.max(1)
    }

    fn next(&mut self) -> u64 {
        self.made += 1;
        self.seed.hash_one(self.made)
    }
}

// Days since 1970 to a date of the proleptic Gregorian calendar, counted in years that begin in March.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_ids_begin_with_the_time() {
        for (millis, text) in [
            (0, "19700101000000"),
            (951_782_400_000, "20000229000000"),
            (1_735_689_599_999, "20241231235959"),
            (LATEST, "99991231235959"),
        ] {
            let log_id = Mint::default().log_id(millis);
            assert!(log_id.starts_with(text) && log_id.len() == 34, "{log_id}");
        }
    }

    #[test]
    fn ids_do_not_repeat_and_time_does_not_overflow() {
        let mut mint = Mint::default();
        let ids: std::collections::HashSet<String> = (0..1000).map(|_| mint.id("om_")).collect();
        assert_eq!(ids.len(), 1000);
        let mut clock = Clock::still(SystemTime::now());
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), LATEST);
    }
}
