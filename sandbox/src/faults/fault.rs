//! What goes wrong, as one says it.

use std::{fmt, ops::RangeInclusive, time::Duration};

use http::StatusCode;

use crate::{catalog::Catalog, yaml::near};

/// What goes wrong with which calls. Names may hold `*`, which stands for anything: `im.v1.*`.
///
/// Times are those of the sandbox's clock, except that delays and slow bodies take real time, for somebody waits for them.
#[derive(Clone, Debug, Default)]
#[must_use = "a fault does nothing until it is set with `Sandbox::fault`"]
pub struct Fault {
    pub(crate) when: When,
    pub(crate) effect: Effect,
    /// How often it happens at most.
    pub(crate) times: Option<u64>,
    /// For how long, once it has begun, it happens to every call it looks at.
    pub(crate) lasting: Option<Duration>,
}

/// Which calls a fault looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct When {
    pub(crate) operation: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) app: Option<String>,
    /// Counted from when the fault was set.
    pub(crate) between: Option<(Duration, Duration)>,
    pub(crate) pick: Pick,
}

/// Which of the calls that a fault looks at it happens to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Pick {
    #[default]
    All,
    /// These, counted from 1.
    Calls(u64, u64),
    Every(u64),
    Chance(f64),
}

/// What happens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effect {
    pub(crate) delay: Option<Duration>,
    pub(crate) tokens: Option<Doom>,
    pub(crate) answer: Option<Answer>,
    /// Whether the call is carried out first.
    pub(crate) carried_out: bool,
}

/// What becomes of all tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Doom {
    Expire,
    Revoke,
}

/// What comes in the place of the reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    Closed,
    Reset,
    Truncated,
    Slow(Duration),
    Status(u16),
    Code(i64),
    /// The limit is reached for so long.
    Throttled(Duration),
}

impl Fault {
    /// A fault of one operation, such as `im.v1.message.create`.
    pub fn on(operation: impl Into<String>) -> Self {
        let mut fault = Self::default();
        fault.when.operation = Some(operation.into());
        fault
    }

    /// A fault of every call.
    pub fn any() -> Self {
        Self::default()
    }

