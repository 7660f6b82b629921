//! Puts a sandbox together: who is in it, and what time it is.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::{Map, json};
use tokio::sync::watch;

use crate::{
    acts::Place,
    app::App,
    catalog::Catalog,
    clock::{Clock, Mint},
    messages::Message,
    push,
    repeats::Repeats,
    sandbox::Sandbox,
    socket::Sockets,
    state::State,
    store::{self, Chat, DataError, Store},
    tokens::Tokens,
};

/// Puts a [`Sandbox`] together. Whatever is not given has one default: an app, a tenant, a chat, a user.
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    apps: Vec<App>,
    tenants: Vec<String>,
    chats: Vec<String>,
    users: Vec<(String, String)>,
    messages: Vec<(String, String)>,
    helpdesk: Option<String>,
    start: Option<SystemTime>,
    scale: Option<f64>,
    patience: Option<Duration>,
    catalog: Option<Arc<Catalog>>,
    data: Option<PathBuf>,
    examples: bool,
}

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
        self.users.push((open_id.into(), name.into()));
        self
    }

    /// Adds a text that the first user has written in the first chat, under an id of your choice.
    pub fn message(mut self, message_id: impl Into<String>, text: impl Into<String>) -> Self {
        self.messages.push((message_id.into(), text.into()));
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

    /// Serves this catalog instead of the embedded one.
    pub fn catalog(mut self, catalog: impl Into<Arc<Catalog>>) -> Self {
        self.catalog = Some(catalog.into());
        self
    }

    /// Puts everything in place that the examples of the documentation name, so that its sample calls succeed.
    pub fn examples(mut self) -> Self {
        self.examples = true;
        self
    }

    /// Keeps chats, messages, files and people in this SQLite file, made when there is none, so that they are there the next time. What
    /// the builder names is added to what the file holds; defaults are taken only when it is new.
    pub fn data(mut self, path: impl Into<PathBuf>) -> Self {
        self.data = Some(path.into());
        self
    }

    /// The sandbox. Data that cannot be had is told by every call; [`try_build`](Self::try_build) tells at once.
    pub fn build(self) -> Sandbox {
        let (catalog, fault) = self.served();
        self.assemble((catalog.clone(), fault)).unwrap_or_else(|error| {
            let bare = Self::default().assemble((catalog, Some(error.to_string())));
            bare.unwrap_or_else(|error| unreachable!("memory is there, or nothing is: {error}"))
        })
    }

    /// The sandbox.
    ///
    /// # Errors
    /// When the data file cannot be opened, or is of something else.
    pub fn try_build(self) -> Result<Sandbox, DataError> {
        let served = self.served();
        self.assemble(served)
    }

    // A broken embedded catalog is kept as what it is: every call then tells why.
    fn served(&self) -> (Arc<Catalog>, Option<String>) {
        match self.catalog.clone().map_or_else(Catalog::embedded, Ok) {
            Ok(catalog) => (catalog, None),
            Err(error) => (Arc::new(Catalog::empty()), Some(error.to_string())),
        }
    }

    fn assemble(mut self, (catalog, fault): (Arc<Catalog>, Option<String>)) -> Result<Sandbox, DataError> {
        let store = match &self.data {
            Some(path) => Store::file(path)?,
            None => Store::memory()?,
        };
        self.fill(&store)
            .map_err(|error| DataError::of("the sandbox", &error))?;
        let failed = |error| DataError::of("the sandbox", &error);
        let (apps, tenants) = (store.apps().map_err(failed)?, store.tenants().map_err(failed)?);
        let clock = self
            .start
            .map_or_else(|| Clock::running(self.scale.unwrap_or(1.0)), Clock::still);
        let mut mint = Mint::default();
        let tickets = apps.iter().map(|app| (app.id.clone(), mint.id(""))).collect();
        let mut state = State {
            clock,
            mint,
            apps,
            tickets,
            tenants,
            store,
            sent: watch::Sender::new(0),
            repeats: Repeats::default(),
            examples: self.examples,
            helpdesk: self.helpdesk,
            tokens: Tokens::default(),
            users_signed_in: Default::default(),
            calls: VecDeque::new(),
            counts: Default::default(),
            webhooks: HashMap::new(),
            patience: self.patience.unwrap_or(push::PATIENCE),
            sockets: Sockets::default(),
            due: Vec::new(),
        };
        state.people(self.chats, self.users, self.messages).map_err(failed)?;
        if self.examples {
            state.add_examples(&catalog).map_err(failed)?;
        }
        Ok(Sandbox::assemble(catalog, fault, state))
    }

    // A sandbox has at least one of each; what a file holds is enough.
    fn fill(&mut self, store: &Store) -> store::Result<()> {
        if self.apps.is_empty() && store.apps()?.is_empty() {
            // `cli_` and sixteen hexadecimal digits: the long connection of the official Node SDK takes nothing else.
            self.apps
                .push(App::custom("cli_5a4db0c500000001", "sandbox0000000000000000000000000"));
        }
        if self.tenants.is_empty() && store.tenants()?.is_empty() {
            self.tenants.push("sandbox000000000".to_owned());
        }
        if self.chats.is_empty() && store.chats()?.is_empty() {
            self.chats.push("oc_sandbox0000000000000000000000000".to_owned());
        }
        if self.users.is_empty() && store.users()?.is_empty() {
            self.users
                .push(("ou_sandbox0000000000000000000000000".to_owned(), "Ada".to_owned()));
        }
        self.apps.iter().try_for_each(|app| store.add_app(app))?;
        self.tenants.iter().try_for_each(|key| store.add_tenant(key))
    }
}

impl State {
    /// A chat that every app and every user is in.
    pub(crate) fn add_chat(&self, chat: &Chat) -> store::Result<()> {
        self.store.add_chat(chat)?;
        for app in &self.apps {
            self.store.join(&chat.chat_id, &app.id, true)?;
        }
        for user in self.store.users()? {
            self.store.join(&chat.chat_id, &user.open_id, false)?;
        }
        Ok(())
    }

    fn people(
        &mut self,
        chats: Vec<String>,
        users: Vec<(String, String)>,
        messages: Vec<(String, String)>,
    ) -> store::Result<()> {
        for (open_id, name) in users {
            let user = self.newcomer(&open_id, &name)?;
            self.store.add_user(&user)?;
        }
        let users = self.store.users()?;
        for chat_id in chats {
            if self.store.chat(&chat_id)?.is_none() {
                let name = Map::from_iter([("name".to_owned(), chat_id.as_str().into())]);
                self.add_chat(&Chat {
                    chat_id: chat_id.clone(),
                    mode: "group".to_owned(),
                    tenant: self.home().to_owned(),
                    owner: users.first().map(|user| user.open_id.clone()).unwrap_or_default(),
                    created: self.clock.now(),
                    dissolved: false,
                    facts: name,
                })?;
            }
        }
        let first = self
            .store
            .chats()?
            .into_iter()
            .next()
            .map(|chat| chat.chat_id)
            .unwrap_or_default();
        let author = users.first().map(|user| user.open_id.clone()).unwrap_or_default();
        for (id, text) in messages {
            let place = Place {
                chat: first.clone(),
                ..Place::default()
            };
            let message = Message {
                message_id: id,
                sender: author.clone(),
                ..self.message(place, json!({"text": text}), "text")?
            };
            self.take(&message)?;
        }
        let total = self.store.count_messages()?;
        self.sent.send_replace(total);
        Ok(())
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
