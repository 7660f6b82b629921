//! Edits, cards that are replaced, recalls, read marks and bubbles.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    bot::{Bot, text, two_apps, two_bots},
    push::{Server, still},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn as_text(text: &str) -> Value {
    json!({"msg_type": "text", "content": json!({"text": text}).to_string()})
}

#[tokio::test]
async fn own_texts_and_posts_are_edited_twenty_times() {
    // im-v1/message/update.md: what can be edited, by whom, how often, and the codes; protocol.md §7.3
    let sandbox = two_apps().build();
    let (bot, other) = two_bots(&sandbox).await;
    let id = bot.says("first").await;
    let path = format!("/messages/{id}");
    sandbox.advance(Duration::from_secs(5));
    let edited = bot
        .done("PUT", &path, as_text("second <at user_id=\"ou_x\">Tom</at>"))
        .await;
    assert_eq!(
        (text(&edited), &edited["updated"]),
        ("second @_user_1".to_owned(), &json!(false))
    );
    let read = bot.done("GET", &path, Value::Null).await["items"][0].clone();
    assert_eq!(
        (text(&read), &read["updated"]),
        ("second @_user_1".to_owned(), &json!(true))
    );
    assert_eq!(
        (&read["create_time"], &read["update_time"]),
        (&json!("1700000000000"), &json!("1700000005000"))
    );
    assert_eq!(other.code("PUT", &path, as_text("mine")).await, 230071);
    let card = bot
        .sends(sandbox.chat_id(), "interactive", json!({"elements": []}))
        .await;
    assert_eq!(
        bot.code("PUT", &format!("/messages/{card}"), as_text("x")).await,
        230054
    );
    assert_eq!(bot.code("PUT", "/messages/om_x", as_text("x")).await, 99992354);
    let long = as_text(&"x".repeat(150 * 1024));
    assert_eq!(bot.code("PUT", &path, long).await, 230025);
    for _ in 1..20 {
        bot.done("PUT", &path, as_text("again")).await;
    }
    assert_eq!(bot.code("PUT", &path, as_text("once more")).await, 230072);
    assert_eq!(sandbox.messages()[0].edits, 20);

    let old = bot.says("old").await;
    sandbox.advance(14 * DAY);
    let bot = Bot::of(&sandbox, "cli_a", "a").await;
    assert_eq!(bot.code("PUT", &format!("/messages/{old}"), as_text("x")).await, 0);
    sandbox.advance(Duration::from_millis(1));
    assert_eq!(bot.code("PUT", &format!("/messages/{old}"), as_text("x")).await, 230075);
    let gone = bot.says("gone").await;
    bot.done("DELETE", &format!("/messages/{gone}"), Value::Null).await;
    assert_eq!(
        bot.code("PUT", &format!("/messages/{gone}"), as_text("x")).await,
        230011
    );
    let said = sandbox
        .user(sandbox.open_id())
        .says(sandbox.chat_id(), "mine")
        .unwrap()
        .message;
    assert!(sandbox.user("ou_else").edits(&said.message_id, "x").is_err());
    let said = sandbox
        .user(sandbox.open_id())
        .edits(&said.message_id, "better")
        .unwrap();
    assert_eq!((said.rendered(), said.edits), ("better".to_owned(), 1));
}

