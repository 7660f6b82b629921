//! The client: identity, tokens and transport, and the one way every call takes.

use std::{
    fmt,
    mem::take,
    sync::{Arc, Weak},
    time::Duration,
};

use http::HeaderValue;
use tokio::time::timeout_at;
use tracing::Instrument;

use crate::{
    AppKind, Batch, Batched, BoxFuture, Call, Chunked, Encoder, Endpoint, Error, File, Host, Items, Method, Observer,
    Pacing, Paged, Pages, Platform, RawCall, Reply, Request, Result, Retry, Scopes, Secret, Transport, UploadState,
    Uploading,
    call::Options,
    error::Answer,
    pace::Pace,
    progress::{Progress, span},
    retry::{Budget, Dice},
    scopes::Observed,
    store::Shared,
    token::Tokens,
    trip::{Payload, Read, Trip},
};

/// Speaks to the platform for one app. Cheap to clone; the clones share tokens and connections.
///
/// A client belongs to one tokio runtime: the connections it keeps live on the runtime they were opened on, and a call from another
/// one fails when it meets them. Programs with several runtimes (a test suite is one) build a client for each.
#[derive(Clone)]
pub struct Client(Arc<Alive>);

/// What the clones of a client have in common. What is under way in the background has the client itself only, and ends with this.
struct Alive(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) me: Weak<Inner>,
    pub(crate) platform: &'static Platform,
    pub(crate) app: App,
    pub(crate) hosts: [String; 3],
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) tokens: Tokens,
    /// The help desk's header, and the token within it.
    pub(crate) helpdesk: Option<(HeaderValue, Secret)>,
    pub(crate) pace: Pace,
    pub(crate) pacing: Pacing,
    pub(crate) observed: Observed,
    pub(crate) shared: Option<Arc<Shared>>,
    pub(crate) timeout: Duration,
    pub(crate) body_limit: Option<usize>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) retry: Retry,
    /// What is left of it, for policies without their own.
    pub(crate) budget: Arc<Budget>,
    pub(crate) dice: Dice,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) trace_bodies: bool,
}

pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) kind: AppKind,
}

impl Client {
    /// A client of what `inner` makes, given the reference that its background tasks need.
    pub(crate) fn from_inner(inner: impl FnOnce(Weak<Inner>) -> Inner) -> Self {
        Self(Arc::new(Alive(Arc::new_cyclic(|me| inner(me.clone())))))
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0.0
    }

    /// A call, to be awaited, with options to set before: `client.send(request).as_user(token).await`.
    ///
    /// The call holds the client, so it may go anywhere: `tokio::spawn(client.send(request).into_future())`.
    ///
    /// # Panics
    /// Awaiting a call panics outside of a tokio runtime, and within one that has no time driver: every call has a time limit.
    /// `#[tokio::main]` has all it takes; a runtime built by hand wants `enable_all()`.
    pub fn send<R: Request>(&self, request: R) -> Call<R> {
        Call::new(self.clone(), request)
    }

    /// All items of a list, page after page. It needs the runtime that [`send`](Self::send) needs.
    pub fn items<R: Paged>(&self, request: R) -> Items<R> {
        Items::new(self.clone(), request)
    }

    /// The pages of a list, one by one and whole. It needs the runtime that [`send`](Self::send) needs.
    pub fn pages<R: Paged>(&self, request: R) -> Pages<R> {
        Pages::new(self.clone(), request)
    }

    /// A file that is uploaded block by block, and of which no more than a block is in memory: any size that the platform takes.
    ///
    /// The request announces the file's [size](File::size). When the upload fails, its [error](crate::UploadError) says how far it came, and
    /// [`resume_upload`](Self::resume_upload) goes on from there. It needs the runtime that [`send`](Self::send) needs.
    pub fn upload<R: Chunked>(&self, request: R, file: File) -> Uploading<R> {
        Uploading::new(self.clone(), request, file)
    }

    /// Goes on with an upload, with the same file from its beginning: what has arrived is not sent again.
    pub fn resume_upload<R: Chunked>(&self, state: UploadState<R>, file: File) -> Uploading<R> {
        Uploading::again(self.clone(), state, file)
    }

    /// A list of any length, in calls of as many items as the platform takes: in order, one after the other. It needs the runtime that
    /// [`send`](Self::send) needs.
    pub fn batch<R: Batched>(&self, request: R) -> Batch<R> {
        Batch::new(self.clone(), request)
    }

