//! Puts a sandbox together: who is in it, and what time it is.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use crate::{
    app::App,
    beginning::{Circle, Details, Opening},
    catalog::Catalog,
    clock::{Clock, Mint},
    faults::{Fault, Faults},
    limits::Limits,
    push,
    repeats::Repeats,
    sandbox::Sandbox,
    socket::Sockets,
    state::State,
    store::{self, DataError, Store},
    tokens::Tokens,
};

/// Puts a [`Sandbox`] together. Whatever is not given has one default: an app, a tenant, a chat, a user.
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    pub(crate) apps: Vec<App>,
    pub(crate) tenants: Vec<String>,
    pub(crate) chats: Vec<String>,
    pub(crate) users: Vec<(String, String)>,
    departments: Vec<(String, String)>,
    /// Users and the departments they are in.
    employed: Vec<(String, String)>,
    /// Users, their email addresses and their phone numbers.
    contacts: Vec<[String; 3]>,
    /// Chats that not everybody is in, with their names and members.
    circles: Vec<Circle>,
    pub(crate) messages: Vec<Opening>,
    pub(crate) helpdesk: Option<String>,
    pub(crate) start: Option<SystemTime>,
    pub(crate) scale: Option<f64>,
    pub(crate) patience: Option<Duration>,
    pub(crate) unlimited: bool,
    pub(crate) seed: u64,
    pub(crate) faults: Vec<Fault>,
    pub(crate) catalog: Option<Arc<Catalog>>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) examples: bool,
}

/// The app of sandboxes that are given none: `cli_` and sixteen hexadecimal digits, for the official Node SDK connects with nothing else.
const APP: &str = "cli_5a4db0c500000001";
/// The chat and the user of sandboxes that are given none.
const CHAT: &str = "oc_sandbox0000000000000000000000000";
const USER: &str = "ou_sandbox0000000000000000000000000";
/// Her company.
const BO: &str = "ou_sandbox0000000000000000000000002";
const CY: &str = "ou_sandbox0000000000000000000000003";

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

    /// Adds a chat with a name that only these are in: users by open id, and apps by their ids. The first user owns it, or else the first app.
    pub fn chat_of<S: Into<String>>(
        mut self,
        id: impl Into<String>,
        name: impl Into<String>,
        members: impl IntoIterator<Item = S>,
    ) -> Self {
        let id = id.into();
        let members = members.into_iter().map(Into::into).collect();
        self.circles.push((id.clone(), name.into(), members));
        self.chat(id)
    }

    /// Adds a user whose name shows in mentions. The first one is what [`Sandbox::open_id`] names.
    pub fn user(mut self, open_id: impl Into<String>, name: impl Into<String>) -> Self {
        self.users.push((open_id.into(), name.into()));
        self
    }

    /// The same for a user of a department, by the department's id.
    pub fn user_in(
        mut self,
        open_id: impl Into<String>,
        name: impl Into<String>,
        department: impl Into<String>,
    ) -> Self {
        let open_id = open_id.into();
        self.employed.push((open_id.clone(), department.into()));
        self.user(open_id, name)
    }

    /// Gives a user an email address and a phone number, by which the user is found, and which apps with the scopes for it see.
    pub fn contact(mut self, open_id: impl Into<String>, email: impl Into<String>, mobile: impl Into<String>) -> Self {
        self.contacts.push([open_id.into(), email.into(), mobile.into()]);
        self
    }

    /// Adds a department.
    pub fn department(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.departments.push((id.into(), name.into()));
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

    /// Adds company for somebody who looks around: Ada, whom every sandbox has unless told otherwise, with Bo and Cy, a chat of all
    /// three, and one of Ada and Bo. For a sandbox without users and chats of its own.
    pub fn company(self) -> Self {
        let bots = self.app_ids();
        let members = |users: &[&str]| -> Vec<String> {
            let users = users.iter().map(|user| (*user).to_owned());
            users.chain(bots.iter().cloned()).collect()
        };
        let (all, two) = (members(&[USER, BO, CY]), members(&[USER, BO]));
        self.user(USER, "Ada")
            .user(BO, "Bo")
            .user(CY, "Cy")
            .chat_of(CHAT, "Everyone", all)
            .chat_of("oc_sandbox0000000000000000000000002", "Ada and Bo", two)
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
        let mut faults = Faults::new(self.seed);
        for fault in self.faults {
            faults.add(fault, clock.now());
        }
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
            limits: Limits::new(self.unlimited),
            faults,
            calls: VecDeque::new(),
            counts: Default::default(),
            webhooks: HashMap::new(),
            patience: self.patience.unwrap_or(push::PATIENCE),
            sockets: Sockets::default(),
            answering: push::Clicks::default(),
            due: Vec::new(),
            deliveries: VecDeque::new(),
            changes: Default::default(),
        };
        let details = Details {
            employed: &self.employed,
            contacts: &self.contacts,
            circles: &self.circles,
        };
        state
            .people(self.chats, self.users, details, self.messages)
            .map_err(failed)?;
        if self.examples {
            state.add_examples(&catalog).map_err(failed)?;
        }
        Ok(Sandbox::assemble(catalog, fault, state))
    }

    // A sandbox has at least one of each; what a file holds is enough.
    fn fill(&mut self, store: &Store) -> store::Result<()> {
        if self.apps.is_empty() && store.apps()?.is_empty() {
            self.apps.push(App::custom(APP, "sandbox0000000000000000000000000"));
        }
        if self.tenants.is_empty() && store.tenants()?.is_empty() {
            self.tenants.push("sandbox000000000".to_owned());
        }
        if self.chats.is_empty() && store.chats()?.is_empty() {
            self.chats.push(CHAT.to_owned());
        }
        if self.users.is_empty() && store.users()?.is_empty() {
            self.users.push((USER.to_owned(), "Ada".to_owned()));
        }
        self.apps.iter().try_for_each(|app| store.add_app(app))?;
        for (id, name) in &self.departments {
            store.add_department(id, name)?;
        }
        self.tenants.iter().try_for_each(|key| store.add_tenant(key))
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
