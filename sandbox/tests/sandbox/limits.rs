//! How often calls may come: the windows of operations and of receivers.

use std::time::{Duration, UNIX_EPOCH};

use flybook_sandbox::{App, Builder, Sandbox};
use serde_json::{Value, json};

use crate::bench::{Reply, SEND, call, tenant_token};

// im.v1.pin.list: 10/s in catalog.json's rate, protocol.md §3.3 tier 7
const TEN: &str = "/open-apis/im/v1/pins?chat_id=oc_sandbox0000000000000000000000000";
// im.v1.chat.list: 1000/min 50/s, tier 4
const CHATS: &str = "/open-apis/im/v1/chats";

/// The real catalog, at the beginning of a minute.
fn builder() -> Builder {
    Sandbox::builder().start_at(UNIX_EPOCH + Duration::from_secs(1_700_000_040))
}

async fn get(sandbox: &Sandbox, path: &str, token: &str) -> Reply {
    call(sandbox, "GET", path, Some(token), Value::Null).await
}

async fn send(sandbox: &Sandbox, token: &str, to: &str) -> Reply {
    let body = json!({"receive_id": to, "msg_type": "text", "content": "{\"text\":\"hi\"}"});
    call(sandbox, "POST", SEND, Some(token), body).await
}

/// Status, code, `x-ogw-ratelimit-limit` and `-reset`.
fn told(reply: &Reply) -> (u16, i64, Option<&str>, Option<&str>) {
    let header = |name| reply.headers.get(name).map(|value| value.to_str().unwrap());
    let (limit, reset) = (header("x-ogw-ratelimit-limit"), header("x-ogw-ratelimit-reset"));
    (reply.status.as_u16(), reply.code(), limit, reset)
}

#[tokio::test]
async fn a_full_window_is_told_with_its_quota_and_what_is_left_of_it() {
    // protocol.md §3.4: HTTP 429, 99991400, window quota and seconds to wait
    let sandbox = builder().build();
    let token = tenant_token(&sandbox).await;
    let rate = sandbox.catalog().operation("im.v1.chat.list").unwrap().rate.clone();
    assert_eq!((rate[0].requests, rate[1].requests), (1000, 50), "catalog.json");
    for second in 0..20 {
        for _ in 0..50 {
            assert_eq!(get(&sandbox, CHATS, &token).await.code(), 0, "{second}");
        }
        let full = get(&sandbox, CHATS, &token).await;
        if second < 19 {
            assert_eq!(told(&full), (429, 99991400, Some("50"), Some("1")), "{second}");
            sandbox.advance(Duration::from_secs(1));
        } else {
            // The thousand of the minute are used up too, 19 s into it.
            assert_eq!(told(&full), (429, 99991400, Some("1000"), Some("41")));
        }
    }
    sandbox.advance(Duration::from_secs(40));
    assert_eq!(told(&get(&sandbox, CHATS, &token).await).3, Some("1"));
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(get(&sandbox, CHATS, &token).await.code(), 0);
}

#[tokio::test]
async fn each_operation_app_and_tenant_counts_for_itself() {
    // protocol.md §3.3: bucket = per API, per app, per tenant
    let other = App::custom("cli_other", "s");
    let sandbox = builder().app(App::custom("cli_1", "s")).app(other).build();
    let tokens = [tenant_token(&sandbox).await, {
        let body = json!({"app_id": "cli_other", "app_secret": "s"});
        let reply = call(&sandbox, "POST", crate::bench::TENANT, None, body).await;
        reply.json()["tenant_access_token"].as_str().unwrap().to_owned()
    }];
    for _ in 0..50 {
        assert_eq!(get(&sandbox, CHATS, &tokens[0]).await.code(), 0);
    }
    assert_eq!(get(&sandbox, CHATS, &tokens[0]).await.code(), 99991400);
    assert_eq!(get(&sandbox, CHATS, &tokens[1]).await.code(), 0);
    assert_eq!(get(&sandbox, TEN, &tokens[0]).await.code(), 0);
}

#[tokio::test]
async fn a_receiver_has_a_limit_that_apps_and_operations_share() {
    // protocol.md §3.5: five a second to one chat, shared by all bots in it; 230020 with HTTP 400, no header documented
    let apps = [App::custom("cli_1", "s"), App::custom("cli_2", "s")];
    let [first, second] = apps;
    let sandbox = builder().app(first).app(second).build();
    let (chat, token) = (sandbox.chat_id().to_owned(), tenant_token(&sandbox).await);
    let body = json!({"app_id": "cli_2", "app_secret": "s"});
    let reply = call(&sandbox, "POST", crate::bench::TENANT, None, body).await;
    let second = reply.json()["tenant_access_token"].as_str().unwrap().to_owned();
    let mut last = String::new();
    for token in [&token, &second, &token, &second, &token] {
        let sent = send(&sandbox, token, &chat).await;
        assert_eq!(sent.code(), 0, "{sent:?}");
        last = sent.json()["data"]["message_id"].as_str().unwrap().to_owned();
    }
    assert_eq!(told(&send(&sandbox, &second, &chat).await), (400, 230020, None, None));
    // im.v1.message.forward counts the same receivers (catalog.json, `with`).
    let forward = format!("/open-apis/im/v1/messages/{last}/forward?receive_id_type=chat_id");
    let forwarded = call(&sandbox, "POST", &forward, Some(&token), json!({"receive_id": chat})).await;
    assert_eq!(told(&forwarded), (400, 230020, None, None));
    let others = call(&sandbox, "POST", &forward, Some(&token), json!({"receive_id": "oc_2"})).await;
    assert_ne!(others.code(), 230020);
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(send(&sandbox, &token, &chat).await.code(), 0);
}

#[tokio::test]
async fn pages_that_say_400_are_answered_with_400() {
    // The pages of chat announcements (protocol.md §3.5): the app's limit comes with HTTP 400 and 99991400, that of one announcement
    // with HTTP 429.
    let sandbox = builder().build();
    let token = tenant_token(&sandbox).await;
    let update = |chat: &str| format!("/open-apis/docx/v1/chats/{chat}/announcement/blocks/batch_update");
    let body = json!({"requests": [{"block_id": "b", "delete_grid_column": {"column_index": 0}}]});
    let mut one = Vec::new();
    for _ in 0..4 {
        one.push(call(&sandbox, "PATCH", &update("oc_1"), Some(&token), body.clone()).await);
    }
    assert_eq!(one[2].code(), 0, "{:?}", one[2]);
    assert_eq!(told(&one[3]), (429, 99991400, Some("3"), Some("1")));
    sandbox.advance(Duration::from_secs(1));
    let mut last = None;
    for chat in ["oc_1", "oc_2", "oc_3", "oc_4", "oc_5", "oc_6"] {
        last = Some(call(&sandbox, "PATCH", &update(chat), Some(&token), body.clone()).await);
    }
    assert_eq!(told(&last.unwrap()), (400, 99991400, Some("5"), Some("1")));
}

#[tokio::test]
async fn unlimited_is_unlimited() {
    let sandbox = builder().unlimited().build();
    let (chat, token) = (sandbox.chat_id().to_owned(), tenant_token(&sandbox).await);
    for _ in 0..60 {
        assert_eq!(send(&sandbox, &token, &chat).await.code(), 0);
    }
}
