//! Callbacks of the platform: what arrives typed, and what is answered, byte for byte.

use std::sync::{Arc, Mutex};

use flybook::{
    Bytes, Error, EventType, Router, Value,
    cardkit::v1::card::{ActionReply, ActionTriggered, LegacyAction, Toast, ToastLocales},
    events::Answer,
    im::{
        v1::message::{CallbackCard, CardTemplate, Received},
        v2::url_preview::{Inline, Preview, PreviewGet, PreviewUrl},
    },
};
use serde_json::json;

fn delivery(event_type: &str, event: Value) -> Bytes {
    let header = json!({"event_type": event_type, "tenant_key": "736xxxxx260f175d", "app_id": "cli_a40xxxxxe57e100c"});
    json!({"schema": "2.0", "header": header, "event": event})
        .to_string()
        .into()
}

async fn answer(router: Router, event_type: &str, event: Value) -> Value {
    match router.deliver(delivery(event_type, event)).await {
        Answer::Done(Some(reply)) => serde_json::from_slice(&reply).unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn acted(reply: impl Into<ActionReply>) -> Value {
    let reply = reply.into();
    let router = Router::new().on::<ActionTriggered>(move |_| {
        let reply = reply.clone();
        async move { Ok::<_, Error>(reply) }
    });
    answer(router, "card.action.trigger", json!({})).await
}

/// protocol §6.6: the data of the ack, before base64.
#[tokio::test]
async fn a_toast() {
    let router = Router::new().on::<ActionTriggered>(|_| async { Ok::<_, Error>(Toast::info("ok")) });
    let answer = router.deliver(delivery("card.action.trigger", json!({}))).await;
    let reply = Bytes::from_static(br#"{"toast":{"type":"info","content":"ok"}}"#);
    assert_eq!(answer, Answer::Done(Some(reply)));
}

/// protocol §5.7: the four kinds, the languages, and the two kinds of cards.
#[tokio::test]
async fn card_replies() {
    let saved = ToastLocales::new()
        .zh_cn("更新成功！")
        .en_us("Successful update")
        .ms_my("Berjaya");
    assert_eq!(
        acted(Toast::success("Saved").i18n(saved)).await,
        json!({"toast": {"type": "success", "content": "Saved",
            "i18n": {"zh_cn": "更新成功！", "en_us": "Successful update", "ms_my": "Berjaya"}}})
    );
    assert_eq!(acted(Toast::warning("a")).await["toast"]["type"], "warning");
    assert_eq!(acted(Toast::error("a")).await["toast"]["type"], "error");
    let card = json!({"schema": "2.0", "body": {"elements": []}});
    assert_eq!(
        acted(CallbackCard::raw(card.clone())).await,
        json!({"card": {"type": "raw", "data": card}})
    );
    let template = CardTemplate::new("AAq").template_variable([("name", "x")]);
    assert_eq!(
        acted(
            ActionReply::new()
                .toast(Toast::info("a"))
                .card(CallbackCard::Template(template))
        )
        .await,
        json!({"toast": {"type": "info", "content": "a"},
            "card": {"type": "template", "data": {"template_id": "AAq", "template_variable": {"name": "x"}}}})
    );
    assert_eq!(acted(ActionReply::new()).await, json!({}));
}

/// The page of `card.action.trigger`: its sample, shortened.
#[tokio::test]
async fn an_action_arrives_typed() {
    let event = json!({
        "operator": {"tenant_key": "2df73991750*****", "open_id": "ou_3c14f3a59eaf2825dbe25359f15*****"},
        "token": "c-295ee57216a5dc9de90fefd0aadb4b1d7d******",
        "action": {"value": {"key": "value"}, "tag": "button", "form_value": {"Input_lf4fmxwfrd9": "1234"}, "name": "Button_lvkepfu3"},
        "host": "im_message",
        "context": {"open_message_id": "om_574d639e4a44e4dd646eaf628e2*****", "open_chat_id": "oc_e4d2605ca917e695f54f11aaf56*****"},
    });
    let router = Router::new().on::<ActionTriggered>(|event| async move {
        assert_eq!(event.action.form_value["Input_lf4fmxwfrd9"], "1234");
        assert_eq!(event.context.open_chat_id, "oc_e4d2605ca917e695f54f11aaf56*****");
        assert!(!format!("{event:?}").contains("c-295ee"));
        Ok::<_, Error>(Toast::info(event.action.tag.clone()))
    });
    let reply = answer(router, "card.action.trigger", event).await;
    assert_eq!(reply["toast"]["content"], "button");
}

/// protocol §5.9, and the page's own request: it has no event id, so each one is answered.
#[tokio::test]
async fn a_link_preview() {
    let event = json!({
        "operator": {"tenant_key": "736588cxxxx175d", "user_id": "c3xxxxd1", "open_id": "ou_xxxxx54182ea7b8319f4d39823b79d2"},
        "host": "im_message",
        "context": {"url": "https://feishu-url.bytedance.net/smartcard/test/111", "preview_token": "e28r7df2-xxxx-477d-a8d0-2e1eb99796c2"},
    });
    let router = Router::new().on::<PreviewGet>(|event| async move {
        let url = PreviewUrl::new().copy_url(event.context.url.as_str());
        let inline = Inline::new()
            .title("Test")
            .i18n_title([("en_us", "Test")])
            .image_key("img_1")
            .url(url);
        Ok::<_, Error>(Preview::new().inline(inline).card(CallbackCard::template("AAq")))
    });
    let expected = json!({
        "inline": {"title": "Test", "i18n_title": {"en_us": "Test"}, "image_key": "img_1",
            "url": {"copy_url": "https://feishu-url.bytedance.net/smartcard/test/111"}},
        "card": {"type": "template", "data": {"template_id": "AAq"}},
    });
    for _ in 0..2 {
        assert_eq!(answer(router.clone(), "url.preview.get", event.clone()).await, expected);
    }
}

/// protocol §5.8: no envelope; the reply is the card itself. The body is that of §5.6, vector 4.
#[tokio::test]
async fn a_card_action_of_the_first_form() {
    let router = Router::new().on::<LegacyAction>(|event| async move {
        assert_eq!(event.open_id, "ou_1");
        Ok::<_, Error>(json!({"header": {}, "elements": [event.action.value.clone()]}))
    });
    let body = r#"{"open_id":"ou_1","open_message_id":"om_1","action":{"tag":"button","value":{"k":"v"}}}"#;
    let Answer::Done(Some(reply)) = router.deliver(body.into()).await else {
        panic!("no reply");
    };
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    assert_eq!(reply, json!({"header": {}, "elements": [{"k": "v"}]}));
}

/// protocol §5.7: 3 s, and no retry. What is said in time without the handler is a toast, in two languages.
#[tokio::test(start_paused = true)]
async fn slow_actions_get_a_toast() {
    let router = Router::new().on::<ActionTriggered>(|_| std::future::pending::<()>());
    let reply = answer(router, "card.action.trigger", json!({})).await;
    assert_eq!(reply["toast"]["type"], "info");
    assert_eq!(reply["toast"]["i18n"]["en_us"], reply["toast"]["content"]);
    let router = Router::new().on::<PreviewGet>(|_| std::future::pending::<()>());
    assert_eq!(answer(router, "url.preview.get", json!({})).await, json!({}));
}

/// protocol §5.5: received messages are told by `message_id`.
#[tokio::test]
async fn a_received_message_is_handled_once() {
    assert_eq!(Received::DEDUPE, ["message", "message_id"]);
    assert_eq!(Received::ORDER, ["message", "chat_id"]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let router = Router::new().on::<Received>(move |event| {
        kept.lock().unwrap().push(event.message.message_id.clone());
        async {}
    });
    for _ in 0..2 {
        let event = json!({"message": {"message_id": "om_1", "chat_id": "oc_1"}});
        let answer = router.deliver(delivery(Received::TYPE, event)).await;
        assert_eq!(answer, Answer::Done(None));
    }
    assert_eq!(*seen.lock().unwrap(), ["om_1"]);
}