    /// Only calls to this service, such as `im`.
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.when.service = Some(service.into());
        self
    }

    /// Only calls with this HTTP method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.when.method = Some(method.into().to_ascii_uppercase());
        self
    }

    /// Only calls to this path, without the query: `/open-apis/im/*`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.when.path = Some(path.into());
        self
    }

    /// Only calls that carry this app's token or credentials.
    pub fn app(mut self, app_id: impl Into<String>) -> Self {
        self.when.app = Some(app_id.into());
        self
    }

    /// Only between these times, counted from when the fault is set.
    pub fn between(mut self, from: Duration, to: Duration) -> Self {
        self.when.between = Some((from, to));
        self
    }

    /// Only the call with this number, counted from 1.
    pub fn nth(self, number: u64) -> Self {
        self.calls(number..=number)
    }

    /// Only the calls with these numbers, counted from 1.
    pub fn calls(mut self, numbers: RangeInclusive<u64>) -> Self {
        self.when.pick = Pick::Calls(*numbers.start(), *numbers.end());
        self
    }

    /// Every so manieth call.
    pub fn every(mut self, number: u64) -> Self {
        self.when.pick = Pick::Every(number);
        self
    }

    /// Each call with this probability, from 0 to 1; [`Builder::seed`](crate::Builder::seed) makes it the same in every run.
    pub fn chance(mut self, probability: f64) -> Self {
        self.when.pick = Pick::Chance(probability);
        self
    }

    /// So many times at most.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Once it has begun, for so long with every call it looks at, and then no more.
    pub fn lasting(mut self, time: Duration) -> Self {
        self.lasting = Some(time);
        self
    }

    /// The call is carried out, and then what is wrong goes wrong: a delay, a lost reply, a gateway's page. Without this the platform
    /// never hears of the call.
    pub fn carried_out(mut self) -> Self {
        self.effect.carried_out = true;
        self
    }

    /// It takes so much longer.
    pub fn delayed(mut self, by: Duration) -> Self {
        self.effect.delay = Some(by);
        self
    }

    /// The limit is reached: this call and all that follow within so long are refused with 99991400 and the time to wait.
    pub fn throttled(self, time: Duration) -> Self {
        self.answer(Answer::Throttled(time))
    }

    /// The connection is closed without a reply.
    pub fn dropped(self) -> Self {
        self.answer(Answer::Closed)
    }

    /// The connection is reset without a reply.
    pub fn reset(self) -> Self {
        self.answer(Answer::Reset)
    }

    /// Half of the reply's body comes, then the connection is closed. The call is carried out.
    pub fn truncated(self) -> Self {
        self.answer(Answer::Truncated)
    }

    /// The reply's body comes in small pieces and takes so long. The call is carried out.
    pub fn slow(self, time: Duration) -> Self {
        self.answer(Answer::Slow(time))
    }

    /// A gateway's page with this HTTP status comes in the place of a reply: 500, 502, 504.
    pub fn status(self, status: u16) -> Self {
        self.answer(Answer::Status(status))
    }

    /// The call is refused with this code of the platform, such as 99991663.
    pub fn code(self, code: i64) -> Self {
        self.answer(Answer::Code(code))
    }

    /// Every token runs out before the call is looked at; once, unless [`times`](Self::times) says otherwise.
    pub fn expire_tokens(mut self) -> Self {
        self.effect.tokens = Some(Doom::Expire);
        self
    }

    /// Every token becomes unknown before the call is looked at; once, unless [`times`](Self::times) says otherwise.
    pub fn revoke_tokens(mut self) -> Self {
        self.effect.tokens = Some(Doom::Revoke);
        self
    }

    fn answer(mut self, answer: Answer) -> Self {
        self.effect.answer = Some(answer);
        self
    }

    /// Whether it can happen at all.
    pub(crate) fn check(&self, catalog: &Catalog, apps: &[String]) -> Result<(), FaultError> {
        let ids = || catalog.operations.iter().map(|operation| operation.id.as_str());
        let services = || catalog.operations.iter().map(|operation| operation.service.as_str());
        known("operation", self.when.operation.as_deref(), &ids)?;
        known("service", self.when.service.as_deref(), &services)?;
        known("app", self.when.app.as_deref(), &|| apps.iter().map(String::as_str))?;
        let (word, why) = match (&self.when.pick, self.effect.answer, self.when.between) {
            (Pick::Calls(0, _), ..) => ("nth", "calls are counted from 1"),
            (Pick::Calls(first, last), ..) if first > last => ("calls", "the first call comes after the last"),
            (Pick::Every(0), ..) => ("every", "0 is never; 1 is every call"),
            (Pick::Chance(chance), ..) if !(0.0..=1.0).contains(chance) => {
                ("chance", "a probability lies between 0 and 1")
            }
            (_, _, Some((from, to))) if from >= to => ("between", "the time ends before it begins"),
            (_, Some(Answer::Status(status)), _)
                if !(400..600).contains(&status) || StatusCode::from_u16(status).is_err() =>
            {
                ("status", "a failure has an HTTP status from 400 to 599")
            }
            (_, Some(Answer::Code(0)), _) => ("code", "0 is the code of success"),
            (_, Some(Answer::Code(_) | Answer::Throttled(_)), _) if self.effect.carried_out => {
                ("carried_out", "a call that the platform refuses is not carried out")
            }
            _ => return Ok(()),
        };
        Err(FaultError::new(word, why))
    }
}

fn known<'a, I: Iterator<Item = &'a str>>(
    word: &'static str,
    pattern: Option<&str>,
    all: &dyn Fn() -> I,
) -> Result<(), FaultError> {
    let Some(pattern) = pattern.filter(|pattern| !all().any(|name| matches(pattern, name))) else {
        return Ok(());
    };
    let help = near(pattern, all()).map(|help| format!("; {help}")).unwrap_or_default();
    Err(FaultError::new(word, format!("there is no {word} `{pattern}`{help}")))
}

/// Whether a name is as a pattern says; `*` stands for anything.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Why a fault could never happen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FaultError {
    /// The word of the scenario format that is wrong.
    pub(crate) word: &'static str,
    pub(crate) message: String,
}

impl FaultError {
    fn new(word: &'static str, message: impl Into<String>) -> Self {
        Self {
            word,
            message: message.into(),
        }
    }
}

impl fmt::Display for FaultError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the fault could never happen: {}", self.message)
    }
}

impl std::error::Error for FaultError {}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, holds) in [
            ("im.v1.message.create", "im.v1.message.create", true),
            ("im.v1.message.create", "im.v1.message.creates", false),
            ("im.v1.*", "im.v1.message.create", true),
            ("*.create", "im.v1.message.create", true),
            ("im.*.message.*", "im.v1.message.create", true),
            ("im.*.chat.*", "im.v1.message.create", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), holds, "{pattern} {name}");
        }
    }
}
