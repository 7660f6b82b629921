//! How often operations may be called: windows of the sandbox's clock, for each operation, app and tenant, and for each receiver.
//!
//! A window begins at a multiple of its length, as the windows of a gateway do that counts by the minute and the second, so what
//! `x-ogw-ratelimit-reset` says is the time that is left of it.

use std::collections::HashMap;

use crate::{
    access::Caller,
    catalog::{Catalog, Operation, Rate},
    check::Checked,
    refusal::{Refusal, Throttled, code},
};

/// With so few counts there is nothing to tidy.
const FEW: usize = 1024;

/// What has been called, in the windows that have not ended yet.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    off: bool,
    counts: HashMap<Key, Count>,
    /// How many counts there may be before those of ended windows go.
    most: usize,
}

/// Whose calls are counted together: operation, app, tenant, receiver and the window's length in milliseconds.
type Key = (String, String, String, String, u64);

#[derive(Debug)]
struct Count {
    calls: u64,
    /// When the window ends.
    ends: u64,
}

impl Limits {
    pub(crate) fn new(off: bool) -> Self {
        Self { off, ..Self::default() }
    }

    /// Counts one call to an operation, or refuses it because its windows are full (protocol.md §3.3, §3.4).
    pub(crate) fn take(
        &mut self,
        operation: &Operation,
        app: Option<&str>,
        caller: Option<&Caller>,
        now: u64,
    ) -> Result<(), Refusal> {
        if self.off || operation.rate.is_empty() {
            return Ok(());
        }
        let (app, tenant) = (app.unwrap_or_default(), caller.map_or("", |caller| &caller.tenant));
        self.count(&operation.rate, [&operation.id, app, tenant, ""], now)
            .map_err(|full| full.refusal(&format!("`{}`", operation.id)))
    }

    /// Counts one call to a receiver, whichever app makes it (protocol.md §3.5).
    pub(crate) fn take_receiver(
        &mut self,
        catalog: &Catalog,
        operation: &Operation,
        sent: &Checked,
        caller: Option<&Caller>,
        now: u64,
    ) -> Result<(), Refusal> {
        let Some(paced) = operation.paced.as_ref().filter(|_| !self.off) else {
            return Ok(());
        };
        let shared = paced.with.as_deref().unwrap_or(&operation.id);
        let tenant = caller.map_or("", |caller| &caller.tenant);
        let receiver = sent.text(&paced.by);
        let Err(full) = self.count(&[paced.rate], [shared, "", tenant, receiver], now) else {
            return Ok(());
        };
        let what = format!("this `{}`", paced.by);
        Err(match paced.code {
            Some(code) => Refusal::new(code, full.message(&what)),
            // The operation's own row for the code is about the limit of the operation, and may have another status.
            None => full.refusal(&what).with_listed_status(catalog),
        })
    }

    fn count(&mut self, rates: &[Rate], [operation, app, tenant, receiver]: [&str; 4], now: u64) -> Result<(), Full> {
        if self.counts.len() > self.most.max(FEW) {
            self.counts.retain(|_, count| count.ends > now);
            // As many again may come before the next round, so that each costs the same.
            self.most = self.counts.len() * 2;
        }
        let keys = rates.iter().map(|rate| {
            let length = rate.seconds.max(1).saturating_mul(1000);
            let key: Key = (operation.into(), app.into(), tenant.into(), receiver.into(), length);
            (key, rate)
        });
        let keys: Vec<(Key, &Rate)> = keys.collect();
        // A call that one window refuses does not count in the other.
        for (key, rate) in &keys {
            let count = self.counts.get(key).filter(|count| count.ends > now);
            if let Some(count) = count.filter(|count| count.calls >= rate.requests) {
                return Err(Full {
                    rate: **rate,
                    left: count.ends - now,
                });
            }
        }
        for (key, _) in keys {
            let ends = (now / key.4 + 1) * key.4;
            let count = self.counts.entry(key).or_insert(Count { calls: 0, ends });
            if count.ends <= now {
                *count = Count { calls: 0, ends };
            }
            count.calls += 1;
        }
        Ok(())
    }
}

/// A window that takes no more.
struct Full {
    rate: Rate,
    /// The milliseconds until it ends.
    left: u64,
}

impl Full {
    fn message(&self, what: &str) -> String {
        let Rate { requests, seconds } = self.rate;
        let window = match seconds {
            1 => "a second".to_owned(),
            60 => "a minute".to_owned(),
            seconds => format!("{seconds} s"),
        };
        format!(
            "request trigger frequency limit: {what} takes {requests} calls in {window}; wait {} s",
            self.seconds()
        )
    }

    fn seconds(&self) -> u64 {
        self.left.div_ceil(1000)
    }

    fn refusal(&self, what: &str) -> Refusal {
        Refusal::new(code::TOO_MANY, self.message(what)).throttled(Throttled {
            limit: self.rate.requests,
            reset: self.seconds(),
        })
    }
}
