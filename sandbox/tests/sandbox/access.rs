//! Tokens on ordinary calls, app kinds, the helpdesk and scopes.

use std::time::Duration;

use flybook_sandbox::{App, Sandbox};
use serde_json::{Value, json};

use crate::bench::{Reply, builder, call, catalog, raw, sandbox, tenant_token};

const GET: &str = "/open-apis/im/v1/messages/om_1";
const USER_ONLY: &str = "/open-apis/authen/v1/user_info";
const APP_ONLY: &str = "/open-apis/authen/v1/access_token";
const TENANT_ONLY: &str = "/open-apis/bot/v3/info";
const HELPDESK: &str = "/open-apis/helpdesk/v1/message";

async fn with(sandbox: &Sandbox, method: &str, path: &str, authorization: &str) -> Reply {
    raw(
        sandbox,
        method,
        path,
        &[("authorization", authorization.to_owned())],
        "",
    )
    .await
}

#[tokio::test]
async fn tokens_are_refused_with_the_codes_of_their_kinds() {
    // protocol.md §2.1, §2.7 and §12
    let sandbox = sandbox();
    let tenant = format!("Bearer {}", tenant_token(&sandbox).await);
    let user = format!("Bearer {}", sandbox.user_token(sandbox.open_id()));
    for (method, path, authorization, code) in [
        ("GET", GET, "", 99991661),
        ("GET", GET, "Bearer", 99991661),
        ("GET", GET, "Bearer ", 99991661),
        ("GET", GET, "Basic dTpw", 99991671),
        ("GET", GET, "t-abc", 99991671),
        ("GET", GET, "Bearer abc", 99991671),
        ("GET", GET, "Bearer x", 99991671),
        ("GET", GET, "Bearer 飞", 99991671),
        ("GET", GET, "Bearer t-unknown", 99991663),
        ("GET", GET, "Bearer u-unknown", 99991668),
        ("GET", GET, "Bearer eyJunknown", 99991668),
        ("GET", GET, "Bearer a-unknown", 99991664),
        ("GET", USER_ONLY, &tenant, 99991663),
        ("GET", TENANT_ONLY, &user, 99991668),
        ("POST", APP_ONLY, &user, 99991668),
        ("GET", GET, &tenant, 0),
        ("GET", GET, &tenant.replace("Bearer", "bearer"), 0),
        ("GET", GET, &user, 0),
        ("GET", USER_ONLY, &user, 0),
    ] {
        let reply = with(&sandbox, method, path, authorization).await;
        assert_eq!(reply.code(), code, "{method} {path} {authorization}: {reply:?}");
        assert_eq!(reply.status.as_u16(), if code == 0 { 200 } else { 400 });
    }
    let nothing = raw(&sandbox, "GET", GET, &[], "").await;
    assert_eq!(nothing.code(), 99991661);
    // A custom app's `t-` token stands for the app too (protocol.md §2.1).
    let token = tenant_token(&sandbox).await;
    assert_eq!(
        call(&sandbox, "POST", APP_ONLY, Some(&token), json!({"code": "x"}))
            .await
            .code(),
        0
    );
}

#[tokio::test]
async fn revoked_and_expired_tokens_are_refused() {
    // protocol.md §2.7: 99991663 tenant, 99991668 user invalid, 99991677 user expired
    let sandbox = sandbox();
    let (tenant, user) = (tenant_token(&sandbox).await, sandbox.user_token("ou_1"));
    sandbox.advance(Duration::from_secs(7199));
    assert_eq!(call(&sandbox, "GET", GET, Some(&tenant), Value::Null).await.code(), 0);
    assert_eq!(call(&sandbox, "GET", GET, Some(&user), Value::Null).await.code(), 0);
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(
        call(&sandbox, "GET", GET, Some(&tenant), Value::Null).await.code(),
        99991663
    );
    assert_eq!(
        call(&sandbox, "GET", GET, Some(&user), Value::Null).await.code(),
        99991677
    );

    let (tenant, user) = (tenant_token(&sandbox).await, sandbox.user_token("ou_1"));
    sandbox.expire_tokens();
    assert_eq!(
        call(&sandbox, "GET", GET, Some(&tenant), Value::Null).await.code(),
        99991663
    );
    assert_eq!(
        call(&sandbox, "GET", GET, Some(&user), Value::Null).await.code(),
        99991677
    );

    let (tenant, user) = (tenant_token(&sandbox).await, sandbox.user_token("ou_1"));
    sandbox.revoke_tokens();
    assert_eq!(
        call(&sandbox, "GET", GET, Some(&tenant), Value::Null).await.code(),
        99991663
    );
    assert_eq!(
        call(&sandbox, "GET", GET, Some(&user), Value::Null).await.code(),
        99991668
    );
    assert_eq!(
        call(&sandbox, "GET", GET, Some(&tenant_token(&sandbox).await), Value::Null)
            .await
            .code(),
        0
    );
}

