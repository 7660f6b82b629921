//! Everything the sandbox remembers between calls.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    app::App,
    calls::CallRecord,
    clock::{Clock, Mint},
    faults::Faults,
    limits::Limits,
    push::{Clicks, Delivery, Due, Webhook},
    repeats::Repeats,
    socket::Sockets,
    store::Store,
    tokens::Tokens,
    users::Users,
};

/// So many calls are kept; older ones are only counted.
const CALLS_KEPT: usize = 10_000;
/// So many pushes are remembered.
const DELIVERIES_KEPT: usize = 1_000;

/// Everything the sandbox remembers.
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) mint: Mint,
    pub(crate) apps: Vec<App>,
    pub(crate) tickets: HashMap<String, String>,
    pub(crate) tenants: Vec<String>,
    /// The only helpdesk credentials that are let in, as `id:token`; none lets in all.
    pub(crate) helpdesk: Option<String>,
    pub(crate) tokens: Tokens,
    pub(crate) users_signed_in: Users,
    pub(crate) store: Store,
    /// How many messages there were; whoever waits for one hears of it.
    pub(crate) sent: watch::Sender<usize>,
    pub(crate) repeats: Repeats,
    /// Whether what the documentation's examples name is there.
    pub(crate) examples: bool,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    pub(crate) calls: VecDeque<CallRecord>,
    pub(crate) counts: BTreeMap<String, usize>,
    /// The request URLs by app; apps without one are pushed to over the long connection.
    pub(crate) webhooks: HashMap<String, Webhook>,
    /// How long an app may take to answer a push.
    pub(crate) patience: Duration,
    pub(crate) sockets: Sockets,
    /// The clicks on cards, by the tokens that let apps change them.
    pub(crate) answering: Clicks,
    /// What calls have set off, to be pushed once they are answered.
    pub(crate) due: Vec<Due>,
    /// The latest pushes, oldest first.
    pub(crate) deliveries: VecDeque<Delivery>,
    /// Told whenever there is something new to see.
    pub(crate) changes: watch::Sender<u64>,
}

impl State {
    pub(crate) fn app(&self, id: &str) -> Option<&App> {
        self.apps.iter().find(|app| app.id == id)
    }

    /// The tenant custom apps live in.
    pub(crate) fn home(&self) -> &str {
        self.tenants.first().map_or("", String::as_str)
    }

    pub(crate) fn record(&mut self, call: CallRecord) {
        if let Some(operation) = &call.operation {
            *self.counts.entry(operation.clone()).or_default() += 1;
        }
        if self.calls.len() == CALLS_KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
        self.changed();
    }

    /// Remembers a push, so that one can see how it goes.
    pub(crate) fn pushed(&mut self, delivery: Delivery) {
        if self.deliveries.len() == DELIVERIES_KEPT {
            self.deliveries.pop_front();
        }
        self.deliveries.push_back(delivery);
        self.changed();
    }

    /// Tells whoever looks on that there is something new to see.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }
}
