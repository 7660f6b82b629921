//! The calls that issue tokens. The only other endpoint known by name says where long connections go.

use std::time::Duration;

use serde::Deserializer;
use tokio::time::Instant;

use super::{Borrowed, bearer, value};
use crate::{
    AppKind, BoxFuture, Decode, Encoder, Endpoint, Error, Method, Received, Reply, Result, Secret, TokenKind, Value,
    call::Options,
    client::Inner,
    error::{Answer, Kind},
    reply::FromReply,
    slot::Token,
    trip::{Payload, Read, Trip},
};

static CUSTOM_TENANT: Endpoint = at(
    "auth.v3.tenant_access_token.internal",
    "/open-apis/auth/v3/tenant_access_token/internal",
);
static CUSTOM_APP: Endpoint = at(
    "auth.v3.app_access_token.internal",
    "/open-apis/auth/v3/app_access_token/internal",
);
pub(super) static STORE_APP: Endpoint = at("auth.v3.app_access_token.create", "/open-apis/auth/v3/app_access_token");
static STORE_TENANT: Endpoint = at(
    "auth.v3.tenant_access_token.create",
    "/open-apis/auth/v3/tenant_access_token",
);
pub(super) static TICKET: Endpoint = at("auth.v3.app_ticket.resend", "/open-apis/auth/v3/app_ticket/resend");
pub(crate) static USER: Endpoint = at("authen.v2.oauth.token.create", "/open-apis/authen/v2/oauth/token");

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

/// Where a token of this kind comes from.
pub(crate) fn source(app: AppKind, kind: TokenKind) -> &'static Endpoint {
    match (app, kind) {
        (_, TokenKind::User) => &USER,
        (AppKind::Custom, TokenKind::App) => &CUSTOM_APP,
        (AppKind::Custom, _) => &CUSTOM_TENANT,
        (AppKind::Store, TokenKind::App) => &STORE_APP,
        (AppKind::Store, _) => &STORE_TENANT,
    }
}

/// Whether this is one of the client's own token endpoints.
pub(crate) fn issues(endpoint: &Endpoint) -> bool {
    let sources = [&CUSTOM_TENANT, &CUSTOM_APP, &STORE_APP, &STORE_TENANT, &TICKET, &USER];
    sources.into_iter().any(|source| std::ptr::eq(source, endpoint))
}

/// Whether this is the call that takes the app ticket.
pub(crate) fn takes_ticket(endpoint: &Endpoint) -> bool {
    std::ptr::eq(endpoint, &STORE_APP)
}

/// The answer of all that issue tokens of apps; each fills its own.
#[derive(Default)]
struct Issued {
    tenant_access_token: Secret,
    app_access_token: Secret,
    expire: Life,
}

/// What the v2 token endpoint grants (protocol §2.4).
#[derive(Default)]
pub(crate) struct Granted {
    pub(crate) access_token: Secret,
    pub(crate) expires_in: Life,
    pub(crate) refresh_token: Secret,
    pub(crate) refresh_token_expires_in: Life,
    pub(crate) scope: String,
}

/// A number of seconds. Whatever else stands there is 0: a token is worth more than what is said about it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Life(f64);

impl Life {
    /// At least a second, at most `longest` seconds: what goes beyond is no promise but a mistake.
    pub(crate) fn within(self, longest: u32) -> Duration {
        Duration::from_secs(self.0.clamp(1.0, f64::from(longest)) as u64)
    }

    pub(crate) fn is_known(self) -> bool {
        self.0 > 0.0
    }
}

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

// They never travel back, not even with the feature `roundtrip`.
crate::__decode!(Issued, tenant_access_token, app_access_token, expire);
crate::__decode!(
    Granted,
    access_token,
    expires_in,
    refresh_token,
    refresh_token_expires_in,
    scope
);

