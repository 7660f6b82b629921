//! Calls by method and path.

use flybook_runtime::{Method, TokenKind};
use serde_json::json;

use crate::support::{always, authorization, body, ok, platform, response};

#[tokio::test]
async fn a_raw_call_on_the_wire() {
    let (builder, seen) = platform(ok);
    let client = builder.build().unwrap();
    let data = client
        .raw(Method::Put, "/open-apis/im/v1/messages/:message_id")
        .path("message_id", "a/b")
        .query("x", "1")
        .query("x", 2)
        .json(&json!({"a": 1}))
        .await
        .unwrap();
    assert_eq!(data, json!({"message_id": "om_1"}));
    let call = seen.last();
    assert_eq!((call.method, body(&call)), (Method::Put, r#"{"a":1}"#));
    assert_eq!(
        call.url,
        "https://open.feishu.cn/open-apis/im/v1/messages/a%2Fb?x=1&x=2"
    );
    assert_eq!(authorization(&call), Some("Bearer t-1"));

    client
        .raw(Method::Get, "/open-apis/x")
        .token_kind(TokenKind::App)
        .await
        .unwrap();
    assert_eq!(authorization(&seen.last()), Some("Bearer a-2"));
    client.raw(Method::Get, "/open-apis/x").as_user("u-1").await.unwrap();
    assert_eq!(authorization(&seen.last()), Some("Bearer u-1"));
}

/// protocol §1.4 and §1.5: payload under `data`, beside the code, or bare.
#[tokio::test]
async fn raw_payloads() {
    for (reply, payload) in [
        (r#"{"code":0,"msg":"ok","data":[1]}"#, json!([1])),
        (r#"{"code":"0","msg":"ok","bot":{"a":1}}"#, json!({"bot": {"a": 1}})),
        (r#"{"a":1}"#, json!({"a": 1})),
        ("[1]", json!([1])),
        ("", json!(null)),
    ] {
        assert_eq!(
            always(200, reply).raw(Method::Get, "/open-apis/x").await.unwrap(),
            payload
        );
    }
    let error = always(200, r#"{"code":5,"msg":"no"}"#)
        .raw(Method::Get, "/open-apis/x")
        .await
        .unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (Some(5), "GET /open-apis/x failed: 5, no")
    );
}

#[tokio::test]
async fn raw_paths_are_checked() {
    let (builder, seen) = platform(|_| response(200, ""));
    let client = builder.build().unwrap();
    for path in [
        "",
        "open-apis/x",
        "/open-apis/../x",
        "/open-apis/%2E%2e/x",
        "/a?b=c",
        "/a#b",
        "/a b",
        "/a\\b",
        "/é",
        "/a\n",
        "/a`b",
    ] {
        let error = client.raw(Method::Get, path).await.unwrap_err().to_string();
        assert!(error.contains("is no path"), "{path}: {error}");
    }
    let error = client.raw(Method::Get, "/open-apis/:id").await.unwrap_err().to_string();
    assert_eq!(
        error,
        "GET /open-apis/:id was not sent: the path parameter `id` has no value"
    );
    assert_eq!((seen.calls().len(), seen.tokens()), (0, 0));
}

/// protocol §9.5: the help desk's endpoints want a header of their own, for which `.header(…)` is no way.
#[tokio::test]
async fn raw_calls_to_the_help_desk() {
    let (builder, seen) = platform(ok);
    let client = builder.helpdesk("12345", "ht-sometoken").build().unwrap();
    let call = || client.raw(Method::Get, "/open-apis/helpdesk/v1/tickets/1");
    call().helpdesk().await.unwrap();
    assert_eq!(
        seen.last().headers["x-lark-helpdesk-authorization"],
        "MTIzNDU6aHQtc29tZXRva2Vu"
    );
    call().await.unwrap();
    assert!(!seen.last().headers.contains_key("x-lark-helpdesk-authorization"));
    let error = always(200, r#"{"code":"5.0","msg":"no","code":0}"#)
        .raw(Method::Get, "/open-apis/x")
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(5), "the first code that is not 0");
}
