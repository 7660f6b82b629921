//! The sandbox: what tests hold in their hands.

use std::{
    fmt, io,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tokio::{sync::watch, task::JoinSet, time::Instant};

use crate::{
    builder::Builder,
    calls::CallRecord,
    catalog::Catalog,
    faults::{self, Lost},
    handle,
    messages::Message,
    refusal::Refusal,
    server::Server,
    socket,
    state::State,
    store::{Container, Stretch},
    users,
};

/// A local Feishu. Clones share everything; with the last one ends whatever is still being pushed.
#[derive(Clone)]
pub struct Sandbox(pub(crate) Arc<Handle>);

/// What clones of a sandbox share; pushes under way hold only what is inside, so that they end with it.
pub(crate) struct Handle(pub(crate) Arc<Inner>);

impl Deref for Handle {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.tasks().abort_all();
    }
}

pub(crate) struct Inner {
    pub(crate) catalog: Arc<Catalog>,
    /// Why the catalog could not be read, if it could not.
    pub(crate) fault: Option<String>,
    state: Mutex<State>,
    /// Told whenever the clock is moved by hand.
    moved: watch::Sender<()>,
    /// The pushes under way.
    tasks: Mutex<JoinSet<()>>,
    app_id: String,
    app_secret: String,
    chat_id: String,
    open_id: String,
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs in the background until done, or until the sandbox is dropped; outside a tokio runtime not at all.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Waits for a time on the sandbox's clock.
    pub(crate) async fn until(&self, time: u64) {
        let mut moved = self.moved.subscribe();
        loop {
            let clock = self.state().clock;
            if clock.now() >= time {
                return;
            }
            wait(clock.until(time), &mut moved).await;
        }
    }

    /// Waits as somebody does who waits for an answer: in real time however fast the clock runs, less what it is moved by hand.
    /// The wait begins with the call, and not only once somebody polls it.
    pub(crate) fn patience(&self, limit: Duration) -> impl Future<Output = ()> + '_ {
        let mut moved = self.moved.subscribe();
        let (began, from) = (Instant::now(), self.state().clock.ahead());
        async move {
            loop {
                let clock = self.state().clock;
                let passed = clock.ahead().saturating_sub(from);
                let left = limit.saturating_sub(passed).saturating_sub(began.elapsed());
                let real = (!clock.stands_still()).then_some(left);
                if passed >= limit || real == Some(Duration::ZERO) {
                    return;
                }
                wait(real, &mut moved).await;
            }
        }
    }
}

// Until the time is over, or the clock is moved.
async fn wait(time: Option<Duration>, moved: &mut watch::Receiver<()>) {
    match time {
        Some(time) => _ = tokio::time::timeout(time, moved.changed()).await,
        None => _ = moved.changed().await,
    }
}

