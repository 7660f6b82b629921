//! Sending messages: the wire form, the documented replies, and replies that keep no promise.

use std::future::IntoFuture;

use flybook::{
    Client, Error,
    auth::v3::{app_access_token, app_ticket, tenant_access_token},
    common::UserIdType,
    helpdesk::v1::bot_message::{self, BotMessageContent, ReceiveType},
    im::v1::message::{
        Create, Message, MessageContent, MessageType, Post, PostContent, PostNode, ReceiveIdType, SenderIdType,
        SenderType,
    },
};
use flybook_tests::recorder::Recorder;
use serde_json::{Value, json};

/// Transcribed from the page of im.v1.message.create; its other facts are in the spec.
const REPLY: &str = include_str!("../fixtures/documented/im.v1.message.create.reply.json");

fn client(recorder: &Recorder) -> Client {
    Client::builder("cli_1", "secret")
        .base_url("https://open.example.com")
        .helpdesk("12345", "ht-sometoken")
        .retry(flybook::Retry::off())
        .transport(recorder.clone())
        .build()
        .unwrap()
}

fn create(content: MessageContent) -> Create {
    Create::new(ReceiveIdType::ChatId, "oc_xxx", content)
}

async fn answered(status: u16, reply: impl Into<flybook::Bytes>) -> Result<Message, Error> {
    client(&Recorder::new(reply).status(status))
        .send(create(MessageContent::text("hi")))
        .await
}

/// The wire form of a call whose reply does not matter.
macro_rules! wire_form {
    ($name:literal, $client:ident => $call:expr) => {{
        let recorder = Recorder::new(r#"{"code":0,"msg":"success","data":{}}"#);
        let $client = client(&recorder);
        let _ = $call.into_future().await;
        insta::assert_snapshot!(concat!("wire_", $name), recorder.wire_form());
    }};
}

#[tokio::test]
#[allow(deprecated)]
async fn the_wire_form_of_every_operation() {
    use flybook::message::v4::message as legacy;

    wire_form!("im.v1.message.create", client => client.im().v1().message().create(create(MessageContent::text("Hello world")).uuid("a0d69e20-1dd1-458b-k525-dfeca4015204")));
    for (name, receiver) in [
        ("chat", legacy::Receiver::chat_id("oc_5ad11d72b830411d72b836c20")),
        ("open", legacy::Receiver::open_id("ou_5ad573a6411d72b8305fda3a9c15c70e")),
        ("user", legacy::Receiver::user_id("92e39a99")),
        ("email", legacy::Receiver::email("somebody@example.com")),
    ] {
        let recorder = Recorder::new("{}");
        let request = legacy::Send::new(receiver, legacy::MessageContent::text("text content"))
            .root_id("om_40eb06e7b84dc71c03e009ad3c754195");
        let _ = client(&recorder).message().v4().message().send(request).await;
        insta::assert_snapshot!(format!("wire_message.v4.message.send_{name}"), recorder.wire_form());
    }
    wire_form!("helpdesk.v1.bot.message.create", client => client.helpdesk().v1().bot_message().create(
        bot_message::Create::new(
            BotMessageContent::post(PostContent::new().zh_cn(Post::new().title("some title").paragraph([PostNode::text("some content")]))),
            "ou_7346484524",
        )
        .receive_type(ReceiveType::Chat)
        .user_id_type(UserIdType::OpenId)
    ));
}

/// Token calls are recorded nowhere, so their wire form is seen by a transport of their own.
#[tokio::test]
async fn the_wire_form_of_token_calls() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = seen.clone();
    let client = Client::builder("cli_1", "secret")
        .base_url("https://open.example.com")
        .transport(move |call: flybook::Outgoing| {
            let body = String::from_utf8(call.body.to_vec()).unwrap();
            assert!(
                !call.headers.contains_key("authorization"),
                "the page asks for no token"
            );
            sink.lock()
                .unwrap()
                .push(format!("{} {} {body}", call.method, call.url));
            async {
                Ok(http::Response::new(flybook::Bytes::from_static(
                    b"{\"code\":0,\"msg\":\"ok\",\"expire\":7200}",
                )))
            }
        })
        .build()
        .unwrap();
    let auth = client.auth().v3();
    auth.tenant_access_token()
        .internal(tenant_access_token::Internal::new(
            "cli_slkdjalasdkjasd",
            "dskLLdkasdjlasdKK",
        ))
        .await
        .unwrap();
    auth.app_access_token()
        .internal(app_access_token::Internal::new(
            "cli_slkdjalasdkjasd",
            "dskLLdkasdjlasdKK",
        ))
        .await
        .unwrap();
    insta::assert_snapshot!("wire_auth.v3", seen.lock().unwrap().join("\n"));
    seen.lock().unwrap().clear();
    let store = Client::builder("cli_1", "secret")
        .store_app()
        .base_url("https://open.example.com");
    let sink = seen.clone();
    let store = store
        .transport(move |call: flybook::Outgoing| {
            sink.lock().unwrap().push(format!(
                "{} {} {}",
                call.method,
                call.url,
                String::from_utf8_lossy(&call.body)
            ));
            async {
                Ok(http::Response::new(flybook::Bytes::from_static(
                    b"{\"code\":0,\"msg\":\"ok\",\"expire\":7140}",
                )))
            }
        })
        .build()
        .unwrap();
    let auth = store.auth().v3();
    auth.app_access_token()
        .create(app_access_token::Create::new(
            "cli_slkdjalasdkjasd",
            "dskLLdkasdjlasdKK",
            "dskLLdkasd",
        ))
        .await
        .unwrap();
    let request = tenant_access_token::Create::new("a-32bd8551db2f081cbfd26293f27516390b9feb04", "73658811060f175d");
    auth.tenant_access_token().create(request).await.unwrap();
    auth.app_ticket()
        .resend(app_ticket::Resend::new("cli_slkdjalasdkjasd", "dskLLdkasdjlasdKK"))
        .await
        .unwrap();
    insta::assert_snapshot!("wire_auth.v3_store", seen.lock().unwrap().join("\n"));
}