impl Inner {
    /// A new token of an app.
    pub(super) fn fetch<'a>(&'a self, kind: TokenKind, tenant: &'a str) -> BoxFuture<'a, Result<Token>> {
        match (self.app.kind, kind) {
            (AppKind::Custom, TokenKind::App) => Box::pin(self.issue(&CUSTOM_APP, None, "")),
            (AppKind::Custom, _) => Box::pin(self.issue(&CUSTOM_TENANT, None, "")),
            (AppKind::Store, TokenKind::App) => Box::pin(self.fetch_by_ticket()),
            (AppKind::Store, _) => Box::pin(self.fetch_for_tenant(tenant)),
        }
    }

    /// A store app asks for a tenant's token with its app token, which may have been refused meanwhile.
    async fn fetch_for_tenant(&self, tenant: &str) -> Result<Token> {
        let options = Options::default();
        let app = || self.token(&STORE_TENANT, TokenKind::App, &options);
        let issue = |app: &Borrowed| {
            let token = Some(("app_access_token", value(app.header())));
            self.issue(&STORE_TENANT, token, tenant)
        };
        let first = app().await?;
        match issue(&first).await {
            Err(error) if error.refuses(TokenKind::Tenant) => {
                first.reject();
                let second = app().await?;
                // As with every call: the same token would be refused again.
                if second.header() == first.header() {
                    return Err(error);
                }
                issue(&second).await
            }
            outcome => outcome,
        }
    }

    /// One call for a token: with the app's credentials, or with an app token on behalf of a tenant.
    pub(super) async fn issue(
        &self,
        endpoint: &'static Endpoint,
        proof: Option<(&'static str, Secret)>,
        tenant: &str,
    ) -> Result<Token> {
        let start = Instant::now();
        let write = |call: &mut Encoder| {
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
        };
        let issued: Issued = self.post(endpoint, write, read::<Issued>).await?;
        let of_app = std::ptr::eq(endpoint, &CUSTOM_APP) || std::ptr::eq(endpoint, &STORE_APP);
        let value = if of_app {
            issued.app_access_token
        } else {
            issued.tenant_access_token
        };
        let Some(header) = bearer(&value) else {
            return Err(self.no_token(endpoint));
        };
        // The platform promises two hours at most.
        Ok(Token::new(header, start, issued.expire.within(86_400)))
    }

    /// One call with the app's credentials that brings nothing.
    pub(super) async fn ask(&self, endpoint: &'static Endpoint) -> Result<()> {
        let write = |call: &mut Encoder| {
            call.put("app_id", &self.app.id);
            call.put("app_secret", &self.app.secret);
        };
        self.post(endpoint, write, read::<Issued>).await.map(|_: Issued| ())
    }

    /// One call for a user's tokens: with a code, or with a refresh token.
    pub(crate) async fn grant(&self, members: &[(&'static str, &Secret)]) -> Result<Granted> {
        let write = |call: &mut Encoder| {
            call.put("client_id", &self.app.id);
            call.put("client_secret", &self.app.secret);
            for (name, value) in members {
                call.put(name, value);
            }
        };
        let granted: Granted = self.post(&USER, write, read::<Granted>).await?;
        match bearer(&granted.access_token) {
            Some(_) => Ok(granted),
            None => Err(self.no_token(&USER)),
        }
    }

    async fn post<T: Default + 'static>(
        &self,
        endpoint: &'static Endpoint,
        write: impl FnOnce(&mut Encoder),
        read: fn(Received) -> Result<Payload>,
    ) -> Result<T> {
        let mut call = Encoder::new(self.base(endpoint.host), endpoint.path);
        call.watch(write);
        let encoded = call.finish().map_err(|problem| Error::unsent(endpoint, problem))?;
        let mut trip = Trip::new(endpoint, encoded, Options::default(), Read::Whole(read));
        let payload = self.apart(&mut trip).await?;
        Ok(payload.downcast::<T>().map(|payload| *payload).unwrap_or_default())
    }

    fn no_token(&self, endpoint: &'static Endpoint) -> Error {
        let what = "the platform reports success but sends no usable token; try again, then ask its support";
        let kind = Kind::Unreadable(what.to_owned());
        Error::of(endpoint, self.platform, Answer::default(), kind)
    }
}

fn read<T: FromReply + Send + 'static>(reply: Received) -> Result<Payload> {
    T::from_reply(reply).map(|payload| Box::new(payload) as _)
}