    /// A call to an endpoint this release does not know, by method and path.
    ///
    /// The path starts with `/open-apis/`; its parameters may be written as `:name` and filled in with
    /// [`RawCall::path`], which encodes them. It needs the runtime that [`send`](Self::send) needs.
    pub fn raw(&self, method: Method, path: &str) -> RawCall {
        RawCall::new(self.clone(), method, path)
    }

    /// Takes over the ticket the platform pushes to a store app about every hour (the `app_ticket` event).
    ///
    /// With a [`TokenStore`](crate::TokenStore) the other processes of the app get it too.
    pub fn set_app_ticket(&self, ticket: impl Into<Secret>) {
        let inner = &self.0.0;
        inner.tokens.ticket.push(ticket.into());
        // Outside of a runtime, the store hears of it when the next token is fetched.
        if inner.shared.is_some()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let inner = inner.clone();
            runtime.spawn(async move { inner.save_ticket().await });
        }
    }

    /// The app's id.
    pub fn app_id(&self) -> &str {
        &self.inner().app.id
    }

    /// The scopes for the endpoints that were called so far, by this client or a clone, each with the kind of token it was called
    /// with. Raw calls do not say what they need.
    pub fn observed_scopes(&self) -> Scopes {
        self.inner().observed.scopes()
    }

    #[cfg(feature = "socket")]
    pub(crate) fn platform(&self) -> &'static Platform {
        self.inner().platform
    }

    pub(crate) fn encoder(&self, endpoint: &Endpoint, path: &str) -> Encoder {
        Encoder::new(self.inner().base(endpoint.host), path)
    }

    /// Starts a call; nothing here is generic.
    pub(crate) fn execute(
        self,
        endpoint: &'static Endpoint,
        method: Method,
        mut encoder: Encoder,
        options: Options,
        read: Read,
    ) -> BoxFuture<'static, Result<Payload>> {
        for (name, value) in &options.headers {
            encoder.header_text(name, value, false);
        }
        if let Some(range) = options.range {
            match range.header() {
                Some(range) => encoder.header_text("range", &range, false),
                None => encoder.fail(format_args!("its range is empty; give one with at least one byte")),
            }
        }
        if endpoint.reply == Reply::Bytes {
            encoder.expect_json();
        }
        if let Some((header, token)) = self.inner().helpdesk.as_ref().filter(|_| endpoint.helpdesk) {
            encoder.helpdesk(header, token);
        }
        encoder.fill_key(&self.inner().dice);
        let encoded = encoder.finish();
        let mut trip = encoded.map(|encoded| Trip {
            method,
            ..Trip::new(endpoint, encoded, options, read)
        });
        let span = span(endpoint);
        Box::pin(async move {
            let limit = trip.as_ref().ok().and_then(|trip| trip.options.timeout);
            let mut progress = Progress::new(endpoint, limit.unwrap_or(self.inner().timeout), span);
            let outcome = match &mut trip {
                Err(problem) => Err(Error::unsent(endpoint, take(problem))),
                Ok(trip) => {
                    let deadline = progress.deadline;
                    let span = progress.span();
                    let run = timeout_at(deadline, self.inner().run(trip, &mut progress));
                    let outcome = run.instrument(span).await;
                    outcome.unwrap_or_else(|_| Err(self.inner().late(&progress)))
                }
            };
            self.inner().finish(&mut progress, &outcome);
            outcome
        })
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.tokens.close();
    }
}

impl Inner {
    /// When a call with these options is tried again.
    pub(crate) fn retry<'a>(&'a self, options: &'a Options) -> &'a Retry {
        options.retry.as_deref().unwrap_or(&self.retry)
    }

    /// The error of a call whose time is over.
    fn late(&self, progress: &Progress) -> Error {
        let error = Error::of(progress.endpoint, self.platform, Answer::default(), progress.timeout());
        error.tried(progress.attempts, progress.ran)
    }

    /// How long one attempt to get a token may take.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout.max(Duration::from_secs(1))
    }

    pub(crate) fn base(&self, host: Host) -> &str {
        match host {
            Host::Open => &self.hosts[0],
            Host::Accounts => &self.hosts[1],
            Host::Web => &self.hosts[2],
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("app_id", &self.inner().app.id)
            .field("app_kind", &self.inner().app.kind)
            .field("base_url", &self.inner().base(Host::Open))
            .finish_non_exhaustive()
    }
}
