//! Pacing under a paused clock. The limits are those of protocol §3.3 (tiers) and §3.5 (receivers).

use std::{
    future::{Future, IntoFuture},
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use flybook_runtime::{
    Builder, Client, Error, Method, Outgoing, Paced, Pacing, Rate, Request, TokenKind, TransportError,
};
use tokio::time::Instant;

use crate::support::{ok, platform, request, response};

request!(Send { receive_id: String, text: String } -> (), {
    id: "im.v1.message.create", method: Method::Post, path: "/open-apis/im/v1/messages",
    tokens: &[TokenKind::Tenant, TokenKind::User],
    // protocol §3.3, tier 4
    rate: &[Rate::per_minute(1000), Rate::per_second(50)],
    // protocol §3.5
    paced: Some(Paced { by: "receive_id", rate: Rate::per_second(5), with: "im.v1.message.create" })
}, |self, call| { call.put("text", &self.text); call.paced(&self.receive_id); });

request!(Forward { receive_id: String } -> (), {
    id: "im.v1.message.forward", method: Method::Post, path: "/open-apis/im/v1/messages/1/forward",
    tokens: &[TokenKind::Tenant],
    rate: &[Rate::per_minute(1000), Rate::per_second(50)],
    paced: Some(Paced { by: "receive_id", rate: Rate::per_second(5), with: "im.v1.message.create" })
}, |self, call| { call.paced(&self.receive_id); });

request!(List { page: String } -> (), {
    id: "im.v1.chat.list", path: "/open-apis/im/v1/chats", tokens: &[TokenKind::Tenant, TokenKind::User],
    rate: &[Rate::per_minute(1000), Rate::per_second(50)]
}, |self, call| { call.query("page", &self.page); });

// protocol §3.3: `special`.
request!(Special {} -> (), {
    id: "special", path: "/open-apis/special", tokens: &[TokenKind::Tenant]
}, |self, call| { let _ = call; });

const LONG: Duration = Duration::from_secs(3600);

/// What went out, and how many seconds after `start`.
type Log = std::sync::Arc<std::sync::Mutex<Vec<(String, f64)>>>;

/// The platform, which notes each call at the very moment at which it comes.
fn logged(start: Instant) -> (Builder, Log) {
    let log = Log::default();
    let here = log.clone();
    let builder = crate::support::builder().transport(move |call: Outgoing| {
        let text = call.url.split_once("page=").map(|(_, page)| page.to_owned());
        let text = text.unwrap_or_else(|| String::from_utf8_lossy(&call.body).into_owned());
        let reply = match call.endpoint.id.starts_with("auth.v3.") {
            // protocol §2.2
            true => response(
                200,
                r#"{"code":0,"msg":"ok","tenant_access_token":"t-1","app_access_token":"a-1","expire":7200}"#,
            ),
            false if call.url.ends_with("/warm") => ok(&call),
            false => {
                here.lock().unwrap().push((text, start.elapsed().as_secs_f64()));
                ok(&call)
            }
        };
        std::future::ready(Ok::<_, TransportError>(reply))
    });
    (builder, log)
}

/// Gets the token, so that the line is that of the calls: who waited for a token comes in no order.
async fn warm(client: &Client) {
    let call = client.raw(Method::Get, "/open-apis/warm");
    let _: flybook_runtime::Value = call.await.unwrap();
}

/// Batches come back up to a fiftieth of their window later than each token alone would (20 ms of a second).
fn near(at: f64, expected: f64) -> bool {
    (expected - 0.002..expected + 0.025).contains(&at)
}

fn list(page: usize) -> List {
    List { page: page.to_string() }
}

fn to(receiver: &str) -> Send {
    Send {
        receive_id: receiver.to_owned(),
        text: receiver.to_owned(),
    }
}

/// Sends them all at once, in order, and gives the outcomes in the same order.
async fn all<R: Request + 'static>(
    client: &Client,
    limit: Duration,
    requests: impl IntoIterator<Item = R>,
) -> Vec<Result<R::Reply, Error>>
where
    R::Reply: std::marker::Send,
{
    let calls = requests
        .into_iter()
        .map(|request| tokio::spawn(client.send(request).timeout(limit).into_future()));
    let mut outcomes = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        outcomes.push(call.await.unwrap());
    }
    outcomes
}

