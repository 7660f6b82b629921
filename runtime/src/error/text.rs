//! How an error reads: one line, nothing secret.

use std::fmt;

use super::{Error, Kind, USER_LACKS_SCOPE};
use crate::{
    line::{Line, flat, some_of},
    pace::rates_text,
    refusal::{FieldViolation, Refusal},
};

/// The longest text of an error, in characters.
const LONGEST: usize = 600;
/// The longest link that stands in one; a longer one is left to [`Error::help_url`].
const LONGEST_LINK: usize = 200;
/// The longest piece of somebody else's words.
const LONGEST_QUOTE: usize = 200;

impl Error {
    /// The whole text, of `limit` characters at most. What stands at its end is never cut off.
    fn line(&self, limit: usize) -> String {
        let end = self.end();
        let mut line = Line::new(limit.saturating_sub(end.len()));
        let name = self.name();
        let failed = match self.1.count {
            0 | 1 => "failed".to_owned(),
            count => format!("failed after {count} attempts"),
        };
        let unsent = match self.1.count {
            0 => "was not sent",
            _ => "was not sent again",
        };
        match &self.0.kind {
            Kind::Setup(problem) => line.add(&format!("the client cannot be built: {problem}")),
            Kind::Unsent(problem) | Kind::NoTicket(problem) | Kind::SignIn(problem) => {
                line.add(&format!("{name} was not sent: {problem}"))
            }
            Kind::Transport(error) => line.add(&format!("{name} {failed}: {error}")),
            Kind::Timeout(limit) => line.add(&format!("{name} {failed}: no reply within {limit:?}")),
            Kind::TokenTimeout { limit, token, again } => {
                let outcome = match (again, self.1.count) {
                    (true, _) => "was not sent again after its token was refused",
                    (false, 0) => "was never sent",
                    (false, _) => "was not sent again",
                };
                line.add(&format!(
                    "{} failed: no reply within {limit:?}, so {name} {outcome}",
                    token.id
                ));
            }
            Kind::NotNow { wait, limit } => {
                line.add(&format!("{name} {unsent}: {}; its turn comes in {wait:?}", self.too_often()));
                line.add(&match limit {
                    Some(limit) => format!(", after its time limit of {limit:?}; call less often, or give it more time"),
                    None => ", and pacing is set to refuse".to_owned(),
                });
            }
            Kind::TurnTimeout(limit) => line.add(&format!(
                "{name} {unsent}: {}, and its turn did not come within {limit:?}; call less often, or give it more time",
                self.too_often()
            )),
            Kind::FileTimeout(limit) => line.add(&format!("{name} {unsent}: its files could not be opened within {limit:?}")),
            Kind::Refused(refusal) => {
                line.add(&format!("{name} {failed}: "));
                self.add_refusal(refusal, &mut line);
            }
            Kind::Unreadable(what) | Kind::Disk(what) => line.add(&format!("{name} {failed}: {what}")),
        }
        if let Some(note) = &self.0.note {
            line.add(&format!("; {note}"));
        }
        line.into_text() + &end
    }

    /// The call as its reader knows it.
    fn name(&self) -> String {
        let place = self.0.place.as_deref();
        let name = place.or(self.0.endpoint.map(|endpoint| endpoint.id));
        flat(name.unwrap_or("the call"), 120)
    }

    /// The limit that the calls would break.
    fn too_often(&self) -> String {
        match self.0.endpoint.map(rates_text).unwrap_or_default().as_str() {
            "" => "the platform said to wait".to_owned(),
            rates => format!("its calls are limited to {rates}"),
        }
    }

    /// The reason a refusal gives, as the rest of a sentence.
    fn add_refusal(&self, refusal: &Refusal, line: &mut Line) {
        if let Some(code) = refusal.code.filter(|code| *code != 0) {
            line.add(&format!("{code}, "));
        }
        let scopes = self.missing_scopes();
        if scopes.is_empty() {
            self.add_cause(refusal, line);
        } else {
            let scopes = some_of(&scopes);
            line.add(&if refusal.code == Some(USER_LACKS_SCOPE) {
                format!("the user has not granted a scope; have the user authorize again with one of {scopes}")
            } else {
                format!("the app lacks a scope; add one of {scopes} to it in the developer console")
            });
            let link = self.help_url().map(|link| flat(link, usize::MAX));
            if let Some(link) = link.filter(|link| link.chars().count() <= LONGEST_LINK) {
                line.add_whole(&format!(": {link}"), 0);
            }
        }
        // What the quoted message says of a field is not said again.
        let told = |each: &&FieldViolation| line.holds(&format!("`{}` {}", each.field, each.description));
        let all: Vec<&FieldViolation> = refusal.violations.iter().filter(|each| !told(each)).collect();
        for (index, each) in all.iter().enumerate() {
            let text = format!("; `{}`: {}", flat(&each.field, 60), clause(&each.description, 120));
            // The spare room is for the count of those left out.
            if index == 5 || !line.add_whole(&text, 20) {
                line.add(&format!("; and {} more", all.len() - index));
                break;
            }
        }
    }

    /// What the code means; the platform's own words where nothing is documented, or where the documentation points to them.
    fn add_cause(&self, refusal: &Refusal, line: &mut Line) {
        let words = match refusal.message.as_str() {
            "" => "the platform gives no reason",
            words => words,
        };
        let Some(cause) = self.cause() else {
            return line.add(&clause(words, LONGEST_QUOTE));
        };
        line.add(&clause(cause, 256));
        if ["the message", "inner code"].iter().any(|hint| cause.contains(hint)) {
            line.add(&format!(": {}", flat(words.trim(), LONGEST_QUOTE)));
        }
    }

    /// Log id and status, in brackets.
    fn end(&self) -> String {
        let code = self.code().filter(|code| *code != 0);
        match (self.log_id().map(|id| flat(id, 64)), code, self.status()) {
            (Some(log_id), None, Some(status)) => format!(" (HTTP {}, log id {log_id})", status.as_u16()),
            (Some(log_id), ..) => format!(" (log id {log_id})"),
            (None, None, Some(status)) => format!(" (HTTP {})", status.as_u16()),
            _ => String::new(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line(LONGEST))
    }
}

/// The text, and what it leaves out. Both are one line already, so nothing is escaped, which would only lengthen it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("status", &self.status().map(|status| status.as_u16()))
            .field("code", &self.code())
            .field("message", &format_args!("\"{}\"", flat(self.message(), 100)))
            .field("retry_after", &self.retry_after())
            .field("attempts", &self.attempts())
            .field("text", &format_args!("\"{}\"", self.line(LONGEST - 200)))
            .finish_non_exhaustive()
    }
}

/// A sentence as the rest of another: no capital, no full stop, no line breaks.
fn clause(sentence: &str, limit: usize) -> String {
    let sentence = flat(sentence.trim().trim_end_matches('.'), limit);
    let mut letters = sentence.chars();
    match (letters.next(), letters.next()) {
        (Some(first), second) if second.is_none_or(|second| second.is_lowercase() || second == ' ') => {
            first.to_lowercase().chain(sentence.chars().skip(1)).collect()
        }
        _ => sentence,
    }
}
