//! What users do, as apps hear of it, and what apps answer.

use flybook_sandbox::{App, Catalog};
use serde_json::json;

use crate::{
    bench::{self, SEND, TENANT, call},
    push::{Server, still},
};

#[tokio::test]
async fn each_scope_brings_what_it_is_for() {
    // protocol.md §7.6: p2p by `p2p_msg*`, all of groups by `group_msg`, mentions of the bot alone by `group_at_msg*`
    for (scope, plain, mentioned, alone) in [
        ("im:message.p2p_msg:readonly", false, false, true),
        ("im:message.group_msg", true, true, false),
        ("im:message.group_at_msg:readonly", false, true, false),
        ("im:chat", false, false, false),
    ] {
        let sandbox = still()
            .app(App::custom("cli_a", "s").scopes([scope]))
            .user("ou_ada", "Ada")
            .build();
        let ada = sandbox.user("ou_ada");
        let heard = |chat: &str, text: &str| {
            let said = ada.says(chat, text).unwrap();
            said.deliveries
                .iter()
                .any(|one| one.event_type() == "im.message.receive_v1")
        };
        assert_eq!(heard(sandbox.chat_id(), "hi"), plain, "{scope}");
        assert_eq!(
            heard(sandbox.chat_id(), "<at user_id=\"cli_a\">Bot</at> hi"),
            mentioned,
            "{scope}"
        );
        assert_eq!(heard("cli_a", "psst"), alone, "{scope}");
    }
}

#[tokio::test]
async fn a_users_message_reaches_the_apps_that_may_read_it() {
    // protocol.md §7.6, the form of events
    let server = Server::default();
    let sandbox = still()
        .app(App::custom("cli_a", "s").scopes(["im:message.group_msg", "im:message.p2p_msg:readonly"]))
        .app(App::custom("cli_b", "s").scopes(["im:chat"]))
        .user("ou_ada", "Ada")
        .user("ou_tom", "Tom")
        .build();
    sandbox.set_webhook("cli_a", server.webhook()).await.unwrap();
    let chat = sandbox.chat_id().to_owned();
    let ada = sandbox.user("ou_ada");
    let said = ada.says(&chat, "hi <at user_id=\"ou_tom\">Tom</at>").unwrap();
    assert_eq!(said.deliveries.len(), 1);
    assert!(said.done().await);
    let body = &server.bodies()[0];
    assert_eq!(body["schema"], "2.0");
    assert_eq!(body["header"]["event_type"], "im.message.receive_v1");
    let time = "1700000000000";
    assert_eq!(
        body["event"],
        json!({
            "sender": {"sender_id": {"union_id": "on_ada", "user_id": null, "open_id": "ou_ada"}, "sender_type": "user", "tenant_key": sandbox.tenant_key()},
            "message": {
                "message_id": said.message.message_id, "create_time": time, "update_time": time, "chat_id": chat, "chat_type": "group",
                "message_type": "text", "content": "{\"text\":\"hi @_user_1\"}",
                "mentions": [{"key": "@_user_1", "id": {"union_id": "on_tom", "user_id": null, "open_id": "ou_tom"}, "mentioned_type": "user", "name": "Tom", "tenant_key": sandbox.tenant_key()}],
            },
        })
    );
    let answer = sandbox
        .user("ou_tom")
        .replies(&said.message.message_id, "what?")
        .unwrap();
    assert!(answer.done().await);
    assert_eq!(
        server.bodies()[1]["event"]["message"]["root_id"],
        said.message.message_id
    );
    let alone = ada.says("cli_a", "psst").unwrap();
    assert!(alone.done().await);
    // The bot hears that the two now have a chat, too.
    let bodies = server.bodies();
    assert!(
        bodies.iter().any(|body| body["event"]["message"]["chat_type"] == "p2p"),
        "{bodies:?}"
    );
    assert_ne!(alone.message.chat_id, chat);
    assert!(ada.says("oc_nowhere", "hi").is_err());
    assert_eq!(sandbox.messages_in(&chat).len(), 2);
}

