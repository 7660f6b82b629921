//! The traits generated requests and events implement.

use serde::Serialize;

use crate::{Decode, Encoder, Endpoint, Error, Result, reply::FromReply};

/// A call to one endpoint, as a plain value. Generated code implements it; [`Client::send`](crate::Client::send) sends it.
pub trait Request: Send + Sized {
    /// What comes back; `()` when the platform documents no payload.
    type Reply: FromReply;

    /// What is known about the endpoint.
    const ENDPOINT: &'static Endpoint;

    /// Writes path, query, headers and body.
    fn encode(&self, call: &mut Encoder);
}

/// Requests that may be sent with a tenant access token.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not accept a tenant access token",
    label = "sent with a tenant access token",
    note = "the platform lists other kinds of token for this endpoint; try `.as_user(token)`"
)]
pub trait AcceptsTenant: Request {}

/// Requests that may be sent with a user access token.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not accept a user access token",
    label = "sent with a user access token",
    note = "the platform lists only tenant (or app) tokens for this endpoint; send it without `.as_user(…)`"
)]
pub trait AcceptsUser: Request {}

/// Requests that may be sent with an app access token.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not accept an app access token",
    label = "sent with an app access token",
    note = "the platform lists only tenant or user tokens for this endpoint; send it without `.as_app()`"
)]
pub trait AcceptsApp: Request {}

/// Requests that answer page by page; [`Client::items`](crate::Client::items) walks through all of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer page by page",
    note = "send it with `client.send(…)`; its reply is complete"
)]
pub trait Paged: Request {
    /// One item of a page.
    type Item;

    /// Asks for the page behind `token`.
    ///
    /// # Errors
    /// Where pages are counted: it is no number.
    fn turn(&mut self, token: String) -> Result<()>;

    /// Takes the items and the way to the next page out of the reply to this request.
    fn split(&self, page: Self::Reply) -> Page<Self::Item>;
}

/// Requests with a list that several calls may share; [`Client::batch`](crate::Client::batch) makes them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no list to split",
    note = "send it with `client.send(…)`; the platform takes it as one call"
)]
pub trait Batched: Request + Clone {
    /// One item of the list.
    type Item;

    /// How many items one call takes.
    const MOST: usize;

    /// The list.
    fn items(&mut self) -> &mut Vec<Self::Item>;

    /// The key against duplicates, where the call takes one.
    fn key(&mut self) -> Option<&mut Option<String>> {
        None
    }
}

/// The number of a page, where pages are counted and the number is the token.
///
/// # Errors
/// It is no number.
#[doc(hidden)]
pub fn page_number<R: Request>(token: &str) -> Result<i64> {
    token.parse().map_err(|_| {
        let problem = "it counts its pages, and the token to go on with is no number; give the one that `cursor` gave";
        Error::unsent(R::ENDPOINT, problem)
    })
}

/// One page of a list.
#[derive(Clone, Debug, Default)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The token of the next page; empty when there is none. Where pages are counted, its number.
    pub next: String,
    /// Whether there are more pages; `None`: the endpoint does not say, the token alone decides.
    pub more: Option<bool>,
    /// How many items there are on all pages; only where pages are counted, and then this decides.
    pub total: Option<i64>,
}

/// The body of an event or a callback, known by its type.
pub trait EventType: Decode + Send + 'static {
    /// The type: `im.message.receive_v1`.
    const TYPE: &'static str;

    /// What the platform is answered: `()` for an event, the reply of a callback.
    type Reply: Serialize + Send + 'static;

    /// Where in the body that stands by which repeats are told; empty: the event's own id tells.
    const DEDUPE: &'static [&'static str] = &[];

    /// Where in the body the chat stands (or the like) whose events are handled in order; empty: no order is kept.
    const ORDER: &'static [&'static str] = &[];

    /// The JSON with which a callback is answered whose handler is not done in time; `None` for an event, which then comes again.
    const LATE: Option<&'static str> = None;
}
