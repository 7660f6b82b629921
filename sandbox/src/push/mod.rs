//! Events on their way to apps: the envelope, the door, and the schedule of repeats.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    catalog::AppKind,
    granted::Granted,
    sandbox::{Inner, Sandbox},
    socket,
};

mod actor;
mod buttons;
mod chat;
mod clicks;
mod crypto;
mod delivery;
mod doing;
mod envelope;
mod failure;
mod feedback;
mod happening;
mod member;
mod message;
mod post;
mod reply;
mod webhook;

pub use actor::{Actor, Said};
pub(crate) use buttons::buttons;
pub(crate) use chat::{bot_added, bot_removed, chat_disbanded, chat_updated, talk_begun, users_came, users_gone};
pub(crate) use clicks::Clicks;
pub use delivery::{Attempt, Delivery};
pub use doing::Told;
pub use failure::Failure;
pub(crate) use failure::code;
pub(crate) use feedback::{reacted, recalled, unreacted, was_read};
pub(crate) use happening::{Audience, Happening};
pub(crate) use message::{ids, received};
pub use webhook::Webhook;

use delivery::Track;
use envelope::Address;

/// How long an app may take to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3);
/// When an event that was not taken is sent again, each counted from the attempt before.
const SCHEDULE: [Duration; 4] = [
    Duration::from_secs(15),
    Duration::from_secs(5 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(6 * 60 * 60),
];
/// The verification token of apps that never set one.
const TOKEN: &str = "sandbox-verification-token";
/// The catalog's word for what comes without an envelope.
const BARE: &str = "bare";
/// What brings store apps their ticket, in the catalog's words.
const RENEWED: &str = "renew app_ticket";

/// Something to push: its envelope is made, and stays the same however often it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub(crate) app: String,
    pub(crate) event_id: String,
    pub(crate) event_type: String,
    pub(crate) payload: Arc<str>,
    /// Without an envelope, as the callbacks of old cards are: never encrypted, and signed in a way of its own.
    pub(crate) bare: bool,
}

/// Something that a call set off, for apps to hear of.
pub(crate) enum Due {
    /// A store app's ticket.
    Ticket(String),
    /// Something that happened.
    Happening(Happening),
}

impl Sandbox {
    /// Pushes an event to an app, by its request URL or else by its long connection, and again on the platform's schedule (after
    /// 15 s, 5 min, 1 h and 6 h) until the app takes it. The envelope is the one the catalog knows for the type; types it does not
    /// know get the newer one. Outside a tokio runtime nothing is sent.
    ///
    /// # Errors
    /// When there is no such app.
    pub fn push(&self, app_id: &str, event_type: &str, body: Value) -> Result<Delivery, Failure> {
        let tenant = self.tenant_key();
        self.push_in(&tenant, app_id, event_type, body)
    }

    /// The same of what happened in a tenant.
    fn push_in(&self, tenant: &str, app_id: &str, event_type: &str, body: Value) -> Result<Delivery, Failure> {
        let parcel = self.seal(tenant, app_id, event_type, body)?;
        let again = self
            .catalog()
            .event(event_type)
            .is_none_or(|event| event.reply.is_none());
        Ok(self.dispatch(parcel, again))
    }

    /// Pushes this very payload, without an envelope of the sandbox's making; for what the platform would never send.
    ///
    /// # Errors
    /// When there is no such app.
    pub fn push_raw(&self, app_id: &str, payload: impl Into<String>) -> Result<Delivery, Failure> {
        self.kind_of(app_id)?;
        let parcel = Parcel {
            app: app_id.to_owned(),
            event_id: self.0.state().mint.id(""),
            event_type: String::new(),
            payload: payload.into().into(),
            bare: false,
        };
        Ok(self.dispatch(parcel, true))
    }

    /// Pushes a callback such as `card.action.trigger` once, and gives back what the app answered.
    ///
    /// # Errors
    /// When the app cannot be reached, takes longer than 3 s, or answers in a shape that callbacks do not have.
    pub async fn call_back(&self, app_id: &str, event_type: &str, body: Value) -> Result<Value, Failure> {
        let parcel = self.seal(&self.tenant_key(), app_id, event_type, body)?;
        self.ask(&parcel, None).await
    }

    async fn ask(&self, parcel: &Parcel, shown: Option<&Value>) -> Result<Value, Failure> {
        let (_, answer) = attempt(&self.0, parcel).await;
        // An acknowledgement without data leaves everything as it is.
        let answer = answer?.unwrap_or_else(|| Bytes::from_static(b"{}"));
        reply::judge(&answer, shown)
    }

    /// Sets an app's request URL once the app has given back a challenge within 1 s. From then on events go there. A store app gets
    /// its ticket at once.
    ///
    /// # Errors
    /// When there is no such app, the URL or the keys cannot be, or the challenge was not answered; then everything stays as it was.
    pub async fn set_webhook(&self, app_id: &str, webhook: Webhook) -> Result<(), Failure> {
        let kind = self.kind_of(app_id)?;
        webhook::challenge(&self.0, &webhook).await?;
        self.0.state().webhooks.insert(app_id.to_owned(), webhook);
        if kind == AppKind::Store {
            self.push_app_ticket(app_id)?;
        }
        Ok(())
    }

