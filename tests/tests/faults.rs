//! The typed client where things go wrong: the sandbox's scenarios, each lived through over a real socket.

use std::time::{Duration, Instant};

use flybook::{
    Client,
    im::v1::message::{Create, Get, MessageContent, ReceiveIdType},
};
use flybook_sandbox::{Fault, Running, Sandbox};

async fn start(scenario: &str) -> (Running, Client) {
    let sandbox = Sandbox::builder().scenario(scenario).unwrap().start().await.unwrap();
    let client = Client::builder(sandbox.app_id(), sandbox.app_secret())
        .base_url(sandbox.url())
        .build()
        .unwrap();
    (sandbox, client)
}

fn text(sandbox: &Sandbox, text: &str) -> Create {
    Create::new(ReceiveIdType::ChatId, sandbox.chat_id(), MessageContent::text(text))
}

fn said(sandbox: &Sandbox) -> Vec<String> {
    let messages = sandbox.messages_in(sandbox.chat_id());
    messages.iter().map(|message| message.rendered()).collect()
}

#[tokio::test]
async fn the_third_send_is_limited_and_the_client_waits() {
    let (sandbox, client) = start(include_str!("../../sandbox/scenarios/third-send-limited.yaml")).await;
    let mut waits = Vec::new();
    for number in 1..=4 {
        let start = Instant::now();
        client.send(text(&sandbox, &number.to_string())).await.unwrap();
        waits.push(start.elapsed());
    }
    assert_eq!(
        said(&sandbox),
        ["Good morning", "1", "2", "3", "4"],
        "none twice, none lost"
    );
    let (quick, two) = (Duration::from_secs(1), Duration::from_secs(2));
    assert!(
        waits[0] < quick && waits[1] < quick && waits[2] >= two && waits[3] < quick,
        "{waits:?}"
    );
    // protocol §3.4: refused with 99991400, and sent again
    let codes: Vec<i64> = sandbox
        .calls()
        .iter()
        .filter(|call| call.operation.as_deref() == Some("im.v1.message.create"))
        .map(|call| call.code)
        .collect();
    assert_eq!(codes, [0, 0, 99991400, 0, 0]);
}

#[tokio::test]
async fn a_bad_day_loses_nothing_and_doubles_nothing() {
    let (sandbox, client) = start(include_str!("../../sandbox/scenarios/bad-day.yaml")).await;
    let mut ids = Vec::new();
    for word in ["one", "two", "three"] {
        ids.push(client.send(text(&sandbox, word)).await.unwrap().message_id);
    }
    assert_eq!(said(&sandbox), ["one", "two", "three"]);
    let stored: Vec<String> = sandbox
        .messages()
        .iter()
        .map(|message| message.message_id.clone())
        .collect();
    assert_eq!(
        ids, stored,
        "the reply that came at last is that of the message that was sent first"
    );
    for id in &ids {
        client.send(Get::new(id)).await.unwrap();
    }
    // Revoked tokens: one more was fetched.
    assert_eq!(sandbox.calls_to("auth.v3.tenant_access_token.internal"), 2);
}

#[tokio::test]
async fn a_lost_write_without_a_key_is_not_repeated() {
    use flybook::im::v1::message::Delete;

    let (sandbox, client) = start("messages: [{id: om_1, text: hi}]").await;
    let lost = sandbox
        .fault(Fault::on("im.v1.message.delete").dropped().carried_out())
        .unwrap();
    let error = client.send(Delete::new("om_1")).await.unwrap_err();
    assert!(error.code().is_none(), "{error}");
    assert_eq!((lost.hits(), sandbox.calls_to("im.v1.message.delete")), (1, 1));
}
