//! `/_sandbox/clock`: the sandbox's time, read, moved, and made to run faster.

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use serde_json::{Value, json};

use super::refused;
use crate::{sandbox::Sandbox, yaml::Reader};

pub(super) fn routes() -> Router<Sandbox> {
    Router::new().route("/clock", get(tell).post(set))
}

async fn tell(State(sandbox): State<Sandbox>) -> Json<Value> {
    let clock = sandbox.0.state().clock;
    Json(json!({"now": clock.now(), "scale": clock.rate()}))
}

async fn set(State(sandbox): State<Sandbox>, body: Bytes) -> Response {
    let mut reader = Reader::default();
    let (mut by, mut scale) = (None, None);
    if let Some(node) = reader.document(&String::from_utf8_lossy(&body))
        && reader.keys(&node, "the clock", &["advance", "scale"])
    {
        by = reader.duration(node.get("advance"));
        scale = reader.read(node.get("scale"), "a number of times, 0 or more", |text| {
            text.parse()
                .ok()
                .filter(|scale: &f64| scale.is_finite() && *scale >= 0.0)
        });
    }
    if by.is_none() && scale.is_none() && reader.mistakes.is_empty() {
        reader.report((1, 1), "send {\"advance\": \"10s\"} or {\"scale\": 2}");
    }
    if !reader.mistakes.is_empty() {
        return refused(&reader);
    }
    if let Some(scale) = scale {
        sandbox.set_time_scale(scale);
    }
    if let Some(by) = by {
        sandbox.advance(by);
    }
    tell(State(sandbox)).await.into_response()
}
