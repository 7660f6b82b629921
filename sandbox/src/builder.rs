//! Puts a sandbox together: who is in it, and what time it is.

use std::{collections::HashMap, collections::VecDeque, fmt, sync::Arc, time::Duration, time::SystemTime};

use crate::{
    app::{App, User},
    catalog::Catalog,
    clock::{Clock, Mint},
    faults::{Fault, Faults},
    limits::Limits,
    messages::Messages,
    push,
    sandbox::Sandbox,
    socket::Sockets,
    state::State,
    tokens::Tokens,
};

/// Puts a [`Sandbox`] together. Whatever is not given has one default: an app, a tenant, a chat, a user.
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    pub(crate) apps: Vec<App>,
    pub(crate) tenants: Vec<String>,
    pub(crate) chats: Vec<String>,
    pub(crate) users: Vec<User>,
    pub(crate) messages: Vec<Opening>,
    pub(crate) helpdesk: Option<String>,
    pub(crate) start: Option<SystemTime>,
    pub(crate) scale: Option<f64>,
    pub(crate) patience: Option<Duration>,
    pub(crate) unlimited: bool,
    pub(crate) seed: u64,
    pub(crate) faults: Vec<Fault>,
    pub(crate) catalog: Option<Arc<Catalog>>,
}

/// A text that a user wrote before the sandbox began: in the first chat and by the first user unless said otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opening {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) chat: Option<String>,
    /// The user's open id or name.
    pub(crate) from: Option<String>,
}

/// The app of sandboxes that are given none.
const APP: &str = "cli_sandbox0000000000";

impl Builder {
    /// Adds an app. The first one is what [`Sandbox::app_id`] names.
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// Adds a tenant by its key. Custom apps live in the first one; store apps are installed in all.
    pub fn tenant(mut self, key: impl Into<String>) -> Self {
        self.tenants.push(key.into());
        self
    }

    /// Adds a chat that the bot is in. The first one is what [`Sandbox::chat_id`] names.
    pub fn chat(mut self, id: impl Into<String>) -> Self {
        self.chats.push(id.into());
        self
    }

    /// Adds a user whose name shows in mentions. The first one is what [`Sandbox::open_id`] names.
    pub fn user(mut self, open_id: impl Into<String>, name: impl Into<String>) -> Self {
        self.users.push(User {
            open_id: open_id.into(),
            name: name.into(),
        });
        self
    }

    /// Adds a text that the first user has written in the first chat, under an id of your choice.
    pub fn message(mut self, message_id: impl Into<String>, text: impl Into<String>) -> Self {
        self.messages.push(Opening {
            id: message_id.into(),
            text: text.into(),
            ..Opening::default()
        });
        self
    }

    /// Lets in only these helpdesk credentials; without this, any id and token are let in.
    pub fn helpdesk(mut self, id: impl fmt::Display, token: impl fmt::Display) -> Self {
        self.helpdesk = Some(format!("{id}:{token}"));
        self
    }

    /// Stops the clock at this time; from then on only [`Sandbox::advance`] moves it.
    pub fn start_at(mut self, time: SystemTime) -> Self {
        self.start = Some(time);
        self
    }

    /// Lets the clock run so many times as fast: with 1000, the retry that comes after 15 s comes after 15 ms. Answers are still
    /// waited for as long as [`Builder::patience`] says.
    pub fn time_scale(mut self, times: f64) -> Self {
        self.scale = Some(times);
        self
    }

    /// How long an app may take to answer what is pushed to it; 3 s, as on the platform, unless told otherwise.
    pub fn patience(mut self, limit: Duration) -> Self {
        self.patience = Some(limit);
        self
    }

    /// Lets calls come as fast as they like. Without this, the limits of the catalog hold, as on the platform: so many calls of an
    /// app in a tenant for each operation, and so many for each receiver.
    pub fn unlimited(mut self) -> Self {
        self.unlimited = true;
        self
    }

    /// Where the chance of faults begins; with the same seed and the same calls they happen to the same ones.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Serves this catalog instead of the embedded one.
    pub fn catalog(mut self, catalog: impl Into<Arc<Catalog>>) -> Self {
        self.catalog = Some(catalog.into());
        self
    }

    /// The apps that there will be.
    pub(crate) fn app_ids(&self) -> Vec<String> {
        match self.apps.is_empty() {
            true => vec![APP.to_owned()],
            false => self.apps.iter().map(|app| app.id.clone()).collect(),
        }
    }

    /// The sandbox.
    pub fn build(mut self) -> Sandbox {
        if self.apps.is_empty() {
            self.apps.push(App::custom(APP, "sandbox0000000000000000000000000"));
        }
        if self.tenants.is_empty() {
            self.tenants.push("sandbox000000000".to_owned());
        }
        if self.chats.is_empty() {
            self = self.chat("oc_sandbox0000000000000000000000000");
        }
        if self.users.is_empty() {
            self = self.user("ou_sandbox0000000000000000000000000", "Ada");
        }
        // A broken embedded catalog is kept as what it is: every call then tells why.
        let (catalog, fault) = match self.catalog.map_or_else(Catalog::embedded, Ok) {
            Ok(catalog) => (catalog, None),
            Err(error) => (Arc::new(Catalog::empty()), Some(error.to_string())),
        };
        let mut mint = Mint::default();
        let tickets: HashMap<String, String> = self.apps.iter().map(|app| (app.id.clone(), mint.id(""))).collect();
        let first_chat = self.chats.first().cloned().unwrap_or_default();
        let clock = self
            .start
            .map_or_else(|| Clock::running(self.scale.unwrap_or(1.0)), Clock::still);
        let mut messages = Messages::default();
        for Opening { id, text, chat, from } in self.messages {
            let tenant = self.tenants.first().cloned().unwrap_or_default();
            let by = |user: &&User| {
                from.as_ref()
                    .is_none_or(|from| user.open_id == *from || user.name == *from)
            };
            let author = self
                .users
                .iter()
                .find(by)
                .map(|user| user.open_id.clone())
                .unwrap_or_default();
            let chat = chat.as_ref().unwrap_or(&first_chat);
            messages.write(&id, &text, (chat, &author, &tenant), clock.now());
        }
        let mut faults = Faults::new(self.seed);
        for fault in self.faults {
            faults.add(fault, clock.now());
        }
        let state = State {
            clock,
            mint,
            apps: self.apps,
            tickets,
            tenants: self.tenants,
            chats: self.chats,
            users: self.users,
            helpdesk: self.helpdesk,
            tokens: Tokens::default(),
            users_signed_in: Default::default(),
            limits: Limits::new(self.unlimited),
            faults,
            messages,
            calls: VecDeque::new(),
            counts: Default::default(),
            webhooks: HashMap::new(),
            patience: self.patience.unwrap_or(push::PATIENCE),
            sockets: Sockets::default(),
            due: Vec::new(),
        };
        Sandbox::assemble(catalog, fault, first_chat, state)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Builder")
            .field("apps", &self.apps)
            .field("tenants", &self.tenants)
            .finish_non_exhaustive()
    }
}
