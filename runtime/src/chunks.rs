//! A download as it arrives.

use std::{
    any::Any,
    fmt,
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::{
    StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH},
};
use tokio::time::{Sleep, sleep};

use crate::{
    Body, BoxFuture, Endpoint, Error, Received, Result, TransportError,
    error::Kind,
    reply::{LARGEST_REFUSAL, content_type, disposition, log_id, refuses},
    scrap::without_mark,
    trip::{JSON_LIMIT, Payload},
};

/// A file as it arrives, chunk by chunk; only the chunk at hand is in memory.
///
/// Take chunks with [`try_next`](Self::try_next), or use it as a [`Stream`]. An error ends it. The call's time limit counts for the
/// beginning of the reply, and then for the wait for each chunk.
pub struct Chunks {
    /// The response without its body.
    head: Received,
    /// What was read already, to see whether it is a refusal.
    first: Bytes,
    body: Body,
    over: bool,
    done: u64,
    length: Option<u64>,
    limit: Option<usize>,
    wait: Duration,
    /// Runs while a chunk is waited for.
    idle: Option<Pin<Box<Sleep>>>,
    /// Method and path of a raw call, for its errors.
    place: Option<String>,
}

impl Chunks {
    /// Looks at the beginning: a refusal is an error and no file.
    pub(crate) async fn begin(
        mut head: Received,
        mut body: Body,
        limit: Option<usize>,
        wait: Duration,
    ) -> Result<Self> {
        let broken = |head: &Received, error| head.error(Kind::Transport(error));
        if !head.response.status().is_success() {
            match body.whole(JSON_LIMIT).await {
                Ok(bytes) => *head.response.body_mut() = bytes,
                Err(error) => return Err(broken(&head, error)),
            }
            return Err(head.refused(None));
        }
        let length = length(&head);
        if let Some(limit) = limit.filter(|limit| length.is_some_and(|length| length > *limit as u64)) {
            return Err(broken(&head, TransportError::body_too_large(limit)));
        }
        let mut first = BytesMut::new();
        // A named file is a file, even one that looks like a refusal; so is a part of one.
        let is_file = head.response.headers().contains_key(CONTENT_DISPOSITION)
            || head.response.status() == StatusCode::PARTIAL_CONTENT
            || length.is_some_and(|length| length > LARGEST_REFUSAL as u64);
        while !is_file && first.len() <= LARGEST_REFUSAL && begins_object(&first) {
            match body.chunk().await {
                Ok(Some(chunk)) => first.extend_from_slice(&chunk),
                Ok(None) if refuses(&first) => {
                    *head.response.body_mut() = first.freeze();
                    return Err(head.refused(None));
                }
                Ok(None) => break,
                Err(error) => return Err(broken(&head, error)),
            }
        }
        Ok(Self {
            head,
            first: first.freeze(),
            body,
            over: false,
            done: 0,
            length,
            limit,
            wait,
            idle: None,
            place: None,
        })
    }

