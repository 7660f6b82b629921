//! Access tokens: where each kind is kept, and how it gets there.

mod issue;
mod ticket;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use http::HeaderValue;
use tokio::time::{Instant, timeout};

use crate::{
    AppKind, BoxFuture, Endpoint, Error, Result, Secret, Stored, TokenKind,
    call::Options,
    client::Inner,
    error::{Answer, Kind},
    session::User,
    slot::{AHEAD, Landing, PATIENCE, Slot, Token},
    store::Found,
};

pub(crate) use issue::{Granted, USER, issues, source, takes_ticket};

/// From so many tenants or users on, those that have been idle for longer than a token lives are let go.
const MANY: usize = 1024;

/// The tokens of one client.
#[derive(Default)]
pub(crate) struct Tokens {
    app: Arc<Slot>,
    tenant: Arc<Slot>,
    /// The tenants of a store app, by key.
    tenants: Crowd<Slot>,
    /// The users with a session, by its key.
    pub(crate) users: Crowd<User>,
    pub(crate) ticket: ticket::Ticket,
}

/// Members by name, idle ones let go now and then.
pub(crate) struct Crowd<T>(RwLock<Members<T>>);

struct Members<T> {
    all: HashMap<String, Arc<T>>,
    /// How many there are when it is time to let go of some.
    many: usize,
}

/// A token in use, and the place it came from.
pub(crate) struct Borrowed {
    token: Token,
    slot: Arc<Slot>,
    pub(crate) kind: TokenKind,
}

impl Borrowed {
    pub(crate) fn header(&self) -> &HeaderValue {
        &self.token.header
    }

    /// Whether this error says that the token is no good.
    pub(crate) fn is_refused(&self, error: &Error) -> bool {
        error.refuses(self.kind)
    }

    /// Forgets the token everywhere, unless it has been replaced already. The store hears of it before it is asked again.
    pub(crate) fn reject(&self) {
        self.slot.reject(&self.token);
    }
}

impl Tokens {
    /// Ends what is under way for nobody. A user's session is not among it: what it has sent for comes once only.
    pub(crate) fn close(&self) {
        self.app.abort();
        self.tenant.abort();
        for slot in self.tenants.all() {
            slot.abort();
        }
    }
}

impl<T> Crowd<T> {
    /// The member of this name; a new one where there is none.
    pub(crate) fn member(&self, name: &str, new: impl FnOnce() -> T, idle: impl Fn(&T) -> bool) -> Arc<T> {
        if let Some(member) = self.0.read().unwrap_or_else(PoisonError::into_inner).all.get(name) {
            return member.clone();
        }
        let mut members = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if members.all.len() >= members.many {
            // Whoever holds one may be about to use it.
            members
                .all
                .retain(|_, member| Arc::strong_count(member) > 1 || !idle(member));
            members.many = MANY.max(2 * members.all.len());
        }
        members
            .all
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(new()))
            .clone()
    }

    fn all(&self) -> Vec<Arc<T>> {
        let members = self.0.read().unwrap_or_else(PoisonError::into_inner);
        members.all.values().cloned().collect()
    }
}

impl<T> Default for Crowd<T> {
    fn default() -> Self {
        Self(RwLock::new(Members {
            all: HashMap::new(),
            many: MANY,
        }))
    }
}

impl Inner {
    /// The token to call `endpoint` with: the tenant's, the app's, or that of the user whose session the options name.
    pub(crate) async fn token(
        &self,
        endpoint: &'static Endpoint,
        kind: TokenKind,
        options: &Options,
    ) -> Result<Borrowed> {
        if kind == TokenKind::User {
            return self.user_token(endpoint, options).await;
        }
        match self.slot(kind, options) {
            Some((slot, key)) => self.lend(slot, kind, key).await,
            None => {
                let problem = "a store app serves many tenants; say which with `.tenant(tenant_key)`";
                Err(Error::unsent(endpoint, problem))
            }
        }
    }

    /// The same where nothing has to be done for it: the client's own token, as long as it is fresh.
    pub(crate) fn fresh(&self, kind: TokenKind, options: &Options) -> Option<Borrowed> {
        let (slot, _) = self.slot(kind, options)?;
        let token = slot.fresh()?;
        Some(Borrowed::new(token, slot, kind))
    }

