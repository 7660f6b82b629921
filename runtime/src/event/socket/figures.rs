//! The figures by which the platform wants to be called: how often to ping, how soon to come back.

use std::time::Duration;

use bytes::Bytes;
use serde_json::from_slice;

/// No figure of the platform's is larger in earnest, and a larger one would be no sign of life any more.
const LONGEST: u64 = 3600;

/// The figures in force (protocol §6.1: what holds until the platform says otherwise).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    /// How often to try again; `None` is for ever.
    pub(crate) count: Option<u64>,
    /// How long to wait between two tries.
    pub(crate) interval: Duration,
    /// Within how long to come back after a connection is lost; when exactly, is chance.
    pub(crate) nonce: Duration,
    /// How often to ping.
    pub(crate) ping: Duration,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            count: None,
            interval: Duration::from_secs(120),
            nonce: Duration::from_secs(30),
            ping: Duration::from_secs(120),
        }
    }
}

/// What the platform says; a pong need not name all.
#[derive(Clone, Default)]
pub(crate) struct Told {
    count: Option<i64>,
    interval: Option<i64>,
    nonce: Option<i64>,
    ping: Option<i64>,
}

crate::__decode!(
    Told;
    count = "ReconnectCount",
    interval = "ReconnectInterval",
    nonce = "ReconnectNonce",
    ping = "PingInterval"
);

impl Figures {
    /// Takes over what the platform says. A time of nothing is no time: it would make a ping, or a try, follow the other at once.
    pub(crate) fn apply(&mut self, told: &Told) {
        let seconds = |slot: &mut Duration, told: Option<i64>| {
            if let Some(seconds) = told.and_then(|told| u64::try_from(told).ok()).filter(|told| *told > 0) {
                *slot = Duration::from_secs(seconds.min(LONGEST));
            }
        };
        seconds(&mut self.interval, told.interval);
        seconds(&mut self.nonce, told.nonce);
        seconds(&mut self.ping, told.ping);
        if let Some(count) = told.count {
            self.count = u64::try_from(count).ok();
        }
    }

    /// The same, from the payload of a pong, which may be empty.
    pub(crate) fn apply_pong(&mut self, payload: &Bytes) {
        if payload.is_empty() {
            return;
        }
        match from_slice::<Told>(payload) {
            Ok(told) => self.apply(&told),
            Err(error) => tracing::debug!(%error, "the pong does not say how to go on; nothing changes"),
        }
    }

    /// How long to wait before the next try, after so many in vain since the connection was lost; `None` when there shall be no other.
    ///
    /// `chance` is from 0 to 1. The first try comes at any time within the nonce, so that not all clients come back at once; the
    /// others keep the interval the platform asks for, and are spread in the same way.
    pub(crate) fn delay(&self, tries: u64, chance: f64) -> Option<Duration> {
        if self.count.is_some_and(|count| tries >= count) {
            return None;
        }
        let spread = self.nonce.mul_f64(chance.clamp(0.0, 1.0));
        Some(if tries == 0 { spread } else { self.interval + spread })
    }

    /// How long the connection may be silent: the platform answers every ping, so two went unanswered.
    pub(crate) fn deadline(&self) -> Duration {
        self.ping.mul_f64(2.5)
    }
}
