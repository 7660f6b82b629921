//! What an app has of its own beside others: its ids of users in every reply, its cards in message lists, its talk in each tenant.

use flybook_sandbox::{App, Builder, Sandbox};
use serde_json::{Value, json};

use crate::{
    bench::call,
    bot::{Bot, two_apps, two_bots},
    push::{Server, still},
};

fn two() -> Builder {
    two_apps().user("ou_ada", "Ada").user("ou_tom", "Tom")
}

async fn any(sandbox: &Sandbox, token: &str, method: &str, path: &str, body: Value) -> Value {
    let reply = call(sandbox, method, path, Some(token), body).await.json();
    assert_eq!(reply["code"], 0, "{method} {path}: {reply}");
    reply["data"].clone()
}

#[tokio::test]
async fn edits_and_pins_name_users_as_the_app_knows_them() {
    // The page of user identities: open ids differ by app; im-v1/message/update.md and im-v1/pin/list.md show open ids
    let sandbox = two().build();
    let bot = Bot::of(&sandbox, "cli_b", "b").await;
    let own = sandbox.open_id_for("cli_b", "ou_ada");
    let id = bot.says("hi").await;
    let content = json!({"text": format!("<at user_id=\"{own}\"></at>")}).to_string();
    let body = json!({"msg_type": "text", "content": content});
    let edited = bot.done("PUT", &format!("/messages/{id}"), body).await;
    let mention = &edited["mentions"][0];
    assert_eq!((&mention["id"], &mention["name"]), (&json!(own), &json!("Ada")));
    let rendered = sandbox.messages().pop().unwrap().rendered();
    assert_eq!(rendered, "@Ada");

    // Ada is in the chat of everybody, and pins as herself.
    let ada = sandbox.user_token("ou_ada");
    any(
        &sandbox,
        &ada,
        "POST",
        "/open-apis/im/v1/pins",
        json!({"message_id": id}),
    )
    .await;
    let list = format!("/pins?chat_id={}", sandbox.chat_id());
    let pins = bot.done("GET", &list, Value::Null).await;
    let pin = &pins["items"][0];
    assert_eq!(
        (&pin["operator_id"], &pin["operator_id_type"]),
        (&json!(own), &json!("open_id"))
    );
}

