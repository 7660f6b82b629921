//! Replies whose bodies come slowly, or not to their end.

use std::{convert::Infallible, io, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Response, header};

/// So many pieces a slow body comes in.
const PIECES: usize = 20;

/// The whole body, in pieces over so long.
pub(crate) fn slow(response: Response<Bytes>, time: Duration) -> Response<Body> {
    announced(response).map(|body| {
        let size = body.len().div_ceil(PIECES).max(1);
        let pieces = body.len().div_ceil(size).max(1);
        let pause = time / u32::try_from(pieces).unwrap_or(u32::MAX);
        Body::from_stream(stream::unfold(body, move |mut rest| async move {
            tokio::time::sleep(pause).await;
            let piece = rest.split_to(size.min(rest.len()));
            (!piece.is_empty()).then_some((Ok::<_, Infallible>(piece), rest))
        }))
    })
}

/// Half of the body, then the end of the connection.
pub(crate) fn half(response: Response<Bytes>) -> Response<Body> {
    announced(response).map(|body| {
        let half = body.slice(..body.len() / 2);
        Body::from_stream(stream::unfold(Some(half), |half| async move {
            let Some(half) = half else {
                // While this waits, what there is goes out.
                tokio::task::yield_now().await;
                return Some((Err(io::Error::from(io::ErrorKind::BrokenPipe)), None));
            };
            Some((Ok(half), None))
        }))
    })
}

// A body that is a stream has no length of its own, and would come in chunks.
fn announced(mut response: Response<Bytes>) -> Response<Bytes> {
    let length = HeaderValue::from(response.body().len());
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
    response
}
