//! Access tokens: where each kind comes from, and the ones at hand.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use http::HeaderValue;
use serde::Deserializer;
use tokio::time::Instant;
use tracing::Instrument;

use crate::{
    AppKind, BoxFuture, Decode, Encoder, Endpoint, Error, Method, Reply, Result, Secret, TokenKind, Value,
    call::Options,
    client::Inner,
    error::{Answer, Kind},
    progress::{Progress, span},
    reply::FromReply,
    slot::{Slot, Token},
    trip::{Credential, Payload, Read, Trip},
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
    pub(super) static STORE_APP: Endpoint =
        at("auth.v3.app_access_token.create", "/open-apis/auth/v3/app_access_token");
    pub(super) static STORE_TENANT: Endpoint = at(
        "auth.v3.tenant_access_token.create",
        "/open-apis/auth/v3/tenant_access_token",
    );

    const fn at(id: &'static str, path: &'static str) -> Endpoint {
        Endpoint {
            id,
            method: Method::Post,
            path,
            reply: Reply::Flat,
            sensitive: true,
            ..Endpoint::DEFAULT
        }
    }
}

/// Where a token of this kind comes from.
pub(crate) fn source(app: AppKind, kind: TokenKind) -> &'static Endpoint {
    match (app, kind) {
        (AppKind::Custom, TokenKind::App) => &source::CUSTOM_APP,
        (AppKind::Custom, _) => &source::CUSTOM_TENANT,
        (AppKind::Store, TokenKind::App) => &source::STORE_APP,
        (AppKind::Store, _) => &source::STORE_TENANT,
    }
}

/// Whether this is one of the client's own token endpoints.
pub(crate) fn issues(endpoint: &Endpoint) -> bool {
    let sources = [
        &source::CUSTOM_TENANT,
        &source::CUSTOM_APP,
        &source::STORE_APP,
        &source::STORE_TENANT,
    ];
    sources.into_iter().any(|source| std::ptr::eq(source, endpoint))
}

/// The answer of all four; each fills its own.
#[derive(Default)]
struct Issued {
    tenant_access_token: Secret,
    app_access_token: Secret,
    expire: Life,
}

/// A number of seconds. Whatever else stands there is 0: a token is worth more than what is said about it.
#[derive(Default)]
struct Life(f64);

impl Decode for Life {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let seconds = match Value::decode(deserializer)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        Ok(Self(seconds.unwrap_or_default()))
    }
}

// It never travels back, not even with the feature `roundtrip`.
crate::__decode!(Issued, tenant_access_token, app_access_token, expire);

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
            (AppKind::Custom, TokenKind::App) => Box::pin(self.issue(&source::CUSTOM_APP, None, "")),
            (AppKind::Custom, _) => Box::pin(self.issue(&source::CUSTOM_TENANT, None, "")),
            (AppKind::Store, TokenKind::App) => Box::pin(async {
                let Some(ticket) = self.tokens.ticket() else {
                    let problem = "a store app needs an app ticket first; pass on what the platform's `app_ticket` event \
                                   brings with `set_app_ticket`";
                    return Err(Error::unsent(&source::STORE_APP, problem));
                };
                self.issue(&source::STORE_APP, Some(("app_ticket", ticket)), "").await
            }),
            (AppKind::Store, _) => Box::pin(self.fetch_for_tenant(tenant)),
        }
    }

    /// A store app asks for a tenant's token with its app token, which may have been refused meanwhile.
    async fn fetch_for_tenant(&self, tenant: &str) -> Result<Token> {
        let app = || self.token(&source::STORE_TENANT, TokenKind::App, None);
        let issue = |app: &Borrowed| {
            let token = Some(("app_access_token", value(&app.header)));
            self.issue(&source::STORE_TENANT, token, tenant)
        };
        let first = app().await?;
        match issue(&first).await {
            Err(error) if error.refuses_own_token() => {
                first.reject();
                let second = app().await?;
                // As with every call: the same token would be refused again.
                if second.header == first.header {
                    return Err(error);
                }
                issue(&second).await
            }
            outcome => outcome,
        }
    }

    /// One call for a token: with the app's credentials, or with an app token on behalf of a tenant.
    async fn issue(
        &self,
        endpoint: &'static Endpoint,
        proof: Option<(&'static str, Secret)>,
        tenant: &str,
    ) -> Result<Token> {
        let start = Instant::now();
        let mut call = Encoder::new(self.base(endpoint.host), endpoint.path);
        call.watch(|call| {
            if tenant.is_empty() {
                call.put("app_id", &self.app.id);
                call.put("app_secret", &self.app.secret);
            }
            if let Some((key, value)) = &proof {
                call.put(key, value);
            }
            if !tenant.is_empty() {
                call.put("tenant_key", tenant);
            }
        });
        let encoded = call.finish().map_err(|problem| Error::unsent(endpoint, problem))?;
        let mut trip = Trip {
            endpoint,
            method: endpoint.method,
            encoded,
            read: Read::Whole(issued),
            range: None,
            wait: self.timeout,
        };
        let span = span(endpoint);
        let call = async {
            let (options, mut progress) = (Options::default(), Progress::new(endpoint, self.timeout, span.clone()));
            let outcome = self
                .attempts(&mut trip, &Credential::None, &options, &self.retry, &mut progress)
                .await;
            self.finish(&mut progress, &outcome);
            outcome
        };
        let issued = call.instrument(span.clone()).await?;
        let issued = issued.downcast::<Issued>().map(|issued| *issued).unwrap_or_default();

        let of_app = std::ptr::eq(endpoint, &source::CUSTOM_APP) || std::ptr::eq(endpoint, &source::STORE_APP);
        let value = if of_app {
            issued.app_access_token
        } else {
            issued.tenant_access_token
        };
        let Some(header) = bearer(&value) else {
            let what = "the platform reports success but sends no usable token; try again, then ask its support";
            return Err(Error::of(
                endpoint,
                self.platform,
                Answer::default(),
                Kind::Unreadable(what.to_owned()),
            ));
        };
        // The platform promises two hours at most; what goes beyond a day is no promise but a mistake.
        let life = Duration::from_secs(issued.expire.0.clamp(1.0, 86_400.0) as u64);
        Ok(Token::new(header, start, life))
    }
}

fn issued(reply: crate::Received) -> Result<Payload> {
    Issued::from_reply(reply).map(|issued| Box::new(issued) as _)
}

/// The token in an `Authorization` header.
pub(crate) fn value(header: &HeaderValue) -> Secret {
    let text = header.to_str().unwrap_or_default();
    text.strip_prefix("Bearer ").unwrap_or(text).into()
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
