//! Card entities, what a message shows of them, and what the platform refuses about cards.

use std::time::Duration;

use flybook_sandbox::{App, Sandbox};
use serde_json::{Value, json};

use crate::bench::{Reply, TENANT, call};

const CARDS: &str = "/open-apis/cardkit/v1/cards";
const SEND: &str = "/open-apis/im/v1/messages?receive_id_type=chat_id";

pub(crate) struct Bot {
    pub(crate) sandbox: Sandbox,
    token: String,
}

impl Bot {
    async fn of(sandbox: &Sandbox, app: &str) -> Self {
        let body = json!({"app_id": app, "app_secret": "s"});
        let token = call(sandbox, "POST", TENANT, None, body).await.json();
        Self {
            sandbox: sandbox.clone(),
            token: token["tenant_access_token"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) async fn new() -> Self {
        let sandbox = two_apps();
        Self::of(&sandbox, "cli_a").await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        call(&self.sandbox, method, path, Some(&self.token), body).await
    }

    async fn made(&self, card: &Value) -> String {
        let body = json!({"type": "card_json", "data": card.to_string()});
        let reply = self.call("POST", CARDS, body).await;
        assert_eq!(reply.code(), 0, "{reply:?}");
        reply.json()["data"]["card_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn send(&self, content: &Value) -> Reply {
        let body =
            json!({"receive_id": self.sandbox.chat_id(), "msg_type": "interactive", "content": content.to_string()});
        self.call("POST", SEND, body).await
    }

    async fn change(&self, method: &str, path: &str, sequence: u64, mut body: Value) -> i64 {
        body["sequence"] = sequence.into();
        self.call(method, &format!("{CARDS}/{path}"), body).await.code()
    }
}

fn two_apps() -> Sandbox {
    let start = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    Sandbox::builder()
        .app(App::custom("cli_a", "s"))
        .app(App::custom("cli_b", "s"))
        .user("ou_ada", "Ada")
        .user("ou_tom", "Tom")
        .start_at(start)
        .unlimited()
        .build()
}

fn entity(id: &str) -> Value {
    json!({"type": "card", "data": {"card_id": id}})
}

fn card() -> Value {
    json!({
        "schema": "2.0",
        "config": {"streaming_mode": true},
        "header": {"title": {"tag": "plain_text", "content": "Build"}},
        "body": {"elements": [
            {"tag": "markdown", "element_id": "text_1", "content": "Running"},
            {"tag": "column_set", "element_id": "row", "columns": [{"tag": "column", "element_id": "left", "elements": []}]},
            {"tag": "button", "element_id": "stop", "text": {"tag": "plain_text", "content": "Stop"}},
        ]},
    })
}

#[tokio::test]
async fn a_message_shows_its_card_entity_as_it_is_now() {
    // the pages `cardkit-v1/card/*` and `cardkit-v1/card-element/*`
    let bot = Bot::new().await;
    let id = bot.made(&card()).await;
    let sent = bot.send(&entity(&id)).await;
    assert_eq!(sent.code(), 0, "{sent:?}");
    let shown = || bot.sandbox.messages_in(bot.sandbox.chat_id())[0].card().unwrap();
    assert_eq!((shown().title(), shown().buttons()), ("Build", vec!["Stop".to_owned()]));
    assert_eq!(shown().lines(), ["Running", "[Stop]"]);

    let text = json!({"content": "Running tests"});
    assert_eq!(
        bot.change("PUT", &format!("{id}/elements/text_1/content"), 1, text)
            .await,
        0
    );
    let new = json!([{"tag": "markdown", "element_id": "text_2", "content": "Half way"}]).to_string();
    let into = json!({"type": "append", "target_element_id": "left", "elements": new});
    assert_eq!(bot.change("POST", &format!("{id}/elements"), 2, into).await, 0);
    let part = json!({"partial_element": json!({"text": {"content": "Halt"}}).to_string()});
    assert_eq!(bot.change("PATCH", &format!("{id}/elements/stop"), 3, part).await, 0);
    assert_eq!(shown().lines(), ["Running tests", "Half way", "[Halt]"]);
    assert_eq!(
        bot.sandbox.messages()[0].rendered(),
        "[card: Build]\nRunning tests\nHalf way\n[Halt]"
    );

    let other = json!({"element": json!({"tag": "hr", "element_id": "line"}).to_string()});
    assert_eq!(bot.change("PUT", &format!("{id}/elements/stop"), 4, other).await, 0);
    // What a container holds goes with it.
    assert_eq!(
        bot.change("DELETE", &format!("{id}/elements/row"), 5, json!({})).await,
        0
    );
    let settings = json!({"settings": json!({"config": {"streaming_mode": false}}).to_string()});
    assert_eq!(bot.change("PATCH", &format!("{id}/settings"), 6, settings).await, 0);
    assert_eq!(shown().lines(), ["Running tests", "---"]);
    let actions = json!([
        {"action": "add_elements", "params": {"type": "insert_before", "target_element_id": "line",
            "elements": [{"tag": "markdown", "element_id": "text_3", "content": "Done"}]}},
        {"action": "delete_elements", "params": {"element_ids": ["text_1"]}},
        {"action": "partial_update_element", "params": {"element_id": "text_3", "partial_element": {"content": "All done"}}},
        {"action": "update_element", "params": {"element_id": "line", "element": {"tag": "markdown", "content": "Bye"}}},
    ]);
    let actions = json!({"actions": actions.to_string()});
    assert_eq!(bot.change("POST", &format!("{id}/batch_update"), 7, actions).await, 0);
    assert_eq!(shown().lines(), ["All done", "Bye"]);
    let whole = json!({"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": "New"}]}});
    let whole = json!({"card": {"type": "card_json", "data": whole.to_string()}});
    assert_eq!(bot.change("PUT", &id, 8, whole).await, 0);
    assert_eq!((shown().title(), shown().lines()), ("", vec!["New".to_owned()]));
}

