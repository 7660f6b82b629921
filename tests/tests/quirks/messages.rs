//! What is odd about messages on the wire, row by row: protocol §7 and the rows of §11 that touch them.

use flybook::{
    Markup, Request, Value,
    cardkit::v1::{card, card_element},
    ephemeral::v1::message as ephemeral,
    helpdesk::v1::bot_message::{self, BotMessageContent},
    im::{
        v1::{
            chat_members, chat_menu_tree, chat_tab,
            message::{
                Card, CardTemplate, ContainerIdType, Create, EditableContent, Forward, List, MergeForward,
                MessageContent, Patch, Post, PostContent, PostNode, ReceiveIdType, Reply, Update,
            },
        },
        v2::app_feed_card_batch,
    },
    message::v4::{batch_send, message as legacy},
};
use flybook_tests::recorder::Recorder;
use serde_json::json;

use super::{EMPTY, client};

/// Request line and body of a call.
async fn sent<R: Request + flybook::AcceptsTenant>(request: R) -> (String, Value) {
    let recorder = Recorder::new(EMPTY);
    let _ = client(&recorder).send(request).await;
    let calls = recorder.calls();
    assert_eq!(calls.len(), 1);
    let target = calls[0].url.trim_start_matches("https://open.example.com/open-apis");
    let body = match calls[0].body.is_empty() {
        true => Value::Null,
        false => serde_json::from_slice(&calls[0].body).unwrap(),
    };
    (format!("{} {target}", calls[0].method), body)
}

async fn answered<R: Request + flybook::AcceptsTenant>(request: R, reply: Value) -> R::Reply {
    client(&Recorder::new(reply.to_string())).send(request).await.unwrap()
}

/// JSON that travels as text: what the string holds, which must not be text again.
fn inside(text: &Value) -> Value {
    let value: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    assert!(!value.is_string(), "packed twice");
    value
}

fn post() -> PostContent {
    PostContent::new().zh_cn(
        Post::new()
            .title("t")
            .paragraph([PostNode::text("a"), PostNode::at("ou_1")]),
    )
}

fn wrapped_post() -> Value {
    json!({"zh_cn": {"title": "t", "content": [[{"tag": "text", "text": "a"}, {"tag": "at", "user_id": "ou_1"}]]}})
}

