//! Users who signed in: their tokens, renewed for as long as the platform lets the app act for them.

mod authorize;
mod late;
mod pair;
mod rotate;

use std::{fmt, sync::Arc};

use tokio::time::Instant;

use tracing::instrument::WithSubscriber;

use crate::{BoxFuture, Client, Error, Result, Secret, error::Kind, slot::Slot, slot::Token};

pub use authorize::{Authorization, Authorize, SignIn};
pub(crate) use rotate::User;

use pair::Pair;

/// A user who signed in, for [`as_user`](crate::Call::as_user). Cheap to clone; all sessions of one key are one.
///
/// Its access token is renewed ahead of its end and replaced when it is refused. That takes a refresh token, which the platform gives
/// when the user grants the scope `offline_access`. A refresh token works once: with a [`TokenStore`](crate::TokenStore) the
/// processes that share it renew one at a time, and the new tokens are saved before they are used; without one they live and end
/// with the client.
///
/// ```
/// # async fn sample(client: &flybook_runtime::Client, code: String) -> flybook_runtime::Result<()> {
/// // 1. Send the user's browser here, and keep `start` for the way back.
/// let start = client.authorize("https://example.com/callback").scopes(["im:message"]).offline_access().build()?;
/// let address = start.url();
///
/// // 2. The browser comes back with `state`, which must be `start.state()`, and `code`.
/// let session = client.sign_in("user-42", start.sign_in(code)).await?;
/// assert!(session.scopes().await?.contains(&"im:message".to_owned()));
///
/// // 3. From then on, also after a restart if the client has a store:
/// let session = client.session("user-42");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct UserSession {
    client: Client,
    user: Arc<User>,
}

/// Who a call speaks for: a user's access token as the platform gave it, or a [`UserSession`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum UserAccess {
    /// A token, which the client never replaces.
    Token(Secret),
    /// A session, whose token the client looks after.
    Session(UserSession),
}

impl Client {
    /// Begins to sign a user in: builds the address to open in the user's browser, which goes on to `redirect_uri`. That has to be
    /// among the redirect URLs in the app's security settings.
    pub fn authorize(&self, redirect_uri: impl Into<String>) -> Authorize {
        Authorize::new(self, redirect_uri.into())
    }

    /// Turns the code of the authorization page into a session. A code works once, within five minutes.
    ///
    /// `key` names the user within your program and the store: an id of your own, never a secret. A session that is there under this key
    /// gets the new tokens.
    ///
    /// # Errors
    /// What the platform has against the code; [`Error::is_sign_in_needed`] then asks for another one.
    pub async fn sign_in(&self, key: impl Into<String>, sign_in: SignIn) -> Result<UserSession> {
        let session = self.session(key);
        // A code works once: who stops waiting, a web handler whose browser is gone, must not lose what it brings.
        let (client, user) = (self.clone(), session.user.clone());
        let work = async move { client.inner().sign_in(&user, sign_in).await };
        let done = tokio::spawn(work.with_current_subscriber()).await;
        done.unwrap_or_else(|_| Err(Error::no_token("the runtime stopped before the user was signed in")))?;
        Ok(session)
    }

    /// A session from a refresh token that was kept elsewhere. Nothing is sent yet. It works once, so it is forgotten when the store has
    /// a session under this key already, unless that one is over.
    pub fn resume(&self, key: impl Into<String>, refresh_token: impl Into<Secret>) -> UserSession {
        let session = self.session(key);
        session.user.give(refresh_token.into());
        session
    }

    /// The session under this key: of a user who signed in here, or whose tokens are in the store.
    ///
    /// Nothing is sent; a session that is neither makes the calls that need it fail, with [`Error::is_sign_in_needed`].
    pub fn session(&self, key: impl Into<String>) -> UserSession {
        let key = key.into();
        let users = &self.inner().tokens.users;
        let user = users.member(&key, || User::new(&key), User::is_idle);
        UserSession {
            client: self.clone(),
            user,
        }
    }
}

impl UserSession {
    /// What the user is called in your program and in the store.
    pub fn key(&self) -> &str {
        &self.user.key
    }