#[tokio::test]
async fn changes_of_a_card_come_in_order_and_are_refused_by_the_codes_of_their_pages() {
    // protocol.md §7.4 and the tables of the pages `cardkit-v1/*`
    let bot = Bot::new().await;
    let id = bot.made(&card()).await;
    let content = format!("{id}/elements/text_1/content");
    let text = |text: &str| json!({"content": text});
    assert_eq!(bot.change("PUT", &content, 5, text("a")).await, 0);
    assert_eq!(bot.change("PUT", &content, 5, text("b")).await, 300_317);
    // A change that is refused takes no number.
    assert_eq!(
        bot.change("PUT", &format!("{id}/elements/stop/content"), 6, text("b"))
            .await,
        300_310
    );
    assert_eq!(
        bot.change("PUT", &format!("{id}/elements/none/content"), 6, text("b"))
            .await,
        300_313
    );
    let twice = json!({"type": "append", "elements": json!([{"tag": "hr", "element_id": "stop"}]).to_string()});
    assert_eq!(bot.change("POST", &format!("{id}/elements"), 6, twice).await, 300_301);
    let nowhere = json!({"type": "insert_after", "target_element_id": "none", "elements": "[{\"tag\":\"hr\"}]"});
    assert_eq!(bot.change("POST", &format!("{id}/elements"), 6, nowhere).await, 300_315);
    assert_eq!(
        bot.change("DELETE", &format!("{id}/elements/none"), 6, json!({})).await,
        300_314
    );
    let tag = json!({"partial_element": "{\"tag\":\"hr\"}"});
    assert_eq!(
        bot.change("PATCH", &format!("{id}/elements/stop"), 6, tag).await,
        300_312
    );
    let private = json!({"settings": "{\"config\":{\"update_multi\":false}}"});
    assert_eq!(
        bot.change("PATCH", &format!("{id}/settings"), 6, private).await,
        300_302
    );
    let many: Vec<Value> = (0..201).map(|_| json!({"tag": "hr"})).collect();
    let many = json!({"type": "append", "elements": Value::from(many).to_string()});
    assert_eq!(bot.change("POST", &format!("{id}/elements"), 6, many).await, 300_305);
    assert_eq!(
        bot.change("PUT", &content, 6, text(&"x".repeat(31 * 1024))).await,
        200_860
    );

    let deep = format!("[{{\"tag\":\"hr\",\"x\":{}{}}}]", "[".repeat(100), "]".repeat(100));
    let deep = json!({"type": "append", "elements": deep});
    assert_eq!(bot.change("POST", &format!("{id}/elements"), 6, deep).await, 200_220);

    // The same key again does nothing; with another change it is in the way.
    let keyed = |text: &str| json!({"content": text, "uuid": "k-1"});
    assert_eq!(bot.change("PUT", &content, 6, keyed("c")).await, 0);
    assert_eq!(bot.change("PUT", &content, 6, keyed("c")).await, 0);
    let settings = json!({"settings": "{}", "uuid": "k-1"});
    assert_eq!(
        bot.change("PATCH", &format!("{id}/settings"), 7, settings).await,
        200_770
    );

    let off = json!({"settings": "{\"config\":{\"streaming_mode\":false}}"});
    assert_eq!(bot.change("PATCH", &format!("{id}/settings"), 7, off).await, 0);
    assert_eq!(bot.change("PUT", &content, 8, text("d")).await, 300_309);
    let on = json!({"settings": "{\"config\":{\"streaming_mode\":true}}"});
    assert_eq!(bot.change("PATCH", &format!("{id}/settings"), 8, on.clone()).await, 0);
    bot.sandbox.advance(Duration::from_secs(3600));
    assert_eq!(bot.change("PUT", &content, 9, text("d")).await, 200_850);
    assert_eq!(bot.change("PATCH", &format!("{id}/settings"), 9, on).await, 0);
    assert_eq!(bot.change("PUT", &content, 10, text("d")).await, 0);

    let other = Bot::of(&bot.sandbox, "cli_b").await;
    assert_eq!(other.change("PUT", &content, 11, text("d")).await, 300_311);
    assert_eq!(
        bot.change("PUT", "7000/elements/text_1/content", 1, text("d")).await,
        200_740
    );
    bot.sandbox.advance(Duration::from_secs(15 * 24 * 3600));
    let bot = Bot::of(&bot.sandbox, "cli_a").await;
    assert_eq!(bot.change("PUT", &content, 11, text("d")).await, 200_750);
}

