//! The time limit of one attempt, and the budget of one policy, on a clock that stands still but for the waits.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flybook_runtime::{Client, Method, Outgoing, Retry, TransportError};
use tokio::time::Instant;

use crate::support::{Create, Get, builder, ok};

const LIMIT: Duration = Duration::from_secs(5);

fn get() -> Get {
    Get {
        message_id: "om_1".into(),
    }
}

/// A client whose first calls get no answer, so many, and how many were sent.
fn silent(retry: Retry, silent: usize) -> (Client, Arc<AtomicUsize>) {
    let count = Arc::<AtomicUsize>::default();
    let here = count.clone();
    let builder = builder().retry(retry).transport(move |call: Outgoing| {
        let number = here.fetch_add(1, Ordering::SeqCst);
        async move {
            match number < silent {
                true => pending().await,
                false => Ok(ok(&call)),
            }
        }
    });
    (builder.build().unwrap(), count)
}

/// A read is tried again when an attempt takes too long, and the limit of the call is still that of all attempts.
#[tokio::test(start_paused = true)]
async fn a_read_is_tried_again() {
    let start = Instant::now();
    let (client, count) = silent(Retry::default().attempt_timeout(LIMIT), 1);
    client.send(get()).token("t-1").await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2);
    // The limit, and at most the first bound more.
    let took = start.elapsed();
    assert!(took >= LIMIT && took < LIMIT + Duration::from_millis(300), "{took:?}");

    let (client, count) = silent(Retry::default().attempt_timeout(LIMIT), usize::MAX);
    let error = client.send(get()).token("t-1").await.unwrap_err();
    assert_eq!((error.attempts(), count.load(Ordering::SeqCst)), (3, 3));
    assert!(error.is_timeout() && error.may_have_run(), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("failed after 3 attempts: no reply in time: the attempt took longer than 5s"),
        "{text}"
    );

    let start = Instant::now();
    let call = client.send(get()).token("t-1").timeout(LIMIT * 2);
    assert!(call.await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed(), LIMIT * 2);
}

/// A write that may have run is not, unless it has a key against duplicates: with a policy that retries the client gives it one, so
/// the first of these calls has none.
#[tokio::test(start_paused = true)]
async fn a_write_is_tried_again_only_with_a_key() {
    let start = Instant::now();
    let (client, count) = silent(Retry::off().attempt_timeout(LIMIT), 1);
    let error = client.send(Create::default()).token("t-1").await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_run(), "{error:?}");
    assert_eq!((count.load(Ordering::SeqCst), start.elapsed()), (1, LIMIT));
    let call = client.raw(Method::Post, "/open-apis/x").token("t-1");
    call.retry(Retry::default().attempt_timeout(LIMIT)).await.unwrap();

    let (client, count) = silent(Retry::default().attempt_timeout(LIMIT), 1);
    let call = client.raw(Method::Post, "/open-apis/x").token("t-1");
    assert!(call.await.unwrap_err().may_have_run());
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

/// The clones of a policy share its budget, also where each call is given one.
#[tokio::test(start_paused = true)]
async fn a_policy_made_once_has_one_budget() {
    let count = Arc::<AtomicUsize>::default();
    let here = count.clone();
    let builder = builder().transport(move |_: Outgoing| {
        here.fetch_add(1, Ordering::SeqCst);
        async { Err(TransportError::connect("down")) }
    });
    let client = builder.build().unwrap();
    let policy = Retry::default().budget(3);
    for _ in 0..10 {
        let call = client.send(get()).token("t-1").retry(policy.clone());
        call.await.unwrap_err();
    }
    assert_eq!(count.load(Ordering::SeqCst), 13, "10 calls and three retries");
}