impl Sandbox {
    /// A sandbox with one custom app that has every scope, one tenant, one chat the bot is in, and one user.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Puts together a sandbox with other apps, tenants, chats or users.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn assemble(catalog: Arc<Catalog>, fault: Option<String>, state: State) -> Self {
        let (app_id, app_secret) = state
            .apps
            .first()
            .map_or_else(Default::default, |app| (app.id.clone(), app.secret.clone()));
        let chats = state.store.chats().unwrap_or_default();
        let users = state.store.users().unwrap_or_default();
        Self(Arc::new(Handle(Arc::new(Inner {
            catalog,
            fault,
            state: Mutex::new(state),
            moved: watch::Sender::new(()),
            tasks: Mutex::new(JoinSet::new()),
            app_id,
            app_secret,
            chat_id: chats.into_iter().next().map(|chat| chat.chat_id).unwrap_or_default(),
            open_id: users.into_iter().next().map(|user| user.open_id).unwrap_or_default(),
        }))))
    }

    /// The first app's id.
    pub fn app_id(&self) -> &str {
        &self.0.app_id
    }

    /// The first app's secret. It is no secret of anything outside this sandbox.
    pub fn app_secret(&self) -> &str {
        &self.0.app_secret
    }

    /// The first chat the bot is in.
    pub fn chat_id(&self) -> &str {
        &self.0.chat_id
    }

    /// The first user.
    pub fn open_id(&self) -> &str {
        &self.0.open_id
    }

    /// The key of the tenant that custom apps live in.
    pub fn tenant_key(&self) -> String {
        self.0.state().home().to_owned()
    }

    /// The catalog that is served.
    pub fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    /// Answers one call, without a socket. Only the method, path, query, headers and body of the request count. A connection cannot
    /// break here: where a fault loses the reply, a gateway's page with HTTP 502 comes, with [`Lost`] among its extensions.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        match faults::whole(faults::answer(self, request).await).await {
            Ok(response) => response,
            Err(lost) => {
                let mut page = faults::page(self, StatusCode::BAD_GATEWAY);
                page.extensions_mut().insert(lost);
                page
            }
        }
    }

    /// The same, for transports that can say that a reply never came.
    ///
    /// # Errors
    /// When a [`Fault`](crate::Fault) loses the reply.
    pub async fn try_handle(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Lost> {
        faults::whole(faults::answer(self, request).await).await
    }

    /// Answers one call as if nothing could go wrong with it; `forced` refuses it in the place of everything else.
    pub(crate) async fn carry_out(&self, request: Request<Bytes>, forced: Option<Refusal>) -> Response<Bytes> {
        if forced.is_none() && request.uri().path() == socket::DISCOVERY {
            return socket::discover(&self.0, request).await;
        }
        let response = handle::answer(&self.0, request, forced);
        self.push_due();
        response
    }

    pub(crate) fn reject(&self, status: StatusCode, why: &str) -> Response<Bytes> {
        handle::reject(&self.0, status, why)
    }

    /// Listens on `127.0.0.1`; port 0 takes any free one. Must be called within a tokio runtime that has I/O and time enabled.
    ///
    /// # Errors
    /// When the port cannot be had, as a rule because another program listens on it.
    pub async fn serve(&self, port: u16) -> io::Result<Server> {
        Server::start(self.clone(), port).await
    }

    /// Moves the sandbox's clock ahead: tokens age, dedupe keys run out, retries fall due, and answers that are waited for are late.
    pub fn advance(&self, by: Duration) {
        self.0.state().clock.advance(by);
        self.0.moved.send_replace(());
    }

    /// Lets the clock run so many times as fast from now on; 0 stops it.
    pub fn set_time_scale(&self, times: f64) {
        self.0.state().clock.set_rate(times);
        self.0.moved.send_replace(());
    }

    /// Makes every token unknown at once, as if all had been revoked; asking again gives new ones.
    pub fn revoke_tokens(&self) {
        self.0.state().tokens.revoke_all();
    }

    /// Lets every token run out at once; asking again gives new ones.
    pub fn expire_tokens(&self) {
        let mut state = self.0.state();
        let now = state.clock.now();
        state.tokens.expire_all(now);
    }

    /// Plays the user who opens this authorization page and agrees to everything: where the browser goes on to, with `code` and `state`.
    ///
    /// # Errors
    /// What the page would complain about.
    pub fn authorize(&self, url: &str, open_id: &str) -> Result<String, String> {
        let mut state = self.0.state();
        let now = state.clock.now();
        users::authorize(&mut state, url, open_id, now)
    }

    /// Makes every refresh token unknown at once: users have to sign in again.
    pub fn revoke_refresh_tokens(&self) {
        self.0.state().users_signed_in.revoke();
    }

    /// A user access token of the first app for this user, who granted every scope. It lives for two hours.
    pub fn user_token(&self, open_id: &str) -> String {
        self.issue_user_token(open_id, None)
    }

    /// A user access token of the first app for this user, who granted these scopes only.
    pub fn user_token_with<S: Into<String>>(&self, open_id: &str, scopes: impl IntoIterator<Item = S>) -> String {
        self.issue_user_token(open_id, Some(scopes.into_iter().map(Into::into).collect()))
    }

    fn issue_user_token(&self, open_id: &str, scopes: Option<std::collections::BTreeSet<String>>) -> String {
        let mut state = self.0.state();
        let now = state.clock.now();
        let tenant = state.home().to_owned();
        let State { tokens, mint, .. } = &mut *state;
        tokens.for_user(self.app_id(), &tenant, open_id, scopes, mint, now)
    }

    /// The latest app ticket of a store app; none when there is no such app.
    pub fn app_ticket(&self, app_id: &str) -> Option<String> {
        self.0.state().tickets.get(app_id).cloned()
    }

    /// Gives a store app a new ticket, as happens every hour; from then on the one before is refused (10012).
    pub fn renew_app_ticket(&self, app_id: &str) {
        let mut state = self.0.state();
        let ticket = state.mint.id("");
        if let Some(latest) = state.tickets.get_mut(app_id) {
            *latest = ticket;
        }
    }

    /// The calls that arrived, oldest first. The last ten thousand are kept.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.0.state().calls.iter().cloned().collect()
    }

    /// How many calls led to this operation since the sandbox began, refused ones included.
    pub fn calls_to(&self, operation: &str) -> usize {
        self.0.state().counts.get(operation).copied().unwrap_or_default()
    }

    /// Every message, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.stored(Container::Everywhere, Stretch::ALL)
    }

    /// Waits until there are more than so many messages in all, and gives those beyond.
    pub async fn messages_beyond(&self, seen: usize) -> Vec<Message> {
        let mut total = self.0.state().sent.subscribe();
        // The sender lives as long as the sandbox.
        _ = total.wait_for(|total| *total > seen).await;
        self.stored(
            Container::Everywhere,
            Stretch {
                skip: seen,
                ..Stretch::ALL
            },
        )
    }

    /// The messages in a chat, or to a receiver by the id that was sent, oldest first.
    pub fn messages_in(&self, chat: &str) -> Vec<Message> {
        self.stored(Container::To(chat), Stretch::ALL)
    }

    /// The bytes of a file or an image that was uploaded, by the key or token that uploading it gave.
    pub fn uploaded(&self, key: &str) -> Option<Bytes> {
        let stored = self.0.state().store.stored(key).ok().flatten();
        stored.map(|file| file.bytes)
    }

    // What cannot be read is told by the next call.
    fn stored(&self, within: Container<'_>, stretch: Stretch) -> Vec<Message> {
        self.0.state().store.messages(within, stretch).unwrap_or_default()
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sandbox")
            .field("app_id", &self.0.app_id)
            .finish_non_exhaustive()
    }
}
