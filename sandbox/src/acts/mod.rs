//! What operations do beyond checking: the catalog's `simulate`, a verb and a thing, finds what does it here.

use serde_json::{Value, json};

use crate::{
    access::Caller,
    catalog::{AppKind, Catalog, Operation, Reply, TokenKind},
    check::Checked,
    incoming::{Body, Incoming},
    issue,
    multipart::Part,
    push::Due,
    refusal::{Refusal, code},
    sample,
    state::State,
    store::File,
};

mod batch;
mod bubble;
mod card;
mod change;
mod chat;
mod click;
mod deeds;
mod document;
mod element;
mod ephemeral;
mod feed;
mod file;
mod forward;
mod keys;
mod member;
mod menu;
mod message;
mod page;
mod part;
mod people;
mod pin;
mod reaction;
mod send;
mod standing;
mod subscription;
mod tab;
mod ticket;
mod ticket_message;
mod upload;
mod urgent;

pub(crate) use card::CARD;
pub(crate) use deeds::{deed, keeps_document};
pub(crate) use people::may_see_user_ids;
pub(crate) use reaction::is_emoji;
pub(crate) use send::{Place, p2p};
pub(crate) use standing::may_speak;
pub(crate) use ticket_message::heard;

use deeds::Deed;

/// A day, in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// What a call comes to.
pub(crate) enum Outcome {
    /// All there is to say; the reply holds what its type has of it.
    Facts(Value),
    /// A payload made up from the spec.
    Sample(Value),
    /// The bytes of a file.
    File(File),
    /// The bytes of a file that was made up.
    SampleFile,
}

/// One call on its way through the state.
pub(crate) struct Act<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) catalog: &'a Catalog,
    pub(crate) operation: &'a Operation,
    pub(crate) sent: &'a Checked,
    pub(crate) incoming: &'a Incoming,
    /// The bytes of the body.
    pub(crate) size: usize,
    /// None where the operation takes no token.
    pub(crate) caller: Option<Caller>,
    pub(crate) now: u64,
}

impl<'a> Act<'a> {
    /// Does what the operation is there for, wholly or not at all.
    pub(crate) fn perform(mut self) -> Result<Outcome, Refusal> {
        let Some(deed) = self.operation.simulate.as_ref().and_then(deed) else {
            return self.sample();
        };
        self.has_bot()?;
        if let Some(before) = self.repeated() {
            return Ok(Outcome::Facts(before));
        }
        self.state.store.begin()?;
        let due = self.state.due.len();
        match self.carry_out(deed) {
            Ok(outcome) => {
                if let Outcome::Facts(facts) = &outcome {
                    self.remember(facts);
                }
                Ok(outcome)
            }
            Err(refusal) => {
                self.state.store.undo()?;
                self.state.due.truncate(due);
                Err(refusal)
            }
        }
    }

    fn carry_out(&mut self, deed: Deed) -> Result<Outcome, Refusal> {
        if self.state.examples {
            self.state.add_examples_of(self.catalog, self.operation)?;
        }
        let outcome = deed(self)?;
        self.state.store.keep()?;
        Ok(outcome)
    }

