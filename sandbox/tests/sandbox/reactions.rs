//! Reactions, pins and alerts: who may, what comes back, and which events go out.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    bot::{Bot, two_apps, two_bots},
    push::{Server, still},
};

const NOW: &str = "1700000000000";

#[tokio::test]
async fn emojis_are_put_listed_and_taken_back() {
    // im-v1/message-reaction/create.md, delete.md and list.md, and their tables of codes
    let sandbox = two_apps().user("ou_ada", "Ada").build();
    let (bot, other) = two_bots(&sandbox).await;
    let id = bot.says("hi").await;
    let path = format!("/messages/{id}/reactions");
    let emoji = |name: &str| json!({"reaction_type": {"emoji_type": name}});
    let put = bot.done("POST", &path, emoji("SMILE")).await;
    let wanted = json!({
        "reaction_id": put["reaction_id"],
        "operator": {"operator_id": "cli_a", "operator_type": "app"},
        "action_time": NOW,
        "reaction_type": {"emoji_type": "SMILE"},
    });
    assert_eq!(put, wanted);
    // The same again is the same.
    assert_eq!(bot.done("POST", &path, emoji("SMILE")).await, put);
    sandbox.user("ou_ada").reacts(&id, "THUMBSUP").unwrap();
    assert!(sandbox.user("ou_ada").reacts(&id, "thumbsup").is_err());
    let kept: Vec<(String, String)> = sandbox
        .reactions(&id)
        .into_iter()
        .map(|reaction| (reaction.operator, reaction.emoji))
        .collect();
    assert_eq!(
        kept,
        [("cli_a", "SMILE"), ("ou_ada", "THUMBSUP")].map(|(who, what)| (who.to_owned(), what.to_owned()))
    );

    let first = bot
        .done("GET", &format!("{path}?page_size=1&user_id_type=union_id"), Value::Null)
        .await;
    assert_eq!((&first["items"][0], &first["has_more"]), (&wanted, &json!(true)));
    let token = first["page_token"].as_str().unwrap();
    let next = format!("{path}?page_size=1&user_id_type=union_id&page_token={token}");
    let second = bot.done("GET", &next, Value::Null).await;
    let operator = json!({"operator_id": "on_ada", "operator_type": "user"});
    assert_eq!(
        (&second["items"][0]["operator"], &second["has_more"]),
        (&operator, &json!(false))
    );
    let only = bot
        .done("GET", &format!("{path}?reaction_type=THUMBSUP"), Value::Null)
        .await;
    assert_eq!(only["items"].as_array().unwrap().len(), 1);

    let one = format!("{path}/{}", put["reaction_id"].as_str().unwrap());
    let elsewhere = bot.says("another").await;
    for (who, method, path, body, code) in [
        (&bot, "POST", path.as_str(), emoji("smile"), 231001),
        (&bot, "POST", "/messages/om_x/reactions", emoji("SMILE"), 231003),
        (&bot, "GET", &format!("{path}?reaction_type=x"), Value::Null, 231001),
        (&other, "DELETE", &one, Value::Null, 231007),
        (&bot, "DELETE", &format!("{path}/x"), Value::Null, 231011),
        (&bot, "DELETE", &one.replace(&id, &elsewhere), Value::Null, 231010),
        (&bot, "DELETE", &one, Value::Null, 0),
        (&bot, "DELETE", &one, Value::Null, 231011),
    ] {
        assert_eq!(who.code(method, path, body).await, code, "{method} {path}");
    }
    // A message in the chat of two is nobody else's to react to.
    let alone = bot.tells("ou_ada", "psst").await;
    let alone = format!("/messages/{}/reactions", alone["message_id"].as_str().unwrap());
    assert_eq!(other.code("POST", &alone, emoji("SMILE")).await, 231002);
    assert_eq!(other.code("GET", &alone, Value::Null).await, 231008);
    assert_eq!(bot.code("POST", &alone, emoji("SMILE")).await, 0);
    bot.done("DELETE", &format!("/messages/{id}"), Value::Null).await;
    assert_eq!(bot.code("POST", &path, emoji("SMILE")).await, 231003);
    assert_eq!(bot.code("GET", &path, Value::Null).await, 231003);
}

