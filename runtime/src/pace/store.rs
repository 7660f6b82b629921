//! Buckets that several programs share.

use std::{error::Error, time::Duration};

use super::spent::Spent;
use crate::{BoxFuture, Rate};

/// A failure of the store.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Keeps buckets for several programs that call the platform for the same app, so that all together keep its limits.
///
/// `get` and `compare_and_set` are enough. A store that can compute does [`take`](Self::take) better, in one step and by a clock of
/// its own: [`TAKE_SCRIPT`](crate::TAKE_SCRIPT) is that step for Redis. While the store fails, each client paces by itself.
pub trait PaceStore: Send + Sync + 'static {
    /// The text under `key`.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<String>>>;

    /// Puts `new` under `key` for so long, if the text there is `old`; says whether it did.
    fn compare_and_set<'a>(
        &'a self,
        key: &'a str,
        old: Option<&'a str>,
        new: &'a str,
        life: Duration,
    ) -> BoxFuture<'a, Result<bool>>;

    /// Takes a token from the bucket under `key` and returns zero, or takes none and says how long to wait before asking again.
    ///
    /// `now` is the caller's clock, in milliseconds since 1970. Clocks that differ cost tokens for as long as they differ, so a
    /// store with a clock uses that instead.
    fn take<'a>(&'a self, key: &'a str, rates: &'a [Rate], now: u64) -> BoxFuture<'a, Result<Duration>> {
        Box::pin(async move {
            for _ in 0..ATTEMPTS {
                let old = self.get(key).await?;
                let mut spent = read(rates, old.as_deref());
                let turn = spent.turn(now, 0);
                if turn > now {
                    return Ok(Duration::from_millis(turn - now));
                }
                spent.take(now);
                let life = spent.life(now);
                if self.compare_and_set(key, old.as_deref(), &spent.text(), life).await? {
                    return Ok(Duration::ZERO);
                }
            }
            Ok(CROWDED)
        })
    }

    /// Gives nothing away from the bucket under `key` for so long.
    fn close<'a>(&'a self, key: &'a str, rates: &'a [Rate], wait: Duration, now: u64) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let until = now.saturating_add(super::millis(wait));
            for _ in 0..ATTEMPTS {
                let old = self.get(key).await?;
                let mut spent = read(rates, old.as_deref());
                spent.turn(now, 0);
                spent.close(until);
                let life = spent.life(now);
                if self.compare_and_set(key, old.as_deref(), &spent.text(), life).await? {
                    break;
                }
            }
            Ok(())
        })
    }
}

/// How often one tries while others change the same bucket.
const ATTEMPTS: usize = 16;
/// How long one leaves a bucket alone then.
const CROWDED: Duration = Duration::from_millis(20);

fn read(rates: &[Rate], text: Option<&str>) -> Spent {
    text.map_or_else(|| Spent::new(rates), |text| Spent::read(rates, text))
}
