//! What an app may change after a click on its card, and cards for one user alone.

use std::time::Duration;

use flybook_sandbox::App;
use serde_json::{Value, json};

use crate::{
    bench::{self, TENANT, call},
    cards::Bot,
    push::{Server, still},
};

const UPDATE: &str = "/open-apis/interactive/v1/card/update";

fn card(text: &str) -> Value {
    json!({"elements": [
        {"tag": "markdown", "content": text},
        {"tag": "action", "actions": [{"tag": "button", "text": {"tag": "plain_text", "content": "Go"}, "value": {"k": 1}}]},
    ]})
}

async fn sent(bot: &Bot, content: &Value) -> String {
    let reply = bot.send(content).await;
    assert_eq!(reply.code(), 0, "{reply:?}");
    reply.json()["data"]["message_id"].as_str().unwrap().to_owned()
}

fn token(server: &Server) -> String {
    let bodies = server.bodies();
    let last = bodies.last().unwrap();
    let event = last.get("event").unwrap_or(last);
    event["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_click_lets_its_app_change_the_card_twice_in_half_an_hour() {
    // the page `im-v1/message-card/uMDO1YjLzgTN24yM4UjN`
    let server = Server::default();
    let bot = Bot::new().await;
    bot.sandbox.set_webhook("cli_a", server.webhook()).await.unwrap();
    let id = sent(&bot, &card("One")).await;
    let ada = bot.sandbox.user("ou_ada");
    ada.clicks(&id, "Go").await.unwrap();
    let click = token(&server);
    let update = |token: &str, card: Value| bot.call("POST", UPDATE, json!({"token": token, "card": card}));
    assert_eq!(update("x-1", card("Two")).await.code(), 300_020);
    assert_eq!(update("c-1", card("Two")).await.code(), 300_030);
    let other = json!({"app_id": "cli_b", "app_secret": "s"});
    let other = call(&bot.sandbox, "POST", TENANT, None, other).await.json();
    let other = other["tenant_access_token"].as_str().unwrap().to_owned();
    let stolen = json!({"token": click, "card": card("Two")});
    let refused = call(&bot.sandbox, "POST", UPDATE, Some(&other), stolen).await;
    assert_eq!(refused.code(), 200_310);
    assert!(!String::from_utf8_lossy(&refused.body).contains(&click));
    // What is refused is not counted.
    assert_eq!(update(&click, json!({"elements": [{}]})).await.code(), 11_311);
    assert_eq!(update(&click, card(&"x".repeat(31 * 1024))).await.code(), 10_002);
    assert_eq!(update(&click, card("Two")).await.code(), 0);
    assert_eq!(ada.card(&id).unwrap().lines(), ["Two", "[Go]"]);
    let private = |text: &str, viewers: Value| {
        let mut card = card(text);
        card["config"] = json!({"update_multi": false});
        if !viewers.is_null() {
            card["open_ids"] = viewers;
        }
        card
    };
    assert_eq!(update(&click, private("Three", Value::Null)).await.code(), 300_090);
    assert_eq!(update(&click, private("Three", json!(["Ada"]))).await.code(), 200_320);
    assert_eq!(update(&click, private("Three", json!(["ou_ada"]))).await.code(), 0);
    assert_eq!(ada.card(&id).unwrap().lines(), ["Three", "[Go]"]);
    assert_eq!(bot.sandbox.user("ou_tom").card(&id).unwrap().lines(), ["Two", "[Go]"]);
    assert_eq!(update(&click, card("Four")).await.code(), 300_040);
    ada.clicks(&id, "Go").await.unwrap();
    let click = token(&server);
    bot.sandbox.advance(Duration::from_secs(31 * 60));
    assert_eq!(update(&click, card("Five")).await.code(), 300_030);
}

#[tokio::test]
async fn a_card_waits_for_the_answer_to_a_click() {
    // the page `cardkit-v1/card/update`, code 200810; the page of the delayed update, on what comes before the answer
    let (asked, mut came) = tokio::sync::mpsc::channel::<String>(1);
    let (answer, answers) = tokio::sync::watch::channel(false);
    let hook = flybook_sandbox::Webhook::function(
        move |request| {
            let (asked, mut answers) = (asked.clone(), answers.clone());
            async move {
                let body: Value = serde_json::from_slice(request.body()).unwrap();
                if let Some(challenge) = body.get("challenge") {
                    return http::Response::new(json!({"challenge": challenge}).to_string().into());
                }
                asked
                    .send(body["event"]["token"].as_str().unwrap().to_owned())
                    .await
                    .unwrap();
                answers.wait_for(|done| *done).await.unwrap();
                http::Response::new("{}".into())
            }
        },
        "v-token-0001",
    );
    let bot = Bot::new().await;
    bot.sandbox.set_webhook("cli_a", hook).await.unwrap();
    let two = json!({"schema": "2.0", "body": {"elements": [
        {"tag": "button", "element_id": "go", "text": {"tag": "plain_text", "content": "Go"}}]}});
    let made = json!({"type": "card_json", "data": two.to_string()});
    let made = bot.call("POST", "/open-apis/cardkit/v1/cards", made).await.json();
    let entity = made["data"]["card_id"].as_str().unwrap().to_owned();
    let id = sent(&bot, &json!({"type": "card", "data": {"card_id": entity}})).await;
    let ada = bot.sandbox.user("ou_ada");
    let click = tokio::spawn(async move { ada.clicks(&id, "Go").await });
    let token = came.recv().await.unwrap();
    let settings = format!("/open-apis/cardkit/v1/cards/{entity}/settings");
    let change = json!({"settings": "{}", "sequence": 1});
    assert_eq!(bot.call("PATCH", &settings, change.clone()).await.code(), 200_810);
    let update = json!({"token": token, "card": two});
    assert_eq!(bot.call("POST", UPDATE, update.clone()).await.code(), 99_992_402);
    answer.send_replace(true);
    click.await.unwrap().unwrap();
    assert_eq!(bot.call("PATCH", &settings, change).await.code(), 0);
    assert_eq!(bot.call("POST", UPDATE, update).await.code(), 0);
    // A card that takes the place of an entity's is the entity's from then on.
    let new = json!({"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": "New"}]}});
    assert_eq!(
        bot.call("POST", UPDATE, json!({"token": token, "card": new}))
            .await
            .code(),
        0
    );
    let change = json!({"settings": "{}", "sequence": 2});
    assert_eq!(bot.call("PATCH", &settings, change).await.code(), 0);
    assert_eq!(bot.sandbox.messages()[0].card().unwrap().lines(), ["New"]);
}

