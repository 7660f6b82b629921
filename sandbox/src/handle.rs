//! One call from beginning to end: route, access, checks, then what the operation does.

use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::{
    access,
    acts::{Act, Outcome},
    calls::{self, CallRecord},
    catalog::{Catalog, Operation, Reply, Route},
    check::{self, Checked},
    granted::Granted,
    incoming::{Body, Incoming},
    issue,
    range::{self, Asked},
    refusal::{Refusal, code},
    sample,
    sandbox::Inner,
    store::File,
};

const LOG_ID: HeaderName = HeaderName::from_static("x-tt-logid");
const SAMPLE: HeaderName = HeaderName::from_static("x-flybook-sample");

/// Answers one call and records it; `forced` refuses it whatever it is.
pub(crate) fn answer(sandbox: &Inner, request: Request<Bytes>, forced: Option<Refusal>) -> Response<Bytes> {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let catalog = &*sandbox.catalog;
    let (operation, values) = match catalog.route(method, path) {
        Route::Operation(operation, values) => (operation, values),
        nowhere => return lost(sandbox, nowhere, method, path, began, forced),
    };
    // Reading and checking need no state; only what follows holds the lock.
    let incoming = Incoming::read(operation, values, &parts, &body);
    let checked = check::check(catalog, operation, &incoming);

    let mut state = sandbox.state();
    let now = state.clock.now();
    let log_id = state.mint.log_id(now);
    let caller = access::admit(&state, operation, &incoming.headers, now);
    let app = match &caller {
        Ok(Some(caller)) => Some(caller.app.clone()),
        Ok(None) if operation.signs_in() => {
            Some(checked.text("client_id").to_owned()).filter(|id| state.app(id).is_some())
        }
        Ok(None) => Some(checked.text("app_id").to_owned()).filter(|id| state.app(id).is_some()),
        Err(_) => None,
    };
    let caller = forced.map_or(caller, Err);
    let outcome = caller.and_then(|caller| {
        state.limits.take(operation, app.as_deref(), caller.as_ref(), now)?;
        judge(operation, &incoming, &checked)?;
        state
            .limits
            .take_receiver(catalog, operation, &checked, caller.as_ref(), now)?;
        let granted = Granted::to_caller(&state, caller.as_ref());
        granted.admit(&checked, caller.as_ref())?;
        let act = Act {
            state: &mut state,
            catalog,
            operation,
            sent: &checked,
            incoming: &incoming,
            size: body.len(),
            caller,
            now,
        };
        let mut outcome = act.perform()?;
        if let (Outcome::Facts(payload) | Outcome::Sample(payload), Some(kind)) = (&mut outcome, &operation.data) {
            granted.strip(catalog, kind, payload);
        }
        Ok(outcome)
    });
    let outcome = outcome.map_err(|refusal| refusal.listed(catalog, operation));
    let (code, response) = match &outcome {
        Ok(outcome) => (0, succeed(catalog, operation, outcome, &incoming.headers, &log_id)),
        Err(refusal) => (refusal.code, refuse(catalog, Some(operation), refusal, &log_id)),
    };
    let hidden = checked
        .secrets
        .iter()
        .fold(path.to_owned(), |path, secret| path.replace(secret.as_str(), "***"));
    state.record(CallRecord {
        method: method.to_owned(),
        path: hidden,
        operation: Some(operation.id.clone()),
        app,
        identity: access::identity(&incoming.headers),
        status: response.status().as_u16(),
        code,
        log_id,
        time: now,
        arguments: calls::masked(&checked),
        unknown: checked.unknown.iter().cloned().collect(),
        reply: calls::kept(catalog, Some(operation), &response, &checked.secrets),
        reply_size: response.body().len(),
        sample: response.headers().contains_key(SAMPLE),
        duration: began.elapsed(),
    });
    response
}

fn lost(
    sandbox: &Inner,
    route: Route<'_>,
    method: &str,
    path: &str,
    began: Instant,
    forced: Option<Refusal>,
) -> Response<Bytes> {
    let refusal = match (forced, &sandbox.fault, route) {
        (Some(forced), ..) => forced,
        (None, Some(fault), _) => {
            Refusal::new(code::UNKNOWN_PATH, fault.clone()).with_status(StatusCode::INTERNAL_SERVER_ERROR)
        }
        (None, None, Route::WrongMethod(methods)) => {
            let methods = methods.join(", ");
            Refusal::new(
                code::WRONG_METHOD,
                format!("request method doesn't match: `{path}` takes {methods}, not {method}"),
            )
        }
        (None, None, _) => Refusal::new(
            code::UNKNOWN_PATH,
            format!("resource not found: no operation has the path `{path}`"),
        ),
    };
    let mut state = sandbox.state();
    let now = state.clock.now();
    let log_id = state.mint.log_id(now);
    let response = refuse(&sandbox.catalog, None, &refusal, &log_id);
    state.record(CallRecord {
        method: method.to_owned(),
        path: path.to_owned(),
        operation: None,
        app: None,
        identity: None,
        status: response.status().as_u16(),
        code: refusal.code,
        log_id,
        time: now,
        arguments: Map::new(),
        unknown: Vec::new(),
        reply: calls::kept(&sandbox.catalog, None, &response, &[]),
        reply_size: response.body().len(),
        sample: false,
        duration: began.elapsed(),
    });
    response
}

