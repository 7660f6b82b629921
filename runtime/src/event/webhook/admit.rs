//! Which requests come in.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{
    headers::Stamp,
    keys::{Keys, Signed},
};
use crate::event::{Delivered, Schema};

/// The most that is decrypted for somebody who did not sign, in characters: a challenge of the platform has about 150.
const SEALED_CHALLENGE: usize = 2048;

/// The longest challenge that is answered.
const CHALLENGE: usize = 512;

/// What is asked of a request.
pub(super) struct Gate {
    pub(super) keys: Keys,
    pub(super) freshness: Duration,
    pub(super) body_limit: usize,
}

/// What came in.
pub(super) enum Admitted {
    /// The address is being verified; this is to be said in return.
    Challenge(String),
    /// An event or a callback; with a passage if it was signed.
    Delivery(Delivered, Option<Passage>),
    /// Signed by the platform, and still no event, for this reason.
    Unreadable(String),
}

/// What a signed request is told by when it comes again.
pub(super) struct Passage {
    pub(super) signature: String,
    /// How long it is fresh yet.
    pub(super) fresh: Duration,
}

/// Why a request stays out.
pub(super) enum Refused {
    TooLarge,
    /// No event, which everybody can see.
    Malformed(String),
    /// Not of the app's keys; the reason is for the log.
    Foreign(&'static str),
    Stale,
}

impl Gate {
    pub(super) fn admit(&self, stamp: &Stamp, body: &[u8], now: SystemTime) -> Result<Admitted, Refused> {
        if body.len() > self.body_limit {
            return Err(Refused::TooLarge);
        }
        let outer: Value = serde_json::from_slice(body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| Refused::Malformed("the body is no JSON object".into()))?;
        let signed = self.keys.signed(stamp, body);
        let inner = match outer.get("encrypt").and_then(Value::as_str) {
            Some(text) => self.open(text, signed.as_ref())?,
            None => outer,
        };
        // The platform does not sign it (protocol §5.2).
        if let Some(text) = challenge(&inner) {
            return self.challenge(text, &inner);
        }
        let delivered = Delivered::of(inner);
        let bare = matches!(&delivered, Ok(delivered) if delivered.envelope.schema == Schema::Bare);
        let signature = match signed {
            Some(Signed::ByKey(signature)) => Some(signature),
            Some(Signed::ByToken(signature)) if bare => Some(signature),
            _ => match self.unsigned(bare) {
                Some(why) => return Err(Refused::Foreign(why)),
                None => None,
            },
        };
        let passage = match signature {
            Some(signature) => {
                let fresh = self.fresh(&stamp.timestamp, now).ok_or(Refused::Stale)?;
                Some(Passage { signature, fresh })
            }
            None => None,
        };
        let delivered = match delivered {
            Ok(delivered) => delivered,
            Err(why) if passage.is_some() => return Ok(Admitted::Unreadable(why)),
            Err(why) => return Err(Refused::Malformed(why)),
        };
        let token = delivered.token.as_ref().map(|token| token.expose()).unwrap_or_default();
        if !bare && !self.keys.is_token(token) {
            return Err(Refused::Foreign(TOKEN));
        }
        Ok(Admitted::Delivery(delivered, passage))
    }

    /// Why a request without a signature stays out; `None` if it need not.
    fn unsigned(&self, bare: bool) -> Option<&'static str> {
        match (&self.keys.encrypt, &self.keys.token) {
            (Some(_), None) if bare => Some(TOKENLESS),
            // An old card bears no token, so that the signature is all there is.
            (_, Some(_)) if bare => Some(UNSIGNED_CARD),
            (Some(_), _) => Some(UNSIGNED),
            (None, _) => None,
        }
    }

    fn open(&self, text: &str, signed: Option<&Signed>) -> Result<Value, Refused> {
        let key = self.keys.encrypt.as_ref().ok_or(Refused::Foreign(KEYLESS))?;
        let by_key = matches!(signed, Some(Signed::ByKey(_)));
        // What is not signed can only be a challenge, which is short.
        if !by_key && text.len() > SEALED_CHALLENGE {
            return Err(Refused::Foreign(UNSIGNED));
        }
        let why = if by_key { SEALED } else { UNSIGNED };
        key.open(text).filter(Value::is_object).ok_or(Refused::Foreign(why))
    }

    fn challenge(&self, text: &str, inner: &Value) -> Result<Admitted, Refused> {
        let token = inner.get("token").and_then(Value::as_str).unwrap_or_default();
        if !self.keys.is_token(token) {
            return Err(Refused::Foreign(TOKEN));
        }
        // Whoever splices pieces of other ciphertexts into a challenge must not have them read out: a splice leaves 16 bytes of noise.
        if text.len() > CHALLENGE || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refused::Foreign("its challenge is none of the platform's"));
        }
        Ok(Admitted::Challenge(text.to_owned()))
    }

    /// How long a request of that time is fresh yet; `None` if it is not.
    fn fresh(&self, timestamp: &[u8], now: SystemTime) -> Option<Duration> {
        if self.freshness == Duration::MAX {
            return Some(Duration::MAX);
        }
        let seconds: u64 = std::str::from_utf8(timestamp).ok()?.parse().ok()?;
        let made = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
        match now.duration_since(made) {
            Ok(age) => self.freshness.checked_sub(age),
            Err(ahead) => {
                let ahead = ahead.duration();
                (ahead <= self.freshness).then(|| self.freshness.saturating_add(ahead))
            }
        }
    }
}

/// The text of a challenge, if it is one.
fn challenge(inner: &Value) -> Option<&str> {
    let is_one = inner.get("schema").is_none() && inner.get("type").is_some_and(|kind| kind == "url_verification");
    inner.get("challenge").filter(|_| is_one)?.as_str()
}

const UNSIGNED: &str = "it is not signed with the app's Encrypt Key; if it is the platform's, the key is not the one in the console, or \
                        something on the way changed the body";
const UNSIGNED_CARD: &str = "it is an old card callback that is not signed with the app's Verification Token; if it is the platform's, \
                             the token is not the one in the console, or something on the way changed the body";
const TOKENLESS: &str = "it is an old card callback, which is signed with the app's Verification Token, and the handler has none; give it \
                         the one in the console";
const SEALED: &str = "its signature holds, but it cannot be decrypted";
const KEYLESS: &str = "it is encrypted, and the handler has no Encrypt Key; give it the one in the console";
const TOKEN: &str =
    "its token is not the app's Verification Token; if it is the platform's, the token is not the one in the console";