#[tokio::test]
async fn a_click_gives_back_what_the_app_answered() {
    // protocol.md §5.7
    let card = json!({"elements": [{"tag": "action", "actions": [
        {"tag": "button", "text": {"tag": "plain_text", "content": "Approve"}, "value": {"id": 7}}]}]});
    let server = Server::answering(&[
        (
            200,
            r#"{"toast":{"type":"success","content":"done"},"card":{"type":"raw","data":{"elements":[]}}}"#,
        ),
        (200, r#"{"toast":{"type":"success","content":"done"}}"#),
        (500, ""),
        (200, "done"),
        (200, r#"{"card":{"type":"raw","data":"{}"}}"#),
        (200, r#"{"inline":{"title":"A page"}}"#),
    ]);
    let sandbox = bench::sandbox();
    sandbox.set_webhook(sandbox.app_id(), server.webhook()).await.unwrap();
    let body = json!({"app_id": sandbox.app_id(), "app_secret": sandbox.app_secret()});
    let token = call(&sandbox, "POST", TENANT, None, body).await.json();
    let token = token["tenant_access_token"].as_str().unwrap();
    let body = json!({"receive_id": sandbox.chat_id(), "msg_type": "interactive", "content": card.to_string()});
    let sent = call(&sandbox, "POST", SEND, Some(token), body).await.json();
    let id = sent["data"]["message_id"].as_str().unwrap().to_owned();
    let user = sandbox.user(sandbox.open_id());
    let refused = user.clicks(&id, "Reject").await.unwrap_err();
    assert!(refused.to_string().contains("[Approve]"), "{refused}");

    let reply = user.clicks(&id, "Approve").await.unwrap();
    assert_eq!(reply["toast"]["content"], "done");
    let event = &server.bodies()[0]["event"];
    assert_eq!(event["action"], json!({"value": {"id": 7}, "tag": "button"}));
    assert_eq!(event["operator"]["open_id"], sandbox.open_id());
    assert!(event["token"].as_str().unwrap().starts_with("c-"));
    assert_eq!(
        event["context"],
        json!({"open_message_id": id, "open_chat_id": sandbox.chat_id()})
    );
    // The card in the answer took the place of the one that was clicked.
    assert!(user.clicks(&id, "Approve").await.is_err());

    let action = json!({"tag": "select_static", "option": "1"});
    assert!(user.acts(&id, action.clone()).await.is_ok());
    for code in [200_671, 200_672, 200_673] {
        assert_eq!(user.acts(&id, action.clone()).await.unwrap_err().code, code);
    }
    let preview = user
        .previews(sandbox.app_id(), &id, "https://example.com/")
        .await
        .unwrap();
    assert_eq!(preview["inline"]["title"], "A page");
    // Each was sent once, whatever came of it.
    assert_eq!(server.bodies().len(), 6);
}

#[tokio::test]
async fn the_callback_of_an_old_card_comes_bare() {
    // protocol.md §5.8: flat, not encrypted, with headers of its own, and never over a long connection
    let catalog = r#"{"operations": [], "types": {}, "events": [{"id": "card.old", "type": "card.action.trigger_v1", "schema": "bare", "reply": "any"}]}"#;
    let server = Server::answering(&[(200, r#"{"elements":[]}"#)]);
    let sandbox = still().catalog(Catalog::parse(catalog).unwrap()).build();
    let app = sandbox.app_id().to_owned();
    let body = json!({"open_id": "ou_1", "token": "c-1", "action": {"tag": "button", "value": {"k": "v"}}});
    let call = || sandbox.call_back(&app, "card.action.trigger_v1", body.clone());
    assert_eq!(call().await.unwrap_err().code, 200_340);
    sandbox.set_webhook(&app, server.webhook()).await.unwrap();
    assert_eq!(call().await.unwrap(), json!({"elements": []}));
    assert_eq!(server.bodies().as_slice(), std::slice::from_ref(&body));
    let came = server.came.lock().unwrap();
    let header = |name: &str| came[0].headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        (header("x-refresh-token"), header("x-lark-request-timestamp")),
        ("c-1".to_owned(), "1700000000".to_owned())
    );
    // SHA-1 in hexadecimal digits; what it covers is held to the vector beside the crypto.
    assert_eq!(header("x-lark-signature").len(), 40);
}
