//! How an error reads: one line, nothing secret.

use std::fmt;

use super::{Error, Kind, USER_LACKS_SCOPE};
use crate::refusal::Refusal;

impl Error {
    /// The reason a refusal gives, as the rest of a sentence.
    fn write_refusal(&self, refusal: &Refusal, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = refusal.code.filter(|code| *code != 0) {
            write!(f, "{code}, ")?;
        }
        let scopes = self.missing_scopes();
        if scopes.is_empty() {
            let fallback = if refusal.message.is_empty() {
                "the platform gives no reason"
            } else {
                &refusal.message
            };
            f.write_str(&clause(self.cause().unwrap_or(fallback)))?;
        } else {
            let scopes = scopes.join(", ");
            if refusal.code == Some(USER_LACKS_SCOPE) {
                write!(
                    f,
                    "the user has not granted a scope; have the user authorize again with one of {scopes}"
                )?;
            } else {
                write!(
                    f,
                    "the app lacks a scope; add one of {scopes} to it in the developer console"
                )?;
            }
            if let Some(url) = self.help_url() {
                write!(f, ": {}", flat(url))?;
            }
        }
        for violation in &refusal.violations {
            write!(f, "; `{}`: {}", flat(&violation.field), clause(&violation.description))?;
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let name = inner
            .place
            .as_deref()
            .or(inner.endpoint.map(|endpoint| endpoint.id))
            .unwrap_or("the call");
        match &inner.kind {
            Kind::Setup(problem) => return write!(f, "the client cannot be built: {problem}"),
            Kind::Unsent(problem) => return write!(f, "{name} was not sent: {problem}"),
            Kind::Transport(error) => write!(f, "{name} failed: {error}")?,
            Kind::Timeout(limit) => write!(f, "{name} failed: no reply within {limit:?}")?,
            Kind::Refused(refusal) => {
                write!(f, "{name} failed: ")?;
                self.write_refusal(refusal, f)?;
            }
            Kind::Unreadable(what) => write!(f, "{name} failed: {what}")?,
        }
        match (
            self.log_id().map(flat),
            self.code().filter(|code| *code != 0),
            self.status(),
        ) {
            (Some(log_id), None, Some(status)) => write!(f, " (HTTP {}, log id {log_id})", status.as_u16()),
            (Some(log_id), ..) => write!(f, " (log id {log_id})"),
            (None, None, Some(status)) => write!(f, " (HTTP {})", status.as_u16()),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("endpoint", &self.0.endpoint.map(|endpoint| endpoint.id))
            .field("status", &self.status())
            .field("code", &self.code())
            .field("message", &self.message())
            .field("log_id", &self.log_id())
            .field("retry_after", &self.retry_after())
            .field("text", &self.to_string())
            .finish_non_exhaustive()
    }
}

/// A sentence as the rest of another: no capital, no full stop, no line breaks.
fn clause(sentence: &str) -> String {
    let sentence = flat(sentence.trim().trim_end_matches('.'));
    let mut letters = sentence.chars();
    match (letters.next(), letters.next()) {
        (Some(first), second) if second.is_none_or(|second| second.is_lowercase() || second == ' ') => {
            first.to_lowercase().chain(sentence.chars().skip(1)).collect()
        }
        _ => sentence,
    }
}

/// One line of at most 256 characters, whatever came in.
pub(crate) fn flat(text: &str) -> String {
    let mut letters = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut line: String = letters.by_ref().take(256).collect();
    if letters.next().is_some() {
        line.push('…');
    }
    line
}
