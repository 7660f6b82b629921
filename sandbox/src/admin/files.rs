//! Uploaded pictures, to be looked at: `GET /_sandbox/files/{key}`.

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;

use super::Problem;
use crate::sandbox::Sandbox;

/// What pictures begin with, and what they are then.
const PICTURES: [(&[u8], &str); 5] = [
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"RIFF", "image/webp"),
];

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new().route("/files/{key}", get(file))
}

async fn file(State(sandbox): State<Sandbox>, Path(key): Path<String>) -> Result<Response, Problem> {
    let file = sandbox.0.state().store.stored(&key)?;
    // Messages name keys that never were uploaded here; that is no fault of the page, which then shows the key.
    let Some(file) = file else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    Ok((
        [
            (header::CONTENT_TYPE, kind(&file.bytes)),
            // Whatever somebody uploaded, it is never a page of this address.
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            (header::CONTENT_DISPOSITION, "attachment"),
        ],
        file.bytes,
    )
        .into_response())
}

fn kind(bytes: &Bytes) -> &'static str {
    let known = PICTURES.iter().find(|(begin, _)| bytes.starts_with(begin));
    known.map_or("application/octet-stream", |(_, kind)| kind)
}
