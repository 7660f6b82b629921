//! The typed client against the sandbox: every operation is built typed, checked by the catalog, answered, and read typed.

use std::time::Duration;

use flybook::{
    Client, Pacing,
    auth::v3::{app_access_token, app_ticket, tenant_access_token},
    helpdesk::v1::bot_message::{self, BotMessageContent},
    im::v1::message::{Card, CardTemplate, Create, MessageContent, Post, PostContent, PostNode, ReceiveIdType},
};
use flybook_sandbox::{App, Sandbox};

/// A client whose transport is the sandbox itself, without a socket.
fn client(sandbox: &Sandbox) -> Client {
    builder(sandbox, sandbox.app_id(), sandbox.app_secret())
        .helpdesk("12345", "ht-sometoken")
        .build()
        .unwrap()
}

fn builder(sandbox: &Sandbox, app_id: &str, app_secret: &str) -> flybook::Builder<Client> {
    let sandbox = sandbox.clone();
    let transport = move |call: flybook::Outgoing| {
        let sandbox = sandbox.clone();
        async move { Ok(sandbox.handle(call.into_http()).await) }
    };
    Client::builder(app_id, app_secret).transport(transport)
}

fn hello(sandbox: &Sandbox) -> Create {
    Create::new(
        ReceiveIdType::ChatId,
        sandbox.chat_id(),
        MessageContent::text("Hello world"),
    )
}

