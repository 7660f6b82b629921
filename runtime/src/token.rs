//! Access tokens: where each kind comes from, and the ones at hand.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use http::HeaderValue;
use tokio::time::Instant;

use crate::{
    AppKind, BoxFuture, Encoder, Endpoint, Error, Method, Reply, Result, Secret, TokenKind,
    client::{Inner, Trip},
    error::{Answer, Kind},
    reply::FromReply,
    slot::{Slot, Token},
};

/// Where tokens come from (protocol: server-to-server endpoints). No other endpoint is known by name.
mod source {
    use super::{Endpoint, Method, Reply};

    pub(super) static CUSTOM_TENANT: Endpoint = at(
        "auth.v3.tenant_access_token.internal",
        "/open-apis/auth/v3/tenant_access_token/internal",
    );
    pub(super) static CUSTOM_APP: Endpoint = at(
        "auth.v3.app_access_token.internal",
        "/open-apis/auth/v3/app_access_token/internal",
    );
    pub(super) static STORE_APP: Endpoint = at("auth.v3.app_access_token", "/open-apis/auth/v3/app_access_token");
    pub(super) static STORE_TENANT: Endpoint =
        at("auth.v3.tenant_access_token", "/open-apis/auth/v3/tenant_access_token");

    const fn at(id: &'static str, path: &'static str) -> Endpoint {
        Endpoint {
            id,
            method: Method::Post,
            path,
            reply: Reply::Flat,
            ..Endpoint::DEFAULT
        }
    }
}

/// The answer of all four; each fills its own.
#[derive(Default)]
struct Issued {
    tenant_access_token: Secret,
    app_access_token: Secret,
    expire: i64,
}

crate::decode!(Issued, tenant_access_token, app_access_token, expire);

/// The tokens of one client.
#[derive(Default)]
pub(crate) struct Tokens {
    app: Arc<Slot>,
    tenant: Arc<Slot>,
    /// The tenants of a store app, by key.
    tenants: RwLock<HashMap<String, Arc<Slot>>>,
    ticket: RwLock<Option<Secret>>,
}

/// A token in use, and the place it came from.
pub(crate) struct Borrowed {
    pub(crate) header: HeaderValue,
    slot: Arc<Slot>,
}

impl Borrowed {
    /// Forgets the token everywhere, unless it has been replaced already.
    pub(crate) fn reject(&self) {
        self.slot.reject(&self.header);
    }
}

impl Tokens {
    pub(crate) fn set_ticket(&self, ticket: Secret) {
        *self.ticket.write().unwrap_or_else(PoisonError::into_inner) = Some(ticket);
    }

    fn ticket(&self) -> Option<Secret> {
        self.ticket.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn of_tenant(&self, key: &str) -> Arc<Slot> {
        if let Some(slot) = self.tenants.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return slot.clone();
        }
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        tenants.entry(key.to_owned()).or_default().clone()
    }
}

impl Inner {
    /// The tenant or app token to call `endpoint` with; `tenant` is the key of one of a store app's tenants.
    pub(crate) async fn token(
        &self,
        endpoint: &'static Endpoint,
        kind: TokenKind,
        tenant: Option<&str>,
    ) -> Result<Borrowed> {
        let (slot, key) = match (self.app.kind, kind) {
            (_, TokenKind::User) => {
                let problem = "it takes a user access token; give one with `.as_user(token)`";
                return Err(Error::unsent(endpoint, problem));
            }
            (_, TokenKind::App) => (self.tokens.app.clone(), ""),
            (AppKind::Custom, TokenKind::Tenant) => (self.tokens.tenant.clone(), ""),
            (AppKind::Store, TokenKind::Tenant) => match tenant {
                Some(key) if !key.is_empty() => (self.tokens.of_tenant(key), key),
                _ => {
                    let problem = "a store app serves many tenants; say which with `.tenant(tenant_key)`";
                    return Err(Error::unsent(endpoint, problem));
                }
            },
        };
        let header = slot.get(&|| self.fetch(kind, key)).await?;
        Ok(Borrowed { header, slot })
    }

