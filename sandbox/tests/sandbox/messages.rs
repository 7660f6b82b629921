//! Messages that are kept: content, mentions, receivers, dedupe.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{SEND, builder, call, sandbox, send, tenant_token};

#[tokio::test]
async fn a_message_is_kept_and_the_reply_shows_it() {
    // protocol.md §7.1 and §7.5
    let sandbox = sandbox();
    let text = "<b>Hi</b> <at user_id=\"ou_x\">Tom</at>, <at user_id='ou_y'></at> and <at user_id=\"ou_x\">Tom</at>\n<at user_id=\"all\"></at> <at broken";
    let reply = send(&sandbox, "text", json!({"text": text})).await;
    assert_eq!(reply.code(), 0, "{reply:?}");
    assert!(reply.headers.get("x-flybook-sample").is_none());
    let data = reply.json()["data"].clone();
    assert!(data["message_id"].as_str().unwrap().starts_with("om_"));
    assert_eq!(data["msg_type"], "text");
    assert_eq!(data["chat_id"], sandbox.chat_id());
    assert_eq!(
        (&data["create_time"], &data["update_time"]),
        (&json!("1700000000000"), &json!("1700000000000"))
    );
    assert_eq!((&data["deleted"], &data["updated"]), (&json!(false), &json!(false)));
    let sender =
        json!({"id": sandbox.app_id(), "id_type": "app_id", "sender_type": "app", "tenant_key": sandbox.tenant_key()});
    assert_eq!(data["sender"], sender);
    let content: Value = serde_json::from_str(data["body"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(
        content,
        json!({"text": "Hi @_user_1, @_user_2 and @_user_1\n@_all <at broken"})
    );
    assert_eq!(data["mentions"].as_array().unwrap().len(), 2);
    let tom = json!({"key": "@_user_1", "id": "ou_x", "id_type": "open_id", "name": "Tom", "tenant_key": sandbox.tenant_key()});
    assert_eq!(data["mentions"][0], tom);
    assert!(data.get("root_id").is_none());

    let messages = sandbox.messages_in(sandbox.chat_id());
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].rendered(), "Hi @Tom, @ou_y and @Tom\n@all <at broken");
    assert_eq!(messages[0].operation, "im.v1.message.create");
}

#[tokio::test]
async fn every_kind_of_content_is_rendered() {
    let sandbox = builder().user("ou_ada", "Ada").build();
    let post = json!({
        "en_us": {"title": "No", "content": []},
        "zh_cn": {"title": "Title", "content": [
            [{"tag": "text", "text": "one "}, {"tag": "a", "text": "link", "href": "https://e.com"}],
            [{"tag": "at", "user_id": "ou_ada"}, {"tag": "md", "text": " **x** <at user_id=\"ou_z\">Zoe</at>"}],
            [{"tag": "hr"}],
        ]},
    });
    let card = json!({"header": {"title": {"tag": "plain_text", "content": "Lunch"}}, "elements": [{"tag": "markdown", "content": "Soup"}, {"tag": "hr"}]});
    let cases = [
        ("text", json!({"text": "@_user_1 is text"}), "@_user_1 is text"),
        ("post", post, "Title\none link (https://e.com)\n@Ada **x** @Zoe\n---"),
        ("interactive", card, "[card: Lunch]\nSoup\n---"),
        (
            "interactive",
            json!({"type": "template", "data": {"template_id": "A"}}),
            "[card]\n[template: A]",
        ),
        ("share_user", json!({"user_id": "ou_1"}), "[user: ou_1]"),
    ];
    for (msg_type, content, wanted) in cases {
        let reply = send(&sandbox, msg_type, content).await;
        assert_eq!(reply.code(), 0, "{reply:?}");
        assert_eq!(sandbox.messages().pop().unwrap().rendered(), wanted);
    }
    let image = sandbox.user("ou_ada").sends_image(sandbox.chat_id(), "pixels").unwrap();
    assert_eq!(image.message.rendered(), "[image]");
    // protocol.md §7.5: a post reads back without its language, a card simplified
    let messages = sandbox.messages();
    assert_eq!(messages[1].content["title"], "Title");
    assert_eq!(
        messages[1].content["content"][1][0],
        json!({"tag": "at", "user_id": "@_user_1", "user_name": "Ada"})
    );
    assert_eq!(messages[1].sent["zh_cn"]["title"], "Title");
    assert_eq!(
        messages[2].content["elements"][0],
        json!([{"tag": "text", "text": "Soup"}])
    );
}

