//! The webhook: events and callbacks arrive as requests to a server of one's own.

mod admit;
mod answer;
#[cfg(feature = "axum")]
mod axum;
mod builder;
mod headers;
mod keys;
mod replay;
#[cfg(test)]
mod tests;
#[cfg(feature = "tower")]
mod tower;

#[cfg(feature = "axum")]
pub use axum::Via;
pub use builder::Builder;
pub use headers::Headers;

use std::{fmt, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::Response;

use self::{
    admit::{Admitted, Gate},
    answer::{Shape, challenge, refusal, repeated, response},
    headers::Stamp,
    replay::{Claimed, Replays},
};
use super::Answer;
use crate::{BoxFuture, Router};

/// Receives an app's events and callbacks by webhook: headers and a body go in, a response comes out, whatever the server is made of.
///
/// Its keys stand in the developer console, under the encryption strategy of events and callbacks. It answers the challenge by which the
/// console verifies the address, plain or encrypted. Of everything else it checks size, signature, age, decryption, verification token
/// and that it comes for the first time, in constant time where a secret is compared; only then does the [`Router`] get it. One address
/// serves events, callbacks and the card callbacks of the first generation. A clone shares everything with its original.
///
/// ```
/// # use flybook_runtime::{Router, webhook};
/// use webhook::Handler;
///
/// # async fn sample(router: Router, request: http::Request<bytes::Bytes>) -> flybook_runtime::Result<http::Response<bytes::Bytes>> {
/// let handler = Handler::builder(router)
///     .encrypt_key("kudryavka-encrypt-key")
///     .verification_token("v-token-0001")
///     .build()?;
/// // In your server, for each POST; the body exactly as it came:
/// let (parts, body) = request.into_parts();
/// let response = handler.handle(&parts.headers, body).await;
/// # Ok(response)
/// # }
/// ```
///
/// With the feature `axum` it is a handler of axum, `.route("/feishu", post(handler))`; with the feature `tower` a service for whatever
/// takes one.
///
/// # What the platform is told
///
/// | status | when |
/// |---|---|
/// | 200 | it was handled, maybe earlier, or nobody handles such events; with the reply of a callback |
/// | 400 | the body is no JSON object, or no event |
/// | 401 | the signature, the encryption or the token is not that of the app's keys, or the request is too old |
/// | 413 | the body is too large |
/// | 500 | the handler failed |
/// | 503 | not now: the work takes its time, or too much is going on |
///
/// Whatever but 200 it sends again, after 15 s, 5 min, 1 h and 6 h; callbacks it does not. What is wrong with a signature, with the
/// encryption or with a token stands in the log (`flybook::webhook`) alone: the response is the same for all of them.
///
/// To stop, stop the server and [drain](Router::drain) the router.
#[derive(Clone)]
pub struct Handler {
    door: Arc<Door>,
}

struct Door {
    router: Router,
    gate: Gate,
    replays: Replays,
}

impl Handler {
    /// A handler whose events go to `router`; it needs a key yet.
    pub fn builder(router: Router) -> Builder {
        Builder::new(router)
    }

    /// Answers one request of the platform: its headers, and its body exactly as it came.
    ///
    /// The platform waits 3 s. Work that has begun goes on when the future is dropped.
    pub fn handle(
        &self,
        headers: &(impl Headers + ?Sized),
        body: impl Into<Bytes>,
    ) -> BoxFuture<'static, Response<Bytes>> {
        let (door, stamp, body) = (self.door.clone(), Stamp::read(headers), body.into());
        Box::pin(async move { door.serve(&stamp, &body).await })
    }

    /// How large a body may be, in bytes.
    #[cfg(feature = "tower")]
    fn body_limit(&self) -> usize {
        self.door.gate.body_limit
    }
}

impl Door {
    async fn serve(&self, stamp: &Stamp, body: &[u8]) -> Response<Bytes> {
        let (delivered, passage) = match self.gate.admit(stamp, body, SystemTime::now()) {
            Ok(Admitted::Challenge(text)) => return challenge(&text),
            Ok(Admitted::Unreadable(why)) => return response(self.router.unreadable(why), Shape::Event),
            Ok(Admitted::Delivery(delivered, passage)) => (delivered, passage),
            Err(refused) => return refusal(refused),
        };
        let shape = Shape::of(delivered.envelope.schema);
        let Some(passage) = passage else {
            return response(self.router.deliver_parsed(delivered).await, shape);
        };
        let claim = match self.replays.claim(passage).await {
            Claimed::First(claim) => claim,
            Claimed::Running => return response(Answer::Busy, shape),
            Claimed::Done => return repeated(shape),
        };
        let answer = self.router.deliver_parsed(delivered).await;
        // What is to come again may come again with the very same signature.
        if matches!(answer, Answer::Done(_) | Answer::Unhandled) {
            claim.done().await;
        }
        response(answer, shape)
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler")
            .field("router", &self.door.router)
            .field("gate", &self.door.gate)
            .finish_non_exhaustive()
    }
}
