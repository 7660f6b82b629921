//! Buckets kept as text in a store, for stores that only get and compare.

use std::time::Duration;

use super::{millis, spent::Spent};
use crate::{Rate, Secret, StoreError, TokenStore};

/// How often one tries while others change the same bucket.
const ATTEMPTS: usize = 16;
/// How long one leaves a bucket alone then.
const CROWDED: Duration = Duration::from_millis(20);

/// [`TokenStore::take_turn`], by the caller's clock.
pub(crate) async fn take<S: TokenStore + ?Sized>(
    store: &S,
    key: &str,
    rates: &[Rate],
    now: u64,
) -> Result<Duration, StoreError> {
    for _ in 0..ATTEMPTS {
        let (old, mut spent) = read(store, key, rates).await?;
        let turn = spent.turn(now, 0);
        if turn > now {
            return Ok(Duration::from_millis(turn - now));
        }
        spent.take(now);
        if write(store, key, old, &spent, now).await? {
            return Ok(Duration::ZERO);
        }
    }
    Ok(CROWDED)
}

/// [`TokenStore::close_turns`], by the caller's clock.
pub(crate) async fn close<S: TokenStore + ?Sized>(
    store: &S,
    key: &str,
    rates: &[Rate],
    wait: Duration,
    now: u64,
) -> Result<(), StoreError> {
    let until = now.saturating_add(millis(wait));
    for _ in 0..ATTEMPTS {
        let (old, mut spent) = read(store, key, rates).await?;
        spent.turn(now, 0);
        spent.close(until);
        if write(store, key, old, &spent, now).await? {
            break;
        }
    }
    Ok(())
}

async fn read<S: TokenStore + ?Sized>(
    store: &S,
    key: &str,
    rates: &[Rate],
) -> Result<(Option<Secret>, Spent), StoreError> {
    let old = store.get(key).await?.map(|stored| stored.value);
    let spent = old
        .as_ref()
        .map_or_else(|| Spent::new(rates), |text| Spent::read(rates, text.expose()));
    Ok((old, spent))
}

async fn write<S: TokenStore + ?Sized>(
    store: &S,
    key: &str,
    old: Option<Secret>,
    spent: &Spent,
    now: u64,
) -> Result<bool, StoreError> {
    let text = Secret::from(spent.text());
    store
        .compare_and_set(key, old.as_ref(), Some((&text, spent.life(now))))
        .await
}