#[tokio::test]
async fn receivers_must_suit_their_type() {
    // protocol.md §3.7: 230002 and 230034
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    for (kind, id, code) in [
        ("chat_id", sandbox.chat_id(), 0),
        ("chat_id", "oc_unknown", 230002),
        ("chat_id", "ou_1", 230034),
        ("chat_id", "oc_", 230034),
        ("open_id", "ou_1", 0),
        ("open_id", "on_1", 230034),
        ("open_id", "", 230034),
        ("union_id", "on_2", 0),
        ("union_id", "ou_1", 230034),
        ("user_id", "4c87bec3", 0),
        ("user_id", "oc_1", 230034),
        ("email", "ada@example.com", 0),
        ("email", "ada", 230034),
    ] {
        let path = format!("/open-apis/im/v1/messages?receive_id_type={kind}");
        let body = json!({"receive_id": id, "msg_type": "text", "content": "{\"text\":\"hi\"}"});
        let reply = call(&sandbox, "POST", &path, Some(&token), body).await;
        assert_eq!(reply.code(), code, "{kind} {id}: {reply:?}");
    }
    // The first message to a user opens a chat, which then takes messages itself.
    let p2p = sandbox.messages_in("ou_1").pop().unwrap().chat_id;
    assert!(p2p.starts_with("oc_") && p2p != sandbox.chat_id());
    let body = json!({"receive_id": p2p, "msg_type": "text", "content": "{\"text\":\"again\"}"});
    assert_eq!(call(&sandbox, "POST", SEND, Some(&token), body).await.code(), 0);
    assert_eq!(sandbox.messages_in(&p2p).len(), 2);
}

#[tokio::test]
async fn the_same_key_sends_once_within_an_hour() {
    // protocol.md §7.1
    let sandbox = sandbox();
    let send = async |uuid: &str, text: &str| {
        let token = tenant_token(&sandbox).await;
        let content = json!({"text": text}).to_string();
        let body = json!({"receive_id": sandbox.chat_id(), "msg_type": "text", "content": content, "uuid": uuid});
        call(&sandbox, "POST", SEND, Some(&token), body).await.json()["data"].clone()
    };
    let first = send("a", "one").await;
    sandbox.advance(Duration::from_secs(3599));
    assert_eq!(send("a", "two").await, first);
    assert_ne!(send("b", "other key").await["message_id"], first["message_id"]);
    assert_eq!(sandbox.messages().len(), 2);
    sandbox.advance(Duration::from_secs(1));
    assert_ne!(send("a", "an hour later").await["message_id"], first["message_id"]);
    assert_ne!(
        send("", "none").await["message_id"],
        send("", "none").await["message_id"]
    );
    assert_eq!(sandbox.messages().len(), 5);
}

#[tokio::test]
async fn users_send_as_themselves_and_answers_find_their_message() {
    let sandbox = sandbox();
    sandbox.user("ou_me").joins(sandbox.chat_id()).unwrap();
    let user = sandbox.user_token("ou_me");
    let body = json!({"receive_id": sandbox.chat_id(), "msg_type": "text", "content": "{\"text\":\"hi\"}"});
    let sent = call(&sandbox, "POST", SEND, Some(&user), body).await.json()["data"].clone();
    assert_eq!(sent["sender"]["id"], "ou_me");
    assert_eq!(
        (&sent["sender"]["id_type"], &sent["sender"]["sender_type"]),
        (&json!("open_id"), &json!("user"))
    );

    let token = tenant_token(&sandbox).await;
    let answer = async |id: &str| {
        let body = json!({"msg_type": "text", "content": "{\"text\":\"yes\"}"});
        call(
            &sandbox,
            "POST",
            &format!("/open-apis/im/v1/messages/{id}/reply"),
            Some(&token),
            body,
        )
        .await
    };
    let id = sent["message_id"].as_str().unwrap();
    let first = answer(id).await.json()["data"].clone();
    assert_eq!(
        (&first["root_id"], &first["parent_id"], &first["chat_id"]),
        (&sent["message_id"], &sent["message_id"], &sent["chat_id"])
    );
    let second = answer(first["message_id"].as_str().unwrap()).await.json()["data"].clone();
    assert_eq!(
        (&second["root_id"], &second["parent_id"]),
        (&sent["message_id"], &first["message_id"])
    );
    assert_eq!(answer("om_unknown").await.code(), 99992354);
}