#[tokio::test]
async fn the_apps_of_the_chat_hear_of_reactions() {
    // im-v1/message-reaction/event/created.md and deleted.md
    let server = Server::default();
    let sandbox = still().user("ou_ada", "Ada").build();
    sandbox.set_webhook(sandbox.app_id(), server.webhook()).await.unwrap();
    let bot = Bot::new(&sandbox).await;
    let id = bot.says("hi").await;
    let ada = sandbox.user("ou_ada");
    let told = ada.reacts(&id, "HEART").unwrap();
    assert_eq!(told.deliveries.len(), 1);
    assert!(told.done().await);
    assert!(ada.reacts(&id, "HEART").unwrap().deliveries.is_empty());
    sandbox.advance(Duration::from_secs(1));
    assert!(ada.unreacts(&id, "HEART").unwrap().done().await);
    assert!(ada.unreacts(&id, "HEART").is_err());
    let bodies = server.bodies();
    let event = |time: &str| {
        json!({
            "message_id": id,
            "reaction_type": {"emoji_type": "HEART"},
            "operator_type": "user",
            "user_id": {"union_id": "on_ada", "user_id": "ada", "open_id": "ou_ada"},
            "action_time": time,
        })
    };
    assert_eq!(bodies[0]["header"]["event_type"], "im.message.reaction.created_v1");
    assert_eq!(bodies[0]["event"], event(NOW));
    assert_eq!(bodies[1]["header"]["event_type"], "im.message.reaction.deleted_v1");
    assert_eq!(bodies[1]["event"], event("1700000001000"));
}

#[tokio::test]
async fn pins_are_made_once_and_listed_from_the_latest_on() {
    // im-v1/pin/create.md, delete.md and list.md
    let sandbox = two_apps().build();
    let (bot, other) = two_bots(&sandbox).await;
    let (first, second) = (bot.says("one").await, bot.says("two").await);
    let pin = async |bot: &Bot<'_>, id: &str| bot.call("POST", "/pins", json!({"message_id": id})).await;
    let pinned = pin(&bot, &first).await.json()["data"]["pin"].clone();
    let wanted = json!({
        "message_id": first, "chat_id": sandbox.chat_id(), "operator_id": "cli_a", "operator_id_type": "app_id", "create_time": NOW,
    });
    assert_eq!(pinned, wanted);
    sandbox.advance(Duration::from_secs(1));
    // A pinned message gives the pin it has.
    assert_eq!(pin(&other, &first).await.json()["data"]["pin"], wanted);
    assert_eq!(pin(&other, &second).await.code(), 0);
    let list = format!("/pins?chat_id={}", sandbox.chat_id());
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|pin| pin["message_id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        ids(&bot.done("GET", &list, Value::Null).await),
        [second.clone(), first.clone()]
    );
    let early = bot.done("GET", &format!("{list}&end_time={NOW}"), Value::Null).await;
    assert_eq!(ids(&early), std::slice::from_ref(&first));
    let late = bot
        .done("GET", &format!("{list}&start_time=1700000000001"), Value::Null)
        .await;
    assert_eq!(ids(&late), std::slice::from_ref(&second));
    assert_eq!(sandbox.pinned_in(sandbox.chat_id()), [second.clone(), first.clone()]);
    // Whether it was pinned makes no difference.
    for _ in 0..2 {
        assert_eq!(bot.code("DELETE", &format!("/pins/{first}"), Value::Null).await, 0);
    }
    bot.done("DELETE", &format!("/messages/{}", bot.says("three").await), Value::Null)
        .await;
    let recalled = sandbox.messages().pop().unwrap().message_id;
    assert_eq!(pin(&bot, &recalled).await.code(), 230011);
    assert_eq!(bot.code("DELETE", &format!("/pins/{recalled}"), Value::Null).await, 0);
    assert_eq!(bot.code("GET", "/pins?chat_id=oc_x", Value::Null).await, 230002);
}

#[tokio::test]
async fn users_of_the_chat_are_alerted_to_the_bots_own_messages() {
    // im-v1/buzz-messages/urgent_app.md
    let sandbox = two_apps().user("ou_ada", "Ada").build();
    let (bot, other) = two_bots(&sandbox).await;
    let id = bot.says("fire").await;
    let urge = async |bot: &Bot<'_>, id: &str, way: &str, users: Value| {
        let path = format!("/messages/{id}/urgent_{way}?user_id_type=open_id");
        bot.call("PATCH", &path, json!({"user_id_list": users})).await
    };
    let reply = urge(&bot, &id, "phone", json!(["ou_ada", "ou_nobody"])).await.json();
    assert_eq!(reply["data"], json!({"invalid_user_id_list": ["ou_nobody"]}));
    assert_eq!(sandbox.alerted(&id), [("ou_ada".to_owned(), "phone".to_owned())]);
    assert_eq!(urge(&bot, &id, "app", json!(["ou_nobody"])).await.code(), 230001);
    assert_eq!(urge(&other, &id, "sms", json!(["ou_ada"])).await.code(), 230012);
    for _ in 1..200 {
        let id = bot.says("fire").await;
        assert_eq!(urge(&bot, &id, "app", json!(["ou_ada"])).await.code(), 0);
    }
    let last = bot.says("fire").await;
    assert_eq!(urge(&bot, &last, "app", json!(["ou_ada"])).await.code(), 230023);
    sandbox.user("ou_ada").reads(&id).unwrap();
    assert_eq!(urge(&bot, &last, "app", json!(["ou_ada"])).await.code(), 0);
    bot.done("DELETE", &format!("/messages/{last}"), Value::Null).await;
    assert_eq!(urge(&bot, &last, "app", json!(["ou_ada"])).await.code(), 230110);
}
