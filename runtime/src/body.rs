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
        // Most bodies come in one piece, which is then handed on as it is.
        let mut whole = Bytes::new();
        let mut pieces = BytesMut::new();
        while let Some(piece) = self.chunk().await? {
            if piece.len() > limit.saturating_sub(whole.len() + pieces.len()) {
                return Err(TransportError::body_too_large(limit));
            }
            if whole.is_empty() && pieces.is_empty() {
                whole = piece;
            } else {
                pieces.extend_from_slice(&mem::take(&mut whole));
                pieces.extend_from_slice(&piece);
            }
        }
        Ok(if pieces.is_empty() { whole } else { pieces.freeze() })
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
