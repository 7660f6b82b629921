//! Where clients learn which address to connect to.

use std::time::Instant;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use super::{DiscoveryFault, Ticket};
use crate::{calls::CallRecord, catalog::AppKind, refusal::code, sandbox::Inner, state::State};

/// So many unused tickets are kept.
const TICKETS_KEPT: usize = 1000;

/// Answers one request for an address.
pub(crate) async fn discover(sandbox: &Inner, request: Request<Bytes>) -> Response<Bytes> {
    let began = Instant::now();
    let (slow, fault) = {
        let mut state = sandbox.state();
        (state.sockets.slow, state.sockets.discovery.pop_front())
    };
    if !slow.is_zero() {
        sandbox.patience(slow).await;
    }
    let mut state = sandbox.state();
    let asked: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let (status, body) = match fault {
        Some(DiscoveryFault::Status(status)) => (
            status,
            json!({"code": i64::from(status), "msg": "told to fail"}).to_string(),
        ),
        Some(DiscoveryFault::Code(code)) => (200, json!({"code": code, "msg": "told to fail"}).to_string()),
        Some(DiscoveryFault::NoUrl) => (200, json!({"code": 0, "msg": "", "data": null}).to_string()),
        Some(DiscoveryFault::Garbage) => (200, "<html>".to_owned()),
        None if request.method() != Method::POST => (405, refusal(code::WRONG_METHOD, "send it as POST").to_string()),
        None => (
            200,
            admit(&mut state, &asked).unwrap_or_else(|refused| refused).to_string(),
        ),
    };
    let code = serde_json::from_str(&body).map_or(0, |body: Value| body["code"].as_i64().unwrap_or_default());
    let now = state.clock.now();
    let log_id = state.mint.log_id(now);
    let app = asked["AppID"].as_str().map(str::to_owned);
    let app = app.filter(|id| state.app(id).is_some());
    let mut arguments = Map::new();
    for (name, value) in asked.as_object().into_iter().flatten() {
        let shown = if name == "AppID" { value.clone() } else { "***".into() };
        arguments.insert(name.clone(), shown);
    }
    state.record(CallRecord {
        method: request.method().to_string(),
        path: super::DISCOVERY.to_owned(),
        operation: None,
        app,
        identity: None,
        status,
        code,
        log_id,
        time: now,
        arguments,
        unknown: Vec::new(),
        // The address it gives is a credential.
        reply: Value::Null,
        reply_size: body.len(),
        sample: false,
        duration: began.elapsed(),
    });
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn refusal(code: i64, message: &str) -> Value {
    json!({"code": code, "msg": message})
}

fn admit(state: &mut State, asked: &Value) -> Result<Value, Value> {
    let text = |name: &str| asked[name].as_str().unwrap_or_default();
    let Some(app) = state.app(text("AppID")).filter(|_| !text("AppSecret").is_empty()) else {
        return Err(refusal(
            code::TOKEN_PARAMETER,
            "invalid param: `AppID` or `AppSecret` is missing or unknown",
        ));
    };
    if app.secret != text("AppSecret") {
        return Err(refusal(code::WRONG_SECRET, "app secret invalid"));
    }
    if app.disabled {
        return Err(refusal(
            code::APP_UNAVAILABLE,
            "app unavailable: it is disabled; enable it in the console",
        ));
    }
    if app.kind != AppKind::Custom {
        return Err(refusal(
            code::WRONG_APP,
            "long connections are for custom apps; a store app sets a request URL",
        ));
    }
    let app = app.id.clone();
    let Some(address) = state.sockets.address else {
        // Final, for a client that tries again and again would never say why.
        let message = "the sandbox has no socket to connect to; call `Sandbox::serve` first";
        return Err(refusal(code::UNKNOWN_PATH, message));
    };
    let (device, ticket, key) = (state.mint.id(""), state.mint.id(""), state.mint.id(""));
    let sockets = &mut state.sockets;
    sockets.served = sockets.served.wrapping_add(1).max(1);
    let service = sockets.served;
    let url = format!(
        "ws://{address}{}?device_id={device}&service_id={service}&access_key={key}&ticket={ticket}",
        super::REQUEST.trim_start_matches("GET ")
    );
    if sockets.tickets.len() == TICKETS_KEPT {
        sockets.tickets.pop_front();
    }
    sockets.tickets.push_back((ticket, Ticket { app, device, service }));
    let config = sockets.config.to_json();
    Ok(json!({"code": 0, "msg": "", "data": {"URL": url, "ClientConfig": config}}))
}