#[tokio::test]
async fn codes_are_only_given_where_they_are_listed() {
    // catalog.json: the error tables of these operations do not have 230001, 230002, 230025 and 230034
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let old = "/open-apis/message/v4/send/";
    let sent = send(&sandbox, "text", json!({"text": "hi"})).await.json();
    let reply = format!(
        "/open-apis/im/v1/messages/{}/reply",
        sent["data"]["message_id"].as_str().unwrap()
    );
    let helpdesk = "/open-apis/helpdesk/v1/message";
    let text = |text: &str| json!({"text": text}).to_string();
    for (path, body, field) in [
        (
            old,
            json!({"chat_id": "oc_unknown", "msg_type": "text", "content": {"text": "hi"}}),
            "chat_id",
        ),
        (
            old,
            json!({"email": "ada", "msg_type": "text", "content": {"text": "hi"}}),
            "email",
        ),
        (
            old,
            json!({"chat_id": sandbox.chat_id(), "msg_type": "text", "content": {"text": ""}}),
            "content.text",
        ),
        (
            old,
            json!({"chat_id": sandbox.chat_id(), "msg_type": "text", "content": "hi"}),
            "content",
        ),
        (
            helpdesk,
            json!({"receiver_id": "oc_1", "msg_type": "text", "content": text("hi")}),
            "receiver_id",
        ),
        (
            &reply,
            json!({"msg_type": "text", "content": text(&"x".repeat(150 * 1024))}),
            "content",
        ),
    ] {
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("x-lark-helpdesk-authorization", "MTIzNDU6aHQtc29tZXRva2Vu".to_owned()),
        ];
        let refused = crate::bench::raw(&sandbox, "POST", path, &headers, body.to_string()).await;
        assert_eq!(refused.code(), 99992402, "{path}: {refused:?}");
        assert_eq!(refused.violations()[0].0, field, "{path}");
        assert_eq!(sandbox.calls().pop().unwrap().code, 99992402);
    }
    assert_eq!(sandbox.messages().len(), 1);
}

#[tokio::test]
async fn long_messages_are_refused() {
    // protocol.md §3.7: 230025
    let sandbox = sandbox();
    let text = |kib: usize| json!({"text": "x".repeat(kib * 1024)});
    assert_eq!(send(&sandbox, "text", text(149)).await.code(), 0);
    assert_eq!(send(&sandbox, "text", text(150)).await.code(), 230025);
    let post = json!({"zh_cn": {"title": "x".repeat(30 * 1024), "content": []}});
    assert_eq!(send(&sandbox, "post", post).await.code(), 230025);
}

#[tokio::test]
async fn helpdesk_posts_are_wrapped_once_more() {
    // protocol.md §7.7
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    let content = json!({"post": {"zh_cn": {"title": "T", "content": [[{"tag": "text", "text": "x"}]]}}}).to_string();
    let body = json!({"receiver_id": "ou_1", "msg_type": "post", "content": content});
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("x-lark-helpdesk-authorization", "MTIzNDU6aHQtc29tZXRva2Vu".to_owned()),
    ];
    let reply = crate::bench::raw(
        &sandbox,
        "POST",
        "/open-apis/helpdesk/v1/message",
        &headers,
        body.to_string(),
    )
    .await;
    assert_eq!(reply.json()["data"].as_object().unwrap().len(), 1);
    assert_eq!(sandbox.messages()[0].rendered(), "T\nx");
}
