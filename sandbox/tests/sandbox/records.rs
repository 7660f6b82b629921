//! What is told of a call: records without secrets, unknown members, and samples in place of real state.

use serde_json::{Value, json};

use crate::bench::{SEND, call, sandbox, tenant_token};

const ALL: &str = "/open-apis/test/v1/all/7";
const SEARCH: &str = "/open-apis/im/v1/messages/search";

#[tokio::test]
async fn unknown_members_are_let_through_and_told() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let content = json!({"text": "hi", "colour": "red"}).to_string();
    let body = json!({"receive_id": sandbox.chat_id(), "msg_type": "text", "content": content, "urgent": true});
    let path = format!("{SEND}&trace=1");
    assert_eq!(call(&sandbox, "POST", &path, Some(&token), body).await.code(), 0);
    let call = sandbox.calls().pop().unwrap();
    assert_eq!(call.unknown, ["content.colour", "trace", "urgent"]);
    assert_eq!(
        (call.operation.as_deref(), call.app.as_deref()),
        (Some("im.v1.message.create"), Some(sandbox.app_id()))
    );
    assert_eq!(
        (call.method.as_str(), call.path.as_str(), call.status, call.code),
        ("POST", "/open-apis/im/v1/messages", 200, 0)
    );
    assert_eq!(call.arguments["content"]["text"], "hi");
}

#[tokio::test]
async fn secrets_are_masked_in_records_and_refusals() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let body =
        json!({"all": {"name": "ok", "free": ["hush-hush-hush"]}, "password": "hunter2", "note": "hush-hush-hush"});
    let reply = call(&sandbox, "PUT", ALL, Some(&token), body).await;
    assert_eq!(reply.violations()[0].0, "note");
    let text = reply.json().to_string();
    assert!(!text.contains("hush-hush-hush") && text.contains("***"), "{text}");
    let calls = format!("{:?}", sandbox.calls());
    for secret in ["hunter2", "hush", sandbox.app_secret(), &token] {
        assert!(!calls.contains(secret), "{secret}: {calls}");
    }
}

#[tokio::test]
async fn samples_are_typed_stable_and_finite() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let get = async |path: &str| call(&sandbox, "GET", path, Some(&token), Value::Null).await;
    let reply = get("/open-apis/im/v1/messages/om_1").await;
    assert_eq!(reply.headers["x-flybook-sample"], "true");
    let data = reply.json()["data"].clone();
    assert_eq!(data["items"][0]["message_id"], "om_dc13264520392913993dd051dba21dcf");
    assert_eq!(data["items"][0]["msg_type"], "interactive");
    assert_eq!(data["items"][0]["create_time"], "1615380573411");
    // The last page, or a client that pages would never end.
    assert_eq!((&data["has_more"], &data["page_token"]), (&json!(false), &json!("")));
    assert_eq!(get("/open-apis/im/v1/messages/om_1").await.json()["data"], data);
    // A type that contains itself.
    let tree = get("/open-apis/test/v1/all/7/tree").await.json()["data"].clone();
    assert_eq!(tree, json!({"name": "root", "children": []}));
    // Under a key of its own, and examples of another type than the field's.
    let bot = get("/open-apis/bot/v3/info").await.json()["bot"].clone();
    assert_eq!(
        bot,
        json!({"activate_status": 2, "app_name": "5", "ip_white_list": ["1.1.1.1"]})
    );
    let page = get(&format!("{SEARCH}?ids=1")).await.json()["data"].clone();
    assert_eq!(page["items"][0]["status"], 1);
    assert_eq!(page["items"][0]["rules"], "[0]");
    assert_eq!(
        page["items"][0]["card"],
        json!({"type": "template", "data": {"template_id": ""}})
    );
    let file = get("/open-apis/im/v1/files/file_1").await;
    assert_eq!(file.headers["content-type"], "application/octet-stream");
    assert!(!file.body.is_empty());
}
