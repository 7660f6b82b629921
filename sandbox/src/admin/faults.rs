//! `/_sandbox/faults`: what goes wrong, set and taken back by other programs.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get},
};
use bytes::Bytes;
use serde_json::{Value, json};

use super::refused;
use crate::{
    faults,
    sandbox::Sandbox,
    yaml::{self, Node, Reader},
};

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/faults", get(list).post(add).delete(clear))
        .route("/faults/{id}", delete(remove))
}

async fn list(State(sandbox): State<Sandbox>) -> Json<Value> {
    let state = sandbox.0.state();
    let rules: Vec<Value> = state.faults.rules.iter().map(faults::Rule::to_json).collect();
    Json(json!({ "faults": rules }))
}

// One fault or a list of them; either all are set or none.
async fn add(State(sandbox): State<Sandbox>, body: Bytes) -> Response {
    let mut reader = Reader::default();
    let node = reader.document(&String::from_utf8_lossy(&body));
    let nodes: Vec<&Node> = match &node {
        Some(Node {
            value: yaml::Value::List(items),
            ..
        }) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    if nodes.is_empty() {
        let what = "send a fault, such as {\"when\": {\"operation\": \"im.v1.message.create\"}, \"do\": \"drop\"}, or a list of them";
        reader.report((1, 1), what);
    }
    let mut read = Vec::new();
    for node in nodes {
        let Some(fault) = faults::read(&mut reader, node) else {
            continue;
        };
        match sandbox.check_fault(&fault) {
            Ok(()) => read.push(fault),
            Err(error) => faults::report(&mut reader, node, error),
        }
    }
    if !reader.mistakes.is_empty() {
        return refused(&reader);
    }
    let handles = read.into_iter().filter_map(|fault| sandbox.fault(fault).ok());
    let ids: Vec<u64> = handles.map(|handle| handle.id()).collect();
    (StatusCode::CREATED, Json(json!({ "ids": ids }))).into_response()
}

async fn clear(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.clear_faults();
    StatusCode::NO_CONTENT
}

async fn remove(State(sandbox): State<Sandbox>, Path(id): Path<u64>) -> StatusCode {
    match sandbox.0.state().faults.remove(id) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::NOT_FOUND,
    }
}
