//! The same request once more.

use std::{future::poll_fn, task::Poll};

use tokio::sync::Notify;

use super::*;
use crate::BoxFuture;

/// A card callback has no id by which the router could know it; the signature does it.
#[tokio::test]
async fn a_repeated_request_is_not_dispatched() {
    let heard = Heard::default();
    let handler = with_both(heard.router()).build().unwrap();
    let (card, event) = (signed_card(CARD), signed(&sealed(EVENT)));
    let toast = (200, r#"{"toast":{"content":"done"}}"#);
    assert_eq!(seen(&handler.handle(&card, CARD).await), toast);
    assert_eq!(seen(&handler.clone().handle(&card, CARD).await), (200, "{}"));
    assert_eq!(seen(&handler.handle(&event, sealed(EVENT)).await), toast);
    let again = handler.handle(&event, sealed(EVENT)).await;
    assert_eq!(seen(&again), (200, r#"{"msg":"it came before"}"#));
    assert_eq!(heard.count(), 2);
}

/// What failed may come again with the same signature: nobody knows whether the platform signs a retry anew.
#[tokio::test]
async fn a_request_that_failed_is_dispatched_again() {
    let count = Heard::default();
    let hears = count.clone();
    let router = Router::new().on_type(TYPE, move |_: Event<Value>| {
        drop(hears.hear());
        std::future::ready(Err::<Value, _>(std::fmt::Error))
    });
    let handler = with_both(router).build().unwrap();
    let (body, stamp) = (sealed(EVENT), signed(&sealed(EVENT)));
    for round in 1..=3 {
        assert_eq!(handler.handle(&stamp, body.clone()).await.status(), 500);
        assert_eq!(count.count(), round);
    }
}

/// A router whose handlers wait until they may go.
fn held(heard: &Heard, go: &Arc<Notify>) -> Router {
    let (heard, go) = (heard.clone(), go.clone());
    let work = move |_: Event<Value>| {
        let (heard, go) = (heard.clone(), go.clone());
        async move {
            go.notified().await;
            heard.hear().await
        }
    };
    Router::new()
        .on_type(TYPE, work.clone())
        .on_type("card.action.trigger_v1", work)
}

async fn begun(answer: &mut BoxFuture<'static, Response<Bytes>>) {
    let pending = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context).is_pending())).await;
    assert!(pending);
}

/// One that comes while the first is being handled has to wait for the platform's next try.
#[tokio::test]
async fn a_request_under_way_is_not_dispatched_twice() {
    let (heard, go) = (Heard::default(), Arc::new(Notify::new()));
    let handler = with_both(held(&heard, &go)).build().unwrap();
    let stamp = signed_card(CARD);
    let mut first = handler.handle(&stamp, CARD);
    begun(&mut first).await;
    assert_eq!(handler.handle(&stamp, CARD).await.status(), 503);
    go.notify_one();
    assert_eq!(first.await.status(), 200);
    assert_eq!(seen(&handler.handle(&stamp, CARD).await), (200, "{}"));
    assert_eq!(heard.count(), 1);
}

/// The platform hung up: what it sends again meets the work that goes on, and hears of its end.
#[tokio::test]
async fn a_request_that_went_away_does_not_block_its_repeat() {
    let (heard, go) = (Heard::default(), Arc::new(Notify::new()));
    let handler = with_both(held(&heard, &go)).build().unwrap();
    let (body, stamp) = (sealed(EVENT), signed(&sealed(EVENT)));
    let mut first = handler.handle(&stamp, body.clone());
    begun(&mut first).await;
    drop(first);
    let mut second = handler.handle(&stamp, body);
    begun(&mut second).await;
    go.notify_one();
    assert_eq!((second.await.status().as_u16(), heard.count()), (200, 1));
}
