//! What the sandbox pushes to a request URL reaches the router through the webhook's handler; neither knows the other's code.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flybook::{
    Bytes, Client, Error, Event, Router,
    cardkit::v1::card::{ActionReply, ActionTriggered, Toast},
    im::v1::message::{Create, MessageContent, ReceiveIdType, Received},
    webhook::Handler,
};
use flybook_sandbox::{Sandbox, Webhook};
use http::Request;
use serde_json::json;

const TOKEN: &str = "v-token-0001";
const KEY: &str = "kudryavka-encrypt-key";

/// The handler as a function that stands for a server.
fn server(handler: Handler) -> Webhook {
    let answer = move |request: Request<Bytes>| {
        let (parts, body) = request.into_parts();
        handler.handle(&parts.headers, body)
    };
    Webhook::function(answer, TOKEN)
}

/// protocol §5: the challenge, an event with its retries, a callback's answer; encrypted and in the clear.
#[tokio::test]
async fn events_and_callbacks_reach_the_router_and_are_answered() {
    for encrypted in [true, false] {
        let sandbox = Sandbox::new();
        let tries = Arc::new(AtomicUsize::new(0));
        let count = tries.clone();
        let router = Router::new()
            .on::<Received>(move |_: Event<Received>| {
                let last = count.fetch_add(1, Ordering::Relaxed) == 4;
                async move { if last { Ok(()) } else { Err("not yet") } }
            })
            .on::<ActionTriggered>(|_| async { Ok::<_, Error>(ActionReply::from(Toast::info("clicked"))) });
        let mut builder = Handler::builder(router).verification_token(TOKEN);
        if encrypted {
            builder = builder.encrypt_key(KEY);
        }
        let mut webhook = server(builder.build().unwrap());
        if encrypted {
            webhook = webhook.encrypt_key(KEY);
        }
        sandbox.set_webhook(sandbox.app_id(), webhook).await.unwrap();

        // Each retry comes with the time of its own that the sandbox gives it, the last one 7 hours ahead of this machine's clock.
        let user = sandbox.user(sandbox.open_id());
        let said = user.says(sandbox.chat_id(), "hi").unwrap();
        let delivery = &said.deliveries[0];
        for (before, wait) in [(1, 15), (2, 5 * 60), (3, 3600), (4, 6 * 3600)] {
            let attempts = delivery.attempted(before).await;
            let failure = attempts.last().unwrap().failure.as_ref().unwrap();
            assert!(failure.to_string().contains("HTTP 500"), "{failure}");
            sandbox.advance(Duration::from_secs(wait));
        }
        assert!(delivery.done().await);
        assert_eq!((delivery.attempts().len(), tries.load(Ordering::Relaxed)), (5, 5));

        let platform = sandbox.clone();
        let client = Client::builder(sandbox.app_id(), sandbox.app_secret())
            .transport(move |call: flybook::Outgoing| {
                let platform = platform.clone();
                async move { Ok(platform.handle(call.into_http()).await) }
            })
            .build()
            .unwrap();
        let card = json!({"elements": [{"tag": "action", "actions": [
            {"tag": "button", "text": {"tag": "plain_text", "content": "Approve"}, "value": {"id": 7}}]}]});
        let content = MessageContent::interactive(card);
        let request = Create::new(ReceiveIdType::ChatId, sandbox.chat_id(), content);
        let sent = client.send(request).await.unwrap();
        let reply = user.clicks(&sent.message_id, "Approve").await.unwrap();
        assert_eq!(reply["toast"]["content"], "clicked");
    }
}

/// With other keys than the console has, the address is not even verified.
#[tokio::test]
async fn an_address_with_other_keys_is_not_verified() {
    let sandbox = Sandbox::new();
    for (key, token) in [(KEY, "v-token-0002"), ("another-key", TOKEN)] {
        let handler = Handler::builder(Router::new())
            .encrypt_key(key)
            .verification_token(token);
        let webhook = server(handler.build().unwrap()).encrypt_key(KEY);
        let failure = sandbox.set_webhook(sandbox.app_id(), webhook).await.unwrap_err();
        assert!(failure.to_string().contains("HTTP 401"), "{failure}");
    }
}
