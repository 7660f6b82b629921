//! Why a route of the sandbox's own refuses: a status and a sentence, as JSON.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Why a request cannot be answered, and what to do about it.
#[derive(Debug)]
pub(crate) struct Problem(StatusCode, String);

impl Problem {
    /// What was asked for is not there.
    pub(crate) fn missing(why: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, why.into())
    }

    /// What was sent makes no sense.
    pub(crate) fn wrong(why: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, why.into())
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the sandbox's store fails: {error}"),
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"problem": self.1}))).into_response()
    }
}
