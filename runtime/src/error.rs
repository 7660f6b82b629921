//! What goes wrong, and what to do about it.

mod text;
mod verdict;

use std::{sync::Arc, time::Duration};

use http::StatusCode;

use crate::{
    Endpoint, Platform, TokenErrors, TokenKind, TransportError,
    line::flat,
    platform::row,
    refusal::{Detail, FieldViolation, Refusal},
    token,
};

pub(crate) use verdict::Verdict;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call, or building a client, failed. Cheap to clone; its text is one line that says what to do.
#[derive(Clone)]
pub struct Error(Arc<Inner>, Tries);

/// The attempts behind an error. Beside the rest, which several callers may share.
#[derive(Clone, Copy, Default)]
struct Tries {
    count: u32,
    /// Whether an attempt before the last may have run.
    ran: bool,
}

#[derive(Default)]
struct Inner {
    kind: Kind,
    endpoint: Option<&'static Endpoint>,
    platform: Option<&'static Platform>,
    /// Method and path of a raw call, which has no endpoint of its own.
    place: Option<String>,
    answer: Answer,
    /// Why it was not tried again, where that is not plain.
    note: Option<String>,
}

/// What the head of an answer tells.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: Option<StatusCode>,
    pub(crate) log_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

pub(crate) enum Kind {
    /// The client cannot be built.
    Setup(String),
    /// The call cannot be sent as it is.
    Unsent(String),
    Transport(TransportError),
    Timeout(Duration),
    /// The time was over before there was a token to send the call with, or to send it once more.
    TokenTimeout {
        limit: Duration,
        token: &'static Endpoint,
        again: bool,
    },
    /// Its turn would come after so long: too late for a call of this time limit, or for one that does not wait at all.
    NotNow {
        wait: Duration,
        limit: Option<Duration>,
    },
    /// The time was over before it was its turn.
    TurnTimeout(Duration),
    /// The time was over before its files were open.
    FileTimeout(Duration),
    /// A store app has no app ticket yet.
    NoTicket(String),
    /// There is nothing to get a user's token with.
    SignIn(String),
    /// The platform said no.
    Refused(Refusal),
    /// The answer is not what the platform sends: a gateway's HTML, an empty body, a list that never ends.
    Unreadable(String),
    /// The answer came, and could not be kept.
    Disk(String),
}

impl Default for Kind {
    fn default() -> Self {
        Self::Unreadable(String::new())
    }
}

/// The app lacks every scope the call needs.
const APP_LACKS_SCOPE: i64 = 99991672;
/// The user did not grant the scope.
const USER_LACKS_SCOPE: i64 = 99991679;
/// The token does not reach the resource.
const TOKEN_LACKS_PERMISSION: i64 = 99991676;

impl Error {
    fn new(inner: Inner) -> Self {
        Self(Arc::new(inner), Tries::default())
    }

    pub(crate) fn setup(problem: impl AsRef<str>) -> Self {
        Self::new(Inner {
            kind: Kind::Setup(flat(problem.as_ref(), 400)),
            ..Inner::default()
        })
    }

    pub(crate) fn of(endpoint: &'static Endpoint, platform: &'static Platform, answer: Answer, kind: Kind) -> Self {
        Self::new(Inner {
            kind,
            endpoint: Some(endpoint),
            platform: Some(platform),
            answer,
            ..Inner::default()
        })
    }

    pub(crate) fn unsent(endpoint: &'static Endpoint, problem: impl AsRef<str>) -> Self {
        let kind = Kind::Unsent(flat(problem.as_ref(), 400));
        Self::new(Inner {
            kind,
            endpoint: Some(endpoint),
            ..Inner::default()
        })
    }

    /// There is no token to send a call with; which call that is, the one who gets the token does not know.
    pub(crate) fn no_token(problem: &str) -> Self {
        Self::new(Inner {
            kind: Kind::Unsent(problem.to_owned()),
            ..Inner::default()
        })
    }

    /// A list whose pages do not come to an end.
    pub(crate) fn endless(endpoint: &'static Endpoint, problem: &str) -> Self {
        let kind = Kind::Unreadable(problem.to_owned());
        Self::new(Inner {
            kind,
            endpoint: Some(endpoint),
            ..Inner::default()
        })
    }

    /// Names the place of a call that has no endpoint of its own; an error of its token call keeps its own name.
    pub(crate) fn at(mut self, endpoint: &'static Endpoint, place: String) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0)
            && inner.endpoint.is_some_and(|own| std::ptr::eq(own, endpoint))
        {
            inner.place = Some(place);
        }
        self
    }