#[tokio::test]
async fn a_message_arrives() {
    let sandbox = Sandbox::new();
    let sent = client(&sandbox).send(hello(&sandbox)).await.unwrap();
    let messages = sandbox.messages_in(sandbox.chat_id());
    assert_eq!(messages.len(), 1);
    assert_eq!(
        (messages[0].message_id.as_str(), messages[0].rendered()),
        (sent.message_id.as_str(), "Hello world".to_owned())
    );
    assert_eq!(
        (sent.chat_id.as_str(), sent.body.content.as_str()),
        (sandbox.chat_id(), r#"{"text":"Hello world"}"#)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_cold_calls_ask_for_one_token() {
    // All go to one chat, which takes five a second.
    let sandbox = Sandbox::builder().unlimited().build();
    let server = sandbox.serve(0).await.unwrap();
    let client = Client::builder(sandbox.app_id(), sandbox.app_secret())
        .base_url(server.url())
        .pacing(Pacing::Off)
        .build()
        .unwrap();
    let send_all = async || {
        let calls: Vec<_> = (0..200)
            .map(|_| {
                let (client, request) = (client.clone(), hello(&sandbox));
                tokio::spawn(async move { client.send(request).await.map(|sent| sent.message_id) })
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
    };
    send_all().await;
    assert_eq!(sandbox.calls_to("auth.v3.tenant_access_token.internal"), 1);
    assert_eq!(sandbox.messages().len(), 200);

    sandbox.revoke_tokens();
    send_all().await;
    assert_eq!(sandbox.calls_to("auth.v3.tenant_access_token.internal"), 2);
    assert_eq!(sandbox.messages().len(), 400);
    server.shutdown().await;
}

#[tokio::test]
#[allow(deprecated)]
async fn tokens_and_messages_of_every_kind_are_answered() {
    use flybook::message::v4::message as legacy;

    let store = App::store("cli_store", "store-secret");
    let sandbox = Sandbox::builder()
        .app(App::custom("cli_custom", "custom-secret"))
        .app(store)
        .helpdesk("12345", "ht-sometoken")
        .build();
    let client = builder(&sandbox, "cli_custom", "custom-secret")
        .helpdesk("12345", "ht-sometoken")
        .build()
        .unwrap();

    let token = client
        .send(tenant_access_token::Internal::new("cli_custom", "custom-secret"))
        .await
        .unwrap();
    assert!(token.tenant_access_token.expose().starts_with("t-"), "protocol §2.1");
    assert_eq!(token.expire, 7200);
    let token = client
        .send(app_access_token::Internal::new("cli_custom", "custom-secret"))
        .await
        .unwrap();
    assert!(!token.app_access_token.expose().is_empty());

    let contents = [
        MessageContent::text("<at user_id=\"all\"></at> hi"),
        MessageContent::post(
            PostContent::new().en_us(
                Post::new()
                    .title("Title")
                    .paragraph([PostNode::text("line"), PostNode::Hr]),
            ),
        ),
        // Of all keys, only a sticker's is one that the app has not uploaded itself.
        MessageContent::sticker("file_1"),
        MessageContent::interactive(Card::Template(CardTemplate::new("AAq1"))),
        MessageContent::interactive(serde_json::json!({"schema": "2.0", "body": {"elements": []}})),
        MessageContent::share_user("ou_1"),
    ];
    for content in contents {
        let sent = client
            .send(Create::new(ReceiveIdType::ChatId, sandbox.chat_id(), content))
            .await
            .unwrap();
        assert!(sent.message_id.starts_with("om_"), "protocol §9.1");
    }
    let request = legacy::Send::new(
        legacy::Receiver::chat_id(sandbox.chat_id()),
        legacy::MessageContent::text("hi"),
    );
    assert!(client.send(request).await.unwrap().message_id.starts_with("om_"));
    let request = bot_message::Create::new(BotMessageContent::text("hi"), sandbox.open_id());
    assert!(client.send(request).await.unwrap().message_id.starts_with("om_"));

    let ticket = sandbox.app_ticket("cli_store").unwrap();
    let store = builder(&sandbox, "cli_store", "store-secret")
        .store_app()
        .app_ticket(ticket.as_str())
        .build()
        .unwrap();
    let token = store
        .send(app_access_token::Create::new(
            "cli_store",
            "store-secret",
            ticket.as_str(),
        ))
        .await
        .unwrap();
    let request = tenant_access_token::Create::new(token.app_access_token.expose(), sandbox.tenant_key());
    assert!(
        store
            .send(request)
            .await
            .unwrap()
            .tenant_access_token
            .expose()
            .starts_with("t-")
    );
    store
        .send(app_ticket::Resend::new("cli_store", "store-secret"))
        .await
        .unwrap();
    let sent = store.send(hello(&sandbox)).tenant(sandbox.tenant_key()).await.unwrap();
    assert_eq!(sent.sender.tenant_key, sandbox.tenant_key());

    let refused: Vec<_> = sandbox
        .calls()
        .into_iter()
        .filter(|call| call.code != 0 || !call.unknown.is_empty())
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

/// Pages that are counted come to an end (protocol.md §4.2).
#[tokio::test]
async fn counted_lists_come_to_an_end() {
    use flybook::helpdesk::v1::{ticket, ticket_message};
    let sandbox = Sandbox::builder()
        .helpdesk("12345", "ht-sometoken")
        .user("ou_ada", "Ada")
        .user("ou_tom", "Tom")
        .user("ou_zoe", "Zoe")
        .build();
    let client = client(&sandbox);
    assert!(client.items(ticket::List::new()).try_next().await.unwrap().is_none());
    for guest in ["ou_ada", "ou_tom", "ou_zoe"] {
        client.send(ticket::StartService::new(guest)).await.unwrap();
    }
    let mut tickets = client.items(ticket::List::new().page_size(2));
    let mut listed = Vec::new();
    while let Some(ticket) = tickets.try_next().await.unwrap() {
        listed.push(ticket.ticket_id);
    }
    listed.dedup();
    assert_eq!(
        (listed.len(), sandbox.calls_to("helpdesk.v1.ticket.list")),
        (3, 3),
        "one empty, one full, one with the rest"
    );
    let mut messages = client.items(ticket_message::List::new(listed[0].as_str()));
    assert!(messages.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn the_sandbox_refuses_what_the_platform_would() {
    let sandbox = Sandbox::builder()
        .app(App::custom("cli_scoped", "s").scopes(["contact:user.employee_id:readonly"]))
        .build();
    let client_ = builder(&sandbox, "cli_scoped", "s").build().unwrap();
    let error = client_.send(hello(&sandbox)).await.unwrap_err();
    assert_eq!(error.code(), Some(99991672), "protocol §2.7");
    assert_eq!(
        error.missing_scopes(),
        ["im:message", "im:message:send_as_bot", "im:message:send"]
    );

    let sandbox = Sandbox::new();
    let client_ = client(&sandbox);
    let error = client_.send(hello(&sandbox).uuid("x".repeat(51))).await.unwrap_err();
    assert_eq!(error.code(), Some(99992402), "protocol §3.1");
    assert_eq!(error.field_violations()[0].field, "uuid");
    assert!(error.log_id().is_some());
    let error = client_
        .send(Create::new("phone", "1", MessageContent::text("hi")))
        .await
        .unwrap_err();
    assert_eq!(error.field_violations()[0].field, "receive_id_type");
    let error = client_
        .send(Create::new(
            ReceiveIdType::ChatId,
            "oc_elsewhere",
            MessageContent::text("hi"),
        ))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(230002));
    let wrong = builder(&sandbox, sandbox.app_id(), "wrong").build().unwrap();
    let error = wrong.send(hello(&sandbox)).await.unwrap_err();
    assert_eq!(error.code(), Some(10015), "protocol §12");
    assert!(sandbox.messages().is_empty());
}

#[tokio::test]
async fn the_same_uuid_sends_once_within_an_hour() {
    let sandbox = Sandbox::new();
    let client = client(&sandbox);
    let first = client.send(hello(&sandbox).uuid("u-1")).await.unwrap();
    let again = client.send(hello(&sandbox).uuid("u-1")).await.unwrap();
    assert_eq!(first.message_id, again.message_id);
    sandbox.advance(Duration::from_secs(3601));
    let later = client.send(hello(&sandbox).uuid("u-1")).await.unwrap();
    assert_ne!(first.message_id, later.message_id);
    assert_eq!(sandbox.messages().len(), 2);
}

#[tokio::test]
async fn no_debug_output_shows_a_secret() {
    const SECRET: &str = "planted-5ecret";
    let sandbox = Sandbox::builder().app(App::custom("cli_1", SECRET)).build();
    let builder_ = builder(&sandbox, "cli_1", SECRET)
        .helpdesk("12345", SECRET)
        .app_ticket(SECRET);
    let mut shown = vec![format!("{builder_:?}")];
    let client = builder_.build().unwrap();
    let request = tenant_access_token::Internal::new("cli_1", SECRET);
    shown.push(format!("{client:?} {request:?} {:?}", client.send(request.clone())));
    let reply = client.send(request).await.unwrap();
    let token = reply.tenant_access_token.expose().to_owned();
    shown.push(format!("{reply:?}"));
    client.send(hello(&sandbox)).await.unwrap();
    let error = client
        .send(Create::new(
            ReceiveIdType::ChatId,
            "oc_elsewhere",
            MessageContent::text("hi"),
        ))
        .await
        .unwrap_err();
    shown.push(format!("{error:?} {error} {error:#?}"));
    let error = client
        .send(tenant_access_token::Internal::new("cli_1", "another"))
        .await
        .unwrap_err();
    shown.push(format!("{error:?} {error}"));
    shown.push(format!("{:?} {sandbox:?}", sandbox.calls()));
    let closed = Client::builder("cli_1", SECRET)
        .base_url("http://127.0.0.1:1")
        .build()
        .unwrap();
    let error = closed.send(hello(&sandbox)).await.unwrap_err();
    assert!(error.is_connect());
    shown.push(format!(
        "{closed:?} {error:?} {error} {:?}",
        std::error::Error::source(&error)
    ));
    for text in shown {
        assert!(!text.contains(SECRET) && !text.contains(&token), "{text}");
    }
}

/// protocol §2.2: without a ticket, one is asked for, and the call fails until it is there.
#[tokio::test]
async fn a_store_app_without_a_ticket_asks_for_one() {
    let sandbox = Sandbox::builder().app(App::store("cli_store", "s")).build();
    let client = builder(&sandbox, "cli_store", "s").store_app().build().unwrap();
    let old = sandbox.app_ticket("cli_store").unwrap();
    for _ in 0..3 {
        let error = client
            .send(hello(&sandbox))
            .tenant(sandbox.tenant_key())
            .await
            .unwrap_err();
        assert!(error.is_app_ticket_missing() && !error.may_have_run(), "{error}");
    }
    assert_eq!(sandbox.calls_to("auth.v3.app_ticket.resend"), 1);
    // What was pushed before is out of date now: protocol §3.2, 10012 leads to a resend.
    sandbox.renew_app_ticket("cli_store");
    client.set_app_ticket(old);
    let error = client
        .send(hello(&sandbox))
        .tenant(sandbox.tenant_key())
        .await
        .unwrap_err();
    assert_eq!((error.code(), error.is_app_ticket_missing()), (Some(10012), true));
    client.set_app_ticket(sandbox.app_ticket("cli_store").unwrap());
    client.send(hello(&sandbox)).tenant(sandbox.tenant_key()).await.unwrap();
}

/// im-v1/chat/create, chat-members/create and get: what is made is there, typed and by pages.
#[tokio::test]
async fn chats_are_made_and_filled() {
    use flybook::im::v1::{chat, chat_members};

    let sandbox = Sandbox::builder().user("ou_ada", "Ada").user("ou_tom", "Tom").build();
    let client = client(&sandbox);
    let made = client
        .send(chat::Create::new().name("Crew").owner_id("ou_ada"))
        .await
        .unwrap();
    assert_eq!(made.owner_id.as_deref(), Some("ou_ada"));
    let add = chat_members::Create::new(&made.chat_id).id_list(["ou_tom", "ou_nobody"]);
    let refused = client.send(add.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Some(99_992_351));
    let added = client
        .send(add.succeed_type(chat_members::SucceedType::Partial))
        .await
        .unwrap();
    assert_eq!(added.not_existed_id_list, ["ou_nobody"]);
    let mut members = client.items(chat_members::Get::new(&made.chat_id).page_size(1));
    let mut names = Vec::new();
    while let Some(member) = members.try_next().await.unwrap() {
        names.push(member.name);
    }
    assert_eq!(names, ["Ada", "Tom"]);
    client.send(chat::Delete::new(&made.chat_id)).await.unwrap();
    assert!(sandbox.chats().iter().any(|chat| chat.dissolved && chat.name == "Crew"));
}
