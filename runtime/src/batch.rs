//! A list too long for one call, in as many calls as it takes.

use std::{fmt, future::IntoFuture, mem::take};

use crate::{
    AcceptsApp, AcceptsTenant, AcceptsUser, Batched, BoxFuture, Client, Error, TokenKind,
    call::{Options, identities, options, send},
    retry::key_after,
};

/// A list in as many calls as it takes: in order, one after the other. Await it to send them; it gives the replies.
///
/// Where a call takes a key against duplicates, each has one of its own. A key set on the request stands for them all: the same
/// list under the same key, sent again, does nothing twice.
#[must_use = "a batch is sent when it is awaited"]
pub struct Batch<R> {
    client: Client,
    request: R,
    options: Options,
}

impl<R: Batched> Batch<R> {
    pub(crate) fn new(client: Client, request: R) -> Self {
        Self {
            client,
            request,
            options: Options::default(),
        }
    }

    identities!();
    options!();

    async fn run(self) -> Result<Vec<R::Reply>, BatchError<R>> {
        let Self {
            client,
            mut request,
            options,
        } = self;
        let mut rest = take(request.items());
        let given = request.key().and_then(take);
        let mut replies = Vec::with_capacity(rest.len().div_ceil(R::MOST));
        let mut done = 0;
        while !rest.is_empty() {
            let after = rest.split_off(rest.len().min(R::MOST));
            let count = rest.len();
            *request.items() = rest;
            if let Some(key) = request.key() {
                *key = Some(match (&given, replies.len()) {
                    (Some(given), 0) => given.clone(),
                    (Some(given), calls) => key_after(given, calls),
                    (None, _) => client.inner().dice.key().as_str().to_owned(),
                });
            }
            match send(client.clone(), &request, options.clone()).await {
                Ok(reply) => replies.push(reply),
                Err(error) => {
                    let mut rest = request.clone();
                    *rest.items() = after;
                    if let Some(key) = rest.key() {
                        *key = None;
                    }
                    return Err(BatchError {
                        error,
                        done,
                        replies,
                        failed: Box::new(request),
                        rest: Box::new(rest),
                    });
                }
            }
            done += count;
            rest = after;
        }
        Ok(replies)
    }
}

impl<R: Batched + 'static> IntoFuture for Batch<R>
where
    R::Item: Send,
    R::Reply: Send,
{
    type Output = Result<Vec<R::Reply>, BatchError<R>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// A batch that came to an end before its list did.
#[non_exhaustive]
pub struct BatchError<R: Batched> {
    /// Why the call failed. [`Error::may_have_run`] says whether the platform may have carried it out all the same.
    pub error: Error,
    /// How many items, from the first, the calls before it took.
    pub done: usize,
    /// What those calls gave.
    pub replies: Vec<R::Reply>,
    /// The call that failed, with its items and its key against duplicates: where it has one, sending it again does no harm.
    pub failed: Box<R>,
    /// The items that no call was made for, as a request for another batch.
    pub rest: Box<R>,
}

impl<R: Batched> BatchError<R> {
    /// The numbers of items that failed and that were not tried.
    fn counts(&self) -> (usize, usize) {
        let count = |request: &R| request.clone().items().len();
        (count(&self.failed), count(&self.rest))
    }
}

impl<R: Batched> fmt::Display for BatchError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, rest) = self.counts();
        let all = self.done + failed + rest;
        write!(
            f,
            "after {} of {all} items, a call with {failed} more failed",
            self.done
        )?;
        if rest > 0 {
            write!(f, " and {rest} were not tried")?;
        }
        write!(f, ": {}", self.error)
    }
}

impl<R: Batched> fmt::Debug for BatchError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, rest) = self.counts();
        f.debug_struct("BatchError")
            .field("error", &self.error)
            .field("done", &self.done)
            .field("failed", &failed)
            .field("rest", &rest)
            .finish_non_exhaustive()
    }
}

impl<R: Batched> std::error::Error for BatchError<R> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

impl<R: Batched> fmt::Debug for Batch<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("endpoint", &R::ENDPOINT.id)
            .finish_non_exhaustive()
    }
}
