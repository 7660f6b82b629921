//! A body that arrives, or leaves, chunk by chunk.

use std::{
    fmt,
    future::poll_fn,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::TransportError;

/// A body as a [`Stream`] of chunks; `Bytes` are one as well, by `From`.
pub struct Body(Content);

enum Content {
    Whole(Bytes),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>),
}

impl Body {
    /// A body of these chunks.
    pub fn new(chunks: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static) -> Self {
        Self(Content::Stream(Box::pin(chunks)))
    }

    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context))
            .await
            .transpose()
    }

    /// All of it, unless it is larger than `limit`.
    pub(crate) async fn whole(mut self, limit: usize) -> Result<Bytes, TransportError> {
        gathered(&mut self, limit).await
    }
}

/// All chunks in one, unless that is larger than `limit`.
pub(crate) async fn gathered<S>(chunks: &mut S, limit: usize) -> Result<Bytes, TransportError>
where
    S: Stream<Item = Result<Bytes, TransportError>> + Unpin,
{
    let mut gathered = Gathered::One(Bytes::new());
    while let Some(chunk) = poll_fn(|context| Pin::new(&mut *chunks).poll_next(context)).await {
        gathered.add(chunk?, limit)?;
    }
    Ok(match gathered {
        Gathered::One(bytes) => bytes,
        Gathered::More(bytes) => bytes.freeze(),
    })
}

/// Most bodies come in one piece, which is then handed on as it is.
enum Gathered {
    One(Bytes),
    More(BytesMut),
}

impl Gathered {
    fn add(&mut self, chunk: Bytes, limit: usize) -> Result<(), TransportError> {
        let length = match self {
            Self::One(bytes) => bytes.len(),
            Self::More(bytes) => bytes.len(),
        };
        if chunk.len() > limit.saturating_sub(length) {
            return Err(TransportError::body_too_large(limit));
        }
        match self {
            Self::One(bytes) if bytes.is_empty() => *bytes = chunk,
            Self::One(bytes) => {
                let mut more = BytesMut::with_capacity(bytes.len() + chunk.len());
                more.extend_from_slice(bytes);
                more.extend_from_slice(&chunk);
                *self = Self::More(more);
            }
            Self::More(bytes) => bytes.extend_from_slice(&chunk),
        }
        Ok(())
    }
}

impl Default for Body {
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Content::Whole(bytes))
    }
}

impl Stream for Body {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = match &mut self.0 {
            Content::Whole(bytes) => {
                let bytes = mem::take(bytes);
                return Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)));
            }
            Content::Stream(stream) => stream.as_mut().poll_next(context),
        };
        // What is over is let go of, and never asked again.
        if !matches!(item, Poll::Pending | Poll::Ready(Some(Ok(_)))) {
            *self = Self::default();
        }
        item
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}
