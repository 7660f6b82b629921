//! What happens in the sandbox, and which apps hear of it: the catalog's `when` names the events.

use serde_json::Value;

use super::{Delivery, Failure};
use crate::{app::App, catalog::Event, sample, sandbox::Sandbox, state::State};

/// What an event tells, as this app may know it.
type Telling = Box<dyn Fn(&State, &App) -> Value + Send>;

/// Something that happened.
pub(crate) struct Happening {
    /// In the words of the catalog: `send message`.
    act: &'static str,
    audience: Audience,
    /// Where; none is the chat's, or else the first.
    tenant: Option<String>,
    /// The apps that it names.
    mentions: Vec<String>,
    tell: Telling,
}

/// Who hears of it, where the event's scopes let them.
pub(crate) enum Audience {
    /// The apps in a chat.
    Chat(String),
    /// One app.
    App(String),
    /// The apps that have asked for the event by a call.
    Subscribers,
}

impl Audience {
    /// What is kept of such a call: the event, within the app.
    pub(crate) const SUBSCRIPTION: &str = "subscription";
}

impl Happening {
    pub(crate) fn new(
        act: &'static str,
        audience: Audience,
        tell: impl Fn(&State, &App) -> Value + Send + 'static,
    ) -> Self {
        Self {
            act,
            audience,
            tenant: None,
            mentions: Vec::new(),
            tell: Box::new(tell),
        }
    }

    /// The same in this tenant.
    pub(crate) fn within(self, tenant: &str) -> Self {
        Self {
            tenant: Some(tenant.to_owned()),
            ..self
        }
    }

    /// The same with a mention of these.
    pub(crate) fn mentioning(self, mentions: Vec<String>) -> Self {
        Self { mentions, ..self }
    }

    /// Whether the app's scopes reach so far.
    fn reaches(&self, state: &State, event: &Event, app: &App) -> bool {
        let Some(reach) = &event.reach else { return true };
        let Audience::Chat(chat) = &self.audience else {
            return true;
        };
        let mode = state.store.chat(chat).ok().flatten().map(|chat| chat.mode);
        if mode.as_deref() == Some("p2p") {
            return app.has_any(&reach.p2p);
        }
        app.has_any(&reach.group) || self.mentions.contains(&app.id) && app.has_any(&reach.mention)
    }

    fn tenant(&self, state: &State) -> String {
        let chat = match &self.audience {
            Audience::Chat(chat) => state.store.chat(chat).ok().flatten(),
            _ => None,
        };
        let tenant = self.tenant.clone().or(chat.map(|chat| chat.tenant));
        tenant.unwrap_or_else(|| state.home().to_owned())
    }
}

impl Sandbox {
    /// Tells every app that listens; outside a tokio runtime nobody is told.
    pub(crate) fn happens(&self, happening: &Happening) -> Vec<Delivery> {
        let (tenant, told): (String, Vec<(String, &str, Value)>) = {
            let state = self.0.state();
            let tenant = happening.tenant(&state);
            let events = self.catalog().events_when(happening.act);
            let each = events.flat_map(|event| {
                let apps = listeners(&state, event, &happening.audience, &tenant).into_iter();
                let state = &state;
                apps.filter(move |app| happening.reaches(state, event, app))
                    .map(move |app| (event, app))
            });
            let told = each.map(|(event, app)| {
                (
                    app.id.clone(),
                    event.kind.as_str(),
                    self.told(&state, event, app, happening),
                )
            });
            let told = told.collect();
            (tenant, told)
        };
        // Who listens is there.
        let deliveries: Result<Vec<Delivery>, Failure> = told
            .into_iter()
            .map(|(app, event, body)| self.push_in(&tenant, &app, event, body))
            .collect();
        deliveries.unwrap_or_default()
    }

    fn told(&self, state: &State, event: &Event, app: &App, happening: &Happening) -> Value {
        let all = (happening.tell)(state, app);
        match &event.body {
            Some(kind) => sample::project(self.catalog(), kind, &all),
            None => all,
        }
    }
}

fn listeners<'s>(state: &'s State, event: &Event, audience: &Audience, tenant: &str) -> Vec<&'s App> {
    let there = |app: &App| match audience {
        Audience::Chat(chat) => state.store.is_member(chat, &app.id).unwrap_or_default(),
        Audience::App(id) => app.id == *id,
        Audience::Subscribers => {
            let asked = state
                .store
                .document(Audience::SUBSCRIPTION, tenant, &app.id, &event.kind);
            asked.is_ok_and(|asked| asked.is_some())
        }
    };
    let apps = state.apps.iter();
    apps.filter(|app| !app.disabled && app.has_any(&event.scopes) && there(app))
        .collect()
}