    fn refusal(&self) -> Option<&Refusal> {
        match &self.0.kind {
            Kind::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The platform's code; `None` when it did not answer with one.
    pub fn code(&self) -> Option<i64> {
        self.refusal()?.code
    }

    /// The platform's own words, or what is wrong otherwise. They change without notice: branch on [`code`](Self::code).
    pub fn message(&self) -> &str {
        match &self.0.kind {
            Kind::Refused(refusal) => &refusal.message,
            Kind::Setup(text) | Kind::Unsent(text) | Kind::Unreadable(text) | Kind::Disk(text) => text,
            Kind::NoTicket(text) | Kind::SignIn(text) => text,
            Kind::Transport(error) => error.what(),
            Kind::Timeout(_) | Kind::TokenTimeout { .. } => "no reply in time",
            Kind::NotNow { .. } | Kind::TurnTimeout(_) => "too many calls",
            Kind::FileTimeout(_) => "its files were not open in time",
        }
    }

    /// The HTTP status; `None` when there was no answer.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.answer.status
    }

    /// The log id, by which the platform's support finds the call.
    pub fn log_id(&self) -> Option<&str> {
        self.refusal()
            .and_then(|refusal| refusal.log_id.as_deref())
            .or(self.0.answer.log_id.as_deref())
    }

    /// The endpoint that failed; this may be the token endpoint.
    pub fn endpoint(&self) -> Option<&'static Endpoint> {
        match &self.0.kind {
            Kind::TokenTimeout { token, .. } => Some(token),
            _ => self.0.endpoint,
        }
    }

    /// What the code means by the documentation: the endpoint's own table, then the platform's.
    ///
    /// Old services hide a second, more precise code in the message (`ErrCode: 11232`); where the endpoint lists that, it wins.
    pub fn cause(&self) -> Option<&str> {
        let refusal = self.refusal()?;
        let listed = |code| {
            let endpoint = self.0.endpoint?;
            let signs_in = std::ptr::eq(endpoint, &token::USER)
                .then_some(self.0.platform)
                .flatten();
            row(
                signs_in.map_or(endpoint.errors, |platform| platform.sign_in_errors),
                code,
            )
        };
        let inner = refusal.inner_code().and_then(listed);
        inner.or_else(|| {
            refusal
                .code
                .and_then(|code| listed(code).or_else(|| self.0.platform?.cause(code)))
        })
    }