    /// Forgets an app's request URL; events go over its long connections again.
    pub fn clear_webhook(&self, app_id: &str) {
        self.0.state().webhooks.remove(app_id);
    }

    /// Pushes a store app its ticket, as the platform does every hour.
    ///
    /// # Errors
    /// When there is no such app, or it is not of the store.
    pub fn push_app_ticket(&self, app_id: &str) -> Result<Delivery, Failure> {
        if self.kind_of(app_id)? != AppKind::Store {
            let message = format!("`{app_id}` is no store app, and only those have a ticket");
            return Err(Failure::new(code::INTERNAL, message));
        }
        Ok(self.push_ticket(app_id))
    }

    /// Pushes what calls have set off.
    pub(crate) fn push_due(&self) {
        let due = std::mem::take(&mut self.0.state().due);
        for due in due {
            match due {
                Due::Ticket(app) => _ = self.push_ticket(&app),
                Due::Happening(happening) => _ = self.happens(&happening),
            }
        }
    }

    // It belongs to no tenant.
    fn push_ticket(&self, app_id: &str) -> Delivery {
        let ticket = self.app_ticket(app_id).unwrap_or_default();
        let address = self.address(app_id, "");
        let event = self.event_when(RENEWED);
        let payload = envelope::seal("1.0", &event, &address, json!({"app_ticket": ticket}));
        self.dispatch(parcel(address, &event, payload), true)
    }

    // The type of the event that this sets off; without one in the catalog, the words themselves.
    fn event_when(&self, act: &str) -> String {
        let event = self.catalog().events_when(act).next();
        event.map_or(act, |event| &event.kind).to_owned()
    }

    fn kind_of(&self, app_id: &str) -> Result<AppKind, Failure> {
        let kind = self.0.state().app(app_id).map(|app| app.kind);
        kind.ok_or_else(|| {
            let app_id = app_id.escape_debug();
            Failure::new(code::INTERNAL, format!("no app `{app_id}`; add it with `Builder::app`"))
        })
    }

    fn address(&self, app_id: &str, tenant: &str) -> Address {
        let mut state = self.0.state();
        Address {
            event_id: state.mint.id(""),
            app: app_id.to_owned(),
            tenant: tenant.to_owned(),
            token: state.webhooks.get(app_id).map_or(TOKEN, Webhook::token).to_owned(),
            time: state.clock.now(),
        }
    }

    fn seal(&self, tenant: &str, app_id: &str, event_type: &str, mut body: Value) -> Result<Parcel, Failure> {
        self.kind_of(app_id)?;
        let event = self.catalog().event(event_type);
        if let Some(kind) = event.and_then(|event| event.body.as_ref()) {
            let granted = Granted::to_app(&self.0.state(), app_id);
            granted.strip(self.catalog(), kind, &mut body);
        }
        let schema = event.map_or("2.0", |event| &event.schema);
        let address = self.address(app_id, tenant);
        let payload = envelope::seal(schema, event_type, &address, body);
        Ok(Parcel {
            bare: schema == BARE,
            ..parcel(address, event_type, payload)
        })
    }

    fn dispatch(&self, parcel: Parcel, again: bool) -> Delivery {
        let (track, delivery) = Track::new(parcel.clone());
        self.0.state().pushed(delivery.clone());
        let inner = self.0.0.clone();
        self.0.spawn(async move {
            let schedule: &[Duration] = if again { &SCHEDULE } else { &[] };
            let mut waits = schedule.iter();
            loop {
                let time = inner.state().clock.now();
                let (connection, answer) = attempt(&inner, &parcel).await;
                // Counted from before anyone hears of the end, so that whoever then moves the clock moves it past this.
                let ended = inner.state().clock.now();
                let again = waits.next().map(|wait| ended + wait.as_millis() as u64);
                let taken = track.tried(time, connection, answer, again);
                inner.state().changed();
                match again {
                    Some(again) if !taken => inner.until(again).await,
                    _ => return,
                }
            }
        });
        delivery
    }
}

fn parcel(address: Address, event_type: &str, payload: Value) -> Parcel {
    Parcel {
        app: address.app,
        event_id: address.event_id,
        event_type: event_type.to_owned(),
        payload: payload.to_string().into(),
        bare: false,
    }
}

/// Where it went, if over a long connection, and what the app answered there.
type Answer = (Option<String>, Result<Option<Bytes>, Failure>);

async fn attempt(sandbox: &Inner, parcel: &Parcel) -> Answer {
    let (webhook, kind) = {
        let state = sandbox.state();
        let kind = state.app(&parcel.app).map(|app| app.kind);
        (state.webhooks.get(&parcel.app).cloned(), kind)
    };
    match (webhook, kind) {
        (Some(webhook), _) => (None, webhook::push(sandbox, &webhook, parcel).await.map(Some)),
        (None, Some(AppKind::Custom)) if !parcel.bare => socket::send(sandbox, parcel).await,
        (None, _) => {
            let message = "the app has no request URL, and long connections are for custom apps and not for old cards; set one with `set_webhook`";
            (None, Err(Failure::new(code::NO_URL, message)))
        }
    }
}
