//! Paths and methods, and what a catalog may not be.

use flybook_sandbox::{Catalog, Sandbox, catalog::Route};
use serde_json::{Value, json};

use crate::bench::{call, catalog, sandbox, send};

#[tokio::test]
async fn unknown_paths_and_wrong_methods_have_their_codes() {
    // protocol.md §1.6 and §12
    let sandbox = sandbox();
    for (method, path, status, code) in [
        ("GET", "/", 404, 99991201),
        ("GET", "/open-apis/im/v1/message", 404, 99991201),
        ("POST", "/open-apis/im/v1/messages/", 404, 99991201),
        ("POST", "/open-apis/message/v4/send", 404, 99991201),
        ("POST", "//open-apis/im/v1/messages", 404, 99991201),
        ("GET", "/open-apis/im/v1/messages", 400, 99991301),
        ("PATCH", "/open-apis/im/v1/messages/om_1", 400, 99991301),
        ("HEAD", "/open-apis/im/v1/messages", 400, 99991301),
        ("BREW", "/open-apis/im/v1/messages", 400, 99991301),
    ] {
        let reply = call(&sandbox, method, path, None, Value::Null).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{method} {path}");
    }
    assert_eq!(sandbox.calls().len(), 9);
    assert_eq!(
        (sandbox.calls()[0].operation.as_deref(), sandbox.calls()[0].code),
        (None, 99991201)
    );
}

#[test]
fn literals_win_and_values_are_decoded() {
    let catalog = catalog();
    for (method, path, id, value) in [
        ("GET", "/open-apis/im/v1/messages/search", "im.v1.message.search", None),
        (
            "GET",
            "/open-apis/im/v1/messages/om_1",
            "im.v1.message.get",
            Some("om_1"),
        ),
        (
            "GET",
            "/open-apis/im/v1/messages/a%2Fb%20%E9%A3%9E+",
            "im.v1.message.get",
            Some("a/b 飞+"),
        ),
        // A literal that does not take the method leaves the way to a parameter.
        (
            "POST",
            "/open-apis/im/v1/messages/search/reply",
            "im.v1.message.reply",
            Some("search"),
        ),
        ("POST", "/open-apis/message/v4/send/", "message.v4.message.send", None),
    ] {
        match catalog.route(method, path) {
            Route::Operation(operation, values) => {
                assert_eq!(operation.id, id);
                let sent = values.first().map(|path| path.value.clone().unwrap());
                assert_eq!(sent.as_deref(), value, "{path}");
            }
            other => panic!("{path}: {other:?}"),
        }
    }
    assert!(matches!(
        catalog.route("GET", "/open-apis/im/v1/messages/"),
        Route::Unknown
    ));
}

#[tokio::test]
async fn the_embedded_catalog_serves_the_first_steps() {
    Catalog::embedded().unwrap();
    let sandbox = Sandbox::new();
    let reply = send(&sandbox, "text", json!({"text": "hello <at user_id=\"ou_x\">Tom</at>"})).await;
    assert_eq!(reply.code(), 0, "{reply:?}");
    assert_eq!(sandbox.messages_in(sandbox.chat_id())[0].rendered(), "hello @Tom");
    assert_eq!(sandbox.calls_to("im.v1.message.create"), 1);
    assert!(sandbox.calls().iter().all(|call| call.unknown.is_empty()));
}

#[test]
fn broken_catalogs_say_what_is_wrong() {
    for (text, part) in [
        ("", "EOF"),
        ("[]", "the catalog cannot be read"),
        ("{}", "operations"),
        (r#"{"operations":[],"types":{"A":{}}}"#, "exactly one of"),
        (
            r#"{"operations":[],"types":{"A":{"fields":[{"name":"x","type":"text"}]}}}"#,
            "text",
        ),
        (
            r#"{"operations":[],"types":{"A":{"fields":[{"name":"x","type":{"list":{"ref":"B"}}}]}}}"#,
            "`A` names the type `B`",
        ),
        (
            r#"{"operations":[{"id":"a","method":"GET","path":"/a","data":{"ref":"B"}}],"types":{}}"#,
            "`a` names the type `B`",
        ),
    ] {
        let error = Catalog::parse(text).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}
