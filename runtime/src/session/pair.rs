//! A user's tokens, and how they are written down.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{Secret, Stored, token::Granted};

/// The longest life of a token that is believed: a chain of refresh tokens ends after a year (protocol §2.4).
const YEAR: u32 = 365 * 86_400;

/// An access token, and what buys the next one.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) access: Secret,
    pub(crate) access_life: Duration,
    pub(crate) refresh: Option<Secret>,
    pub(crate) refresh_life: Duration,
    /// As the platform lists them: parted by spaces.
    pub(crate) scope: String,
    /// The higher, the newer: one more with each renewal, and a sign-in begins at its time.
    pub(crate) serial: u64,
    /// When it was asked for.
    pub(crate) start: Instant,
}

impl Pair {
    pub(crate) fn granted(granted: Granted, start: Instant, serial: u64) -> Self {
        let refresh = Some(granted.refresh_token).filter(|token| !token.expose().is_empty());
        let life = granted.refresh_token_expires_in;
        Self {
            access: granted.access_token,
            access_life: granted.expires_in.within(86_400),
            refresh_life: match (&refresh, life.is_known()) {
                (None, _) => Duration::ZERO,
                (Some(_), true) => life.within(YEAR),
                (Some(_), false) => Duration::from_secs(YEAR.into()),
            },
            refresh,
            scope: granted.scope,
            serial,
            start,
        }
    }

    /// The same, newer than all that was granted before: those in a store out of reach are not known.
    pub(crate) fn of_now(mut self) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.serial = self.serial.max(u64::try_from(since.as_micros()).unwrap_or_default());
        self
    }

    /// How long it is good for anything, from its start.
    pub(crate) fn life(&self) -> Duration {
        self.access_life.max(self.refresh_life)
    }

    /// As it is kept in a store.
    pub(crate) fn write(&self) -> Secret {
        let refresh = self.refresh.as_ref().map(Secret::expose);
        let text = json!({
            "access_token": self.access.expose(),
            "expires_in": self.access_life.as_secs(),
            "refresh_token": refresh,
            "refresh_token_expires_in": self.refresh_life.as_secs(),
            "scope": self.scope,
            "serial": self.serial,
        });
        Secret::from(text.to_string())
    }

    /// Reads what a store has kept; its age is what is missing of its life.
    pub(crate) fn read(stored: &Stored) -> Option<Self> {
        let value: Value = serde_json::from_str(stored.value.expose()).ok()?;
        let text = |name: &str| value.get(name)?.as_str();
        let seconds = |name: &str| {
            let seconds = value.get(name).and_then(Value::as_u64).unwrap_or_default();
            Duration::from_secs(seconds.min(YEAR.into()))
        };
        let mut pair = Self {
            access: text("access_token")?.into(),
            access_life: seconds("expires_in"),
            refresh: text("refresh_token").map(Secret::from),
            refresh_life: seconds("refresh_token_expires_in"),
            scope: text("scope").unwrap_or_default().to_owned(),
            serial: value.get("serial").and_then(Value::as_u64).unwrap_or_default(),
            start: Instant::now(),
        };
        let mut age = pair.life().saturating_sub(stored.expires_in);
        // A clock that began after the tokens did cannot name their start; what is left of them counts then.
        if let Some(start) = pair.start.checked_sub(age) {
            pair.start = start;
            age = Duration::ZERO;
        }
        pair.access_life = pair.access_life.saturating_sub(age);
        pair.refresh_life = pair.refresh_life.saturating_sub(age);
        Some(pair)
    }
}
