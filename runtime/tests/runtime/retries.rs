//! When a call is tried again and when not, on a clock that stands still but for the waits.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flybook_runtime::{Bytes, Client, Dedupe, Error, File, Method, Outgoing, Retry, TransportError};
use tokio::time::Instant;

use crate::support::{
    Create, Delete, Get, Message, SECRET, authorization, body, builder, ok, platform, request, response,
};

request!(Forward { uuid: Option<String> } -> Message, {
    id: "im.v1.message.forward", method: Method::Post, path: "/open-apis/im/v1/messages/1/forward", dedupe: Some(Dedupe::Query("uuid"))
}, |self, call| { call.query_opt("uuid", &self.uuid); call.put("receive_id", "oc_1"); });

request!(Put { file: File } -> (), {
    id: "im.v1.file.create", method: Method::Post, path: "/open-apis/im/v1/files"
}, |self, call| { call.file("file", &self.file); });

type Answer = Result<http::Response<Bytes>, TransportError>;

/// A client whose call number 1, 2, … is answered by `answer`, and how many there were.
fn client(retry: Retry, answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> (Client, Arc<AtomicUsize>) {
    let (count, answer) = (Arc::<AtomicUsize>::default(), Arc::new(answer));
    let here = count.clone();
    let builder = builder().retry(retry).transport(move |call: Outgoing| {
        let number = here.fetch_add(usize::from(call.endpoint.id != "auth"), Ordering::SeqCst) + 1;
        let answer = answer(number);
        async { answer }
    });
    (builder.build().unwrap(), count)
}

/// protocol §3.4: a throttled reply.
fn limited(reset: Option<&'static str>) -> http::Response<Bytes> {
    let mut response = response(429, r#"{"code":99991400,"msg":"request trigger frequency limit"}"#);
    if let Some(reset) = reset {
        response
            .headers_mut()
            .insert("x-ogw-ratelimit-reset", reset.parse().unwrap());
    }
    response
}

async fn timed(client: &Client) -> (Result<Message, Error>, Duration) {
    let start = Instant::now();
    let outcome = client.send(Create::default()).token("t-1").await;
    (outcome, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn the_platform_names_the_wait() {
    let (client, count) = client(Retry::default(), |number| {
        Ok(if number < 3 { limited(Some("7")) } else { good() })
    });
    let (outcome, took) = timed(&client).await;
    outcome.unwrap();
    // Twice 7 s, and each time at most the first bound more.
    assert!(
        took >= Duration::from_secs(14) && took <= Duration::from_millis(14_500),
        "{took:?}"
    );
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

/// A wait beyond the call's time is not begun.
#[tokio::test(start_paused = true)]
async fn the_time_limit_holds() {
    let (client, count) = client(Retry::default(), |_| Ok(limited(Some("52"))));
    let (outcome, took) = timed(&client).await;
    let error = outcome.unwrap_err();
    assert_eq!(
        (error.retry_after(), error.attempts()),
        (Some(Duration::from_secs(52)), 1)
    );
    assert_eq!((took, count.load(Ordering::SeqCst)), (Duration::ZERO, 1));
    let call = client.send(Create::default()).token("t-1").timeout(Duration::MAX);
    assert_eq!(call.await.unwrap_err().attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn waits_grow_and_are_bounded() {
    let retry = Retry::default()
        .attempts(6)
        .backoff(Duration::from_secs(1), Duration::from_secs(2));
    let (client, count) = client(retry, |_| Ok(limited(None)));
    let (outcome, took) = timed(&client).await;
    let text = outcome.unwrap_err().to_string();
    assert!(
        text.starts_with("im.v1.message.create failed after 6 attempts: 99991400, "),
        "{text}"
    );
    // A window each, and 1 + 2 + 2 + 2 + 2 at most.
    assert!((5..14).contains(&took.as_secs()), "{took:?}");
    assert_eq!(count.load(Ordering::SeqCst), 6);
}

#[tokio::test(start_paused = true)]
async fn a_call_says_otherwise() {
    let (client, count) = client(Retry::default(), |_| Ok(limited(None)));
    let error = client
        .send(Create::default())
        .token("t-1")
        .retry(Retry::off())
        .await
        .unwrap_err();
    assert_eq!((error.attempts(), count.load(Ordering::SeqCst)), (1, 1));
    assert!(
        error.to_string().starts_with("im.v1.message.create failed: "),
        "{error}"
    );
    let call = client.raw(Method::Post, "/open-apis/x").token("t-1");
    assert_eq!(
        call.retry(Retry::default().attempts(0)).await.unwrap_err().attempts(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_multiplied() {
    let down = Arc::new(Mutex::new(true));
    let here = down.clone();
    let (client, count) = client(Retry::default().budget(10), move |_| match *here.lock().unwrap() {
        true => Err(TransportError::connect("down")),
        false => Ok(good()),
    });
    for _ in 0..100 {
        timed(&client).await.0.unwrap_err();
    }
    assert_eq!(count.swap(0, Ordering::SeqCst), 110, "100 calls and ten retries");
    *down.lock().unwrap() = false;
    for _ in 0..20 {
        timed(&client).await.0.unwrap();
    }
    *down.lock().unwrap() = true;
    count.store(0, Ordering::SeqCst);
    let error = timed(&client).await.0.unwrap_err();
    assert_eq!(
        (error.attempts(), count.load(Ordering::SeqCst)),
        (3, 3),
        "ten successes give one retry back"
    );
    // A wait that the platform names is free.
    let (client, _) = self::client(Retry::default().budget(0), |number| {
        Ok(if number < 3 { limited(Some("1")) } else { good() })
    });
    timed(&client).await.0.unwrap();
}

/// Every attempt counts for what may have run, also where the last one surely did not.
#[tokio::test(start_paused = true)]
async fn may_have_run_counts_every_attempt() {
    let (client, _) = client(Retry::default(), |number| {
        Err(if number == 1 {
            TransportError::other("reset")
        } else {
            TransportError::connect("down")
        })
    });
    let error = timed(&client).await.0.unwrap_err();
    assert!(error.is_connect() && error.may_have_run(), "{error:?}");
    let (client, _) = self::client(Retry::default(), |_| Err(TransportError::connect("down")));
    assert!(!timed(&client).await.0.unwrap_err().may_have_run());
}

/// A key of the caller's own stays, one left empty is filled, and one call keeps its key. Without retries nothing is added.
#[tokio::test(start_paused = true)]
async fn keys_against_duplicates() {
    let (base, seen) = platform(|_| response(500, ""));
    let client = base.retry(Retry::default()).build().unwrap();
    client.send(Create::default()).await.unwrap_err();
    let calls = seen.calls();
    assert_eq!(calls.len(), 3);
    let key = body(&calls[0]).split('"').nth(7).unwrap().to_owned();
    assert_eq!((key.len(), key.as_bytes()[14]), (36, b'4'), "{key}");
    let whole = format!(r#"{{"content":"","uuid":"{key}"}}"#);
    assert!(calls.iter().all(|call| body(call) == whole), "{calls:?}");
    let own = |uuid: &str| Create {
        uuid: Some(uuid.to_owned()),
        ..Create::default()
    };
    client.send(own("mine")).await.unwrap_err();
    assert!(seen.last().url.ends_with("receive_id_type=") && body(&seen.last()).ends_with(r#""uuid":"mine"}"#));
    client.send(own("")).await.unwrap_err();
    assert_eq!(
        (body(&seen.last()).len(), body(&seen.last()).matches("uuid").count()),
        (whole.len(), 1)
    );
    client.send(Forward { uuid: None }).await.unwrap_err();
    let url = seen.last().url;
    assert_eq!(url.split("?uuid=").nth(1).map(str::len), Some(36), "{url}");
    assert_eq!(seen.calls().len(), 12);
    let off = client.send(own("")).retry(Retry::off());
    off.await.unwrap_err();
    assert_eq!(
        (body(&seen.last()), seen.calls().len()),
        (r#"{"content":"","uuid":""}"#, 13)
    );
    client
        .send(Forward {
            uuid: Some("mine".into()),
        })
        .await
        .unwrap_err();
    assert!(seen.last().url.ends_with("/forward?uuid=mine"), "{}", seen.last().url);
}

#[tokio::test(start_paused = true)]
async fn a_reader_is_not_read_twice() {
    let (base, seen) = platform(|_| response(429, ""));
    let client = base.retry(Retry::default()).build().unwrap();
    let file = File::from_reader("a.bin", &b"abc"[..], 3);
    let error = client.send(Put { file }).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "im.v1.file.create failed: the reply is empty where JSON belongs; not tried again, for the reader of the file `a.bin` is \
         spent; call again with a new reader, or give the file by path or bytes (HTTP 429)"
    );
    assert_eq!((seen.calls().len(), error.attempts()), (1, 1));
    let file = File::from_bytes("a.bin", "abc");
    assert_eq!(client.send(Put { file }).await.unwrap_err().attempts(), 3);
}

/// protocol §2.7: one more attempt with another token, which is none of the policy's.
#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replayed_once_per_attempt() {
    for (refused, calls, good) in [("t-1", 2, true), ("t-", 2, false)] {
        let (base, seen) =
            platform(
                move |call| match authorization(call).unwrap().starts_with(&format!("Bearer {refused}")) {
                    true => response(400, r#"{"code":99991663,"msg":"Invalid access token"}"#),
                    false => ok(call),
                },
            );
        let client = base.retry(Retry::default()).build().unwrap();
        let outcome = client.send(Create::default()).await;
        assert_eq!((seen.calls().len(), seen.tokens(), outcome.is_ok()), (calls, 2, good));
        assert!(outcome.is_ok() || outcome.unwrap_err().attempts() == 1);
    }
}

/// However many wait for a token, the attempts to get it are made once for all.
#[tokio::test(start_paused = true)]
async fn calls_for_tokens_are_tried_again_within_the_flight() {
    let (client, count) = client(Retry::default(), |_| Err(TransportError::connect("down")));
    let calls = (0..50).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            client
                .send(Get {
                    message_id: "om_1".into(),
                })
                .await
                .unwrap_err()
        })
    });
    for call in calls.collect::<Vec<_>>() {
        let error = call.await.unwrap();
        assert!(
            error
                .to_string()
                .starts_with("auth.v3.tenant_access_token.internal failed after 3 attempts: no connection"),
            "{error}"
        );
        assert!(!error.may_have_run() && !format!("{error:?}").contains(SECRET));
    }
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

/// A call cut off while it waits, or in a later attempt, says what it knows.
#[tokio::test(start_paused = true)]
async fn the_time_ends_in_a_later_attempt() {
    let count = Arc::<AtomicUsize>::default();
    let here = count.clone();
    let transport = move |_: Outgoing| {
        let number = here.fetch_add(1, Ordering::SeqCst);
        async move {
            if number > 0 {
                std::future::pending::<()>().await;
            }
            Ok(response(500, ""))
        }
    };
    let client = builder().retry(Retry::default()).transport(transport).build().unwrap();
    let error = client
        .send(Get {
            message_id: "om_1".into(),
        })
        .token("t-1")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "im.v1.message.get failed after 2 attempts: no reply within 30s"
    );
    assert!(error.is_timeout() && error.may_have_run());
    let write = client
        .send(Delete {})
        .token("t-1")
        .timeout(Duration::from_secs(1))
        .await
        .unwrap_err();
    assert_eq!(write.to_string(), "im.v1.message.delete failed: no reply within 1s");
}

#[test]
fn a_policy_shows_itself() {
    let shown = format!("{:?}", Retry::default().budget(7));
    assert_eq!(
        shown,
        "Retry { attempts: 3, backoff: (250ms, 10s), attempt_timeout: None, budget: Some(7) }"
    );
}

fn good() -> http::Response<Bytes> {
    response(200, r#"{"code":0,"msg":"success","data":{"message_id":"om_1"}}"#)
}
