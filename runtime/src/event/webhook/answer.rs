//! What the platform is told.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use super::admit::Refused;
use crate::event::{Answer, Schema};

/// What an answer without a reply looks like.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Event,
    /// Whatever is answered becomes the card, save for `{}` (protocol §5.8).
    Card,
}

impl Shape {
    pub(super) fn of(schema: Schema) -> Self {
        match schema {
            Schema::Bare => Self::Card,
            Schema::V1 | Schema::V2 => Self::Event,
        }
    }
}

pub(super) fn response(answer: Answer, shape: Shape) -> Response<Bytes> {
    match answer {
        Answer::Done(Some(reply)) => json_response(StatusCode::OK, reply),
        Answer::Done(None) => taken("success", shape),
        Answer::Unhandled => taken("nobody handles it", shape),
        Answer::Failed => said(StatusCode::INTERNAL_SERVER_ERROR, "it could not be handled"),
        Answer::Busy => said(StatusCode::SERVICE_UNAVAILABLE, "not now"),
    }
}

/// It was handled when it came first; that it is sent again means that the platform missed the answer, which is given once more.
pub(super) fn repeated(shape: Shape) -> Response<Bytes> {
    taken("it came before", shape)
}

pub(super) fn challenge(text: &str) -> Response<Bytes> {
    json_response(StatusCode::OK, json!({ "challenge": text }).to_string())
}

pub(super) fn refusal(refused: Refused) -> Response<Bytes> {
    let (status, said_to_all, logged) = match &refused {
        Refused::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, LARGE, LARGE),
        Refused::Malformed(why) => (StatusCode::BAD_REQUEST, why.as_str(), why.as_str()),
        Refused::Foreign(why) => (StatusCode::UNAUTHORIZED, FOREIGN, *why),
        Refused::Stale => (StatusCode::UNAUTHORIZED, STALE, STALE),
    };
    tracing::warn!(target: "flybook::webhook", "refused a request: {logged}");
    said(status, said_to_all)
}

pub(super) fn said(status: StatusCode, what: &str) -> Response<Bytes> {
    json_response(status, json!({ "msg": what }).to_string())
}

fn taken(what: &str, shape: Shape) -> Response<Bytes> {
    match shape {
        Shape::Event => said(StatusCode::OK, what),
        Shape::Card => json_response(StatusCode::OK, "{}"),
    }
}

fn json_response(status: StatusCode, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, json);
    // A challenge is said back to anybody: never as a page.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

const LARGE: &str = "the body is larger than the handler takes";
const FOREIGN: &str = "it is not of this app's keys";
const STALE: &str = "its time is too far from the clock of this machine";
