//! What scopes open, where apps are installed, and what belongs to whom.

use flybook_sandbox::{App, Sandbox};
use serde_json::{Value, json};

use crate::{
    bench::{Reply, call, tenant_token},
    push::Server,
};

const USER_ONLY: &str = "/open-apis/authen/v1/user_info";

async fn get(sandbox: &Sandbox, path: &str, token: &str) -> Reply {
    call(sandbox, "GET", path, Some(token), Value::Null).await
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
        let reply = get(sandbox, USER_ONLY, &token).await;
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
    let token = tenant_token(&sandbox).await;
    for kind in ["open_id", "union_id"] {
        assert_eq!(get(&sandbox, &format!("{LIST}{kind}"), &token).await.code(), 0);
    }
    let refused = get(&sandbox, &format!("{LIST}user_id"), &token).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (400, 99991672));
    let wanted = json!([{"type": "action_privilege_required", "subject": "contact:user.employee_id:readonly"}]);
    assert_eq!(refused.json()["error"]["permission_violations"], wanted);
    // The app has all scopes, and the user did not grant this one.
    let sandbox = Sandbox::new();
    let token = sandbox.user_token_with("ou_1", ["im:chat:readonly"]);
    let refused = get(&sandbox, &format!("{LIST}user_id"), &token).await;
    assert_eq!(refused.code(), 99991679);
}

#[tokio::test]
async fn an_app_is_where_it_is_installed_and_for_whom_it_is_available() {
    // protocol.md §2.4 (20010), §3.1 and §2.7: catalog.json's 99991673 "cannot be used in this tenant", 10013
    let store = App::store("cli_store", "s").installed_in(["t2"]).available_to(["ou_1"]);
    let sandbox = Sandbox::builder().app(store).tenant("t1").tenant("t2").build();
    let ticket = sandbox.app_ticket("cli_store");
    let body = json!({"app_id": "cli_store", "app_secret": "s", "app_ticket": ticket});
    let app_token = call(&sandbox, "POST", "/open-apis/auth/v3/app_access_token", None, body).await;
    let app_token = app_token.json()["app_access_token"].clone();
    for (tenant, code) in [("t1", 10013), ("t2", 0), ("t3", 10013)] {
        let body = json!({"app_access_token": app_token, "tenant_key": tenant});
        let reply = call(&sandbox, "POST", "/open-apis/auth/v3/tenant_access_token", None, body).await;
        assert_eq!(reply.code(), code, "{tenant}");
    }
    // A user's token is of the first tenant, which does not have the app.
    let token = sandbox.user_token("ou_1");
    assert_eq!(get(&sandbox, USER_ONLY, &token).await.code(), 99991673);

    let sandbox = Sandbox::builder()
        .app(App::custom("cli_1", "s").available_to(["ou_1"]))
        .build();
    let page = "https://accounts.feishu.cn/open-apis/authen/v1/authorize?client_id=cli_1&response_type=code&redirect_uri=http://x&state=";
    for (user, code) in [("ou_1", 0), ("ou_2", 20010)] {
        let back = sandbox.authorize(page, user).unwrap();
        let grant = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
        let body =
            json!({"grant_type": "authorization_code", "client_id": "cli_1", "client_secret": "s", "code": grant});
        let reply = call(&sandbox, "POST", "/open-apis/authen/v2/oauth/token", None, body).await;
        assert_eq!(reply.code(), code, "{user}");
    }
}

