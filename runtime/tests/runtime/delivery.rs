//! How events are delivered: acknowledgement, deadlines, order, bounds, panics, the end. On a paused clock.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flybook_runtime::{
    BoxFuture, Bytes, Event, EventType, Router, TransportError,
    events::{Answer, Cause},
};
use serde_json::json;
use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, sleep},
};

use crate::events::{Act, Received, Reply, delivery, message};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn act(event_id: &str) -> Bytes {
    delivery(Act::TYPE, event_id, json!({"value": "yes"}))
}

pub(crate) fn done(reply: &'static str) -> Answer {
    Answer::Done(Some(Bytes::from_static(reply.as_bytes())))
}

/// A handler that takes `time`, and the count of the events it has handled.
pub(crate) fn slow(
    time: Duration,
) -> (
    impl Fn(Event<Received>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    Arc<AtomicUsize>,
) {
    let count = Arc::new(AtomicUsize::new(0));
    let handled = count.clone();
    let handler = move |_| -> BoxFuture<'static, ()> {
        let handled = handled.clone();
        Box::pin(async move {
            sleep(time).await;
            handled.fetch_add(1, Ordering::SeqCst);
        })
    };
    (handler, count)
}

pub(crate) fn count(counter: &AtomicUsize) -> usize {
    counter.load(Ordering::SeqCst)
}

/// protocol §5.5: the platform waits 3 s, then comes again after 15 s; by then the work is done, and is not done again.
#[tokio::test(start_paused = true)]
async fn slow_work_is_acknowledged_when_the_event_comes_again() {
    let (handler, handled) = slow(10 * SECOND);
    let router = Router::new().on::<Received>(handler);
    let start = Instant::now();
    assert_eq!(router.deliver(message("e1", "om_1", "oc_1")).await, Answer::Busy);
    assert_eq!(start.elapsed(), Duration::from_millis(2500));
    sleep(15 * SECOND).await;
    assert_eq!(router.deliver(message("e2", "om_1", "oc_1")).await, Answer::Done(None));
    assert_eq!(count(&handled), 1);
}

#[tokio::test(start_paused = true)]
async fn acknowledged_first() {
    let (handler, handled) = slow(10 * SECOND);
    let router = Router::new().on_with::<Received>(handler, |delivery| delivery.acknowledge_first());
    let start = Instant::now();
    assert_eq!(router.deliver(message("e1", "om_1", "oc_1")).await, Answer::Done(None));
    assert_eq!((start.elapsed(), count(&handled)), (Duration::ZERO, 0));
    // The same one again while it runs: acknowledged as well, and not begun again.
    assert_eq!(router.deliver(message("e1", "om_1", "oc_1")).await, Answer::Done(None));
    assert!(router.drain(20 * SECOND).await);
    assert_eq!(count(&handled), 1);
}

