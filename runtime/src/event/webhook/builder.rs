//! What a handler is made from.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    Door, Handler,
    admit::Gate,
    keys::{EncryptKey, Keys},
    replay::Replays,
};
use crate::{Error, Result, Router, Secret};

/// The retries of the platform end 7 hours and 5 minutes after the event, and the router knows what was handled for 8 hours.
const FRESHNESS: Duration = Duration::from_secs(8 * 3600);

/// No event on record comes near it.
const BODY_LIMIT: usize = 1 << 20;

/// Makes a [`Handler`].
#[must_use = "a handler is made by `build`"]
#[derive(Debug)]
pub struct Builder {
    router: Router,
    encrypt_key: Option<Secret>,
    verification_token: Option<Secret>,
    freshness: Duration,
    body_limit: usize,
    unverified: bool,
}

impl Builder {
    pub(super) fn new(router: Router) -> Self {
        Self {
            router,
            encrypt_key: None,
            verification_token: None,
            freshness: FRESHNESS,
            body_limit: BODY_LIMIT,
            unverified: false,
        }
    }

    /// The app's Encrypt Key. With it, nothing is taken that is not signed with it. An app without one gets its events in the clear.
    pub fn encrypt_key(mut self, key: impl Into<Secret>) -> Self {
        self.encrypt_key = Some(key.into());
        self
    }

    /// The app's Verification Token, which every event bears and card callbacks of the first generation are signed with.
    ///
    /// Without an Encrypt Key it is all there is to check: whoever sees one request can make others.
    pub fn verification_token(mut self, token: impl Into<Secret>) -> Self {
        self.verification_token = Some(token.into());
        self
    }

    /// How far the time of a signed request may be from the clock of this machine, back or ahead: 8 hours unless given. `Duration::MAX`
    /// stands for any time.
    ///
    /// The platform does not say whether a retry bears a time of its own or that of the first try. The last one comes 7 hours
    /// and 5 minutes after the event, so that a window of minutes may lose what it sends again. Within the window a signed request is
    /// taken once (the latest 65,536 are remembered), and for 8 hours the router knows an event by its id: a stranger
    /// who repeats a request gains nothing, early or late.
    pub fn freshness(mut self, window: Duration) -> Self {
        self.freshness = window;
        self
    }

    /// How large a body may be, in bytes: 1 MiB unless given.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Takes whatever comes when there is no key to check it with: in a test, or behind a gateway that checks. A key that is
    /// given is checked all the same.
    pub fn unverified(mut self) -> Self {
        self.unverified = true;
        self
    }

    /// The handler.
    ///
    /// # Errors
    /// When there is neither an Encrypt Key nor a Verification Token, or one of them is empty or holds white space.
    pub fn build(self) -> Result<Handler> {
        let given = [
            ("Encrypt Key", &self.encrypt_key),
            ("Verification Token", &self.verification_token),
        ];
        for (name, secret) in given {
            let Some(secret) = secret else { continue };
            if secret.expose().is_empty() {
                return Err(Error::setup(format!(
                    "the {name} is empty; leave it out if the app has none"
                )));
            }
            if secret.expose().contains(char::is_whitespace) {
                return Err(Error::setup(format!("the {name} holds white space")));
            }
        }
        if self.encrypt_key.is_none() && self.verification_token.is_none() && !self.unverified {
            return Err(Error::setup(
                "the webhook has nothing to check events with: give it the app's `encrypt_key` (or at least its `verification_token`) \
                 from the developer console, or say `unverified()`",
            ));
        }
        Ok(Handler {
            door: Arc::new(Door {
                router: self.router,
                gate: Gate {
                    keys: Keys {
                        encrypt: self.encrypt_key.map(EncryptKey::new),
                        token: self.verification_token,
                    },
                    freshness: self.freshness,
                    body_limit: self.body_limit,
                },
                replays: Replays::default(),
            }),
        })
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("encrypt_key", &self.keys.encrypt.is_some())
            .field("verification_token", &self.keys.token.is_some())
            .field("freshness", &self.freshness)
            .field("body_limit", &self.body_limit)
            .finish()
    }
}
