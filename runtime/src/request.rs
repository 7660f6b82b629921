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
    /// Where pages or items are counted: it is no number.
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

/// The number of a page or an item, where these are counted and the number is the token.
///
/// # Errors
/// It is no number.
#[doc(hidden)]
pub fn page_number<R: Request>(token: &str) -> Result<i64> {
    token.parse().map_err(|_| {
        let problem =
            "its list goes on by numbers, and the token to go on with is none; give the one that `cursor` gave";
        Error::unsent(R::ENDPOINT, problem)
    })
}

/// A token that comes as a number, of which 0 is none.
#[doc(hidden)]
pub fn number_token(token: i64) -> String {
    match token {
        0 => String::new(),
        token => token.to_string(),
    }
}

/// A number that travels as text.
#[doc(hidden)]
pub fn number<'t>(text: impl Into<Option<&'t String>>) -> Option<i64> {
    text.into()?.trim().parse().ok()
}

/// What tells the end of a list that goes on by the number of its items; the first that is known counts.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Rest {
    /// Whether more follows.
    pub more: Option<bool>,
    /// How many items there are in all.
    pub total: Option<i64>,
    /// How many items a page has that is not the last.
    pub limit: Option<i64>,
}

impl<T> Page<T> {
    /// The items behind so many others. An empty page is the last, whatever else is said, for nothing leads on from it.
    #[doc(hidden)]
    pub fn by_offset(offset: i64, rest: Rest, items: Vec<T>) -> Self {
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let next = offset.saturating_add(count);
        // A total of none beside items is one that was not told.
        let total = rest.total.filter(|total| *total > 0);
        let said = rest.more.or_else(|| total.map(|total| next < total));
        let more = said.or_else(|| rest.limit.map(|limit| count >= limit)).unwrap_or(true);
        Self {
            items,
            next: next.to_string(),
            more: Some(more && count > 0),
            total: None,
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug, Default)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The token of the next page; empty when there is none. Where pages are counted, its number; where items are, how many come before it.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn more(offset: i64, count: usize, rest: Rest) -> (String, Option<bool>) {
        let page = Page::by_offset(offset, rest, vec![(); count]);
        (page.next, page.more)
    }

    #[test]
    fn the_first_that_is_known_tells_where_a_list_ends() {
        let [none, rest] = [
            Rest::default(),
            Rest {
                limit: Some(5),
                ..Rest::default()
            },
        ];
        let total = |total| Rest {
            total: Some(total),
            ..rest
        };
        let said = |more| Rest {
            more: Some(more),
            ..total(3)
        };
        for (offset, count, rest, next, is_more) in [
            (0, 3, none, "3", true),
            (3, 0, none, "3", false),
            (10, 5, rest, "15", true),
            (10, 4, rest, "14", false),
            (0, 4, total(9), "4", true),
            (4, 5, total(9), "9", false),
            // Not told: the limit decides.
            (4, 5, total(0), "9", true),
            (0, 3, said(true), "3", true),
            (0, 5, said(false), "5", false),
            (3, 0, said(true), "3", false),
            (i64::MAX, 1, none, "9223372036854775807", true),
        ] {
            assert_eq!(
                more(offset, count, rest),
                (next.to_owned(), Some(is_more)),
                "{offset} {count} {rest:?}"
            );
        }
    }

    #[test]
    fn numbers_travel_as_text_and_tokens_as_numbers() {
        assert_eq!(number(&"20".to_owned()), Some(20));
        assert_eq!(number(&String::new()), None);
        assert_eq!(number(None), None);
        assert_eq!((number_token(0), number_token(7)), (String::new(), "7".to_owned()));
    }
}
