//! Why a push came to nothing, in the codes that a user's client shows.

use std::fmt;

/// Why a push, a callback or the check of a request URL came to nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// The code that the platform's clients show, such as 200341 when the app took too long.
    pub code: i64,
    /// What happened, and what to do about it.
    pub message: String,
}

impl Failure {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for Failure {}

/// The codes of failed callbacks; other pushes fail for the same reasons.
pub(crate) mod code {
    pub(crate) const NO_URL: i64 = 200_340;
    pub(crate) const TOO_LATE: i64 = 200_341;
    pub(crate) const UNREACHABLE: i64 = 200_342;
    pub(crate) const NO_SUCH_HOST: i64 = 200_343;
    pub(crate) const WRONG_STATUS: i64 = 200_671;
    pub(crate) const WRONG_BODY: i64 = 200_672;
    pub(crate) const WRONG_CARD: i64 = 200_673;
    pub(crate) const OLDER_CARD: i64 = 200_830;
    pub(crate) const INTERNAL: i64 = 300_000;
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(code::INTERNAL, format!("the sandbox's data cannot be had: {error}"))
    }
}