#[tokio::test]
async fn a_token_opens_nothing_of_another_app() {
    // protocol.md §2.4 (20024) and §2.1: a token is of one app
    let (first, second) = (App::custom("cli_1", "s1"), App::custom("cli_2", "s2"));
    let sandbox = Sandbox::builder().app(first).app(second).build();
    let page = "https://accounts.feishu.cn/open-apis/authen/v1/authorize?client_id=cli_1&response_type=code&redirect_uri=http://x&scope=offline_access&state=";
    let back = sandbox.authorize(page, "ou_1").unwrap();
    let grant = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let redeem = async |app: &str, secret: &str, kind: &str, name: &str, value: &str| {
        let body = json!({"grant_type": kind, "client_id": app, "client_secret": secret, name: value});
        call(&sandbox, "POST", "/open-apis/authen/v2/oauth/token", None, body).await
    };
    assert_eq!(
        redeem("cli_2", "s2", "authorization_code", "code", grant).await.code(),
        20024
    );
    let bought = redeem("cli_1", "s1", "authorization_code", "code", grant).await.json();
    let refresh = bought["refresh_token"].as_str().unwrap();
    assert_eq!(
        redeem("cli_2", "s2", "refresh_token", "refresh_token", refresh)
            .await
            .code(),
        20024
    );
    assert_eq!(
        redeem("cli_1", "s1", "refresh_token", "refresh_token", refresh)
            .await
            .code(),
        0
    );
    // The same key of another app sends a message of its own, and gives nothing of the first one's away.
    let mut ids = Vec::new();
    for (app, secret) in [("cli_1", "s1"), ("cli_2", "s2")] {
        let body = json!({"app_id": app, "app_secret": secret});
        let token =
            call(&sandbox, "POST", crate::bench::TENANT, None, body).await.json()["tenant_access_token"].clone();
        let body =
            json!({"receive_id": sandbox.chat_id(), "msg_type": "text", "content": "{\"text\":\"hi\"}", "uuid": "k"});
        let sent = call(&sandbox, "POST", crate::bench::SEND, token.as_str(), body)
            .await
            .json();
        ids.push(sent["data"]["message_id"].as_str().unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn events_leave_out_what_the_app_may_not_see() {
    // catalog.json: im.v1.message.EventMessage, `user_agent` has a scope
    const KIND: &str = "im.message.receive_v1";
    for (scopes, seen) in [
        (&["im:message"][..], false),
        (&["im:message", "im:user_agent:read"][..], true),
    ] {
        let server = Server::default();
        let app = App::custom("cli_1", "s").scopes(scopes.iter().copied());
        let sandbox = Sandbox::builder().app(app).build();
        sandbox.set_webhook("cli_1", server.webhook()).await.unwrap();
        let body = json!({"message": {"message_id": "om_1", "user_agent": "Feishu", "chat_id": "oc_1"}});
        assert!(sandbox.push("cli_1", KIND, body).unwrap().done().await);
        let message = server.bodies()[0]["event"]["message"].clone();
        assert_eq!(message["message_id"], "om_1");
        assert_eq!(message.get("user_agent").is_some(), seen, "{scopes:?}");
    }
}

#[tokio::test]
async fn what_an_app_said_to_a_user_is_for_no_other_app() {
    // protocol.md §3.7: 230002 not in the chat, 230050 invisible to the operator; §10.2: only resources uploaded by this app
    let (first, second) = (App::custom("cli_1", "s"), App::custom("cli_2", "s"));
    let sandbox = Sandbox::builder().unlimited().app(first).app(second).build();
    let token = async |app: &str| {
        let body = json!({"app_id": app, "app_secret": "s"});
        let reply = call(&sandbox, "POST", crate::bench::TENANT, None, body).await;
        reply.json()["tenant_access_token"].as_str().unwrap().to_owned()
    };
    let (first, second) = (token("cli_1").await, token("cli_2").await);
    let body = json!({"receive_id": sandbox.open_id(), "msg_type": "text", "content": "{\"text\":\"between us\"}"});
    let sent = call(
        &sandbox,
        "POST",
        "/open-apis/im/v1/messages?receive_id_type=open_id",
        Some(&first),
        body,
    )
    .await;
    let data = sent.json()["data"].clone();
    let (id, chat) = (data["message_id"].as_str().unwrap(), data["chat_id"].as_str().unwrap());
    let text = json!({"msg_type": "text", "content": "{\"text\":\"x\"}"});
    let to_chat = json!({"receive_id": chat, "msg_type": "text", "content": "{\"text\":\"x\"}"});
    let calls = [
        ("GET", format!("/open-apis/im/v1/messages/{id}"), Value::Null),
        (
            "GET",
            format!("/open-apis/im/v1/messages?container_id_type=chat&container_id={chat}"),
            Value::Null,
        ),
        ("GET", format!("/open-apis/im/v1/chats/{chat}/members"), Value::Null),
        ("GET", format!("/open-apis/im/v1/messages/{id}/reactions"), Value::Null),
        ("POST", format!("/open-apis/im/v1/messages/{id}/reply"), text.clone()),
        ("PUT", format!("/open-apis/im/v1/messages/{id}"), text),
        ("DELETE", format!("/open-apis/im/v1/messages/{id}"), Value::Null),
        (
            "POST",
            "/open-apis/im/v1/messages?receive_id_type=chat_id".to_owned(),
            to_chat,
        ),
    ];
    let mut seen = Vec::new();
    for (method, path, body) in calls {
        let reply = call(&sandbox, method, &path, Some(&second), body).await;
        // A sample is made up, and touches nothing.
        let done = reply.code() == 0 && !reply.headers.contains_key("x-flybook-sample");
        if done || String::from_utf8_lossy(&reply.body).contains("between us") {
            seen.push(format!("{method} {path}: {reply:?}"));
        }
    }
    assert!(seen.is_empty(), "{}", seen.join("\n"));
    let own = get(&sandbox, &format!("/open-apis/im/v1/messages/{id}"), &first).await;
    assert!(String::from_utf8_lossy(&own.body).contains("between us"), "{own:?}");
}
