//! Tokens under strain: slow and stubborn token endpoints, callers without patience.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flybook_runtime::{Bytes, Client, Method, Outgoing, TransportError};
use tokio::task::JoinSet;

use crate::support::{Create, builder, ok, response};

/// A client whose token endpoint does as `issue` says, by the number of the attempt; with the count of these attempts and of calls.
fn client<F>(
    issue: impl Fn(usize) -> F + Send + Sync + 'static,
    answer: impl Fn(&Outgoing) -> http::Response<Bytes> + Send + Sync + 'static,
) -> (Client, Arc<[AtomicUsize; 2]>)
where
    F: Future<Output = String> + Send + 'static,
{
    let counts = Arc::<[AtomicUsize; 2]>::default();
    let (here, shared) = (counts.clone(), Arc::new((issue, answer)));
    let transport = move |call: Outgoing| {
        let (counts, shared) = (here.clone(), shared.clone());
        async move {
            if call.endpoint.id.starts_with("auth.") {
                let number = counts[0].fetch_add(1, Ordering::SeqCst) + 1;
                return Ok::<_, TransportError>(response(200, shared.0(number).await));
            }
            counts[1].fetch_add(1, Ordering::SeqCst);
            Ok(shared.1(&call))
        }
    };
    (builder().transport(transport).build().unwrap(), counts)
}

fn counted(counts: &[AtomicUsize; 2]) -> (usize, usize) {
    (counts[0].load(Ordering::SeqCst), counts[1].load(Ordering::SeqCst))
}

/// protocol §2.2: the flat body.
fn token(expire: &str) -> String {
    format!(r#"{{"code":0,"tenant_access_token":"t-1","expire":{expire}}}"#)
}

/// A renewal that never ends costs nobody anything: the old token is still good.
#[tokio::test(start_paused = true)]
async fn short_timeouts_while_a_renewal_hangs() {
    let issue = |number| async move {
        if number > 1 {
            pending::<()>().await;
        }
        token("7200")
    };
    let (client, counts) = client(issue, ok);
    client.send(Create::default()).await.unwrap();
    tokio::time::advance(Duration::from_secs(7200 - 150)).await;
    let mut good = 0;
    for _ in 0..10 {
        let call = client.send(Create::default()).timeout(Duration::from_secs(5));
        good += usize::from(call.await.is_ok());
        tokio::task::yield_now().await;
    }
    assert_eq!((good, counted(&counts)), (10, (2, 11)));
}

/// A token that is over before it arrives still serves those who waited for it.
#[tokio::test(start_paused = true)]
async fn one_attempt_serves_all_who_wait() {
    for expire in [
        "0",
        "-5",
        "\"0\"",
        "null",
        "1e30",
        "\"7200\"",
        "7200.0",
        "99999999999999999999",
    ] {
        let issue = move |_| async move {
            tokio::time::sleep(Duration::from_millis(1100)).await;
            token(expire)
        };
        let (client, counts) = client(issue, ok);
        let mut calls = JoinSet::new();
        for _ in 0..200 {
            calls.spawn(client.send(Create::default()).into_future());
        }
        let good = calls.join_all().await.iter().filter(|call| call.is_ok()).count();
        assert_eq!((good, counted(&counts)), (200, (1, 200)), "{expire}");
    }
}

/// protocol §2.2: with more than 30 minutes left the platform issues the same token; it would only be refused again.
#[tokio::test]
async fn the_same_token_is_not_replayed() {
    let refuse = |_: &Outgoing| response(400, r#"{"code":99991663,"msg":"endpoint takes no tenant token"}"#);
    let (client, counts) = client(|_| async { token("7200") }, refuse);
    for _ in 0..10 {
        let error = client.send(Create::default()).await.unwrap_err();
        assert_eq!(error.message(), "endpoint takes no tenant token");
    }
    assert_eq!(counted(&counts), (11, 10));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_token_was_never_sent() {
    let (waiting, counts) = client(|_| pending::<String>(), ok);
    let error = waiting
        .send(Create::default())
        .timeout(Duration::from_secs(3))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "auth.v3.tenant_access_token.internal failed: no reply within 3s, so im.v1.message.create was never sent"
    );
    assert_eq!(error.endpoint().unwrap().id, "auth.v3.tenant_access_token.internal");
    assert!(error.is_timeout() && !error.may_have_run());
    let raw = waiting.raw(Method::Get, "/open-apis/x").timeout(Duration::from_secs(3));
    let error = raw.await.unwrap_err().to_string();
    assert!(error.ends_with("so GET /open-apis/x was never sent"), "{error}");
    assert_eq!(counted(&counts), (1, 0), "the second call waited for the same token");

    let issue = |number| async move {
        if number > 1 {
            pending::<()>().await;
        }
        token("7200")
    };
    let (client, _) = client(issue, |_| response(400, r#"{"code":99991663}"#));
    let error = client.send(Create::default()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("so im.v1.message.create was not sent again after its token was refused"),
        "{error}"
    );
    assert!(!error.may_have_run());
}

/// Whoever waits may go at any time; the calls that stay are served by one attempt each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_calls_and_a_revoked_token() {
    for _ in 0..20 {
        let issue = |number| async move {
            tokio::task::yield_now().await;
            format!(r#"{{"code":0,"tenant_access_token":"t-{number}","expire":7200}}"#)
        };
        let refuse = |call: &Outgoing| match call.headers["authorization"].to_str() {
            Ok("Bearer t-1") => response(400, r#"{"code":99991663}"#),
            _ => ok(call),
        };
        let (client, counts) = client(issue, refuse);
        let mut calls = JoinSet::new();
        for _ in 0..500 {
            calls.spawn(client.send(Create::default()).into_future());
        }
        let good = calls.join_all().await.iter().filter(|call| call.is_ok()).count();
        assert_eq!((good, counted(&counts).0), (500, 2));
    }
}