#[tokio::test]
async fn shared_cards_are_replaced_for_fourteen_days() {
    // im-v1/message-card/patch.md
    let sandbox = two_apps().build();
    let (bot, other) = two_bots(&sandbox).await;
    let card = |text: &str, shared: bool| json!({"config": {"update_multi": shared}, "elements": [{"tag": "markdown", "content": text}]});
    let content = |card: Value| json!({"content": card.to_string()});
    let id = bot.sends(sandbox.chat_id(), "interactive", card("one", true)).await;
    let path = format!("/messages/{id}");
    assert_eq!(bot.done("PATCH", &path, content(card("two", true))).await, json!({}));
    let read = bot
        .done(
            "GET",
            &format!("{path}?card_msg_content_type=user_card_content"),
            Value::Null,
        )
        .await;
    // protocol.md §7.5: the original only when it is asked for
    assert_eq!(read["items"][0]["body"]["content"], card("two", true).to_string());
    let read = bot.done("GET", &path, Value::Null).await;
    let simple: Value = serde_json::from_str(read["items"][0]["body"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(simple["elements"], json!([[{"tag": "text", "text": "two"}]]));
    let lone = bot.sends(sandbox.chat_id(), "interactive", card("one", false)).await;
    let words = bot.says("no card").await;
    for (bot, id, card, code) in [
        (&bot, &id, card("three", false), 230001),
        (&bot, &lone, card("three", true), 230001),
        (&bot, &words, card("three", true), 230001),
        (&other, &id, card("three", true), 230027),
        (&bot, &id, card(&"x".repeat(30 * 1024), true), 230025),
    ] {
        let path = format!("/messages/{id}");
        assert_eq!(bot.code("PATCH", &path, content(card)).await, code, "{id}");
    }
    sandbox.advance(14 * DAY + Duration::from_millis(1));
    let bot = Bot::of(&sandbox, "cli_a", "a").await;
    assert_eq!(bot.code("PATCH", &path, content(card("late", true))).await, 230031);
}

#[tokio::test]
async fn recalled_messages_leave_a_sentence_and_the_apps_hear_of_it() {
    // im-v1/message/delete.md, events/recalled.md; protocol.md §7.5
    let server = Server::default();
    let sandbox = two_apps().user("ou_ada", "Ada").user("ou_tom", "Tom").build();
    sandbox.set_webhook("cli_b", server.webhook()).await.unwrap();
    let (bot, other) = two_bots(&sandbox).await;
    let id = bot.says("oops").await;
    let path = format!("/messages/{id}");
    assert_eq!(other.code("DELETE", &path, Value::Null).await, 230026);
    assert_eq!(bot.done("DELETE", &path, Value::Null).await, json!({}));
    let read = bot.done("GET", &path, Value::Null).await["items"][0].clone();
    assert_eq!(
        (&read["deleted"], &read["body"]["content"]),
        (&json!(true), &json!("This message was recalled"))
    );
    assert_eq!(sandbox.messages()[0].recalled_by.as_deref(), Some("cli_a"));
    for (method, path, body, code) in [
        ("DELETE", path.clone(), Value::Null, 230110),
        ("POST", format!("{path}/reply"), as_text("x"), 230011),
        (
            "GET",
            format!("{path}/read_users?user_id_type=open_id"),
            Value::Null,
            230110,
        ),
        ("GET", format!("{path}/resources/x?type=file"), Value::Null, 230110),
    ] {
        assert_eq!(bot.code(method, &path, body).await, code, "{method} {path}");
    }
    // The first user owns the chat, and may recall what others say; the second may not.
    let said = bot.says("spam").await;
    assert!(sandbox.user("ou_tom").recalls(&said).is_err());
    let told = sandbox.user("ou_ada").recalls(&said).unwrap();
    // One for each app of the chat, of which the second has a URL.
    assert!(told.deliveries[1].done().await);
    let event = server
        .bodies()
        .into_iter()
        .find(|body| body["event"]["message_id"] == said)
        .unwrap();
    assert_eq!(event["header"]["event_type"], "im.message.recalled_v1");
    assert_eq!(
        event["event"],
        json!({"message_id": said, "chat_id": sandbox.chat_id(), "recall_time": "1700000000000", "recall_type": "group_owner"})
    );
    let late = bot.says("late").await;
    sandbox.advance(DAY + Duration::from_millis(1));
    let bot = Bot::of(&sandbox, "cli_a", "a").await;
    assert_eq!(
        bot.code("DELETE", &format!("/messages/{late}"), Value::Null).await,
        230009
    );
    let user = Bot {
        sandbox: &sandbox,
        token: sandbox.user_token("ou_ada"),
    };
    assert_eq!(user.code("DELETE", &format!("/messages/{late}"), Value::Null).await, 0);
}

#[tokio::test]
async fn who_has_read_a_message_its_sender_learns_for_seven_days() {
    // im-v1/message/read_users.md, events/message_read.md
    let server = Server::default();
    let sandbox = two_apps().user("ou_ada", "Ada").build();
    sandbox.set_webhook("cli_a", server.webhook()).await.unwrap();
    let (bot, other) = two_bots(&sandbox).await;
    let ada = sandbox.user("ou_ada");
    let group = bot.says("all").await;
    assert!(ada.reads(&group).unwrap().deliveries.is_empty());
    let alone = bot.tells("ou_ada", "you").await["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(ada.reads(&alone).unwrap().done().await);
    assert!(ada.reads(&alone).unwrap().deliveries.is_empty());
    let body = server.bodies().pop().unwrap();
    assert_eq!(body["header"]["event_type"], "im.message.message_read_v1");
    let reader = json!({
        "reader_id": {"union_id": "on_ada", "user_id": "ada", "open_id": "ou_ada"},
        "read_time": "1700000000000",
        "tenant_key": sandbox.tenant_key(),
    });
    assert_eq!(body["event"], json!({"reader": reader, "message_id_list": [alone]}));
    assert_eq!(sandbox.readers(&group), ["ou_ada"]);
    let path = format!("/messages/{group}/read_users?user_id_type=user_id");
    let page = bot.done("GET", &path, Value::Null).await;
    let wanted = json!([{"user_id_type": "user_id", "user_id": "ada", "timestamp": "1700000000000", "tenant_key": sandbox.tenant_key()}]);
    assert_eq!((&page["items"], &page["has_more"]), (&wanted, &json!(false)));
    assert_eq!(other.code("GET", &path, Value::Null).await, 230012);
    sandbox.advance(7 * DAY + Duration::from_millis(1));
    let bot = Bot::of(&sandbox, "cli_a", "a").await;
    assert_eq!(bot.code("GET", &path, Value::Null).await, 230033);
}

#[tokio::test]
async fn bubbles_hang_under_the_newest_message_to_a_user() {
    // im-v1/message/push_follow_up.md, where 230002 to 230008 have meanings of their own
    let sandbox = still().user("ou_ada", "Ada").build();
    let bot = Bot::new(&sandbox).await;
    let push = async |id: &str| {
        let body = json!({"follow_ups": [{"content": "More"}]});
        bot.code("POST", &format!("/messages/{id}/push_follow_up"), body).await
    };
    let group = bot.says("all").await;
    assert_eq!(push(&group).await, 230003);
    let first = bot.tells("ou_ada", "one").await["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let second = bot.tells("ou_ada", "two").await["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(push(&first).await, 230006);
    assert_eq!(push(&second).await, 0);
    assert_eq!(push(&second).await, 230008);
    let third = bot.tells("ou_ada", "three").await["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    sandbox.advance(Duration::from_millis(600_001));
    assert_eq!(push(&third).await, 230002);
    let own = sandbox.user("ou_ada").says(sandbox.app_id(), "hello").unwrap().message;
    assert_eq!(push(&own.message_id).await, 230004);
}
