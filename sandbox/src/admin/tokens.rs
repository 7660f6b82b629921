//! `/_sandbox/tokens`: lets tokens run out, or be unknown.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;

use super::refused;
use crate::{sandbox::Sandbox, yaml::Reader};

pub(super) fn routes() -> Router<Sandbox> {
    Router::new().route("/tokens", post(end))
}

async fn end(State(sandbox): State<Sandbox>, body: Bytes) -> Response {
    let mut reader = Reader::default();
    let doing = reader.document(&String::from_utf8_lossy(&body)).and_then(|node| {
        let fine = reader.keys(&node, "the call", &["do"]);
        fine.then(|| reader.text(node.get("do")))?
    });
    match doing.as_deref() {
        Some("expire") => sandbox.expire_tokens(),
        Some("revoke") => sandbox.revoke_tokens(),
        Some("revoke_refresh") => sandbox.revoke_refresh_tokens(),
        _ => {
            reader.report(
                (1, 1),
                "send {\"do\": \"expire\"}, {\"do\": \"revoke\"} or {\"do\": \"revoke_refresh\"}",
            );
            return refused(&reader);
        }
    }
    StatusCode::NO_CONTENT.into_response()
}