// Which code a violation has depends on what the operation does: tokens and message contents have their own.
fn judge(operation: &Operation, incoming: &Incoming, checked: &Checked) -> Result<(), Refusal> {
    if let Body::Unreadable(why) = &incoming.body {
        return Err(Refusal::new(code::MALFORMED, format!("Bad Request: {why}")));
    }
    if checked.violations.is_empty() {
        return Ok(());
    }
    let code = match &operation.simulate {
        _ if operation.signs_in() => code::GRANT_PARAMETER,
        Some(words) if words.verb() == "issue" => code::TOKEN_PARAMETER,
        _ if issue::wants_credentials(operation) => code::TOKEN_PARAMETER,
        Some(words) if words.thing() == "message" && operation.error(code::MESSAGE_PARAMETER).is_some() => {
            // What a message says is judged behind the gateway, once the gateway finds nothing missing.
            let within = |role: &str, field: &str| {
                words.roles.get(role).is_some_and(|name| {
                    field
                        .strip_prefix(name.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
                })
            };
            let content = checked.violations.iter().all(|violation| {
                let sent = checked
                    .arguments
                    .contains_key(violation.field.split(['.', '[']).next().unwrap_or_default());
                sent && (within("content", &violation.field) || within("type", &violation.field))
            });
            if content { code::MESSAGE_PARAMETER } else { code::SCHEMA }
        }
        _ => code::SCHEMA,
    };
    Err(Refusal::violations(code, checked.violations.clone()))
}

fn succeed(
    catalog: &Catalog,
    operation: &Operation,
    outcome: &Outcome,
    headers: &HeaderMap,
    log_id: &str,
) -> Response<Bytes> {
    let (payload, sample) = match outcome {
        Outcome::Facts(facts) => match &operation.data {
            Some(kind) => (&sample::project(catalog, kind, facts), false),
            None => (&json!({}), false),
        },
        Outcome::Sample(payload) => (payload, true),
        Outcome::File(file) => return stored(file, headers, log_id),
        Outcome::SampleFile => return sample_file(log_id),
    };
    let body = match (&operation.reply, payload) {
        (Reply::Flat, Value::Object(members)) => {
            let mut flat = Map::from_iter([("code".to_owned(), 0.into()), ("msg".to_owned(), "ok".into())]);
            for (name, member) in members {
                flat.entry(name.clone()).or_insert_with(|| member.clone());
            }
            // OAuth knows no message of success.
            if operation.signs_in() {
                flat.remove("msg");
            }
            Value::Object(flat)
        }
        (Reply::Key(key), _) => json!({"code": 0, "msg": "success", key.as_str(): payload}),
        _ => json!({"code": 0, "msg": "success", "data": payload}),
    };
    let mut response = reply(
        StatusCode::OK,
        body.to_string().into(),
        "application/json; charset=utf-8",
        log_id,
    );
    if sample {
        response.headers_mut().insert(SAMPLE, HeaderValue::from_static("true"));
    }
    response
}

fn stored(file: &File, headers: &HeaderMap, log_id: &str) -> Response<Bytes> {
    let length = file.bytes.len();
    let (status, bytes, range) = match range::asked(headers, length) {
        Asked::All => (StatusCode::OK, file.bytes.clone(), None),
        Asked::Part(part) => {
            let range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            (StatusCode::PARTIAL_CONTENT, file.bytes.slice(part), Some(range))
        }
        Asked::Beyond => (
            StatusCode::RANGE_NOT_SATISFIABLE,
            Bytes::new(),
            Some(format!("bytes */{length}")),
        ),
    };
    let mut response = reply(status, bytes, "application/octet-stream", log_id);
    let told = response.headers_mut();
    told.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(range) = range.and_then(|range| HeaderValue::from_str(&range).ok()) {
        told.insert(header::CONTENT_RANGE, range);
    }
    let name = utf8_percent_encode(&file.name, NON_ALPHANUMERIC);
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

fn sample_file(log_id: &str) -> Response<Bytes> {
    let content = Bytes::from_static(b"A sample file of the sandbox.\n");
    let mut response = reply(StatusCode::OK, content, "application/octet-stream", log_id);
    let headers = response.headers_mut();
    headers.insert(SAMPLE, HeaderValue::from_static("true"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"sample.txt\""),
    );
    response
}

fn refuse(catalog: &Catalog, operation: Option<&Operation>, refusal: &Refusal, log_id: &str) -> Response<Bytes> {
    let own = operation.and_then(|operation| operation.error(refusal.code));
    let shared = catalog.platform.errors.get(&refusal.code);
    let meaning = own
        .map(|error| error.doc.as_str())
        .or(shared.map(|error| error.doc.as_str()));
    let listed = own
        .and_then(|error| error.status)
        .or(shared.and_then(|error| error.status));
    let body = refusal.body(operation, meaning, log_id);
    let mut response = reply(
        refusal.status(listed),
        body.to_string().into(),
        "application/json; charset=utf-8",
        log_id,
    );
    response.headers_mut().extend(refusal.headers());
    response
}

/// A refusal of what never became a call, such as a body beyond the limit.
pub(crate) fn reject(sandbox: &Inner, status: StatusCode, why: &str) -> Response<Bytes> {
    let mut state = sandbox.state();
    let now = state.clock.now();
    let log_id = state.mint.log_id(now);
    let refusal = Refusal::new(code::MALFORMED, format!("Bad Request: {why}")).with_status(status);
    refuse(&sandbox.catalog, None, &refusal, &log_id)
}

/// A page of what stands before the platform; it has a log id, and nothing else of the platform's.
pub(crate) fn page(sandbox: &Inner, status: StatusCode, body: String) -> Response<Bytes> {
    let mut state = sandbox.state();
    let now = state.clock.now();
    let log_id = state.mint.log_id(now);
    reply(status, body.into(), "text/html", &log_id)
}

fn reply(status: StatusCode, body: Bytes, kind: &'static str, log_id: &str) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(log_id) = HeaderValue::from_str(log_id) {
        response.headers_mut().insert(LOG_ID, log_id);
    }
    response
}
