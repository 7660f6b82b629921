//! What the platform does not have: routes under `/_sandbox` with which the console, tests and other programs look into the
//! sandbox and steer it.

mod clock;
mod faults;
mod tokens;

use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};

use serde_json::json;

use crate::{
    sandbox::Sandbox,
    yaml::{Mistake, Reader},
};

mod about;
mod calls;
mod catalog;
mod chats;
mod example;
mod files;
mod live;
mod problem;
mod request;
mod scopes;
mod send;

pub(crate) use live::Open;
use problem::Problem;

/// Where these routes begin.
pub(crate) const ROOT: &str = "/_sandbox";

/// All routes below [`ROOT`].
pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .merge(about::routes())
        .merge(calls::routes())
        .merge(catalog::routes())
        .merge(chats::routes())
        .merge(clock::routes())
        .merge(faults::routes())
        .merge(files::routes())
        .merge(live::routes())
        .merge(scopes::routes())
        .merge(send::routes())
        .merge(tokens::routes())
        .fallback(async || Problem::missing("no such route; sandbox/console/README.md lists them"))
        .layer(middleware::from_fn(guard))
        .with_state(sandbox)
}

/// What was wrong with what was sent, each mistake with its place.
fn refused(reader: &Reader) -> Response {
    let told: Vec<String> = reader.mistakes.iter().map(Mistake::to_string).collect();
    let place = |mistake: &Mistake| json!({"line": mistake.line, "column": mistake.column, "message": mistake.message});
    let mistakes: Vec<_> = reader.mistakes.iter().map(place).collect();
    let body = json!({"problem": told.join("\n"), "mistakes": mistakes});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// Lets in only who speaks to this machine by its own name: a page from elsewhere that a browser on this machine shows is turned away.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    if is_allowed(request.headers()) {
        return next.run(request).await;
    }
    let why = "the sandbox answers only pages and programs of this machine; open it as http://127.0.0.1 or http://localhost\n";
    (StatusCode::FORBIDDEN, why).into_response()
}

fn is_allowed(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).is_some_and(|host| is_local(host, "http://"));
    host && headers.get(header::ORIGIN).is_none_or(|origin| is_local(origin, ""))
}

fn is_local(name: &HeaderValue, scheme: &str) -> bool {
    let uri = name
        .to_str()
        .ok()
        .and_then(|name| format!("{scheme}{name}").parse::<Uri>().ok());
    uri.as_ref()
        .and_then(Uri::host)
        .is_some_and(|host| matches!(host, "127.0.0.1" | "localhost" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        let local = |name: &str, scheme| is_local(&HeaderValue::from_str(name).unwrap(), scheme);
        for host in ["127.0.0.1:8080", "localhost", "[::1]:1"] {
            assert!(local(host, "http://"), "{host}");
        }
        for host in ["127.0.0.1.example.com", "example.com:80", "localhost@example.com", ""] {
            assert!(!local(host, "http://"), "{host}");
        }
        assert!(local("http://localhost:3000", "") && !local("null", "") && !local("http://example.com", ""));
    }
}