#[tokio::test]
async fn the_documented_reply_is_read_whole() {
    let message = answered(200, REPLY).await.unwrap();
    assert_eq!(message.msg_type, MessageType::Interactive);
    assert_eq!((message.create_time.0, message.deleted), (1615380573411, false));
    assert_eq!(
        (message.sender.id_type.clone(), message.sender.sender_type.clone()),
        (SenderIdType::AppId, SenderType::App)
    );
    // Every key of the page's sample is in the type: what is encoded again is what came.
    let documented: Value = serde_json::from_str(REPLY).unwrap();
    assert_eq!(serde_json::to_value(&message).unwrap(), documented["data"]);
}

/// The replies that the pages of auth.v3, message.v4 and helpdesk.v1 document.
#[tokio::test]
#[allow(deprecated)]
async fn the_other_documented_replies_are_read_whole() {
    use flybook::message::v4::message as legacy;

    fn answering(reply: &'static str) -> Client {
        let transport = move |_: flybook::Outgoing| async move {
            Ok(http::Response::new(flybook::Bytes::from_static(reply.as_bytes())))
        };
        Client::builder("cli_1", "s")
            .base_url("https://open.example.com")
            .transport(transport)
            .build()
            .unwrap()
    }
    let reply = r#"{"code": 0, "msg": "ok", "tenant_access_token": "t-caecc734c2e3328a62489fe0648c4b98779515d3", "expire": 7200}"#;
    let token = answering(reply)
        .send(tenant_access_token::Internal::new("a", "b"))
        .await
        .unwrap();
    assert_eq!(
        (token.tenant_access_token.expose(), token.expire),
        ("t-caecc734c2e3328a62489fe0648c4b98779515d3", 7200)
    );

    let reply = r#"{"app_access_token": "t-g1044ghJRUIJJ5ZPPZMOHKWZISL33E4QSS3abcef", "code": 0, "expire": 7200, "msg": "ok", "tenant_access_token": "t-g1044ghJRUIJJ5ZPPZMOHKWZISL33E4QSS3abcef"}"#;
    let token = answering(reply)
        .send(app_access_token::Internal::new("a", "b"))
        .await
        .unwrap();
    assert_eq!(
        token.app_access_token.expose(),
        "t-g1044ghJRUIJJ5ZPPZMOHKWZISL33E4QSS3abcef"
    );
    assert_eq!(
        token.tenant_access_token.expose(),
        "t-g1044ghJRUIJJ5ZPPZMOHKWZISL33E4QSS3abcef"
    );

    let recorder =
        Recorder::new(r#"{"code": 0, "msg": "ok", "data": {"message_id": "om_92eb70a7120ga8c3ca56a12ee9ba7ca2"}}"#);
    let request = legacy::Send::new(legacy::Receiver::chat_id("oc_1"), legacy::MessageContent::text("hi"));
    assert_eq!(
        client(&recorder).send(request).await.unwrap().message_id,
        "om_92eb70a7120ga8c3ca56a12ee9ba7ca2"
    );

    let recorder = Recorder::new(r#"{"code": 0, "msg": "success", "data": {"message_id": "om_7054301238434"}}"#);
    let request = bot_message::Create::new(BotMessageContent::text("hi"), "ou_7346484524");
    assert_eq!(
        client(&recorder).send(request).await.unwrap().message_id,
        "om_7054301238434"
    );
}

#[tokio::test]
async fn replies_that_keep_no_promise() {
    // Null for everything, nothing at all, and data that is no object's worth.
    let keys = [
        "message_id",
        "root_id",
        "msg_type",
        "create_time",
        "deleted",
        "sender",
        "body",
        "mentions",
        "upper_message_id",
    ];
    let nulls: serde_json::Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), Value::Null)).collect();
    for data in [
        json!({"code": 0, "data": nulls}),
        json!({"code": 0, "data": {}}),
        json!({"code": 0, "data": null}),
        json!({"code": 0}),
    ] {
        let message = answered(200, data.to_string()).await.unwrap();
        assert_eq!(
            (message.message_id.as_str(), message.root_id, message.mentions.len()),
            ("", None, 0)
        );
    }
    // Numbers as strings, strings as numbers, values and fields of a later release.
    let odd = json!({"code": "0", "extra": [1], "data": {
        "message_id": 42, "msg_type": "hologram", "create_time": 1615380573411_i64, "deleted": "false", "updated": 1, "novel": {"deep": [null]},
        "sender": {"id": 9007199254740993_i64, "sender_type": "robot"}, "mentions": [{"key": "@_user_1"}, null],
    }});
    let message = answered(200, odd.to_string()).await.unwrap();
    assert_eq!(message.message_id, "42");
    assert_eq!(message.msg_type, MessageType::Unknown("hologram".into()));
    assert_eq!(
        (message.create_time.0, message.deleted, message.updated),
        (1615380573411, false, true)
    );
    assert_eq!(
        (message.sender.id.as_str(), message.mentions.len()),
        ("9007199254740993", 2)
    );
    assert_eq!(message.sender.sender_type, SenderType::Unknown("robot".into()));
}

