//! Pushes to a request URL: challenge, encryption, signature.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    push::{
        Parcel, crypto,
        failure::{Failure, code},
        post,
    },
    sandbox::Inner,
};

/// How long the answer to a challenge may take.
const CHALLENGE: Duration = Duration::from_secs(1);
/// The most characters of a verification token and of an encrypt key.
const LONGEST: usize = 32;

/// Where an app has its events pushed: a request URL, or a function in the same program.
#[derive(Clone)]
pub struct Webhook {
    to: Target,
    token: String,
    key: Option<String>,
    old_cards: bool,
}

#[derive(Clone)]
enum Target {
    Url(String),
    Function(Arc<dyn Fn(Request<Bytes>) -> BoxFuture<'static, Response<Bytes>> + Send + Sync>),
}

impl Webhook {
    /// A request URL on this machine, and the verification token that every push carries.
    pub fn new(url: impl Into<String>, verification_token: impl Into<String>) -> Self {
        Self {
            to: Target::Url(url.into()),
            token: verification_token.into(),
            key: None,
            old_cards: false,
        }
    }

    /// A function that stands for the app's server, so that a test needs no socket.
    pub fn function<F, R>(function: F, verification_token: impl Into<String>) -> Self
    where
        F: Fn(Request<Bytes>) -> R + Send + Sync + 'static,
        R: Future<Output = Response<Bytes>> + Send + 'static,
    {
        Self {
            to: Target::Function(Arc::new(move |request| Box::pin(function(request)))),
            token: verification_token.into(),
            key: None,
            old_cards: false,
        }
    }

    /// Encrypts every push with this encrypt key, and signs it.
    #[must_use]
    pub fn encrypt_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Takes clicks on cards in their first form, `card.action.trigger_v1`, whose answer is the new card itself.
    #[must_use]
    pub fn old_cards(mut self) -> Self {
        self.old_cards = true;
        self
    }

    pub(crate) fn takes_old_cards(&self) -> bool {
        self.old_cards
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    fn check(&self) -> Result<(), Failure> {
        let fits = |text: &str| (1..=LONGEST).contains(&text.chars().count());
        if !fits(&self.token) || !self.key.as_deref().is_none_or(fits) {
            let message = "a verification token and an encrypt key have 1 to 32 characters";
            return Err(Failure::new(code::NO_URL, message));
        }
        match &self.to {
            Target::Url(url) => post::target(url).map(drop),
            Target::Function(_) => Ok(()),
        }
    }

    async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        match &self.to {
            Target::Url(url) => post::post(url, request).await,
            Target::Function(function) => Ok(function(request).await),
        }
    }
}

// Key and token are credentials and are never shown.
impl fmt::Debug for Webhook {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Webhook");
        if let Target::Url(url) = &self.to {
            out.field("url", url);
        }
        out.field("encrypted", &self.key.is_some()).finish_non_exhaustive()
    }
}

/// Has the app prove that the URL is its own, as the console does when one is set.
pub(crate) async fn challenge(sandbox: &Inner, webhook: &Webhook) -> Result<(), Failure> {
    webhook.check()?;
    let challenge = sandbox.state().mint.id("");
    let plain = json!({"challenge": challenge, "token": webhook.token, "type": "url_verification"}).to_string();
    let mut request = wrap(sandbox, webhook, &plain);
    // The challenge comes before signatures are checked, and a client may not count on one.
    for name in [TIMESTAMP, NONCE, SIGNATURE] {
        request.headers_mut().remove(name);
    }
    let reply = exchange(sandbox, webhook, request, CHALLENGE).await?;
    let said: Option<Value> = serde_json::from_slice(&reply).ok();
    match said.as_ref().and_then(|said| said.get("challenge")?.as_str()) {
        Some(same) if same == challenge => Ok(()),
        _ => Err(Failure::new(
            code::WRONG_BODY,
            "the app did not give the challenge back; answer {\"challenge\":\"…\"} in plain JSON",
        )),
    }
}

/// Pushes one parcel and gives back the answer.
pub(crate) async fn push(sandbox: &Inner, webhook: &Webhook, parcel: &Parcel) -> Result<Bytes, Failure> {
    let limit = sandbox.state().patience;
    let request = if parcel.bare {
        old(sandbox, webhook, &parcel.payload)
    } else {
        wrap(sandbox, webhook, &parcel.payload)
    };
    exchange(sandbox, webhook, request, limit).await
}

async fn exchange(
    sandbox: &Inner,
    webhook: &Webhook,
    request: Request<Bytes>,
    limit: Duration,
) -> Result<Bytes, Failure> {
    let late = sandbox.patience(limit);
    let reply = tokio::select! {
        reply = webhook.exchange(request) => reply?,
        () = late => {
            let message = format!("the app did not answer within {} ms; answer first and work later", limit.as_millis());
            return Err(Failure::new(code::TOO_LATE, message));
        }
    };
    if reply.status() != StatusCode::OK {
        let message = format!(
            "the app answered with HTTP {}; only 200 counts",
            reply.status().as_u16()
        );
        return Err(Failure::new(code::WRONG_STATUS, message));
    }
    Ok(reply.into_body())
}

const TIMESTAMP: HeaderName = HeaderName::from_static("x-lark-request-timestamp");
const NONCE: HeaderName = HeaderName::from_static("x-lark-request-nonce");
const REFRESH: HeaderName = HeaderName::from_static("x-refresh-token");
const SIGNATURE: HeaderName = HeaderName::from_static("x-lark-signature");

// With a key: encrypted under a vector of its own, and signed. Without: as it is.
fn wrap(sandbox: &Inner, webhook: &Webhook, plain: &str) -> Request<Bytes> {
    let Some(key) = &webhook.key else {
        return request(plain.to_owned().into());
    };
    let (timestamp, nonce) = stamp(sandbox);
    let vector = sandbox.state().mint.block();
    let body = crypto::encrypted(key, vector, plain);
    let signature = crypto::signature(&timestamp, &nonce, key, body.as_bytes());
    signed(body, [(TIMESTAMP, timestamp), (NONCE, nonce), (SIGNATURE, signature)])
}

// As it is, and signed all the same.
fn old(sandbox: &Inner, webhook: &Webhook, plain: &str) -> Request<Bytes> {
    let (timestamp, nonce) = stamp(sandbox);
    let signature = crypto::old_signature(&timestamp, &nonce, &webhook.token, plain.as_bytes());
    let update = serde_json::from_str(plain).map_or(Value::Null, |body: Value| body["token"].clone());
    let update = update.as_str().unwrap_or_default().to_owned();
    let headers = [
        (TIMESTAMP, timestamp),
        (NONCE, nonce),
        (SIGNATURE, signature),
        (REFRESH, update),
    ];
    signed(plain.to_owned(), headers)
}

fn stamp(sandbox: &Inner) -> (String, String) {
    let mut state = sandbox.state();
    let timestamp = state.clock.now() / 1000;
    (timestamp.to_string(), state.mint.pick(usize::MAX).to_string())
}

fn signed(body: String, headers: impl IntoIterator<Item = (HeaderName, String)>) -> Request<Bytes> {
    let mut request = request(body.into());
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            request.headers_mut().insert(name, value);
        }
    }
    request
}

fn request(body: Bytes) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = http::Method::POST;
    let headers = request.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    request
}
