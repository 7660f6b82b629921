//! Who is in the sandbox: `GET /_sandbox/about`.

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};

use super::Problem;
use crate::{app::App, sandbox::Sandbox};

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new().route("/about", get(about))
}

async fn about(State(sandbox): State<Sandbox>) -> Result<Json<Value>, Problem> {
    let state = sandbox.0.state();
    let apps: Vec<Value> = state.apps.iter().map(|app| show(&sandbox, app)).collect();
    let users = state.store.users()?;
    let users = users
        .iter()
        .map(|user| json!({"open_id": user.open_id, "name": user.name}));
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "time": state.clock.now(),
        "tenant_key": state.home(),
        "chat_id": sandbox.chat_id(),
        "apps": apps,
        "users": users.collect::<Vec<_>>(),
    })))
}

// The secret stays where it is: the console never needs it.
fn show(sandbox: &Sandbox, app: &App) -> Value {
    let first = app.id == sandbox.app_id();
    json!({"id": app.id, "kind": app.kind, "disabled": app.disabled, "first": first, "scopes": app.scopes})
}