#[tokio::test]
async fn an_entity_is_made_well_and_sent_once_by_its_own_app() {
    // the page `cardkit-v1/card/create`
    let bot = Bot::new().await;
    for (code, card) in [
        (300_307, json!({})),
        (300_303, json!({"elements": []})),
        (300_302, json!({"schema": "2.0", "config": {"update_multi": false}})),
        (
            200_220,
            json!({"schema": "2.0", "body": {"elements": [{"content": "no tag"}]}}),
        ),
    ] {
        let body = json!({"type": "card_json", "data": card.to_string()});
        assert_eq!(bot.call("POST", CARDS, body).await.code(), code, "{card}");
    }
    let id = bot.made(&card()).await;
    let other = Bot::of(&bot.sandbox, "cli_b").await;
    let refused = other.send(&entity(&id)).await.json();
    assert!(
        refused["msg"].as_str().unwrap().contains("ErrCode: 300311"),
        "{refused}"
    );
    assert_eq!(bot.send(&entity(&id)).await.code(), 0);
    assert_eq!(bot.send(&entity(&id)).await.code(), 230_099);
    assert_eq!(bot.send(&entity("7000")).await.code(), 230_099);
    assert_eq!(bot.sandbox.messages().len(), 1);
}

#[tokio::test]
async fn a_card_that_cannot_be_built_is_refused_with_the_code_within() {
    // the second table of the page `im-v1/message/create`
    let bot = Bot::new().await;
    let body = |elements: Value| json!({"schema": "2.0", "body": {"elements": elements}});
    let many: Vec<Value> = (0..201).map(|_| json!({"tag": "hr"})).collect();
    let sound = json!({"tag": "audio", "audio_id": "a"});
    let rows = |rows: Value| json!({"tag": "table", "columns": [{"name": "a"}], "rows": rows});
    for (inner, card) in [
        (200_621, body(json!({}))),
        (200_621, body(json!([{"tag": "buton"}]))),
        (200_621, json!({"schema": "2.0", "body": []})),
        (200_621, json!({"elements": [{"text": "no tag"}]})),
        (200_861, body(json!([{"tag": "action", "actions": []}]))),
        (200_550, body(json!([{"tag": "chart", "chart_spec": "{}"}]))),
        (200_914, body(json!([rows(json!("x"))]))),
        (200_915, body(json!([rows(json!([{"b": 1}]))]))),
        (300_220, body(json!([sound.clone()]))),
        (300_230, body(json!([sound.clone(), sound]))),
        (11_310, body(many.into())),
    ] {
        let reply = bot.send(&card).await;
        assert_eq!(reply.code(), 230_099, "{reply:?}");
        let said = reply.json()["msg"].as_str().unwrap().to_owned();
        assert!(
            said.starts_with(&format!("Failed to create card content, ext=ErrCode: {inner}; ")),
            "{said}"
        );
    }
    assert_eq!(bot.send(&body(json!([rows(json!([{"a": 1}]))]))).await.code(), 0);
    assert_eq!(
        bot.send(&json!({"elements": [{"tag": "note", "elements": []}]}))
            .await
            .code(),
        0
    );
}