#[tokio::test]
async fn missing_scopes_are_named() {
    // protocol.md §9.2 and §1.4
    let app = App::custom("cli_few", "s").scopes(["im:message"]);
    let sandbox = builder().app(app).build();
    let token = tenant_token(&sandbox).await;
    let reply = call(&sandbox, "GET", GET, Some(&token), Value::Null).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (400, 99991672));
    let body = reply.json();
    let wanted = json!([{"type": "action_privilege_required", "subject": "im:message:readonly"}]);
    assert_eq!(body["error"]["permission_violations"], wanted);
    let console = body["error"]["helps"][0]["url"].as_str().unwrap();
    assert!(
        console.starts_with("https://open.feishu.cn/app/cli_few/auth?q=im:message:readonly"),
        "{console}"
    );
    assert!(body["msg"].as_str().unwrap().contains("im:message:readonly"));
    // Any one of several is enough.
    let sent = call(&sandbox, "POST", "/open-apis/im/v1/messages", Some(&token), json!({})).await;
    assert_eq!(sent.code(), 99992402);
    // An operation without scopes is open.
    assert_eq!(
        call(&sandbox, "GET", TENANT_ONLY, Some(&token), Value::Null)
            .await
            .code(),
        0
    );
}

#[tokio::test]
async fn users_grant_scopes_of_their_own() {
    let sandbox = sandbox();
    let token = sandbox.user_token_with("ou_1", ["calendar:calendar"]);
    let reply = call(&sandbox, "GET", GET, Some(&token), Value::Null).await;
    assert_eq!(reply.code(), 99991679);
    assert_eq!(
        reply.json()["error"]["permission_violations"][0]["subject"],
        "im:message:readonly"
    );
    let token = sandbox.user_token_with("ou_1", ["im:message:readonly"]);
    assert_eq!(call(&sandbox, "GET", GET, Some(&token), Value::Null).await.code(), 0);
}

#[tokio::test]
async fn the_helpdesk_wants_a_second_credential() {
    // protocol.md §9.5
    let sandbox = builder().helpdesk("12345", "ht-sometoken").build();
    let token = tenant_token(&sandbox).await;
    let body = json!({"receiver_id": "ou_1", "msg_type": "text", "content": "{\"text\":\"hi\"}"}).to_string();
    for (header, code) in [
        (None, 154001),
        (Some("12345:ht-sometoken"), 154001),
        (Some("MTIzNDU="), 154001),
        (Some("Ojo="), 154001),
        (Some("MTIzNDU6aHQtb3RoZXI="), 154001),
        (Some("MTIzNDU6aHQtc29tZXRva2Vu"), 0),
    ] {
        let mut headers = vec![("authorization", format!("Bearer {token}"))];
        headers.extend(header.map(|header| ("X-Lark-Helpdesk-Authorization", header.to_owned())));
        let reply = raw(&sandbox, "POST", HELPDESK, &headers, body.clone()).await;
        assert_eq!(reply.code(), code, "{header:?}");
        assert_eq!(reply.status.as_u16(), if code == 0 { 200 } else { 401 });
    }
    assert_eq!(sandbox.messages()[0].rendered(), "hi");
    // An operation whose table does not have 154001 tells the same in the gateway's code.
    let mut unlisted = catalog();
    unlisted
        .operations
        .iter_mut()
        .for_each(|operation| operation.errors.clear());
    let sandbox = builder().catalog(unlisted).build();
    let token = tenant_token(&sandbox).await;
    let reply = raw(
        &sandbox,
        "POST",
        HELPDESK,
        &[("authorization", format!("Bearer {token}"))],
        body,
    )
    .await;
    assert_eq!((reply.status.as_u16(), reply.code()), (400, 99992402));
    assert_eq!(reply.violations()[0].0, "X-Lark-Helpdesk-Authorization");
}

