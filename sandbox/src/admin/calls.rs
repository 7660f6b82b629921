//! What was called: `GET /_sandbox/calls` lists calls, newest first, and `/_sandbox/calls/{log_id}` tells all about one.

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Problem;
use crate::{
    calls::CallRecord,
    catalog::{Catalog, Operation},
    sandbox::Sandbox,
};

/// So many calls are listed unless more are asked for.
const LISTED: usize = 200;

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/calls", get(list))
        .route("/calls/{log_id}", get(one))
}

/// Which calls are wanted.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    /// A part of the log id.
    log_id: String,
    /// The platform's code.
    code: String,
    /// A part of the operation's id, or of the path.
    endpoint: String,
    limit: Option<usize>,
}

impl Wanted {
    fn has(&self, call: &CallRecord) -> bool {
        let operation = call.operation.as_deref().unwrap_or_default();
        (self.code.is_empty() || call.code.to_string() == self.code)
            && call.log_id.contains(&self.log_id.to_ascii_uppercase())
            && (operation.contains(&self.endpoint) || call.path.contains(&self.endpoint))
    }
}

async fn list(
    State(sandbox): State<Sandbox>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(wanted) = wanted.map_err(|wrong| Problem::wrong(wrong.body_text()))?;
    let state = sandbox.0.state();
    let found = state.calls.iter().rev().filter(|call| wanted.has(call));
    let calls: Vec<Value> = found.take(wanted.limit.unwrap_or(LISTED)).map(line).collect();
    Ok(Json(json!({"calls": calls, "kept": state.calls.len()})))
}

async fn one(State(sandbox): State<Sandbox>, Path(log_id): Path<String>) -> Result<Json<Value>, Problem> {
    let call = {
        let state = sandbox.0.state();
        state.calls.iter().rev().find(|call| call.log_id == log_id).cloned()
    };
    let call = call.ok_or_else(|| {
        Problem::missing("no call with this log id; the last 10,000 are kept, and it is 34 characters long")
    })?;
    let operation = call.operation.as_deref().and_then(|id| sandbox.catalog().operation(id));
    let mut shown = line(&call);
    shown["arguments"] = call.arguments.clone().into();
    shown["unknown"] = json!(call.unknown);
    shown["reply"] = call.reply.clone();
    shown["advice"] = advice(sandbox.catalog(), operation, call.code);
    Ok(Json(shown))
}

fn line(call: &CallRecord) -> Value {
    json!({
        "log_id": call.log_id,
        "time": call.time,
        "method": call.method,
        "path": call.path,
        "operation": call.operation,
        "app": call.app,
        "identity": call.identity,
        "status": call.status,
        "code": call.code,
        "millis": call.duration.as_secs_f64() * 1000.0,
        "size": call.reply_size,
        "sample": call.sample,
    })
}

/// What the catalog says about a code: the operation's own table, then the platform's.
pub(super) fn advice(catalog: &Catalog, operation: Option<&Operation>, code: i64) -> Value {
    if code == 0 {
        return Value::Null;
    }
    let own = operation.and_then(|operation| operation.error(code));
    match (own, catalog.platform.errors.get(&code)) {
        (Some(own), _) => json!({"doc": own.doc, "of": "operation"}),
        (None, Some(shared)) => json!({"doc": shared.doc, "of": "platform"}),
        (None, None) => Value::Null,
    }
}
