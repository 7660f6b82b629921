//! A card entity that is streamed by the typed client, as the chat shows it.

use flybook::{
    Client,
    cardkit::v1::{
        card::{self, CardData},
        card_element,
    },
    im::v1::message::{Card, Create, MessageContent, ReceiveIdType},
};
use flybook_sandbox::Sandbox;
use serde_json::json;

fn client(sandbox: &Sandbox) -> Client {
    let inner = sandbox.clone();
    let transport = move |call: flybook::Outgoing| {
        let sandbox = inner.clone();
        async move { Ok(sandbox.handle(call.into_http()).await) }
    };
    Client::builder(sandbox.app_id(), sandbox.app_secret())
        .transport(transport)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_streamed_answer_shows_in_the_chat() {
    // the pages `cardkit-v1/card/create` and `cardkit-v1/card-element/content`
    let sandbox = Sandbox::new();
    let client = client(&sandbox);
    let answer = json!({
        "schema": "2.0",
        "config": {"streaming_mode": true},
        "body": {"elements": [{"tag": "markdown", "element_id": "answer", "content": "…"}]},
    });
    let made = client.send(card::Create::new(CardData::card(answer))).await.unwrap();
    let content = MessageContent::interactive(Card::entity(&made.card_id));
    let sent = Create::new(ReceiveIdType::ChatId, sandbox.chat_id(), content);
    client.send(sent).await.unwrap();
    for (sequence, text) in [(1, "It"), (2, "It works")] {
        let typed = card_element::Content::new(&made.card_id, "answer", text, sequence);
        client.send(typed).await.unwrap();
        let shown = sandbox.messages()[0].card().unwrap();
        assert_eq!(shown.lines(), [text]);
    }
    let late = card_element::Content::new(&made.card_id, "answer", "It", 2);
    assert_eq!(client.send(late).await.unwrap_err().code(), Some(300_317));
}
