//! A list, page by page.

use std::{
    collections::HashSet,
    fmt,
    future::{Future, poll_fn},
    hash::{BuildHasher, RandomState},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use crate::{
    AcceptsApp, AcceptsTenant, AcceptsUser, Client, Error, Paged, Result, TokenKind,
    call::{Options, Sending, identities, options, send},
};

/// The pages of a list, each fetched when it is asked for; an empty page is passed over.
///
/// Take pages with [`try_next`](Self::try_next), or use it as a [`Stream`]. An error ends it; [`cursor`](Self::cursor) then says
/// where to go on.
#[must_use = "nothing is fetched until a page is asked for"]
pub struct Pages<R: Paged> {
    client: Client,
    request: R,
    pub(crate) options: Options,
    fetching: Option<Sending<R::Reply>>,
    more: bool,
    /// The token of the page that comes next.
    next: Option<String>,
    /// The token of the page given out last.
    pub(crate) last: Option<String>,
    tokens: Seen,
    /// How many items came so far, where only that tells the end.
    count: i64,
    /// Why the page to go on from cannot be asked for.
    problem: Option<Error>,
}

/// The page tokens so far, as hashes: a server that repeats itself must not keep a caller forever.
#[derive(Default)]
struct Seen {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

// Nothing in it is pinned in place: the future it polls is on the heap.
impl<R: Paged> Unpin for Pages<R> {}

impl<R: Paged> Pages<R> {
    pub(crate) fn new(client: Client, request: R) -> Self {
        Self {
            client,
            request,
            options: Options::default(),
            fetching: None,
            more: true,
            next: None,
            last: None,
            tokens: Seen::default(),
            count: 0,
            problem: None,
        }
    }

    identities!();
    options!();

    /// Goes on where another walk stood: at the page behind this token, which [`cursor`](Self::cursor) gave.
    ///
    /// The rest of the request must be the same. An empty token stands for the beginning, and changes nothing. Where pages are counted,
    /// the token is the page's number.
    pub fn resume(mut self, token: impl Into<String>) -> Self {
        let token = token.into();
        if !token.is_empty() {
            self.fetching = None;
            self.more = true;
            self.tokens = Seen::default();
            self.tokens.note(&token);
            self.count = 0;
            self.problem = self.turn(token).err();
        }
        self
    }

    /// The token of the page that comes next, to [`resume`](Self::resume) from; after an error, that of the page that failed.
    ///
    /// There is none before the first page, and none after the last.
    pub fn cursor(&self) -> Option<String> {
        self.next.clone()
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// What the call for a page reports, or that the server's pages go round in circles. After an error the list is at its end.
    pub async fn try_next(&mut self) -> Result<Option<Vec<R::Item>>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// Takes a page, and decides whether another follows.
    fn take(&mut self, reply: R::Reply) -> Result<Vec<R::Item>> {
        let page = self.request.split(reply);
        let over = match (page.total, page.more) {
            (Some(total), _) => self.counted(page.items.len(), total)?,
            (None, Some(more)) => !more,
            (None, None) => page.next.is_empty(),
        };
        if over {
            self.last = self.next.take();
            return Ok(page.items);
        }
        self.tokens
            .check(&page.next)
            .map_err(|problem| Error::endless(R::ENDPOINT, problem))?;
        self.last = self.next.take();
        self.turn(page.next)?;
        self.more = true;
        Ok(page.items)
    }

    /// Whether the list is over, of which `count` more items came: a page is empty, or all are there. A walk that began in the middle
    /// counts from there, for the pages before may not have been full; the empty page ends it.
    fn counted(&mut self, count: usize, total: i64) -> Result<bool> {
        if count > 0 && total <= 0 {
            let problem = "the platform does not say how many there are in all, so nothing tells where the list ends";
            return Err(Error::endless(R::ENDPOINT, problem));
        }
        self.count = self.count.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        Ok(count == 0 || self.count >= total)
    }

    fn turn(&mut self, token: String) -> Result<()> {
        self.next = Some(token.clone());
        self.request.turn(token)
    }
}

impl Seen {
    fn check(&mut self, token: &str) -> Result<(), &'static str> {
        if token.is_empty() {
            return Err("the platform says there are more pages but not where; try a smaller page size");
        }
        if !self.note(token) {
            return Err("the platform sent the same page token twice, so the list would never end");
        }
        Ok(())
    }

    /// Whether the token is a new one.
    fn note(&mut self, token: &str) -> bool {
        self.hashes.insert(self.hasher.hash_one(token))
    }
}

impl<R: Paged> Stream for Pages<R> {
    type Item = Result<Vec<R::Item>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if this.fetching.is_none() && !this.more {
                return Poll::Ready(None);
            }
            if let Some(problem) = this.problem.take() {
                this.more = false;
                return Poll::Ready(Some(Err(problem)));
            }
            let fetching = this
                .fetching
                .get_or_insert_with(|| send(this.client.clone(), &this.request, this.options.clone()));
            let reply = ready!(Pin::new(fetching).poll(context));
            this.fetching = None;
            this.more = false;
            match reply.and_then(|reply| this.take(reply)) {
                Ok(page) if page.is_empty() => {}
                outcome => return Poll::Ready(Some(outcome)),
            }
        }
    }
}

impl<R: Paged> fmt::Debug for Pages<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("endpoint", &R::ENDPOINT.id)
            .finish_non_exhaustive()
    }
}