    /// The next chunk, never empty; `None` after the last.
    ///
    /// # Errors
    /// The connection broke off, nothing came for too long, the body is shorter than announced, or larger than
    /// [`Builder::body_limit`](crate::Builder::body_limit), which counts here only when it is set.
    pub async fn try_next(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// The name the server gave it. Do not use it as a path unchecked: it is whatever the server says.
    pub fn file_name(&self) -> Option<String> {
        disposition(self.head.response.headers())
    }

    /// The content type the server gave it.
    pub fn content_type(&self) -> Option<String> {
        content_type(self.head.response.headers())
    }

    /// How many bytes come in all, when the server says so; of a range, how many it has.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// The HTTP status: 206 for a range.
    pub fn status(&self) -> StatusCode {
        self.head.response.status()
    }

    /// The log id, by which the platform's support finds the call.
    pub fn log_id(&self) -> Option<&str> {
        log_id(self.head.response.headers())
    }

    /// How much of it was read to begin with.
    pub(crate) fn begun(&self) -> u64 {
        self.first.len() as u64
    }

    pub(crate) fn error(&self, kind: Kind) -> Error {
        let error = self.head.error(kind);
        match &self.place {
            Some(place) => error.at(self.head.endpoint, place.clone()),
            None => error,
        }
    }

    fn broken(&mut self, error: TransportError) -> Poll<Option<Result<Bytes>>> {
        self.over = true;
        self.body = Body::default();
        Poll::Ready(Some(Err(self.error(Kind::Transport(error)))))
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let chunk = loop {
            if this.over {
                return Poll::Ready(None);
            }
            if !this.first.is_empty() {
                break mem::take(&mut this.first);
            }
            match Pin::new(&mut this.body).poll_next(context) {
                Poll::Ready(Some(Ok(chunk))) if chunk.is_empty() => {}
                Poll::Ready(Some(Ok(chunk))) => break chunk,
                Poll::Ready(Some(Err(error))) => return this.broken(error),
                Poll::Ready(None) => match this.length {
                    Some(length) if length != this.done => {
                        let done = this.done;
                        let problem = format!("the body ended after {done} of {length} bytes; download it again");
                        return this.broken(TransportError::other(problem));
                    }
                    _ => this.over = true,
                },
                Poll::Pending => {
                    let wait = this.wait;
                    let idle = this.idle.get_or_insert_with(|| Box::pin(sleep(wait)));
                    ready!(idle.as_mut().poll(context));
                    let done = this.done;
                    let problem = format!("nothing more came for {wait:?} after {done} bytes");
                    return this.broken(TransportError::timeout(problem));
                }
            }
        };
        this.idle = None;
        this.done += chunk.len() as u64;
        if let Some(limit) = this.limit.filter(|limit| this.done > *limit as u64) {
            return this.broken(TransportError::body_too_large(limit));
        }
        Poll::Ready(Some(Ok(chunk)))
    }
}

/// The length of the body, as long as it travels as it is.
fn length(head: &Received) -> Option<u64> {
    let headers = head.response.headers();
    if headers.contains_key(CONTENT_ENCODING) {
        return None;
    }
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Whether this may become a JSON object.
fn begins_object(start: &[u8]) -> bool {
    let text = without_mark(start).trim_ascii_start();
    text.first().is_none_or(|first| *first == b'{') || b"\xef\xbb\xbf".starts_with(start)
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks")
            .field("endpoint", &self.head.endpoint.id)
            .field("done", &self.done)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// A download that is about to begin.
#[must_use = "a call is sent when it is awaited"]
pub struct Opening {
    reply: BoxFuture<'static, Result<Payload>>,
    endpoint: &'static Endpoint,
    /// Method and path of a raw call.
    place: Option<String>,
}

impl Opening {
    pub(crate) fn new(endpoint: &'static Endpoint, reply: BoxFuture<'static, Result<Payload>>) -> Self {
        let place = None;
        Self { reply, endpoint, place }
    }

    /// Names the place of a call that has no endpoint of its own.
    pub(crate) fn at(mut self, place: String) -> Self {
        self.place = Some(place);
        self
    }

    /// The error of a call that is not sent at all.
    pub(crate) fn unsent(&self, problem: impl AsRef<str>) -> Error {
        self.named(Error::unsent(self.endpoint, problem))
    }

    fn named(&self, error: Error) -> Error {
        match &self.place {
            Some(place) => error.at(self.endpoint, place.clone()),
            None => error,
        }
    }
}

impl Future for Opening {
    type Output = Result<Chunks>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Chunks>> {
        let payload: Box<dyn Any> = match ready!(self.reply.as_mut().poll(context)) {
            Ok(payload) => payload,
            Err(error) => return Poll::Ready(Err(self.named(error))),
        };
        Poll::Ready(match payload.downcast::<Chunks>() {
            Ok(chunks) => Ok(Chunks {
                place: self.place.take(),
                ..*chunks
            }),
            // `Read::Chunks` boxed it, so this cannot happen; it is an error all the same, never a panic.
            Err(_) => Err(Error::setup("a reply was read as another type than asked for")),
        })
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("call", &self.place.as_deref().unwrap_or(self.endpoint.id))
            .finish_non_exhaustive()
    }
}