/// §7.1: `receive_id_type` in the query; content is JSON in a string, packed once; `uuid` in the body.
#[tokio::test]
async fn sending() {
    let words = "a \"quote\", a \\ and a\nline";
    let (line, body) = sent(Create::new(ReceiveIdType::Email, "a@b.c", MessageContent::text(words)).uuid("u-1")).await;
    assert_eq!(line, "POST /im/v1/messages?receive_id_type=email");
    assert_eq!(
        body,
        json!({"receive_id": "a@b.c", "msg_type": "text", "content": json!({"text": words}).to_string(), "uuid": "u-1"})
    );
    assert_eq!(inside(&body["content"]), json!({"text": words}));

    let (_, body) = sent(Create::new(
        ReceiveIdType::ChatId,
        "oc_1",
        MessageContent::text(Markup::new().at_all().text(" hi")),
    ))
    .await;
    assert_eq!(body["content"], r#"{"text":"<at user_id=\"all\"></at> hi"}"#);
    assert!(body.get("uuid").is_none(), "nothing is sent that was not given");

    let (_, body) = sent(Create::new(ReceiveIdType::ChatId, "oc_1", MessageContent::post(post()))).await;
    assert_eq!(
        (body["msg_type"].as_str(), inside(&body["content"])),
        (Some("post"), wrapped_post())
    );
}

/// §7.1: a reply names the message in the path and nothing else of it.
#[tokio::test]
async fn replying() {
    let request = Reply::new("om_1", MessageContent::image("img_1"))
        .reply_in_thread(true)
        .uuid("u-1");
    let (line, body) = sent(request).await;
    assert_eq!(line, "POST /im/v1/messages/om_1/reply");
    assert_eq!(
        body,
        json!({"content": r#"{"image_key":"img_1"}"#, "msg_type": "image", "reply_in_thread": true, "uuid": "u-1"})
    );
}

/// §11.24: forwarding takes `uuid` in the query.
#[tokio::test]
async fn forwarding() {
    let (line, body) = sent(Forward::new("om_1", "chat_id", "oc_1").uuid("u-1")).await;
    assert_eq!(
        line,
        "POST /im/v1/messages/om_1/forward?receive_id_type=chat_id&uuid=u-1"
    );
    assert_eq!(body, json!({"receive_id": "oc_1"}));
    let (line, body) = sent(MergeForward::new("chat_id", "oc_1", ["om_1", "om_2"]).uuid("u-1")).await;
    assert_eq!(
        line,
        "POST /im/v1/messages/merge_forward?receive_id_type=chat_id&uuid=u-1"
    );
    assert_eq!(body, json!({"receive_id": "oc_1", "message_id_list": ["om_1", "om_2"]}));
}

/// §7.3: PUT edits texts and posts, PATCH replaces a card; §11.30: the wrapper of a template goes into the string.
#[tokio::test]
async fn editing() {
    let (line, body) = sent(Update::new("om_1", EditableContent::text("new"))).await;
    assert_eq!(line, "PUT /im/v1/messages/om_1");
    assert_eq!(body, json!({"msg_type": "text", "content": r#"{"text":"new"}"#}));

    let card = json!({"config": {"update_multi": true}, "elements": []});
    let (line, body) = sent(Patch::new("om_1", card.clone())).await;
    assert_eq!(line, "PATCH /im/v1/messages/om_1");
    assert_eq!((body.as_object().unwrap().len(), inside(&body["content"])), (1, card));

    let template = CardTemplate::new("AAq1")
        .template_version_name("1.0.0")
        .template_variable([("key", json!([1]))]);
    let data = json!({"template_id": "AAq1", "template_version_name": "1.0.0", "template_variable": {"key": [1]}});
    let (_, body) = sent(Patch::new("om_1", template)).await;
    assert_eq!(inside(&body["content"]), json!({"type": "template", "data": data}));
}

/// §7.3, §11.16: a card for one user's eyes is an object.
#[tokio::test]
async fn ephemeral_cards() {
    let card = ephemeral::MessageCard::interactive(json!({"elements": []}));
    let (line, body) = sent(ephemeral::Send::new("oc_1", ephemeral::Viewer::open("ou_1"), card)).await;
    assert_eq!(line, "POST /ephemeral/v1/send");
    assert_eq!(
        body,
        json!({"chat_id": "oc_1", "open_id": "ou_1", "msg_type": "interactive", "card": {"elements": []}})
    );
}

/// §7.4, §11.16: `data`, `settings`, `actions` and elements are JSON in strings; changes carry `sequence` and `uuid`.
#[tokio::test]
async fn card_entities() {
    let (line, body) = sent(card::Create::new(card::CardData::card(json!({"schema": "2.0"})))).await;
    assert_eq!(line, "POST /cardkit/v1/cards");
    assert_eq!(
        (body["type"].as_str(), inside(&body["data"])),
        (Some("card_json"), json!({"schema": "2.0"}))
    );

    let settings = card::CardSettings::new().config(json!({"streaming_mode": false}));
    let (line, body) = sent(card::Settings::new("7", settings, 2).uuid("u-1")).await;
    assert_eq!(line, "PATCH /cardkit/v1/cards/7/settings");
    assert_eq!(
        (body["sequence"].as_i64(), body["uuid"].as_str()),
        (Some(2), Some("u-1"))
    );
    assert_eq!(inside(&body["settings"]), json!({"config": {"streaming_mode": false}}));

    let changes = [card::CardChange::delete_elements(["md_1"])];
    let (line, body) = sent(card::BatchUpdate::new("7", 3, changes)).await;
    assert_eq!(line, "POST /cardkit/v1/cards/7/batch_update");
    assert_eq!(
        inside(&body["actions"]),
        json!([{"action": "delete_elements", "params": {"element_ids": ["md_1"]}}])
    );

    // Streaming text is plain text, not JSON.
    let (line, body) = sent(card_element::Content::new("7", "md_1", "so \"far\"", 4)).await;
    assert_eq!(line, "PUT /cardkit/v1/cards/7/elements/md_1/content");
    assert_eq!(body, json!({"content": "so \"far\"", "sequence": 4}));
}

/// §7.4, §11.9: these DELETEs have a body.
#[tokio::test]
async fn deleting_with_a_body() {
    let (line, body) = sent(card_element::Delete::new("7", "md_1", 5).uuid("u-1")).await;
    assert_eq!(line, "DELETE /cardkit/v1/cards/7/elements/md_1");
    assert_eq!(body, json!({"sequence": 5, "uuid": "u-1"}));

    let (line, body) = sent(
        chat_members::Delete::new("oc_1")
            .member_id_type("app_id")
            .id_list(["cli_2"]),
    )
    .await;
    assert_eq!(line, "DELETE /im/v1/chats/oc_1/members?member_id_type=app_id");
    assert_eq!(body, json!({"id_list": ["cli_2"]}));

    let (line, body) = sent(chat_tab::DeleteTabs::new("oc_1", ["7"])).await;
    assert_eq!(line, "DELETE /im/v1/chats/oc_1/chat_tabs/delete_tabs");
    assert_eq!(body, json!({"tab_ids": ["7"]}));

    let (line, body) = sent(chat_menu_tree::Delete::new("oc_1", ["7"])).await;
    assert_eq!(line, "DELETE /im/v1/chats/oc_1/menu_tree");
    assert_eq!(body, json!({"chat_menu_top_level_ids": ["7"]}));

    let (line, body) = sent(app_feed_card_batch::Delete::new()).await;
    assert_eq!(
        (line.as_str(), body.is_null()),
        ("DELETE /im/v2/app_feed_card/batch", false)
    );
}

/// §7.6, §11.15: the history is asked for in seconds and answers in milliseconds, as strings.
#[tokio::test]
async fn times_of_the_history() {
    let asked = || {
        List::new(ContainerIdType::Chat, "oc_1")
            .start_time(1608594809)
            .end_time(1609296809)
    };
    let (line, _) = sent(asked()).await;
    assert_eq!(
        line,
        "GET /im/v1/messages?container_id_type=chat&container_id=oc_1&start_time=1608594809&end_time=1609296809"
    );
    let reply = json!({"code": 0, "data": {"items": [{"create_time": "1615380573411", "sender": {"sender_type": "app", "id_type": "app_id"}}]}});
    let page = answered(asked(), reply).await;
    assert_eq!(page.items[0].create_time.0, 1615380573411);
    // §7.6, §11.29: a bot is an `app` here, and a `bot` in the event (tests/received_content.rs).
    assert_eq!(page.items[0].sender.sender_type.as_str(), "app");
}

/// §7.7: content is an object, and the receiver one key of several.
#[tokio::test]
#[allow(deprecated)]
async fn the_legacy_sender() {
    let request = legacy::Send::new(legacy::Receiver::open_id("ou_1"), legacy::MessageContent::text("hi"));
    let (line, body) = sent(request).await;
    assert_eq!(line, "POST /message/v4/send/");
    assert_eq!(
        body,
        json!({"open_id": "ou_1", "msg_type": "text", "content": {"text": "hi"}})
    );
}

/// §7.7: objects again, a post one level deeper, cards under `card`; the message's ID is of another kind.
#[tokio::test]
async fn sending_in_a_batch() {
    use batch_send::{Create, MessageContent, MessageType};

    let (line, body) = sent(
        Create::new(MessageType::Post)
            .content(MessageContent::new().post(post()))
            .open_ids(["ou_1"]),
    )
    .await;
    assert_eq!(line, "POST /message/v4/batch_send/");
    assert_eq!(
        body,
        json!({"msg_type": "post", "content": {"post": wrapped_post()}, "open_ids": ["ou_1"]})
    );
    let (_, body) = sent(
        Create::new(MessageType::Interactive)
            .card(Card::template("AAq1"))
            .department_ids(["od-1"]),
    )
    .await;
    assert_eq!(
        body,
        json!({"msg_type": "interactive", "card": {"type": "template", "data": {"template_id": "AAq1"}}, "department_ids": ["od-1"]})
    );
    let reply =
        json!({"code": 0, "data": {"message_id": "bm-1", "invalid_open_ids": ["ou_2"], "invalid_user_ids": null}});
    let reply = answered(Create::new(MessageType::Text), reply).await;
    assert_eq!(
        (
            reply.message_id.as_str(),
            reply.invalid_open_ids.len(),
            reply.invalid_user_ids.len()
        ),
        ("bm-1", 1, 0)
    );
}

/// §7.7: for the helpdesk's bot content is a string again, with a post wrapped inside.
#[tokio::test]
async fn the_bot_of_a_helpdesk() {
    let (line, body) = sent(bot_message::Create::new(BotMessageContent::post(post()), "ou_1")).await;
    assert_eq!(line, "POST /helpdesk/v1/message");
    assert_eq!(inside(&body["content"]), json!({"post": wrapped_post()}));
    assert_eq!(
        (body["msg_type"].as_str(), body["receiver_id"].as_str()),
        (Some("post"), Some("ou_1"))
    );
}
