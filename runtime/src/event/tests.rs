//! What the outside cannot see: that nothing stays behind when events are done.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Event};
use crate::{EventType, Router, decode};

#[derive(Clone, Debug, Default)]
struct Talked {
    chat_id: String,
}
decode!(Talked, chat_id);

impl EventType for Talked {
    type Reply = ();
    const TYPE: &'static str = "demo.talked_v1";
    const ORDER: &'static [&'static str] = &["chat_id"];
}

fn talked(number: usize) -> bytes::Bytes {
    let header = json!({"event_id": number.to_string(), "event_type": Talked::TYPE});
    let event = json!({"chat_id": format!("oc_{}", number % 7)});
    json!({"schema": "2.0", "header": header, "event": event})
        .to_string()
        .into()
}

/// Queues, seats and flights go with the last event that needs them, whether it was handled, failed or was cut off.
#[tokio::test(start_paused = true)]
async fn nothing_stays_behind() {
    let router = Router::new().on::<Talked>(|event| async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let fails = event.chat_id == "oc_3";
        if fails { Err(std::fmt::Error) } else { Ok(()) }
    });
    let queues = |router: &Router| router.route_of(Talked::TYPE).map(|route| route.queues());
    for number in 0..100 {
        drop(router.deliver(talked(number)));
    }
    assert_eq!((queues(&router), router.state.flights.len()), (Some(7), 100));
    assert!(router.drain(Duration::from_secs(60)).await);
    assert_eq!((queues(&router), router.state.flights.len()), (Some(0), 0));
    for number in 100..200 {
        drop(router.deliver(talked(number)));
    }
    assert!(!router.drain(Duration::from_millis(25)).await);
    assert_eq!((queues(&router), router.state.flights.len()), (Some(0), 0));
    assert_eq!(router.deliver(talked(200)).await, Answer::Done(None));
}

/// A delivery while the router drains leaves nothing behind either.
#[tokio::test(start_paused = true)]
async fn nothing_begins_while_it_drains() {
    let router = Router::new().fallback(|_: Event<Value>| std::future::pending::<()>());
    drop(router.deliver(talked(1)));
    let (drained, answer) = {
        let mut draining = Box::pin(router.drain(Duration::from_secs(1)));
        let first = std::future::poll_fn(|context| std::task::Poll::Ready(draining.as_mut().poll(context))).await;
        assert!(first.is_pending());
        let answer = router.deliver(talked(2)).await;
        (draining.await, answer)
    };
    assert_eq!((drained, answer, router.state.flights.len()), (false, Answer::Busy, 0));
}
