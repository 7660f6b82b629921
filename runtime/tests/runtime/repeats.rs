//! Events that come again: what tells them, how long it is remembered, and who remembers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flybook_runtime::{
    BoxFuture, Router, TransportError,
    events::{Answer, Mark, Memory, Seen},
};
use tokio::time::sleep;

use crate::{
    delivery::{SECOND, act, count, done, slow},
    events::{Act, Received, message},
};

/// A repeat while the first still runs hears how that one ends.
#[tokio::test(start_paused = true)]
async fn repeats_join_the_work_under_way() {
    for fails in [false, true] {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let router = Router::new().on::<Received>(move |_| {
            let run = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                sleep(SECOND).await;
                if fails && run == 0 {
                    return Err(TransportError::other("out of order"));
                }
                Ok(())
            }
        });
        let first = router.deliver(message("e1", "om_1", "oc_1"));
        let second = router.deliver(message("e2", "om_1", "oc_1"));
        let answer = if fails { Answer::Failed } else { Answer::Done(None) };
        assert_eq!((first.await, second.await), (answer.clone(), answer));
        assert_eq!(count(&runs), 1);
        // What failed is handled when it comes again; what was handled is not.
        assert_eq!(router.deliver(message("e3", "om_1", "oc_1")).await, Answer::Done(None));
        assert_eq!(count(&runs), 1 + usize::from(fails));
    }
}

/// protocol §5.5: the last retry comes 7 h and 5 min later.
#[tokio::test(start_paused = true)]
async fn handled_events_are_remembered_for_eight_hours() {
    let (handler, handled) = slow(Duration::ZERO);
    let router = Router::new().on::<Received>(handler);
    for (wait, runs) in [(0, 1), (7 * 3600 + 900, 1), (3600, 2)] {
        sleep(wait * SECOND).await;
        assert_eq!(router.deliver(message("e1", "om_1", "oc_1")).await, Answer::Done(None));
        assert_eq!(count(&handled), runs);
    }
}

/// protocol §5.5: received messages by `message_id`, everything else by the event's id.
#[tokio::test]
async fn what_tells_repeats() {
    let (handler, handled) = slow(Duration::ZERO);
    let router = Router::new().on::<Received>(handler);
    for (event, message_id, runs) in [
        ("e1", "om_1", 1),
        ("e2", "om_1", 1),
        ("e1", "om_2", 2),
        ("e3", "", 3),
        ("e4", "", 4),
    ] {
        router.deliver(message(event, message_id, "oc_1")).await;
        assert_eq!(count(&handled), runs, "{event} {message_id}");
    }
    let (handler, handled) = slow(Duration::ZERO);
    let router = Router::new().on_with::<Received>(handler, |delivery| delivery.repeated());
    for runs in [1, 2] {
        router.deliver(message("e1", "om_1", "oc_1")).await;
        assert_eq!(count(&handled), runs);
    }
    let (handler, handled) = slow(Duration::ZERO);
    let router = Router::new().on_with::<Received>(handler, |delivery| {
        delivery.dedupe_by(|event| event.message.chat_id.clone())
    });
    for (message_id, chat, runs) in [("om_1", "oc_1", 1), ("om_2", "oc_1", 1), ("om_3", "oc_2", 2)] {
        router.deliver(message("e", message_id, chat)).await;
        assert_eq!(count(&handled), runs);
    }
}

/// Two replicas with one memory: the second turns away what the first is at, and takes it over when the first has died.
#[tokio::test(start_paused = true)]
async fn replicas_share_what_they_have_seen() {
    struct Shared(Arc<Memory>);
    impl Seen for Shared {
        fn claim<'a>(&'a self, key: &'a str, ttl: Duration) -> BoxFuture<'a, Result<Option<Mark>, Failure>> {
            self.0.claim(key, ttl)
        }
        fn mark<'a>(&'a self, key: &'a str, mark: Mark, ttl: Duration) -> BoxFuture<'a, Result<(), Failure>> {
            self.0.mark(key, mark, ttl)
        }
        fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
            self.0.forget(key)
        }
    }
    type Failure = Box<dyn std::error::Error + Send + Sync>;
    let memory = Arc::new(Memory::default());
    let replica = |time| {
        let (handler, handled) = slow(time);
        (
            Router::new().on::<Received>(handler).seen(Shared(memory.clone())),
            handled,
        )
    };
    let ((one, first), (two, second)) = (replica(200 * SECOND), replica(SECOND));
    drop(one.deliver(message("e1", "om_1", "oc_1")));
    sleep(150 * SECOND).await;
    assert_eq!(two.deliver(message("e1", "om_1", "oc_1")).await, Answer::Busy);
    drop(one);
    sleep(61 * SECOND).await;
    assert_eq!(two.deliver(message("e1", "om_1", "oc_1")).await, Answer::Done(None));
    assert_eq!((count(&first), count(&second)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_memory_is_bounded() {
    let memory = Memory::with_capacity(3);
    for n in 0..10 {
        let key = n.to_string();
        assert_eq!(memory.claim(&key, SECOND).await.unwrap(), None);
        assert_eq!(memory.claim(&key, SECOND).await.unwrap(), Some(Mark::Running));
        memory.mark(&key, Mark::Done, 10 * SECOND).await.unwrap();
        assert!(memory.len() <= 3);
    }
    assert_eq!(memory.claim("9", SECOND).await.unwrap(), Some(Mark::Done));
    assert_eq!(memory.claim("6", SECOND).await.unwrap(), None);
    memory.forget("9").await.unwrap();
    assert_eq!(memory.claim("9", SECOND).await.unwrap(), None);
    sleep(11 * SECOND).await;
    assert_eq!(memory.claim("8", SECOND).await.unwrap(), None);
    assert_eq!(memory.len(), 1);
}

/// A callback that comes again finds its reply gone: `{}` changes nothing (protocol §5.7).
#[tokio::test]
async fn a_callback_is_handled_once() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let router = Router::new().on::<Act>(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async {}
    });
    for _ in 0..2 {
        assert_eq!(router.deliver(act("e1")).await, done("{}"));
    }
    assert_eq!(count(&runs), 1);
}
