//! All items of a list, page after page.

use std::{
    collections::HashSet,
    fmt,
    future::{Future, poll_fn},
    hash::{BuildHasher, RandomState},
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures_core::Stream;

use crate::{
    AcceptsApp, AcceptsTenant, AcceptsUser, Client, Error, Page, Paged, Result, Secret, TokenKind,
    call::{Options, Sending, identities, options, send},
};

/// The items of a list. Pages are fetched as they are needed; an empty page with more behind it is passed over.
///
/// Take items with [`try_next`](Self::try_next), or use it as a [`Stream`]. An error ends it.
#[must_use = "nothing is fetched until an item is asked for"]
pub struct Items<R: Paged> {
    client: Client,
    request: R,
    options: Options,
    page: vec::IntoIter<R::Item>,
    fetching: Option<Sending<R::Reply>>,
    more: bool,
    tokens: Seen,
}

/// The page tokens so far, as hashes: a server that repeats itself must not keep a caller forever.
#[derive(Default)]
struct Seen {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

// Nothing in it is pinned in place: the future it polls is on the heap.
impl<R: Paged> Unpin for Items<R> {}

impl<R: Paged> Items<R> {
    pub(crate) fn new(client: Client, request: R) -> Self {
        let page = Vec::new().into_iter();
        Self {
            client,
            request,
            options: Options::default(),
            page,
            fetching: None,
            more: true,
            tokens: Seen::default(),
        }
    }

    identities!();
    options!();

    /// The next item; `None` after the last.
    ///
    /// # Errors
    /// What the call for a page reports, or that the server's pages go round in circles. After an error the list is at its end.
    pub async fn try_next(&mut self) -> Result<Option<R::Item>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// Takes a page, and decides whether another follows.
    fn take(&mut self, page: Page<R::Item>) -> Result<()> {
        self.page = page.items.into_iter();
        if page.more == Some(false) || page.more.is_none() && page.next.is_empty() {
            return Ok(());
        }
        self.tokens
            .check(&page.next)
            .map_err(|problem| Error::endless(R::ENDPOINT, problem))?;
        self.request.turn(page.next);
        self.more = true;
        Ok(())
    }
}

impl Seen {
    fn check(&mut self, token: &str) -> Result<(), &'static str> {
        if token.is_empty() {
            return Err("the platform says there are more pages but not where; try a smaller page size");
        }
        if !self.hashes.insert(self.hasher.hash_one(token)) {
            return Err("the platform sent the same page token twice, so the list would never end");
        }
        Ok(())
    }
}

impl<R: Paged> Stream for Items<R> {
    type Item = Result<R::Item>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            if this.fetching.is_none() && !this.more {
                return Poll::Ready(None);
            }
            let fetching = this
                .fetching
                .get_or_insert_with(|| send(this.client.clone(), &this.request, this.options.clone()));
            let reply = ready!(Pin::new(fetching).poll(context));
            this.fetching = None;
            this.more = false;
            if let Err(error) = reply.and_then(|reply| this.take(R::split(reply))) {
                this.page = Vec::new().into_iter();
                return Poll::Ready(Some(Err(error)));
            }
        }
    }
}

impl<R: Paged> fmt::Debug for Items<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("endpoint", &R::ENDPOINT.id)
            .finish_non_exhaustive()
    }
}
