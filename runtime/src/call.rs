//! A call under way, and what can be said about it beside the request.

use std::{
    fmt,
    future::{Future, IntoFuture},
    marker::PhantomData,
    ops::RangeBounds,
    path::Path,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use crate::{
    AcceptsApp, AcceptsTenant, AcceptsUser, Answered, BoxFuture, Client, Download, Encoder, Endpoint, Error, Method,
    Opening, Pacing, Received, Request, Result, Retry, Secret, ToFile, TokenKind, UserAccess, UserSession,
    range::Span,
    reply::FromReply,
    trip::{Payload, Read},
};

/// What a call says beside its request.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// A token the caller gave; never replaced.
    pub(crate) token: Option<Secret>,
    /// The user whose token the client looks after.
    pub(crate) session: Option<UserSession>,
    pub(crate) kind: Option<TokenKind>,
    pub(crate) tenant: Option<String>,
    pub(crate) timeout: Option<Duration>,
    /// Boxed, for few calls have one.
    pub(crate) retry: Option<Box<Retry>>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) range: Option<Span>,
    pub(crate) pacing: Option<Pacing>,
    /// Whether sending it twice does no harm, whatever it is.
    pub(crate) repeatable: bool,
}

impl Options {
    /// Asks for the client's own token of this kind; one given before counts no more.
    pub(crate) fn own(&mut self, kind: TokenKind) {
        self.kind = Some(kind);
        self.token = None;
        self.session = None;
    }

    /// Says that sending it twice does no harm.
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Takes this token, whatever was said before.
    pub(crate) fn given(&mut self, token: Secret) {
        self.token = Some(token);
        self.session = None;
    }

    /// Speaks for a user.
    pub(crate) fn user(&mut self, user: UserAccess) {
        match user {
            UserAccess::Token(token) => self.given(token),
            UserAccess::Session(session) => {
                self.own(TokenKind::User);
                self.session = Some(session);
            }
        }
    }
}

/// A call that has not been sent yet. Await it to send it, or hand its [`into_future`](IntoFuture::into_future) to whatever takes
/// futures: `tokio::spawn`, `join_all`.
#[must_use = "a call is sent when it is awaited"]
pub struct Call<R> {
    client: Client,
    request: R,
    options: Options,
}

/// The options every call has; they stand in one place so that all calls have the same. The field that holds them may be named.
macro_rules! options {
    () => {
        $crate::call::options!(options);
    };
    ($($at:ident).+) => {
        /// Sends it with this access token, whatever its kind. The client never replaces it: a refusal is an error.
        pub fn token(mut self, token: impl Into<$crate::Secret>) -> Self {
            self.$($at).+.given(token.into());
            self
        }

        /// Sends it on behalf of this tenant of a store app. A custom app has but one tenant and ignores it.
        pub fn tenant(mut self, tenant_key: impl Into<String>) -> Self {
            self.$($at).+.tenant = Some(tenant_key.into());
            self
        }

        /// When it is tried again, in place of what the client does; for a list, each page.
        pub fn retry(mut self, policy: $crate::Retry) -> Self {
            self.$($at).+.retry = Some(Box::new(policy));
            self
        }

        /// How long it may take in all, tokens, other attempts and the waits for them included; for a list, each page.
        pub fn timeout(mut self, limit: ::std::time::Duration) -> Self {
            self.$($at).+.timeout = Some(limit);
            self
        }

        /// What it does when it comes too often; what the client was built with, unless given.
        pub fn pacing(mut self, pacing: $crate::Pacing) -> Self {
            self.$($at).+.pacing = Some(pacing);
            self
        }

        /// Adds a header, or replaces one of the request's. Credentials do not belong here, nor what the connection itself needs:
        /// `Authorization`, `Host`, `Content-Length` and the like are refused.
        pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.$($at).+.headers.push((name.into(), value.into()));
            self
        }
    };
}

