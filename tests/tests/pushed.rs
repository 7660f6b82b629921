//! What the sandbox pushes reaches the router through the client's own long connection; neither knows the other's code.

use flybook::{
    Client, Error, Router,
    cardkit::v1::card::{ActionReply, ActionTriggered, Toast},
    im::v1::message::{Create, MessageContent, ReceiveIdType, Received},
    socket::LongConnection,
};
use flybook_sandbox::Sandbox;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

/// protocol §6: discovery, an event in chunks, its acknowledgement, a callback's answer, and a cut.
#[tokio::test]
async fn events_and_callbacks_reach_the_router_and_are_answered() {
    let sandbox = Sandbox::new();
    let server = sandbox.serve(0).await.unwrap();
    let sockets = sandbox.long_connections();
    sockets.chunk_above(100);
    let client = Client::builder(sandbox.app_id(), sandbox.app_secret())
        .base_url(server.url())
        .build()
        .unwrap();
    let (sender, mut received) = mpsc::unbounded_channel();
    let router = Router::new()
        .on::<Received>(move |event: flybook::Event<Received>| {
            sender
                .send((event.envelope.event_id.clone(), event.body.message.content.clone()))
                .unwrap();
            async { Ok::<_, Error>(()) }
        })
        .on::<ActionTriggered>(|_| async { Ok::<_, Error>(ActionReply::from(Toast::info("clicked"))) });
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(LongConnection::new(&client, router).run(stopped));
    sockets.reach(1).await;

    let user = sandbox.user(sandbox.open_id());
    let said = user.says(sandbox.chat_id(), "hi").unwrap();
    assert!(said.done().await);
    let (event_id, _) = received.recv().await.unwrap();
    assert_eq!(event_id, said.deliveries[0].event_id());
    assert_eq!(said.deliveries[0].attempts().len(), 1);

    let card = json!({"elements": [{"tag": "action", "actions": [
        {"tag": "button", "text": {"tag": "plain_text", "content": "Approve"}, "value": {"id": 7}}]}]});
    let content = MessageContent::interactive(card);
    let sent = client
        .send(Create::new(ReceiveIdType::ChatId, sandbox.chat_id(), content))
        .await
        .unwrap();
    let reply = user.clicks(&sent.message_id, "Approve").await.unwrap();
    assert_eq!(reply["toast"]["content"], "clicked");
    assert!(sockets.acks().iter().all(|ack| ack.code == 200 && !ack.late));

    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    sockets.reach(0).await;
}