    /// Where a token of the client's own is kept, and the tenant's key; nowhere if it is not said which tenant's.
    fn slot<'a>(&self, kind: TokenKind, options: &'a Options) -> Option<(Arc<Slot>, &'a str)> {
        match (self.app.kind, kind) {
            (_, TokenKind::User) => None,
            (_, TokenKind::App) => Some((self.tokens.app.clone(), "")),
            (AppKind::Custom, TokenKind::Tenant) => Some((self.tokens.tenant.clone(), "")),
            (AppKind::Store, TokenKind::Tenant) => {
                let key = options.tenant.as_deref().filter(|key| !key.is_empty())?;
                Some((self.tokens.tenants.member(key, Slot::default, Slot::is_idle), key))
            }
        }
    }

    async fn user_token(&self, endpoint: &'static Endpoint, options: &Options) -> Result<Borrowed> {
        let Some(session) = &options.session else {
            let problem = "it takes a user access token; give one with `.as_user(token)`";
            return Err(Error::unsent(endpoint, problem));
        };
        if session.client().app_id() != self.app.id {
            let problem = "the session belongs to another app; send the call with the client that signed the user in";
            return Err(Error::unsent(endpoint, problem));
        }
        let token = session.borrow().await?;
        Ok(Borrowed::new(token, session.slot(), TokenKind::User))
    }

    /// The app's own token from its slot.
    async fn lend(&self, slot: Arc<Slot>, kind: TokenKind, tenant: &str) -> Result<Borrowed> {
        let token = slot
            .get(&|old| {
                let (inner, slot, tenant) = (self.me.upgrade(), slot.clone(), tenant.to_owned());
                Box::pin(async move {
                    let inner = inner.ok_or_else(|| Error::no_token("the client is gone"))?;
                    inner.obtain(&slot, kind, &tenant, old).await
                })
            })
            .await?;
        Ok(Borrowed::new(token, slot, kind))
    }

    /// Gets a token that is not `old`, in the time it may take.
    async fn obtain(&self, slot: &Slot, kind: TokenKind, tenant: &str, old: Option<HeaderValue>) -> Result<Landing> {
        // While the old token serves, there is no point in waiting long.
        let limit = if old.is_some() { PATIENCE } else { self.patience() };
        let fetched = || -> BoxFuture<'_, Result<Landing>> {
            let token = self.fetch(kind, tenant);
            Box::pin(async { token.await.map(|token| Landing { token, stored: false }) })
        };
        let obtained = async {
            match &self.shared {
                Some(shared) => {
                    let judge = |stored: &Stored| found(stored, slot, old.as_ref());
                    shared.once(&name(kind, tenant), PATIENCE, judge, fetched).await
                }
                None => fetched().await,
            }
        };
        timeout(limit, obtained).await.unwrap_or_else(|_| {
            let endpoint = source(self.app.kind, kind);
            Err(Error::of(
                endpoint,
                self.platform,
                Answer::default(),
                Kind::Timeout(limit),
            ))
        })
    }
}

impl Borrowed {
    fn new(token: Token, slot: Arc<Slot>, kind: TokenKind) -> Self {
        Self { token, slot, kind }
    }
}

/// What a token in the store is worth, in the place of `old`.
fn found(stored: &Stored, slot: &Slot, old: Option<&HeaderValue>) -> Found {
    let Some(header) = bearer(&stored.value) else {
        return Found::Dead;
    };
    if slot.is_dead(&header) {
        return Found::Dead;
    }
    let token = Token::ending(header, Instant::now() + stored.expires_in, AHEAD);
    let good = match old {
        Some(old) => token.header != *old && token.is_fresh(),
        None => stored.expires_in > Duration::from_secs(1),
    };
    match good {
        true => Found::Good(Landing { token, stored: true }),
        false => Found::Old,
    }
}

/// The name of a token in the store.
fn name(kind: TokenKind, tenant: &str) -> String {
    match (kind, tenant) {
        (TokenKind::App, _) => "app".to_owned(),
        (_, "") => "tenant".to_owned(),
        (_, key) => format!("tenant/{key}"),
    }
}

/// The `Authorization` header of a token; `None` when it is empty, or holds anything but visible ASCII.
pub(crate) fn bearer(token: &Secret) -> Option<HeaderValue> {
    let token = token.expose();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// The token in an `Authorization` header; the whole of any other.
pub(crate) fn value(header: &HeaderValue) -> Secret {
    let text = header.to_str().unwrap_or_default();
    text.strip_prefix("Bearer ").unwrap_or(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_idle_are_let_go_and_nobody_else() {
        let crowd = Crowd::<bool>::default();
        let held = crowd.member("held", || true, |idle| *idle);
        crowd.member("busy", || false, |idle| *idle);
        for number in 0..5 * MANY {
            crowd.member(&number.to_string(), || true, |idle| *idle);
            assert!(crowd.all().len() <= MANY);
        }
        assert!(Arc::ptr_eq(&held, &crowd.member("held", || false, |idle| *idle)));
        assert!(!*crowd.member("busy", || true, |idle| *idle));
    }
}