/// Who a typed call speaks for.
macro_rules! identities {
    () => {
        $crate::call::identities!(options);
    };
    ($($at:ident).+) => {
        /// Sends it on behalf of a user: with an access token, which the client never replaces, or with a
        /// [`UserSession`](crate::UserSession), whose token it renews.
        pub fn as_user(mut self, user: impl Into<$crate::UserAccess>) -> Self
        where
            R: AcceptsUser,
        {
            self.$($at).+.user(user.into());
            self
        }

        /// Sends it as the app within the tenant, which is also what happens unless told otherwise.
        pub fn as_tenant(mut self) -> Self
        where
            R: AcceptsTenant,
        {
            self.$($at).+.own(TokenKind::Tenant);
            self
        }

        /// Sends it as the app itself, beyond any tenant.
        pub fn as_app(mut self) -> Self
        where
            R: AcceptsApp,
        {
            self.$($at).+.own(TokenKind::App);
            self
        }
    };
}

pub(crate) use {identities, options};

impl<R: Request> Call<R> {
    pub(crate) fn new(client: Client, request: R) -> Self {
        Self {
            client,
            request,
            options: Options::default(),
        }
    }

    identities!();
    options!();

    /// Sends it, and keeps what comes with the payload: the log id and the HTTP status.
    pub fn answered(self) -> Sending<Answered<R::Reply>> {
        send(self.client, &self.request, self.options)
    }
}

/// Calls that bring a file.
impl<R: Request<Reply = Download>> Call<R> {
    /// Asks for a part of the file only: `..100`, `100..200`, `200..`. A server that sends another part makes it an error.
    pub fn range(mut self, bytes: impl RangeBounds<u64>) -> Self {
        self.options.range = Some(Span::new(bytes));
        self
    }

    /// Takes the file chunk by chunk, so that it is never in memory as a whole.
    pub fn chunks(self) -> Opening {
        let encoder = encoder(&self.client, &self.request, &self.options);
        let reply = self
            .client
            .execute(R::ENDPOINT, R::ENDPOINT.method, encoder, self.options, Read::Chunks);
        Opening::new(R::ENDPOINT, reply)
    }

    /// Saves the file on the disk, chunk by chunk, in place of what may be there. Whatever goes wrong, there is no half of it: it is
    /// written under another name in the same directory, and renamed when it is complete. The time limit is that of [`Chunks`](crate::Chunks).
    pub fn to_file(self, path: impl AsRef<Path>) -> ToFile {
        ToFile::new(self.chunks(), path.as_ref().to_owned())
    }
}

impl<R: Request> IntoFuture for Call<R> {
    type Output = Result<R::Reply>;
    type IntoFuture = Sending<R::Reply>;

    fn into_future(self) -> Self::IntoFuture {
        send(self.client, &self.request, self.options)
    }
}

/// Starts one call.
pub(crate) fn send<R: Request, T: FromReply>(client: Client, request: &R, options: Options) -> Sending<T> {
    let encoder = encoder(&client, request, &options);
    Sending::new(client, R::ENDPOINT, R::ENDPOINT.method, encoder, options)
}

fn encoder<R: Request>(client: &Client, request: &R, options: &Options) -> Encoder {
    let mut encoder = client.encoder(R::ENDPOINT, R::ENDPOINT.path);
    if client.inner().retry(options).is_on() {
        encoder.wants_key(R::ENDPOINT.dedupe);
    }
    encoder.watch(|encoder| request.encode(encoder));
    encoder
}

/// A call on its way.
#[must_use = "a call is sent when it is awaited"]
pub struct Sending<T> {
    reply: BoxFuture<'static, Result<Payload>>,
    payload: PhantomData<fn() -> T>,
}

impl<T: FromReply> Sending<T> {
    pub(crate) fn new(
        client: Client,
        endpoint: &'static Endpoint,
        method: Method,
        encoder: Encoder,
        options: Options,
    ) -> Self {
        let reply = client.execute(endpoint, method, encoder, options, Read::Whole(read::<T>));
        Self {
            reply,
            payload: PhantomData,
        }
    }
}

/// The generic half of a call: everything else works on bytes.
fn read<T: FromReply>(reply: Received) -> Result<Payload> {
    T::from_reply(reply).map(|payload| Box::new(payload) as _)
}

impl<T: FromReply> Future for Sending<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        Poll::Ready(match ready!(self.reply.as_mut().poll(context))?.downcast() {
            Ok(payload) => Ok(*payload),
            // `read::<T>` boxed it, so this cannot happen; it is an error all the same, never a panic.
            Err(_) => Err(Error::setup("a reply was read as another type than asked for")),
        })
    }
}

impl<R: Request> fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("endpoint", &R::ENDPOINT.id)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Sending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