#[tokio::test]
async fn an_app_with_the_old_url_alone_is_asked_in_the_first_form() {
    // protocol.md §5.8
    let server = Server::answering(&[(
        200,
        r#"{"elements":[{"tag":"markdown","content":"Done"}],"toast":{"type":"info"}}"#,
    )]);
    let bot = Bot::new().await;
    bot.sandbox
        .set_webhook("cli_a", server.webhook().old_cards())
        .await
        .unwrap();
    let id = sent(&bot, &card("One")).await;
    let ada = bot.sandbox.user("ou_ada");
    ada.clicks(&id, "Go").await.unwrap();
    let click = token(&server);
    let chat = bot.sandbox.chat_id();
    assert_eq!(
        server.bodies()[0],
        json!({
            "open_id": "ou_ada", "user_id": "ada", "tenant_key": bot.sandbox.tenant_key(), "open_message_id": id, "open_chat_id": chat, "token": click,
            "action": {"value": {"k": 1}, "tag": "button"},
        })
    );
    assert_eq!(ada.card(&id).unwrap().lines(), ["Done"]);
}

#[tokio::test]
async fn a_card_for_one_user_is_seen_by_nobody_else_and_goes_without_a_trace() {
    // the pages `im-v1/message-card/uETOyYjLxkjM24SM5IjN` and `…/uITOyYjLykjM24iM5IjN`
    let sandbox = still()
        .app(App::custom("cli_a", "s"))
        .user("ou_ada", "Ada")
        .user("ou_tom", "Tom")
        .build();
    let body = json!({"app_id": "cli_a", "app_secret": "s"});
    let token = call(&sandbox, "POST", TENANT, None, body).await.json();
    let token = token["tenant_access_token"].as_str().unwrap().to_owned();
    let post = |path: &'static str, body: Value| call(&sandbox, "POST", path, Some(&token), body);
    let send = "/open-apis/ephemeral/v1/send";
    let to = |chat: &str, user: &str| json!({"chat_id": chat, "open_id": user, "msg_type": "interactive", "card": card("Psst")});
    let chat = sandbox.chat_id();
    assert_eq!(post(send, to("oc_none", "ou_ada")).await.code(), 99_992_402);
    assert_eq!(post(send, to(chat, "ou_nobody")).await.code(), 99_992_402);
    let sent = post(send, to(chat, "ou_ada")).await.json();
    let id = sent["data"]["message_id"].as_str().unwrap();
    let messages = sandbox.messages_in(chat);
    assert_eq!(messages[0].visible_to.as_deref(), Some("ou_ada"));
    assert_eq!(sandbox.user("ou_ada").card(id).unwrap().lines()[0], "Psst");
    assert!(sandbox.user("ou_tom").card(id).is_err());
    let get = |path: String| {
        let token = token.clone();
        let sandbox = sandbox.clone();
        async move { call(&sandbox, "GET", &path, Some(&token), Value::Null).await }
    };
    assert_ne!(get(format!("/open-apis/im/v1/messages/{id}")).await.code(), 0);
    let list = get(format!(
        "/open-apis/im/v1/messages?container_id_type=chat&container_id={chat}"
    ))
    .await;
    assert_eq!(list.json()["data"]["items"], json!([]));
    let delete = "/open-apis/ephemeral/v1/delete";
    assert_eq!(post(delete, json!({"message_id": id})).await.code(), 0);
    assert!(sandbox.messages().is_empty());
    assert_eq!(post(delete, json!({"message_id": id})).await.code(), 18_051);
    let said = bench::send(&sandbox, "text", json!({"text": "seen by all"}))
        .await
        .json();
    let said = &said["data"]["message_id"];
    assert_eq!(post(delete, json!({"message_id": said})).await.code(), 99_992_354);
}
