//! Calls from a form: `POST /_sandbox/send` makes one, `POST /_sandbox/samples` shows the code for it.

use std::time::Instant;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    routing::post,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Problem, calls, catalog, example, request};
use crate::{
    base64,
    calls::{MASK, shown},
    catalog::{Operation, TokenKind},
    code,
    sandbox::Sandbox,
    state::State as Remembered,
};

/// As much as the sandbox takes over its socket, and a third more for files in base64.
const LARGEST: usize = 90 * 1024 * 1024;
/// Files up to this size go back to the form.
const LARGEST_FILE: usize = 16 * 1024 * 1024;
const HELPDESK: HeaderName = HeaderName::from_static("x-lark-helpdesk-authorization");

pub(crate) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/send", post(send))
        .route("/samples", post(samples))
        .layer(DefaultBodyLimit::max(LARGEST))
}

/// A call as a form has it.
#[derive(Deserialize)]
struct Form {
    operation: String,
    #[serde(default)]
    values: Map<String, Value>,
    /// As whom; without it as the first kind that the operation takes.
    identity: Option<TokenKind>,
    /// The user, by open id; without it the first one.
    user: Option<String>,
    /// The app; without it the first one.
    app: Option<String>,
}

async fn send(State(sandbox): State<Sandbox>, form: Result<Json<Form>, JsonRejection>) -> Result<Json<Value>, Problem> {
    let Json(form) = form.map_err(|wrong| Problem::wrong(wrong.body_text()))?;
    let operation = catalog::find(sandbox.catalog(), &form.operation)?;
    let mut values = form.values.clone();
    for (name, value) in &mut values {
        if value == MASK
            && let Some(secret) = example::secret(&sandbox, name)
        {
            *value = secret.into();
        }
    }
    let boundary = sandbox.0.state().mint.id("flybook-");
    let built = request::build(sandbox.catalog(), operation, &values, &boundary);
    let mut request = built.map_err(Problem::wrong)?;
    authorize(&sandbox, operation, &form, request.headers_mut())?;
    let target = request.uri().to_string();
    let began = Instant::now();
    let response = sandbox.handle(request).await;
    let took = began.elapsed();
    let log_id = header_text(response.headers(), "x-tt-logid");
    let secrets: Vec<String> = values
        .keys()
        .filter_map(|name| example::secret(&sandbox, name))
        .collect();
    let reply = shown(sandbox.catalog(), Some(operation), &response, &secrets);
    let code = reply.get("code").and_then(Value::as_i64);
    let status = response.status().as_u16();
    let file = reply.is_null().then(|| file(response.headers(), response.body()));
    let target = secrets
        .iter()
        .fold(target, |target, secret| target.replace(secret.as_str(), MASK));
    Ok(Json(json!({
        "status": status,
        "code": code,
        "log_id": log_id,
        "millis": took.as_secs_f64() * 1000.0,
        "sample": response.headers().contains_key("x-flybook-sample"),
        "size": response.body().len(),
        "reply": reply,
        "file": file,
        "advice": calls::advice(sandbox.catalog(), Some(operation), code.unwrap_or_default()),
        "limits": limits(response.headers()),
        "request": {"method": operation.method, "path": target},
    })))
}

async fn samples(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    form: Result<Json<Form>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(form) = form.map_err(|wrong| Problem::wrong(wrong.body_text()))?;
    let operation = catalog::find(sandbox.catalog(), &form.operation)?;
    let values = request::without_files(&form.values);
    let origin = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.map(|host| format!("http://{host}"));
    let token = identity(operation, &form).unwrap_or(TokenKind::Tenant);
    let samples = code::samples(sandbox.catalog(), operation, &values, token, origin.as_deref());
    Ok(Json(json!(samples)))
}

// None for calls that take no token.
fn identity(operation: &Operation, form: &Form) -> Option<TokenKind> {
    let first = operation.tokens.first().copied()?;
    Some(form.identity.unwrap_or(first))
}

// Tokens are issued and used here, and never leave.
fn authorize(sandbox: &Sandbox, operation: &Operation, form: &Form, headers: &mut HeaderMap) -> Result<(), Problem> {
    let mut state = sandbox.0.state();
    if operation.auth.is_some() {
        let known = state.helpdesk.clone().unwrap_or_else(|| "sandbox:sandbox".to_owned());
        insert(headers, HELPDESK, &base64::encode(known.as_bytes()));
    }
    let Some(kind) = identity(operation, form) else {
        return Ok(());
    };
    let id = form.app.as_deref().unwrap_or(sandbox.app_id());
    let app = state
        .app(id)
        .cloned()
        .ok_or_else(|| Problem::wrong(format!("no app `{}`", id.escape_debug())))?;
    let now = state.clock.now();
    let tenant = state.home().to_owned();
    let Remembered { tokens, mint, .. } = &mut *state;
    let token = match kind {
        TokenKind::User => {
            let user = form.user.as_deref().unwrap_or(sandbox.open_id());
            tokens.for_user(&app.id, &tenant, user, None, mint, now)
        }
        kind => tokens.for_app(&app, &tenant, kind, mint, now).0,
    };
    insert(headers, header::AUTHORIZATION, &format!("Bearer {token}"));
    Ok(())
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn limits(headers: &HeaderMap) -> Map<String, Value> {
    let known = ["x-ogw-ratelimit-limit", "x-ogw-ratelimit-reset", "retry-after"];
    let told = known.iter().filter(|name| headers.contains_key(**name));
    told.map(|name| ((*name).to_owned(), header_text(headers, name).into()))
        .collect()
}

fn file(headers: &HeaderMap, body: &[u8]) -> Value {
    let disposition = header_text(headers, "content-disposition");
    let name = disposition.split("filename=").nth(1).map(|name| name.trim_matches('"'));
    let content = (body.len() <= LARGEST_FILE).then(|| base64::encode(body));
    json!({
        "name": name.unwrap_or("reply"),
        "type": header_text(headers, "content-type"),
        "base64": content,
    })
}
