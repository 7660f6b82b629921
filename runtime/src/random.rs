//! Chance that nobody can guess.

/// 43 letters, digits, `-` and `_`, of 256 random bits: a PKCE verifier (RFC 7636 §4.1), a `state`, the mark of a lock.
/// `None` on a machine without a source of chance.
pub(crate) fn text() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::getrandom(&mut bytes).ok()?;
    Some(crate::digest::base64url(&bytes))
}