#[tokio::test(start_paused = true)]
async fn a_thousand_wait_in_line_for_both_windows() {
    let start = Instant::now();
    let (builder, log) = logged(start);
    let client = builder.build().unwrap();
    warm(&client).await;
    let outcomes = all(&client, LONG, (0..1051).map(list)).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let log = log.lock().unwrap().clone();
    let order: Vec<usize> = log.iter().map(|(page, _)| page.parse().unwrap()).collect();
    assert_eq!(order, (0..1051).collect::<Vec<_>>(), "in the order of the calls");
    // 50 a second, and after 1000 the minute is over first.
    for (index, (_, at)) in log.iter().enumerate() {
        let expected = match index {
            0..1000 => (index / 50) as f64,
            1000..1050 => 60.0,
            _ => 61.0,
        };
        assert!(
            near(*at, expected) || (at - expected < 1.25 && index >= 1000),
            "call {index} at {at} s"
        );
    }
}

/// Of the calls that cannot make it in time, none waits to find out.
#[tokio::test(start_paused = true)]
async fn too_late_is_said_at_once() {
    let start = Instant::now();
    let (builder, log) = logged(start);
    let client = builder.build().unwrap();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { all(&client, LONG, (0..200).map(list)).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let asked = Instant::now();
    let error = client
        .send(list(200))
        .timeout(Duration::from_secs(2))
        .await
        .unwrap_err();
    assert_eq!(asked.elapsed(), Duration::ZERO);
    assert!(error.is_rate_limited() && !error.may_have_run() && !error.is_timeout());
    let wait = error.retry_after().unwrap();
    assert!((3.8..4.1).contains(&wait.as_secs_f64()), "{wait:?}");
    let text = error.to_string();
    let start = "im.v1.chat.list was not sent: its calls are limited to 1000/min, 50/s; its turn comes in 3.9";
    assert!(text.starts_with(start), "{text}");
    assert!(text.contains("after its time limit of 2s"), "{text}");
    // A call that has the time is not refused for those that had none.
    client.send(list(201)).timeout(Duration::from_secs(5)).await.unwrap();
    waiting.await.unwrap();
    assert_eq!(log.lock().unwrap().len(), 201);
    assert!((log.lock().unwrap()[200].1 - 4.0).abs() < 0.1);
}

#[tokio::test(start_paused = true)]
async fn refuse_says_when() {
    let (builder, log) = logged(Instant::now());
    let client = builder.pacing(Pacing::Refuse).build().unwrap();
    for page in 0..50 {
        client.send(list(page)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(250)).await;
    let error = client.send(list(50)).await.unwrap_err();
    let wait = error.retry_after().unwrap();
    assert!(near(wait.as_secs_f64(), 0.75), "{wait:?}");
    assert!(error.is_rate_limited() && !error.may_have_run());
    assert_eq!(
        error.to_string(),
        format!(
            "im.v1.chat.list was not sent: its calls are limited to 1000/min, 50/s; its turn comes in {wait:?}, and pacing is set to refuse"
        )
    );
    assert_eq!(log.lock().unwrap().len(), 50);
    tokio::time::sleep(error.retry_after().unwrap()).await;
    client.send(list(50)).await.unwrap();
    // One call may differ from the client.
    let off = client.send(list(51)).pacing(Pacing::Off).await;
    assert!(off.is_ok());
}

#[tokio::test(start_paused = true)]
async fn off_is_off() {
    let start = Instant::now();
    let (builder, _) = logged(start);
    let client = builder.pacing(Pacing::Off).build().unwrap();
    assert!(all(&client, LONG, (0..500).map(list)).await.iter().all(Result::is_ok));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

/// Refusing, of several threads none is refused because another one is just taking its token.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refuse_under_contention() {
    let (builder, log) = logged(Instant::now());
    let client = builder.pacing(Pacing::Refuse).build().unwrap();
    let outcomes = all(&client, LONG, (0..50).map(list)).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(log.lock().unwrap().len(), 50);
}

/// One receiver takes 5/s, whoever forwards or sends to it; the others do not wait behind it.
#[tokio::test(start_paused = true)]
async fn receivers_have_limits_of_their_own() {
    let start = Instant::now();
    let (builder, log) = logged(start);
    let client = builder.build().unwrap();
    let slow = tokio::spawn({
        let client = client.clone();
        async move { all(&client, LONG, (0..20).map(|_| to("oc_1"))).await }
    });
    tokio::task::yield_now().await;
    let others = all(&client, LONG, (0..30).map(|each| to(&format!("ou_{each}")))).await;
    assert!(others.iter().all(Result::is_ok));
    assert_eq!(start.elapsed(), Duration::ZERO);
    slow.await.unwrap();
    let times: Vec<f64> = log
        .lock()
        .unwrap()
        .iter()
        .filter(|(text, _)| text.contains("oc_1"))
        .map(|(_, at)| *at)
        .collect();
    for (index, at) in times.iter().enumerate() {
        assert!((at - (index / 5) as f64).abs() < 0.1, "{times:?}");
    }
    // The fourth five went at 3 s, so a forward to the same chat comes a second later.
    let forward = Forward {
        receive_id: "oc_1".to_owned(),
    };
    client.send(forward).await.unwrap();
    assert!((start.elapsed().as_secs_f64() - 4.0).abs() < 0.1);
}

/// protocol §3.4: the reset closes the endpoint for all, also one without a published rate, and no other endpoint.
#[tokio::test(start_paused = true)]
async fn a_penalty_holds_for_all() {
    let start = Instant::now();
    let (builder, seen) = platform(move |call| {
        if start.elapsed() < Duration::from_secs(1) && call.endpoint.id == "special" {
            let mut reply = response(429, r#"{"code":99991400,"msg":"request trigger frequency limit"}"#);
            reply
                .headers_mut()
                .insert("x-ogw-ratelimit-reset", "52".parse().unwrap());
            return reply;
        }
        ok(call)
    });
    let client = builder.build().unwrap();
    let refused = client.send(Special {}).await.unwrap_err();
    assert_eq!(
        (refused.status().unwrap().as_u16(), refused.retry_after()),
        (429, Some(Duration::from_secs(52)))
    );
    let held = client.send(Special {}).await.unwrap_err();
    assert_eq!(held.retry_after(), Some(Duration::from_secs(52)));
    assert!(
        held.to_string()
            .contains("the platform said to wait; its turn comes in 52s"),
        "{held}"
    );
    client.send(list(0)).await.unwrap();
    assert_eq!((start.elapsed(), seen.calls().len()), (Duration::ZERO, 2));
    assert!(
        all(&client, LONG, (0..3).map(|_| Special {}))
            .await
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(start.elapsed().as_secs(), 52);
}

/// protocol §3.3: the bucket is per tenant.
#[tokio::test(start_paused = true)]
async fn tenants_do_not_share() {
    let start = Instant::now();
    let (builder, _) = logged(start);
    let client = builder.store_app().app_ticket("ticket").build().unwrap();
    for tenant in ["a", "b"] {
        for page in 0..50 {
            client.send(list(page)).tenant(tenant).await.unwrap();
        }
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    client.send(list(0)).tenant("a").await.unwrap();
    assert!(near(start.elapsed().as_secs_f64(), 1.0));
    let before = start.elapsed();
    // Two users' tokens, of who knows which tenants.
    for _ in 0..50 {
        client.send(list(0)).token("u-1").await.unwrap();
    }
    client.send(list(0)).token("u-2").await.unwrap();
    assert_eq!(start.elapsed(), before);
}

/// However far those have come that are dropped, those that stay are sent as if the others had never been.
#[tokio::test(start_paused = true)]
async fn cancelling_costs_nothing() {
    for polls in 0..6 {
        for receiver in [true, false] {
            let start = Instant::now();
            let (builder, log) = logged(start);
            let client = builder.build().unwrap();
            // The receiver, or the endpoint, has no token left.
            let full: Vec<Send> = match receiver {
                true => (0..5).map(|_| to("oc_1")).collect(),
                false => (0..50).map(|each| to(&format!("ou_{each}"))).collect(),
            };
            all(&client, LONG, full).await;
            let before = log.lock().unwrap().len();
            let stays = |client: &Client| tokio::spawn(client.send(to("oc_1")).into_future());
            let first = stays(&client);
            tokio::task::yield_now().await;
            {
                let mut context = Context::from_waker(Waker::noop());
                let calls: Vec<_> = (0..20).map(|_| client.send(to("oc_1")).into_future()).collect();
                for call in calls {
                    let mut call = pin!(call);
                    for _ in 0..polls {
                        assert!(call.as_mut().poll(&mut context).is_pending());
                        tokio::task::yield_now().await;
                    }
                }
            }
            let rest: Vec<_> = (0..4).map(|_| stays(&client)).collect();
            first.await.unwrap().unwrap();
            for call in rest {
                call.await.unwrap().unwrap();
            }
            let times: Vec<f64> = log.lock().unwrap()[before..].iter().map(|(_, at)| *at).collect();
            assert!(
                times.iter().all(|at| (at - 1.0).abs() < 0.1),
                "{polls}, {receiver}: {times:?}"
            );
        }
    }
}

/// Half of a thousand give up, each at another moment; the other half loses no time and no place.
#[tokio::test(start_paused = true)]
async fn many_cancelled_at_many_moments() {
    let start = Instant::now();
    let (builder, log) = logged(start);
    let client = builder.build().unwrap();
    warm(&client).await;
    let calls: Vec<_> = (0..1000)
        .map(|page| tokio::spawn(client.send(list(page)).timeout(LONG).into_future()))
        .collect();
    tokio::task::yield_now().await;
    for (page, call) in calls.iter().enumerate() {
        // The first fifty are on their way already.
        if page >= 50 && page % 2 == 1 {
            if page % 20 == 11 {
                tokio::time::sleep(Duration::from_millis(7)).await;
            }
            call.abort();
        }
    }
    let mut done = 0;
    for call in calls {
        done += usize::from(call.await.is_ok());
    }
    assert_eq!(done, 525);
    let log = log.lock().unwrap();
    let order: Vec<usize> = log.iter().map(|(page, _)| page.parse().unwrap()).collect();
    assert!(order.is_sorted());
    // 525 calls at 50/s: the last 25 go in the eleventh batch.
    assert!((log[524].1 - 10.0).abs() < 0.1, "{}", log[524].1);
}

/// A raw call has no endpoint, so a penalty for one says nothing about another.
#[tokio::test(start_paused = true)]
async fn raw_calls_are_not_paced() {
    let (builder, seen) = platform(|_| {
        let mut reply = response(429, r#"{"code":99991400,"msg":"request trigger frequency limit"}"#);
        reply
            .headers_mut()
            .insert("x-ogw-ratelimit-reset", "52".parse().unwrap());
        reply
    });
    let client = builder.build().unwrap();
    for path in ["/open-apis/a", "/open-apis/b"] {
        let error = client.raw(Method::Get, path).await.unwrap_err();
        assert_eq!(error.code(), Some(99991400));
    }
    assert_eq!(seen.calls().len(), 2);
}

#[test]
fn debug_tells_the_pacing() {
    let builder = crate::support::builder().pacing(Pacing::Refuse);
    assert!(format!("{builder:?}").contains("pacing: Refuse"));
}
