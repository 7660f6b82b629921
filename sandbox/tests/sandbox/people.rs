//! The ids by which apps know users, and which users an app is for.

use flybook_sandbox::{App, Sandbox};
use serde_json::{Value, json};

use crate::{
    bench::{call, token_of},
    push::{Server, still},
};

const BY_OPEN_ID: &str = "/open-apis/im/v1/messages?receive_id_type=open_id";
const PROFILE: &str = "/open-apis/authen/v1/user_info";

async fn send(sandbox: &Sandbox, token: &str, path: &str, to: &str, text: &str) -> Value {
    let body = json!({"receive_id": to, "msg_type": "text", "content": json!({"text": text}).to_string()});
    call(sandbox, "POST", path, Some(token), body).await.json()
}

#[tokio::test]
async fn every_app_has_an_open_id_of_its_own_for_a_user() {
    // The page of user identities: open ids differ by app, union ids by developer; protocol.md §3.4, 99992361: an open id of another app
    let sandbox = still()
        .app(App::custom("cli_a", "s"))
        .app(App::custom("cli_b", "s"))
        .user("ou_ada", "Ada")
        .build();
    let (a, b) = (
        token_of(&sandbox, "cli_a", "s").await,
        token_of(&sandbox, "cli_b", "s").await,
    );
    let own = sandbox.open_id_for("cli_b", "ou_ada");
    assert_eq!(sandbox.open_id_for("cli_a", "ou_ada"), "ou_ada");
    assert!(own.starts_with("ou_") && own != "ou_ada");
    assert_eq!(own, sandbox.open_id_for("cli_b", "ou_ada"));

    assert_eq!(send(&sandbox, &a, BY_OPEN_ID, "ou_ada", "hi").await["code"], 0);
    assert_eq!(send(&sandbox, &b, BY_OPEN_ID, "ou_ada", "hi").await["code"], 99_992_361);
    assert_eq!(send(&sandbox, &a, BY_OPEN_ID, &own, "hi").await["code"], 99_992_361);
    let sent = send(&sandbox, &b, BY_OPEN_ID, &own, &format!("<at user_id=\"{own}\">x</at>")).await;
    let mention = &sent["data"]["mentions"][0];
    assert_eq!(
        (&mention["id"], &mention["name"]),
        (&json!(own), &json!("Ada")),
        "{sent}"
    );
    let by_union = "/open-apis/im/v1/messages?receive_id_type=union_id";
    let same = send(&sandbox, &b, by_union, "on_ada", "hi").await;
    assert_eq!(same["data"]["chat_id"], sent["data"]["chat_id"]);
}

#[tokio::test]
async fn events_and_histories_name_users_as_the_app_knows_them() {
    // protocol.md §7.6, the form of events and of replies
    let server = Server::default();
    let sandbox = still()
        .app(App::custom("cli_a", "s"))
        .app(App::custom("cli_b", "s"))
        .user("ou_ada", "Ada")
        .build();
    let own = sandbox.open_id_for("cli_b", "ou_ada");
    sandbox.set_webhook("cli_b", server.webhook()).await.unwrap();
    let said = sandbox
        .user("ou_ada")
        .says("cli_b", "<at user_id=\"ou_ada\">x</at>")
        .unwrap();
    assert!(said.done().await);
    let came = server.bodies();
    // The page of bot events: the first talk with the bot tells it so, and who began.
    let begun = came
        .iter()
        .find(|body| body["event"]["type"] == "p2p_chat_create")
        .unwrap();
    assert_eq!(begun["event"]["user"]["open_id"], own);
    assert_eq!(begun["event"]["user"]["name"], "Ada");
    let told = came.iter().find(|body| body["schema"] == "2.0").unwrap();
    let told = &told["event"];
    assert_eq!(told["sender"]["sender_id"]["open_id"], own);
    assert_eq!(told["sender"]["sender_id"]["union_id"], "on_ada");
    assert_eq!(told["message"]["mentions"][0]["id"]["open_id"], own);
    let token = token_of(&sandbox, "cli_b", "s").await;
    let path = format!("/open-apis/im/v1/messages/{}", said.message.message_id);
    let read = call(&sandbox, "GET", &path, Some(&token), Value::Null).await.json();
    let sender = &read["data"]["items"][0]["sender"];
    assert_eq!((&sender["id"], &sender["id_type"]), (&json!(own), &json!("open_id")));
    let read = call(
        &sandbox,
        "GET",
        &format!("{path}?user_id_type=union_id"),
        Some(&token),
        Value::Null,
    )
    .await;
    assert!(matches!(read.code(), 0 | 99_992_402), "{read:?}");
}

#[tokio::test]
async fn the_profile_is_that_of_the_user_who_signed_in() {
    // authen-v1/user_info/get.md: the fields, and that `user_id` needs a scope
    let sandbox = still()
        .app(App::custom("cli_a", "s").scopes(["im:chat"]))
        .user("ou_ada", "Ada")
        .build();
    let token = sandbox.user_token("ou_ada");
    let profile = call(&sandbox, "GET", PROFILE, Some(&token), Value::Null).await.json();
    assert_eq!(profile["data"]["open_id"], "ou_ada", "{profile}");
    assert_eq!(profile["data"]["name"], "Ada");
    assert_eq!(profile["data"].get("user_id"), None);
    let all = still()
        .user_in("ou_ada", "Ada", "d1")
        .department("d1", "Engines")
        .contact("ou_ada", "ada@example.com", "+8613800000000")
        .build();
    let token = all.user_token("ou_ada");
    let profile = call(&all, "GET", PROFILE, Some(&token), Value::Null).await.json();
    assert_eq!(profile["data"]["user_id"], "ada");
    assert_eq!(profile["data"]["email"], "ada@example.com");
    // The same person is found by the address.
    let token = token_of(&all, all.app_id(), all.app_secret()).await;
    let by_email = "/open-apis/im/v1/messages?receive_id_type=email";
    let sent = send(&all, &token, by_email, "ada@example.com", "hi").await;
    let chat = sent["data"]["chat_id"].as_str().unwrap();
    assert!(all.members_of(chat).contains(&"ou_ada".to_owned()), "{sent}");
}

#[tokio::test]
async fn user_ids_are_for_apps_with_the_scope() {
    // im-v1/message/create.md: `user_id` as the kind of receiver needs `contact:user.employee_id:readonly`
    let sandbox = still()
        .app(App::custom("cli_a", "s").scopes(["im:message", "im:chat"]))
        .user("ou_ada", "Ada")
        .build();
    let token = token_of(&sandbox, "cli_a", "s").await;
    let list = "/open-apis/im/v1/chats?user_id_type=user_id";
    let refused = call(&sandbox, "GET", list, Some(&token), Value::Null).await.json();
    assert_eq!(refused["code"], 99_991_672, "{refused}");
    assert_eq!(
        refused["error"]["permission_violations"][0]["subject"],
        "contact:user.employee_id:readonly"
    );
}

#[tokio::test]
async fn an_app_reaches_only_the_users_it_is_for() {
    // im-v1/message/create.md, 230013: the user is outside the bot's availability
    let sandbox = still()
        .app(App::custom("cli_a", "s").available_to(["ou_ada"]))
        .user("ou_ada", "Ada")
        .user("ou_tom", "Tom")
        .build();
    let token = token_of(&sandbox, "cli_a", "s").await;
    assert_eq!(send(&sandbox, &token, BY_OPEN_ID, "ou_ada", "hi").await["code"], 0);
    assert_eq!(
        send(&sandbox, &token, BY_OPEN_ID, "ou_tom", "hi").await["code"],
        230_013
    );
}