/// protocol §5.7: 3 s, no retry. The user sees a toast, and what the handler says later is not lost.
#[tokio::test(start_paused = true)]
async fn a_late_callback_is_answered_with_a_toast() {
    let late = Arc::new(Mutex::new(Vec::new()));
    let heard = late.clone();
    let handler = |_| async {
        sleep(5 * SECOND).await;
        Ok::<_, TransportError>(Reply {
            toast: Some("done".into()),
        })
    };
    let router = Router::new().on_with::<Act>(handler, move |delivery| {
        delivery.when_late(move |event, reply| {
            heard.lock().unwrap().push((event.value.clone(), reply.toast));
            async {}
        })
    });
    let start = Instant::now();
    assert_eq!(router.deliver(act("e1")).await, done(r#"{"toast":"wait"}"#));
    assert_eq!(start.elapsed(), Duration::from_millis(2500));
    assert!(router.drain(10 * SECOND).await);
    assert_eq!(*late.lock().unwrap(), [("yes".to_owned(), Some("done".to_owned()))]);
    // One that is in time is not late.
    let router = router.on_with::<Act>(
        |_| async { Ok::<_, TransportError>(Reply::default()) },
        |delivery| delivery.when_late(|_, _| async { unreachable!() }),
    );
    assert_eq!(router.deliver(act("e2")).await, done("{}"));
}

#[tokio::test(start_paused = true)]
async fn deadline_and_toast_to_taste() {
    let router = Router::new().on_with::<Act>(
        |_| async { sleep(5 * SECOND).await },
        |delivery| {
            delivery.deadline(SECOND).late_reply(Reply {
                toast: Some("soon".into()),
            })
        },
    );
    let start = Instant::now();
    assert_eq!(router.deliver(act("e1")).await, done(r#"{"toast":"soon"}"#));
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn order_is_kept_per_chat() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = log.clone();
    let handler = move |event: Event<Received>| {
        let log = kept.clone();
        async move {
            let id = event.message.message_id.clone();
            log.lock().unwrap().push(format!("{id} begins"));
            sleep(if id == "om_1" { 2 * SECOND } else { SECOND }).await;
            log.lock().unwrap().push(format!("{id} ends"));
        }
    };
    let router = Router::new().on::<Received>(handler.clone());
    let answers: Vec<_> = [("om_1", "a"), ("om_2", "a"), ("om_3", "b")]
        .map(|(id, chat)| router.deliver(message(id, id, chat)))
        .into();
    drop(answers);
    assert!(router.drain(10 * SECOND).await);
    let ordered = [
        "om_1 begins",
        "om_3 begins",
        "om_3 ends",
        "om_1 ends",
        "om_2 begins",
        "om_2 ends",
    ];
    assert_eq!(*log.lock().unwrap(), ordered);

    log.lock().unwrap().clear();
    let router = Router::new().on_with::<Received>(handler, |delivery| delivery.unordered());
    drop([("om_1", "a"), ("om_2", "a")].map(|(id, chat)| router.deliver(message(id, id, chat))));
    assert!(router.drain(10 * SECOND).await);
    assert_eq!(
        *log.lock().unwrap(),
        ["om_1 begins", "om_2 begins", "om_2 ends", "om_1 ends"]
    );
}

#[tokio::test(start_paused = true)]
async fn concurrency_and_backlog_are_bounded() {
    let (handler, handled) = slow(SECOND);
    let router = Router::new().on_with::<Received>(handler, |delivery| delivery.concurrency(2).backlog(1).unordered());
    let start = Instant::now();
    let answers: Vec<_> = (0..4)
        .map(|n| router.deliver(message("e", &format!("om_{n}"), "oc_1")))
        .collect();
    let mut heard = Vec::new();
    for answer in answers {
        heard.push(answer.await);
    }
    assert_eq!(
        heard,
        [Answer::Done(None), Answer::Done(None), Answer::Done(None), Answer::Busy]
    );
    assert_eq!((start.elapsed(), count(&handled)), (2 * SECOND, 3));
    // The one turned away is welcome when it comes again.
    assert_eq!(router.deliver(message("e", "om_3", "oc_1")).await, Answer::Done(None));
    assert_eq!(count(&handled), 4);
}

/// Whether it panics before its future, in it, or in what reads a key: reported, answered as failed, and handled when it comes again.
#[tokio::test(start_paused = true)]
async fn panics_are_contained() {
    let said = Arc::new(Mutex::new(Vec::new()));
    for (place, of) in [("call", "now"), ("future", "later"), ("key", "no key")] {
        let runs = Arc::new(AtomicUsize::new(0));
        let (counted, keyed, heard) = (runs.clone(), Arc::new(AtomicUsize::new(0)), said.clone());
        let handler = move |_| {
            let run = counted.fetch_add(1, Ordering::SeqCst);
            assert!(run > 0 || place != "call", "now");
            async move { assert!(run > 0 || place != "future", "later") }
        };
        let router = Router::new()
            .on_with::<Received>(handler, move |delivery| {
                delivery.order_by(move |_| {
                    let first = keyed.fetch_add(1, Ordering::SeqCst) == 0;
                    assert!(!first || place != "key", "no key");
                    "all".to_owned()
                })
            })
            .on_failure(move |failure| {
                if let Cause::Panic(text) = &failure.cause {
                    heard.lock().unwrap().push(text.clone());
                }
                panic!("a hook that panics too");
            });
        assert_eq!(
            router.deliver(message("e1", "om_1", "oc_1")).await,
            Answer::Failed,
            "{place}"
        );
        assert_eq!(said.lock().unwrap().pop().as_deref(), Some(of));
        assert_eq!(
            router.deliver(message("e1", "om_1", "oc_1")).await,
            Answer::Done(None),
            "{place}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_cancelled() {
    let failed = Arc::new(AtomicUsize::new(0));
    let heard = failed.clone();
    let router = Router::new()
        .on_with::<Received>(
            |_| std::future::pending::<()>(),
            |delivery| delivery.time_limit(60 * SECOND),
        )
        .on_failure(move |failure| {
            assert!(matches!(failure.cause, Cause::TimeLimit(limit) if limit == 60 * SECOND));
            heard.fetch_add(1, Ordering::SeqCst);
        });
    assert_eq!(router.deliver(message("e1", "om_1", "oc_1")).await, Answer::Busy);
    sleep(61 * SECOND).await;
    assert_eq!(count(&failed), 1);
}

/// The door may give up waiting; the work goes on.
#[tokio::test(start_paused = true)]
async fn work_outlives_the_one_who_waits() {
    let (handler, handled) = slow(SECOND);
    let router = Router::new().on::<Received>(handler);
    drop(router.deliver(message("e1", "om_1", "oc_1")));
    sleep(2 * SECOND).await;
    assert_eq!(count(&handled), 1);
    assert_eq!(router.deliver(message("e1", "om_1", "oc_1")).await, Answer::Done(None));
    assert_eq!(count(&handled), 1);
}

#[tokio::test(start_paused = true)]
async fn draining() {
    let (handler, handled) = slow(10 * SECOND);
    let router = Router::new().on::<Received>(handler);
    drop(router.deliver(message("e1", "om_1", "oc_1")));
    let draining = tokio::spawn({
        let router = router.clone();
        async move { router.drain(60 * SECOND).await }
    });
    sleep(SECOND).await;
    assert_eq!(router.deliver(message("e2", "om_2", "oc_1")).await, Answer::Busy);
    assert!(draining.await.unwrap());
    assert_eq!(count(&handled), 1);
    // Then it takes events again, say for a second run; what does not end in time is ended, and comes again.
    drop(router.deliver(message("e2", "om_2", "oc_1")));
    assert!(!router.drain(SECOND).await);
    sleep(60 * SECOND).await;
    assert_eq!(count(&handled), 1);
    drop(router.deliver(message("e2", "om_2", "oc_1")));
    assert!(router.drain(60 * SECOND).await);
    assert_eq!(count(&handled), 2);
}

/// Dropping the last clone ends the work; nothing is left behind.
#[tokio::test(start_paused = true)]
async fn dropping_the_router_leaves_no_task() {
    let (held, released) = (Arc::new(Semaphore::new(1)), Arc::new(Notify::new()));
    let inside = (held.clone(), released.clone());
    let router = Router::new().on::<Received>(move |_| {
        let (held, released) = inside.clone();
        async move {
            let _held = held.acquire_owned().await;
            released.notify_one();
            std::future::pending::<()>().await;
        }
    });
    let answer = router.deliver(message("e1", "om_1", "oc_1"));
    released.notified().await;
    drop(router);
    assert_eq!(answer.await, Answer::Busy);
    assert_eq!(Arc::strong_count(&held), 1);
}