    /// The scopes the user has granted, as the platform said with the latest token.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub async fn scopes(&self) -> Result<Vec<String>> {
        self.ready().await?;
        let scopes = self.user.pair().map(|pair| pair.scope).unwrap_or_default();
        Ok(scopes.split_whitespace().map(str::to_owned).collect())
    }

    /// An access token that is good for now, renewed if need be.
    ///
    /// # Errors
    /// When the user has to sign in again ([`Error::is_sign_in_needed`]), or the platform cannot be asked.
    pub async fn token(&self) -> Result<Secret> {
        self.ready().await.map(|token| token.value())
    }

    /// The latest refresh token, if there is one, for programs that keep it themselves. It works once, and the client uses it when the access
    /// token ends: what is kept elsewhere must be kept up to date. A [`TokenStore`](crate::TokenStore) does that by itself.
    pub fn refresh_token(&self) -> Option<Secret> {
        self.user.pair().and_then(|pair| pair.refresh)
    }

    /// Forgets the tokens, here and in the store. The platform is not told, and a process that holds the session as well keeps it until it
    /// ends there: have each forget it.
    pub async fn forget(&self) {
        self.client.inner().forget(&self.user).await;
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn slot(&self) -> Arc<Slot> {
        self.user.slot.clone()
    }

    /// [`borrow`](Self::borrow) within the client's time limit.
    async fn ready(&self) -> Result<Token> {
        let inner = self.client.inner();
        let limit = inner.timeout;
        let token = tokio::time::timeout(limit, self.borrow()).await;
        token.unwrap_or_else(|_| {
            let kind = Kind::Timeout(limit);
            Err(Error::of(&crate::token::USER, inner.platform, Default::default(), kind))
        })
    }

    /// The access token to send. Boxed: getting one is a call, and calls ask for tokens.
    pub(crate) fn borrow(&self) -> BoxFuture<'_, Result<Token>> {
        let inner = self.client.inner();
        let user = &self.user;
        let source = |old| -> BoxFuture<'static, _> {
            // What is sent comes back once only, so this one holds on to the client until it is done.
            let (inner, user) = (inner.me.upgrade(), user.clone());
            Box::pin(async move {
                let inner = inner.ok_or_else(|| Error::no_token("the client is gone"))?;
                inner.rotate(&user, old).await
            })
        };
        Box::pin(async move { user.slot.get(&source).await })
    }
}

impl Pair {
    /// The access token, as a slot takes it.
    fn token(&self) -> Option<Token> {
        let header = crate::token::bearer(&self.access)?;
        let ahead = crate::slot::AHEAD.min(self.access_life / 2);
        // Without a refresh token there is nothing to do ahead of time.
        let ahead = if self.refresh.is_some() {
            ahead
        } else {
            std::time::Duration::ZERO
        };
        Some(Token::ending(header, self.start + self.access_life, ahead))
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.start + self.life()
    }
}

impl Error {
    /// Whether the user has to sign in again: there is no refresh token, or the platform takes the code or refresh token no more.
    ///
    /// # Troubleshooting
    /// Send the user to the authorization page once more ([`Client::authorize`](crate::Client::authorize)), and ask for the scope `offline_access`
    /// (`.offline_access()`), without which there is no refresh token and every session ends after about two hours.
    pub fn is_sign_in_needed(&self) -> bool {
        matches!(self.kind(), Kind::SignIn(_)) || self.is_listed(|errors| errors.sign_in)
    }
}

impl From<&str> for UserAccess {
    fn from(token: &str) -> Self {
        Self::Token(token.into())
    }
}

impl From<String> for UserAccess {
    fn from(token: String) -> Self {
        Self::Token(token.into())
    }
}

impl From<Secret> for UserAccess {
    fn from(token: Secret) -> Self {
        Self::Token(token)
    }
}

impl From<&Secret> for UserAccess {
    fn from(token: &Secret) -> Self {
        Self::Token(token.clone())
    }
}

impl From<UserSession> for UserAccess {
    fn from(session: UserSession) -> Self {
        Self::Session(session)
    }
}

impl From<&UserSession> for UserAccess {
    fn from(session: &UserSession) -> Self {
        Self::Session(session.clone())
    }
}

impl fmt::Debug for UserSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSession")
            .field("key", &self.user.key)
            .finish_non_exhaustive()
    }
}