    /// The scopes of which one is missing: those the platform names, else those the endpoint lists.
    pub fn missing_scopes(&self) -> Vec<String> {
        match self.refusal() {
            Some(refusal) if !refusal.scopes.is_empty() => refusal.scopes.clone(),
            Some(Refusal {
                code: Some(APP_LACKS_SCOPE | USER_LACKS_SCOPE),
                ..
            }) => {
                let scopes = self.0.endpoint.map(|endpoint| endpoint.scopes).unwrap_or_default();
                scopes.iter().map(|scope| (*scope).to_owned()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The fields of the request the platform objects to.
    pub fn field_violations(&self) -> &[FieldViolation] {
        self.refusal()
            .map(|refusal| refusal.violations.as_slice())
            .unwrap_or_default()
    }

    /// Further remarks of the platform, as keys and values.
    pub fn details(&self) -> &[Detail] {
        self.refusal()
            .map(|refusal| refusal.details.as_slice())
            .unwrap_or_default()
    }

    /// The platform's hint for finding out more: a sentence with a link.
    pub fn troubleshooter(&self) -> Option<&str> {
        self.refusal()?.troubleshooter.as_deref()
    }

    /// The link that helps: to the page where a scope is granted, else the one within [`troubleshooter`](Self::troubleshooter).
    pub fn help_url(&self) -> Option<&str> {
        let refusal = self.refusal()?;
        refusal.help.as_deref().or_else(|| {
            let text = refusal.troubleshooter.as_deref()?;
            let link = &text[text.find("https://")?..];
            link.split_whitespace().next()
        })
    }

    /// How long to wait before the next attempt: what the platform asks for, or until the call's turn comes by [`Pacing`](crate::Pacing).
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.answer.retry_after
    }

    /// Whether no answer came in time.
    ///
    /// # Troubleshooting
    /// [`may_have_run`](Self::may_have_run) says whether the call was sent at all. If it was, it may or may not have been carried
    /// out: repeat it if it only reads, or if it carries a key against duplicates (`uuid` and the like). Large files need more than the default 30 s: `.timeout(…)` on the call.
    pub fn is_timeout(&self) -> bool {
        match &self.0.kind {
            Kind::Timeout(_) | Kind::TokenTimeout { .. } | Kind::TurnTimeout(_) | Kind::FileTimeout(_) => true,
            Kind::Transport(error) => error.is_timeout(),
            _ => false,
        }
    }

    /// Whether the platform may have carried out the call all the same: it was sent, and no answer says that it was refused. Every
    /// attempt counts.
    ///
    /// `false`: it was not sent, or the platform refused it, so repeating it does nothing twice. Only some old services answer HTTP 200
    /// or 400 with a code for a failure or a time-out of their own, which [`cause`](Self::cause) names; what those did, nobody knows.
    /// `true`: the answer was lost, or a server failed.
    pub fn may_have_run(&self) -> bool {
        if self.1.ran {
            return true;
        }
        // A call that failed at its token did not even begin.
        if self.0.endpoint.is_some_and(token::issues) {
            return false;
        }
        match &self.0.kind {
            Kind::Setup(_) | Kind::Unsent(_) | Kind::TokenTimeout { .. } | Kind::FileTimeout(_) => false,
            Kind::NotNow { .. } | Kind::TurnTimeout(_) | Kind::NoTicket(_) | Kind::SignIn(_) => false,
            Kind::Transport(error) => !error.is_connect(),
            Kind::Timeout(_) | Kind::Disk(_) => true,
            Kind::Refused(_) => self.status().is_some_and(|status| status.is_server_error()),
            Kind::Unreadable(_) => self
                .status()
                .is_none_or(|status| status.is_success() || status.is_server_error()),
        }
    }

    /// Whether no connection came about, so that nothing was sent.
    ///
    /// # Troubleshooting
    /// Check the network, the proxy and the base URL. On a machine without certificates (a bare container) `https://` fails
    /// here too: install the package `ca-certificates`. The call never ran; repeating it is safe.
    pub fn is_connect(&self) -> bool {
        matches!(&self.0.kind, Kind::Transport(error) if error.is_connect())
    }

    /// Whether the call came too fast: HTTP 429, a code that says so (99991400, 230020 and others) with whatever status, or the client's
    /// own [`Pacing`](crate::Pacing) held it back, and then it was never sent. A quota of a day or a month that is used up is none of these.
    ///
    /// # Troubleshooting
    /// Wait [`retry_after`](Self::retry_after), a second if it is silent, and spread the calls; the limit of each endpoint stands in its documentation.
    pub fn is_rate_limited(&self) -> bool {
        self.is_paced() || matches!(self.verdict(), Verdict::Limited)
    }

    /// Whether the client itself held the call back.
    pub(crate) fn is_paced(&self) -> bool {
        matches!(self.0.kind, Kind::NotNow { .. } | Kind::TurnTimeout(_))
    }

    /// Whether the platform refused the access token.
    ///
    /// # Troubleshooting
    /// A token the client fetched itself was already replaced once, so the endpoint probably does not take its kind, or the app was
    /// disabled. A token you gave (`as_user`, `token`) is never replaced: refresh it and call again.
    pub fn is_token_rejected(&self) -> bool {
        self.0
            .platform
            .zip(self.code())
            .is_some_and(|(platform, code)| platform.token_errors.is_any(code))
    }

    /// Whether the call is not allowed: a scope is missing, or the resource is out of reach. The code decides; HTTP 403 only where
    /// there is none.
    ///
    /// # Troubleshooting
    /// Where [`missing_scopes`](Self::missing_scopes) names scopes, add one to the app in the developer console and publish a version;
    /// for a user's token, have the user authorize again. Else let the app reach the resource: add the bot to the chat, share the document with it.
    pub fn is_permission_denied(&self) -> bool {
        match self.code().filter(|code| *code != 0) {
            Some(APP_LACKS_SCOPE | USER_LACKS_SCOPE | TOKEN_LACKS_PERMISSION) => true,
            Some(_) => self.refusal().is_some_and(|refusal| !refusal.scopes.is_empty()),
            None => self.status() == Some(StatusCode::FORBIDDEN),
        }
    }

    /// Whether a store app has no app ticket, or the platform does not take the one it has. The call was not sent.
    ///
    /// # Troubleshooting
    /// The platform has been asked to push a new ticket. Pass on what its `app_ticket` event brings with
    /// [`Client::set_app_ticket`](crate::Client::set_app_ticket), and call again after that: seconds later, as a rule.
    pub fn is_app_ticket_missing(&self) -> bool {
        let by_app = self.0.endpoint.is_some_and(token::takes_ticket);
        matches!(self.0.kind, Kind::NoTicket(_)) || by_app && self.is_listed(|errors| errors.ticket)
    }

    /// Whether the platform refused a token of this kind that the client looks after.
    pub(crate) fn refuses(&self, kind: TokenKind) -> bool {
        let errors = self.0.platform.map(|platform| &platform.token_errors);
        errors.zip(self.code()).is_some_and(|(errors, code)| match kind {
            TokenKind::User => errors.is_user(code),
            _ => errors.is_own(code),
        })
    }

    /// Whether an attempt of the client's own took too long.
    pub(crate) fn is_out_of_time(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout(_))
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// Whether the code is in this list of the platform.
    pub(crate) fn is_listed(&self, list: impl Fn(&TokenErrors) -> &'static [i64]) -> bool {
        let errors = self.0.platform.map(|platform| &platform.token_errors);
        errors
            .zip(self.code())
            .is_some_and(|(errors, code)| list(errors).contains(&code))
    }
}

/// Without a `source`: what it would say, `Display` says already.
impl std::error::Error for Error {}