    fn fetch<'a>(&'a self, kind: TokenKind, tenant: &'a str) -> BoxFuture<'a, Result<Token>> {
        match (self.app.kind, kind) {
            (AppKind::Custom, TokenKind::App) => Box::pin(self.issue(&source::CUSTOM_APP, Vec::new())),
            (AppKind::Custom, _) => Box::pin(self.issue(&source::CUSTOM_TENANT, Vec::new())),
            (AppKind::Store, TokenKind::App) => Box::pin(async {
                let Some(ticket) = self.tokens.ticket() else {
                    let problem = "a store app needs an app ticket first; pass on what the platform's `app_ticket` event \
                                   brings with `set_app_ticket`";
                    return Err(Error::unsent(&source::STORE_APP, problem));
                };
                self.issue(&source::STORE_APP, vec![("app_ticket", ticket)]).await
            }),
            (AppKind::Store, _) => Box::pin(self.fetch_for_tenant(tenant)),
        }
    }

    /// A store app asks for a tenant's token with its app token, which may have been refused meanwhile.
    async fn fetch_for_tenant(&self, tenant: &str) -> Result<Token> {
        let mut again = true;
        loop {
            let app = self.token(&source::STORE_TENANT, TokenKind::App, None).await?;
            let value = app.header.to_str().unwrap_or_default().trim_start_matches("Bearer ");
            let members = vec![("app_access_token", value.into()), ("tenant_key", tenant.into())];
            match self.issue(&source::STORE_TENANT, members).await {
                Err(error) if again && error.refuses_own_token() => app.reject(),
                outcome => return outcome,
            }
            again = false;
        }
    }

    /// One call for a token, with `members` beside the app's credentials where they are wanted.
    async fn issue(&self, endpoint: &'static Endpoint, members: Vec<(&'static str, Secret)>) -> Result<Token> {
        let start = Instant::now();
        let mut call = Encoder::new(self.base(endpoint.host), endpoint.path);
        if !std::ptr::eq(endpoint, &source::STORE_TENANT) {
            call.put("app_id", &self.app.id);
            call.put("app_secret", &self.app.secret);
        }
        for (key, value) in &members {
            call.put(key, value);
        }
        let encoded = call.finish().map_err(|problem| Error::unsent(endpoint, problem))?;
        let trip = Trip {
            endpoint,
            method: endpoint.method,
            encoded,
            read: issued,
        };
        let issued = self.exchange(trip, None).await?;
        let issued = issued.downcast::<Issued>().map(|issued| *issued).unwrap_or_default();

        let of_app = std::ptr::eq(endpoint, &source::CUSTOM_APP) || std::ptr::eq(endpoint, &source::STORE_APP);
        let value = if of_app {
            issued.app_access_token
        } else {
            issued.tenant_access_token
        };
        let header = bearer(&value).filter(|_| !value.expose().is_empty());
        let Some(header) = header else {
            let what = "the platform reports success but sends no usable token; try again, then ask its support";
            return Err(Error::of(
                endpoint,
                self.platform,
                Answer::default(),
                Kind::Unreadable(what.to_owned()),
            ));
        };
        // The platform promises two hours at most; what goes beyond a day is no promise but a mistake.
        let life = Duration::from_secs(issued.expire.clamp(1, 86_400).unsigned_abs());
        Ok(Token::new(header, start, life))
    }
}

fn issued(reply: crate::Received) -> Result<Box<dyn std::any::Any + Send>> {
    Issued::from_reply(reply).map(|issued| Box::new(issued) as _)
}

/// The `Authorization` header of a token; `None` when the token holds what no header can.
pub(crate) fn bearer(token: &Secret) -> Option<HeaderValue> {
    let mut header = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
    header.set_sensitive(true);
    Some(header)
}