#[tokio::test]
async fn cards_in_lists_are_no_other_apps_to_change() {
    // im-v2/app_feed_card: the card's id is the app's own business id
    let sandbox = two().build();
    let (first, second) = two_bots(&sandbox).await;
    let feed = "/open-apis/im/v2/app_feed_card";
    let batch = format!("{feed}/batch");
    let make = |user: &str| json!({"app_feed_card": {"biz_id": "b1", "title": "x", "link": {"link": "https://a.b/"}}, "user_ids": [user]});
    any(&sandbox, &first.token, "POST", feed, make("ou_ada")).await;
    let own = sandbox.open_id_for("cli_b", "ou_ada");
    let gone = |user: &str| json!({"feed_cards": [{"biz_id": "b1", "user_id": user}]});
    let failed = async |bot: &Bot<'_>, user: &str| {
        let reply = any(&sandbox, &bot.token, "DELETE", &batch, gone(user)).await;
        reply["failed_cards"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(failed(&second, &own).await, 1);
    any(&sandbox, &second.token, "POST", feed, make(&own)).await;
    assert_eq!(failed(&second, &own).await, 0);
    assert_eq!(failed(&first, "ou_ada").await, 0);
}

#[tokio::test]
async fn who_may_not_speak_in_a_chat_may_not_in_its_threads() {
    // im-v1/message/forward-message.md: the chat's settings forbid it, whatever the kind of receiver
    let sandbox = two().build();
    let (first, second) = two_bots(&sandbox).await;
    let body = json!({"name": "Team", "bot_id_list": ["cli_b"]});
    let chat = first.done("POST", "/chats?user_id_type=open_id", body).await["chat_id"].clone();
    let chat = chat.as_str().unwrap();
    let id = first.sends(chat, "text", json!({"text": "root"})).await;
    let content = json!({"text": "in the thread"}).to_string();
    let body = json!({"msg_type": "text", "content": content, "reply_in_thread": true});
    let reply = first.done("POST", &format!("/messages/{id}/reply"), body).await;
    let onward = |kind: &str| format!("/messages/{id}/forward?receive_id_type={kind}");
    let (into_thread, into_chat) = (json!({"receive_id": reply["thread_id"]}), json!({"receive_id": chat}));
    second.done("POST", &onward("thread_id"), into_thread.clone()).await;
    first
        .done(
            "PUT",
            &format!("/chats/{chat}/moderation"),
            json!({"moderation_setting": "only_owner"}),
        )
        .await;
    let muted = second.code("POST", &onward("chat_id"), into_chat).await;
    assert_ne!(muted, 0);
    assert_eq!(
        second.code("POST", &onward("thread_id"), into_thread.clone()).await,
        muted
    );
    first.done("POST", &onward("thread_id"), into_thread).await;
}

#[tokio::test]
async fn batches_reach_only_whom_the_app_is_for() {
    // The page of batches: users must be within the bot's availability
    let sandbox = still()
        .app(App::custom("cli_a", "a").available_to(["ou_ada"]))
        .user("ou_ada", "Ada")
        .user("ou_tom", "Tom")
        .build();
    let bot = Bot::new(&sandbox).await;
    let body = json!({"msg_type": "text", "content": {"text": "hi"}, "open_ids": ["ou_ada", "ou_tom"]});
    let sent = any(&sandbox, &bot.token, "POST", "/open-apis/message/v4/batch_send/", body).await;
    assert_eq!(sent["invalid_open_ids"], json!(["ou_tom"]));
    assert_eq!(sandbox.messages().len(), 1);
}

#[tokio::test]
async fn events_of_another_tenant_say_so() {
    // protocol.md, the envelope of events: `tenant_key` is that of the tenant in which it happened
    let server = Server::default();
    let sandbox = still()
        .app(App::store("cli_s", "s"))
        .tenant("t1")
        .tenant("t2")
        .user("ou_ada", "Ada")
        .build();
    sandbox.set_webhook("cli_s", server.webhook()).await.unwrap();
    let post = async |path: &str, body: Value| {
        let path = format!("/open-apis/auth/v3/{path}");
        call(&sandbox, "POST", &path, None, body).await.json()
    };
    let body = json!({"app_id": "cli_s", "app_secret": "s", "app_ticket": sandbox.app_ticket("cli_s")});
    let app = post("app_access_token", body).await["app_access_token"].clone();
    let mut talks = Vec::new();
    for tenant in ["t1", "t2"] {
        let body = json!({"app_access_token": app, "tenant_key": tenant});
        let token = post("tenant_access_token", body).await["tenant_access_token"].clone();
        let token = token.as_str().unwrap().to_owned();
        let bot = Bot {
            sandbox: &sandbox,
            token,
        };
        let chat = bot.tells("ou_ada", "hi").await["chat_id"].as_str().unwrap().to_owned();
        let said = sandbox.user("ou_ada").says(&chat, "hello").unwrap();
        assert!(said.done().await);
        assert_eq!(said.message.tenant_key, tenant);
        let bodies = server.bodies();
        let told = bodies
            .iter()
            .find(|body| body["event"]["message"]["chat_id"] == *chat)
            .unwrap();
        assert_eq!(told["header"]["tenant_key"], tenant);
        talks.push(chat);
    }
    // A talk is of one tenant.
    assert_ne!(talks[0], talks[1]);
}

#[tokio::test]
async fn received_files_bear_their_names() {
    // message-content-description/message_content.md: a file is received with `file_key` and `file_name`
    let sandbox = two().build();
    let bot = Bot::new(&sandbox).await;
    let key = bot.key("file", "stream", b"0123").await;
    let id = bot.sends(sandbox.chat_id(), "file", json!({"file_key": key})).await;
    let read = bot.done("GET", &format!("/messages/{id}"), Value::Null).await;
    let content: Value = serde_json::from_str(read["items"][0]["body"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(content, json!({"file_key": key, "file_name": "a.bin"}));
}