#[tokio::test]
async fn disabled_apps_and_wrong_kinds_of_app_are_refused() {
    // protocol.md §2.7 (99991662) and §3.2 (10014)
    let sandbox = builder().app(App::custom("cli_off", "s").disabled()).build();
    let body = json!({"app_id": "cli_off", "app_secret": "s"});
    let reply = call(&sandbox, "POST", crate::bench::TENANT, None, body).await;
    assert_eq!(reply.code(), 10014);
    let token = sandbox.user_token("ou_1");
    assert_eq!(
        call(&sandbox, "GET", GET, Some(&token), Value::Null).await.code(),
        99991662
    );

    let sandbox = builder().app(App::store("cli_store", "s")).build();
    let token = sandbox.user_token("ou_1");
    let ordinary = call(&sandbox, "GET", GET, Some(&token), Value::Null).await;
    assert_eq!(ordinary.code(), 0);
    let mut custom_only = catalog();
    for operation in &mut custom_only.operations {
        operation
            .apps
            .retain(|kind| *kind == flybook_sandbox::catalog::AppKind::Custom);
    }
    let sandbox = builder().catalog(custom_only).app(App::store("cli_store", "s")).build();
    let token = sandbox.user_token("ou_1");
    assert_eq!(
        call(&sandbox, "GET", GET, Some(&token), Value::Null).await.code(),
        99991673
    );
}

#[tokio::test]
async fn fields_are_left_out_without_their_scopes() {
    // catalog.json: authen.v1.user_info.GetReply, a field's `scopes`; protocol.md §9.2
    const EMAIL: &str = "contact:user.email:readonly";
    let builder = || {
        Sandbox::builder()
            .user("ou_1", "Ada")
            .contact("ou_1", "ada@example.com", "+8613800000000")
    };
    let all = builder().unlimited().build();
    let info = async |sandbox: &Sandbox, token: String| {
        let reply = with(sandbox, "GET", USER_ONLY, &format!("Bearer {token}")).await;
        assert_eq!(reply.code(), 0, "{reply:?}");
        let body = reply.json();
        let data = body["data"].as_object().unwrap();
        ["name", "email", "mobile"].map(|name| data.contains_key(name))
    };
    assert_eq!(info(&all, all.user_token("ou_1")).await, [true, true, true]);
    assert_eq!(
        info(&all, all.user_token_with("ou_1", [EMAIL])).await,
        [true, true, false]
    );
    let few = builder().app(App::custom("cli_few", "s").scopes([EMAIL])).build();
    assert_eq!(info(&few, few.user_token("ou_1")).await, [true, true, false]);
    let none = few.user_token_with("ou_1", Vec::<String>::new());
    assert_eq!(info(&few, none).await, [true, false, false]);
}

#[tokio::test]
async fn values_with_scopes_are_refused_without_them() {
    // catalog.json: common.UserIdType, `user_id` has scopes (OpenAPI's `x-value-scopes`)
    const LIST: &str = "/open-apis/im/v1/chats?user_id_type=";
    let sandbox = Sandbox::builder()
        .app(App::custom("cli_few", "s").scopes(["im:chat:readonly"]))
        .build();
    let token = format!("Bearer {}", tenant_token(&sandbox).await);
    for kind in ["open_id", "union_id"] {
        assert_eq!(with(&sandbox, "GET", &format!("{LIST}{kind}"), &token).await.code(), 0);
    }
    let refused = with(&sandbox, "GET", &format!("{LIST}user_id"), &token).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (400, 99991672));
    let wanted = json!([{"type": "action_privilege_required", "subject": "contact:user.employee_id:readonly"}]);
    assert_eq!(refused.json()["error"]["permission_violations"], wanted);
    // The app has all scopes, and the user did not grant this one.
    let sandbox = Sandbox::new();
    let token = sandbox.user_token_with("ou_1", ["im:chat:readonly"]);
    let refused = with(&sandbox, "GET", &format!("{LIST}user_id"), &format!("Bearer {token}")).await;
    assert_eq!(refused.code(), 99991679);
}
