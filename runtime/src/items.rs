//! All items of a list, page after page.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures_core::Stream;

use crate::{
    AcceptsApp, AcceptsTenant, AcceptsUser, Client, Paged, Pages, Result, TokenKind,
    call::{identities, options},
};

/// The items of a list. Pages are fetched as they are needed; an empty page with more behind it is passed over.
///
/// Take items with [`try_next`](Self::try_next), or use it as a [`Stream`]. An error ends it; [`cursor`](Self::cursor) then says
/// where to go on.
#[must_use = "nothing is fetched until an item is asked for"]
pub struct Items<R: Paged> {
    pages: Pages<R>,
    page: vec::IntoIter<R::Item>,
    /// The token of `page`.
    at: Option<String>,
    /// How many items may still be given out.
    left: usize,
}

// Nothing in it is pinned in place.
impl<R: Paged> Unpin for Items<R> {}

impl<R: Paged> Items<R> {
    pub(crate) fn new(client: Client, request: R) -> Self {
        Self {
            pages: Pages::new(client, request),
            page: Vec::new().into_iter(),
            at: None,
            left: usize::MAX,
        }
    }

    identities!(pages.options);
    options!(pages.options);

    /// Stops after `count` more items, and fetches no page beyond them.
    pub fn limit(mut self, count: usize) -> Self {
        self.left = count;
        self
    }

    /// Goes on where another walk stood: at the page behind this token, which [`cursor`](Self::cursor) gave.
    ///
    /// The rest of the request must be the same. An empty token stands for the beginning, and changes nothing.
    pub fn resume(mut self, token: impl Into<String>) -> Self {
        let token = token.into();
        if !token.is_empty() {
            self.page = Vec::new().into_iter();
            self.pages = self.pages.resume(token);
        }
        self
    }

    /// The token to [`resume`](Self::resume) from: of the page whose items are not all given out, else of the next one.
    ///
    /// A token stands for a whole page, so a walk that stopped within one meets the items before again, and misses none. There is no
    /// token for the first page, and none after the last.
    pub fn cursor(&self) -> Option<String> {
        match self.page.len() {
            0 => self.pages.cursor(),
            _ => self.at.clone(),
        }
    }

    /// The next item; `None` after the last.
    ///
    /// # Errors
    /// What the call for a page reports, or that the server's pages go round in circles. After an error the list is at its end.
    pub async fn try_next(&mut self) -> Result<Option<R::Item>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }
}

impl<R: Paged> Stream for Items<R> {
    type Item = Result<R::Item>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if this.left == 0 {
                return Poll::Ready(None);
            }
            if let Some(item) = this.page.next() {
                this.left -= 1;
                return Poll::Ready(Some(Ok(item)));
            }
            let page = match ready!(Pin::new(&mut this.pages).poll_next(context)) {
                Some(Ok(page)) => page,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            };
            this.at = this.pages.last.clone();
            this.page = page.into_iter();
        }
    }
}

impl<R: Paged> fmt::Debug for Items<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}