    /// The field that plays this part in the call, by name.
    pub(crate) fn role(&self, role: &str) -> Option<&'a str> {
        self.operation.simulate.as_ref()?.roles.get(role).map(String::as_str)
    }

    /// What was sent in the field that plays this part, or else that field's default.
    pub(crate) fn value(&self, role: &str) -> Option<&'a Value> {
        let name = self.role(role)?;
        let default = || {
            let mut fields = self.operation.parameters.iter();
            fields.find(|field| field.name == name)?.default.as_ref()
        };
        self.sent.argument(name).or_else(default)
    }

    /// The same as text; empty when nothing was sent.
    pub(crate) fn text(&self, role: &str) -> &'a str {
        self.value(role).and_then(Value::as_str).unwrap_or_default()
    }

    /// The texts of a list.
    pub(crate) fn texts(&self, role: &str) -> Vec<&'a str> {
        let items = self.value(role).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// A number that may have been sent as text.
    pub(crate) fn number(&self, role: &str) -> Option<i64> {
        let value = self.value(role)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// The part of the form that plays this part in the call.
    pub(crate) fn part(&self, role: &str) -> Option<&'a Part> {
        let name = self.role(role)?;
        match &self.incoming.body {
            Body::Form(parts) => parts.iter().find(|part| part.name == name),
            _ => None,
        }
    }

    /// Whether this part is played by what the documentation's example names, in a sandbox that has it in place for every call.
    pub(crate) fn exemplary(&self, role: &str) -> bool {
        let example = || {
            let name = self.role(role)?;
            let mut fields = self.operation.parameters.iter();
            fields.find(|field| field.name == name)?.example.as_ref()
        };
        self.state.examples && self.value(role).is_some_and(|value| example() == Some(value))
    }

    /// Whether the operation's table has this code.
    pub(crate) fn lists(&self, code: i64) -> bool {
        self.operation.error(code).is_some()
    }

    /// Who acts: the app, or the user it acts for.
    pub(crate) fn actor(&self) -> &str {
        let caller = self.caller.as_ref();
        caller.map_or("", |caller| caller.user.as_deref().unwrap_or(&caller.app))
    }

    /// The app that calls.
    pub(crate) fn app(&self) -> &str {
        self.caller.as_ref().map_or("", |caller| &caller.app)
    }

    /// The tenant in which it calls.
    pub(crate) fn tenant(&self) -> &str {
        self.caller
            .as_ref()
            .map_or_else(|| self.state.home(), |caller| &caller.tenant)
    }

    /// The example of the field that plays this part.
    pub(crate) fn example(&self, role: &str) -> Option<&'a str> {
        let name = self.role(role)?;
        let field = self.operation.parameters.iter().find(|field| field.name == name)?;
        field.example.as_ref()?.as_str()
    }

    /// Whether the documentation names what plays this part, or several such.
    pub(crate) fn has_example(&self, role: &str) -> bool {
        let field = self
            .role(role)
            .and_then(|name| self.operation.parameters.iter().find(|field| field.name == name));
        match field.and_then(|field| field.example.as_ref()) {
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(items)) => !items.is_empty(),
            _ => false,
        }
    }

    /// A refusal of the field that plays this part; in a code that the operation does not list it is a plain violation.
    pub(crate) fn refuse(&self, code: i64, role: &str, message: impl Into<String>) -> Refusal {
        let name = self.role(role).unwrap_or(role);
        Refusal::service(code, name, self.text(role), message.into())
    }

    /// What a repeated call with the same key was answered with within the hour.
    fn repeated(&self) -> Option<Value> {
        self.state.repeats.find(&self.key()?, self.now).cloned()
    }

    fn remember(&mut self, facts: &Value) {
        if let Some(key) = self.key() {
            self.state.repeats.keep(key, facts.clone(), self.now);
        }
    }

    fn key(&self) -> Option<[String; 5]> {
        let key = self.sent.text(self.operation.dedupe.as_deref()?);
        // The same key may be sent with another thing.
        let what = format!("{} {} {}", self.operation.id, self.text("in"), self.text("id"));
        let of = [self.app(), self.actor(), self.tenant(), &what, key];
        (!key.is_empty()).then(|| of.map(str::to_owned))
    }

    // An app without a bot does nothing of what bots do: the operations that say so in their errors.
    fn has_bot(&self) -> Result<(), Refusal> {
        let bot = self.state.app(self.app()).is_none_or(|app| app.bot);
        let refused = code::NO_BOT.iter().find(|code| self.operation.error(**code).is_some());
        match refused {
            Some(code) if !bot => {
                let message = "Bot ability is not activated; turn it on and publish a version of the app";
                Err(Refusal::new(*code, message))
            }
            _ => Ok(()),
        }
    }

    fn sample(self) -> Result<Outcome, Refusal> {
        if issue::wants_credentials(self.operation) {
            issue::credentials(self.state, self.operation, self.sent)?;
        }
        Ok(match (&self.operation.reply, &self.operation.data) {
            (Reply::Bytes, _) => Outcome::SampleFile,
            (_, Some(kind)) => {
                let mut payload = sample::sample(self.catalog, kind);
                if let Some(words) = &self.operation.counted {
                    sample::count(&mut payload, words);
                }
                Outcome::Sample(payload)
            }
            (_, None) => Outcome::Sample(json!({})),
        })
    }

    fn issue(&mut self, token: TokenKind) -> Result<Outcome, Refusal> {
        let of = match self.role("of") {
            Some("custom") => Some(AppKind::Custom),
            Some("store") => Some(AppKind::Store),
            _ => None,
        };
        issue::issue(self.state, token, of, self.sent, self.now).map(Outcome::Facts)
    }

    fn push_ticket(&mut self) -> Result<Outcome, Refusal> {
        issue::credentials(self.state, self.operation, self.sent)?;
        self.state.due.push(Due::Ticket(self.sent.text("app_id").to_owned()));
        Ok(Outcome::Facts(json!({})))
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        // The disk is full, or the file is gone: no fault of the caller.
        Self::broken(format!("the sandbox's data cannot be had: {error}"))
    }
}