#[tokio::test]
async fn failures_say_what_happened() {
    // A code other than 0 is an error, whatever the HTTP status (protocol §1.4).
    let error = answered(
        200,
        r#"{"code":230002,"msg":"The bot can not be outside the group.","error":{"log_id":"20240913161357"}}"#,
    )
    .await
    .unwrap_err();
    assert_eq!((error.code(), error.log_id()), (Some(230002), Some("20240913161357")));
    assert_eq!(error.cause(), Some("The bot is not in the chat; add it first."));
    assert_eq!(
        error.to_string(),
        "im.v1.message.create failed: 230002, the bot is not in the chat; add it first (log id 20240913161357)"
    );

    // The inner code is the more precise cause (the page's own sample of 230099).
    let body = r#"{"code": 230099, "msg": "Failed to create card content, ext=ErrCode: 200550; ErrPath: ROOT -> elements -> [2](tag: chart); ErrMsg: chart spec is invalid; ErrorValue: - (root)",
        "error": {"log_id": "202409131613579778D691D6E05516DE2D", "troubleshooter": "https://open.feishu.cn/search?from=openapi&log_id=202409131613579778D691D6E05516DE2D&code=230099&method_id=6921911482032898068"}}"#;
    let error = answered(400, body).await.unwrap_err();
    assert_eq!(
        error.cause(),
        Some("A chart is set up wrongly; check its `chart_spec`.")
    );
    assert!(
        error
            .troubleshooter()
            .unwrap()
            .contains("log_id=202409131613579778D691D6E05516DE2D")
    );

    // A gateway's page and an empty body (protocol §1.6).
    let error = answered(502, "<html><body>\n502 Bad Gateway</body></html>")
        .await
        .unwrap_err();
    assert_eq!(
        (error.status().map(|status| status.as_u16()), error.code()),
        (Some(502), None)
    );
    assert!(error.to_string().contains("502 Bad Gateway"), "{error}");
    let error = answered(200, "").await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));

    // Missing scopes, in both documented shapes (protocol §1.4), and from the endpoint when the server names none.
    for violation in [
        json!({"type": "action_privilege_required", "subject": "im:message"}),
        json!({"scope": "im:message", "url": "https://open.feishu.cn/app"}),
    ] {
        let body = json!({"code": 99991672, "msg": "Access denied.", "error": {"permission_violations": [violation]}});
        assert_eq!(
            answered(400, body.to_string()).await.unwrap_err().missing_scopes(),
            ["im:message"]
        );
    }
    let error = answered(400, r#"{"code":99991672,"msg":"Access denied."}"#)
        .await
        .unwrap_err();
    assert_eq!(
        error.missing_scopes(),
        ["im:message", "im:message:send_as_bot", "im:message:send"]
    );
    assert!(error.is_permission_denied());

    // Where a reply has another shape than its type, the error names the place.
    let error = answered(200, r#"{"code":0,"data":{"mentions":[{},{"id":{"open_id":"ou_1"}}]}}"#)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("mentions[1].id"), "{error}");
}
