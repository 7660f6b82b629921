//! One call with what goes wrong with it.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde_json::Value;

use super::{
    fault::{Answer, Doom},
    lost::Lost,
    rule::{Call, Plan},
};
use crate::{
    catalog::{Operation, Route},
    handle,
    refusal::{Refusal, Throttled, code},
    sandbox::{Inner, Sandbox},
    state::State,
};

/// A reply, and how it travels.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) response: Response<Bytes>,
    pub(crate) way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Whole,
    /// In pieces that take so long.
    Slow(Duration),
    Lost(Lost),
}

/// Answers one call, or lets it fail.
pub(crate) async fn answer(sandbox: &Sandbox, request: Request<Bytes>) -> Answered {
    let (plan, limit) = plan(&sandbox.0, &request);
    if plan == Plan::default() {
        let response = sandbox.carry_out(request, None).await;
        return Answered {
            response,
            way: Way::Whole,
        };
    }
    let [before, after] = plan.delays;
    pause(before).await;
    match plan.tokens {
        Some(Doom::Expire) => sandbox.expire_tokens(),
        Some(Doom::Revoke) => sandbox.revoke_tokens(),
        None => {}
    }
    let forced = match plan.answer {
        Some(Answer::Code(code)) => Some(Refusal::new(code, "a fault refuses this call")),
        Some(Answer::Throttled(left)) => {
            let reset = left.as_millis().div_ceil(1000) as u64;
            let message = format!("request trigger frequency limit: a fault says so; wait {reset} s");
            Some(Refusal::new(code::TOO_MANY, message).throttled(Throttled { limit, reset }))
        }
        _ => None,
    };
    let (status, way) = match plan.answer {
        Some(Answer::Closed) => (None, Way::Lost(Lost::Closed)),
        Some(Answer::Reset) => (None, Way::Lost(Lost::Reset)),
        Some(Answer::Truncated) => (None, Way::Lost(Lost::Truncated)),
        Some(Answer::Slow(time)) => (None, Way::Slow(time)),
        Some(Answer::Status(status)) => (StatusCode::from_u16(status).ok(), Way::Whole),
        _ => (None, Way::Whole),
    };
    let never_ran = !plan.carried_out && (status.is_some() || matches!(way, Way::Lost(Lost::Closed | Lost::Reset)));
    let mut response = match never_ran {
        true => page(sandbox, StatusCode::BAD_GATEWAY),
        false => sandbox.carry_out(request, forced).await,
    };
    if let Some(status) = status {
        response = page(sandbox, status);
    }
    pause(after).await;
    Answered { response, way }
}

/// The same without a socket: what is slow is waited for, what is lost is an error.
pub(crate) async fn whole(answered: Answered) -> Result<Response<Bytes>, Lost> {
    match answered.way {
        Way::Whole => {}
        Way::Slow(time) => pause(time).await,
        Way::Lost(lost) => return Err(lost),
    }
    Ok(answered.response)
}

fn plan(sandbox: &Inner, request: &Request<Bytes>) -> (Plan, u64) {
    let mut state = sandbox.state();
    if state.faults.rules.is_empty() {
        return Default::default();
    }
    let (method, path) = (request.method().as_str(), request.uri().path());
    let operation = match sandbox.catalog.route(method, path) {
        Route::Operation(operation, _) => Some(operation),
        _ => None,
    };
    let app = if state.faults.want_app() {
        app(&state, request)
    } else {
        None
    };
    let call = Call {
        operation,
        method,
        path,
        app: app.as_deref(),
    };
    let now = state.clock.now();
    (state.faults.plan(&call, now), quota(operation))
}

// What `x-ogw-ratelimit-limit` says: the operation's shortest window, if it has any.
fn quota(operation: Option<&Operation>) -> u64 {
    let rates = operation.into_iter().flat_map(|operation| &operation.rate);
    let shortest = rates.min_by_key(|rate| rate.seconds);
    shortest.map_or(1, |rate| rate.requests)
}

// Whose token or credentials a call carries, good or not: by the token, then as those name it who have none yet.
fn app(state: &State, request: &Request<Bytes>) -> Option<String> {
    let header = request.headers().get(header::AUTHORIZATION);
    let token = header.and_then(|header| header.to_str().ok()?.split_once(' '));
    if let Some(token) = token.and_then(|(_, token)| state.tokens.find(token.trim())) {
        return Some(token.app.clone());
    }
    let body: Value = serde_json::from_slice(request.body()).ok()?;
    let named = ["app_id", "client_id", "AppID"]
        .iter()
        .find_map(|name| body.get(name)?.as_str());
    named.map(str::to_owned)
}

// A gateway's page: what stands before the platform answers, and knows nothing of codes.
pub(crate) fn page(sandbox: &Sandbox, status: StatusCode) -> Response<Bytes> {
    let reason = status.canonical_reason().unwrap_or("Error");
    let title = format!("{} {reason}", status.as_u16());
    let body = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    handle::page(&sandbox.0, status, body)
}

// Outside a tokio runtime nobody can wait.
async fn pause(time: Duration) {
    if !time.is_zero() && tokio::runtime::Handle::try_current().is_ok() {
        tokio::time::sleep(time).await;
    }
}
