//! A sandbox over the fixture catalog, its clock stopped, and short ways to call it.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use flybook_sandbox::{Builder, Catalog, Sandbox};
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};

pub(crate) const TENANT: &str = "/open-apis/auth/v3/tenant_access_token/internal";
pub(crate) const SEND: &str = "/open-apis/im/v1/messages?receive_id_type=chat_id";

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("replies are JSON")
    }

    pub(crate) fn code(&self) -> i64 {
        self.json()["code"].as_i64().expect("replies have a code")
    }

    /// The violated fields and what is said about them.
    pub(crate) fn violations(&self) -> Vec<(String, String)> {
        let body = self.json();
        let violations = body["error"]["field_violations"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        violations
            .iter()
            .map(|violation| (text(&violation["field"]), text(&violation["description"])))
            .collect()
    }
}

pub(crate) fn catalog() -> Catalog {
    Catalog::parse(include_str!("../catalog.json")).unwrap()
}

pub(crate) fn builder() -> Builder {
    Sandbox::builder()
        .catalog(catalog())
        .start_at(UNIX_EPOCH + Duration::from_secs(1_700_000_000))
        // On a clock that stands still every limit would be reached for good; `limits` has them on.
        .unlimited()
}

pub(crate) fn sandbox() -> Sandbox {
    builder().build()
}

/// One call with an optional token and JSON body.
pub(crate) async fn call(sandbox: &Sandbox, method: &str, path: &str, token: Option<&str>, body: Value) -> Reply {
    let mut headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
    headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    raw(sandbox, method, path, &headers, body).await
}

/// One call as it is.
pub(crate) async fn raw(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: impl Into<Bytes>,
) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = sandbox.handle(request.body(body.into()).unwrap()).await;
    let (parts, body) = response.into_parts();
    let reply = Reply {
        status: parts.status,
        headers: parts.headers,
        body,
    };
    platform_shaped(&reply);
    reply
}

/// What holds for every reply: a log id, and for refusals the platform's `error` object that repeats it.
pub(crate) fn platform_shaped(reply: &Reply) {
    let log_id = reply.headers["x-tt-logid"].to_str().unwrap();
    assert_eq!(log_id.len(), 34);
    if reply.headers["content-type"] != "application/json; charset=utf-8" {
        return;
    }
    let body = reply.json();
    // protocol.md §2.4: OAuth's own words in place of the platform's.
    if body["error"].is_string() {
        assert!(body["code"].is_i64() && body["error_description"].is_string(), "{body}");
        return;
    }
    if body["token_type"] == "Bearer" && body["code"] == 0 {
        return;
    }
    assert!(body["code"].is_i64() && body["msg"].is_string(), "{body}");
    let members: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members[..2], ["code", "msg"], "{body}");
    if body["code"] == 0 {
        assert_eq!(reply.status, 200);
    } else {
        assert_eq!(members[2..], ["error"], "{body}");
        assert_eq!(body["error"]["log_id"], log_id);
        let link = body["error"]["troubleshooter"].as_str().unwrap();
        assert!(
            link.contains(&format!("log_id={log_id}&code={}", body["code"])),
            "{link}"
        );
    }
}

pub(crate) async fn tenant_token(sandbox: &Sandbox) -> String {
    let body = json!({"app_id": sandbox.app_id(), "app_secret": sandbox.app_secret()});
    let reply = call(sandbox, "POST", TENANT, None, body).await;
    assert_eq!(reply.code(), 0, "{reply:?}");
    reply.json()["tenant_access_token"].as_str().unwrap().to_owned()
}

/// Sends to the sandbox's chat as the app.
pub(crate) async fn send(sandbox: &Sandbox, msg_type: &str, content: Value) -> Reply {
    let token = tenant_token(sandbox).await;
    let body = json!({"receive_id": sandbox.chat_id(), "msg_type": msg_type, "content": content.to_string()});
    call(sandbox, "POST", SEND, Some(&token), body).await
}

/// The token of one of several apps.
pub(crate) async fn token_of(sandbox: &Sandbox, app: &str, secret: &str) -> String {
    let reply = call(
        sandbox,
        "POST",
        TENANT,
        None,
        json!({"app_id": app, "app_secret": secret}),
    )
    .await;
    assert_eq!(reply.code(), 0, "{reply:?}");
    reply.json()["tenant_access_token"].as_str().unwrap().to_owned()
}
