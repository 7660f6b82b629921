//! What goes wrong on purpose: which calls it meets, what they see of it, and whether they were carried out.

use std::time::Duration;

use bytes::Bytes;
use flybook_sandbox::{App, Fault, Lost, Sandbox};
use http::Request;
use serde_json::{Value, json};

use crate::bench::{SEND, TENANT, builder, call, sandbox, send, tenant_token};

const CREATE: &str = "im.v1.message.create";
const GET: &str = "/open-apis/im/v1/messages/om_1";

fn hello() -> Value {
    json!({"text": "hi"})
}

async fn codes(sandbox: &Sandbox, count: usize) -> Vec<i64> {
    let mut codes = Vec::new();
    for _ in 0..count {
        codes.push(send(sandbox, "text", hello()).await.code());
    }
    codes
}

fn request(sandbox: &Sandbox, token: &str) -> Request<Bytes> {
    let body = json!({"receive_id": sandbox.chat_id(), "msg_type": "text", "content": hello().to_string()});
    let request = Request::post(SEND).header("authorization", format!("Bearer {token}"));
    request.body(body.to_string().into()).unwrap()
}

#[tokio::test]
async fn the_third_send_is_limited_for_two_seconds() {
    // protocol.md §3.4: 429, 99991400, the seconds to wait
    let sandbox = sandbox();
    let limited = sandbox
        .fault(Fault::on(CREATE).nth(3).throttled(Duration::from_secs(2)))
        .unwrap();
    assert_eq!(codes(&sandbox, 2).await, [0, 0]);
    let third = send(&sandbox, "text", hello()).await;
    assert_eq!((third.status.as_u16(), third.code()), (429, 99991400));
    assert_eq!(third.headers["x-ogw-ratelimit-reset"], "2");
    sandbox.advance(Duration::from_millis(1500));
    let fourth = send(&sandbox, "text", hello()).await;
    assert_eq!(
        (fourth.code(), fourth.headers["x-ogw-ratelimit-reset"].to_str().unwrap()),
        (99991400, "1")
    );
    sandbox.advance(Duration::from_millis(500));
    assert_eq!(codes(&sandbox, 3).await, [0, 0, 0]);
    assert_eq!((limited.hits(), limited.seen()), (2, 7));
    assert_eq!(sandbox.messages().len(), 5);
    assert_eq!(limited.remove(), 2);
}

#[tokio::test]
async fn faults_pick_their_calls() {
    let refuse = || Fault::on("im.*.message.create").code(99991663);
    let picked = async |fault: Fault| {
        let sandbox = sandbox();
        let handle = sandbox.fault(fault).unwrap();
        // The fixture catalog's operation has no other name for it.
        let codes = codes(&sandbox, 6).await;
        let hit: Vec<usize> = (1..=6).filter(|at| codes[at - 1] == 99991663).collect();
        assert_eq!(handle.hits(), hit.len() as u64);
        hit
    };
    assert_eq!(picked(refuse()).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(picked(refuse().nth(2)).await, [2]);
    assert_eq!(picked(refuse().calls(2..=4)).await, [2, 3, 4]);
    assert_eq!(picked(refuse().every(2)).await, [2, 4, 6]);
    assert_eq!(picked(refuse().times(2)).await, [1, 2]);
    assert_eq!(picked(refuse().chance(1.0)).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(picked(refuse().chance(0.0)).await, [0; 0]);
    assert_eq!(picked(refuse().method("get")).await, [0; 0]);
    assert_eq!(
        picked(refuse().service("im").path("/open-apis/*/messages")).await,
        [1, 2, 3, 4, 5, 6]
    );

    // By time, and by app.
    let two = builder()
        .app(App::custom("cli_1", "s"))
        .app(App::custom("cli_2", "s"))
        .build();
    let second = two.fault(Fault::any().app("cli_2").code(99991663)).unwrap();
    assert_eq!(send(&two, "text", hello()).await.code(), 0);
    let body = json!({"app_id": "cli_2", "app_secret": "s"});
    assert_eq!(call(&two, "POST", TENANT, None, body.clone()).await.code(), 99991663);
    second.remove();
    let later = Fault::any()
        .between(Duration::from_secs(5), Duration::from_secs(6))
        .code(99991663);
    _ = two.fault(later).unwrap();
    assert_eq!(call(&two, "POST", TENANT, None, body.clone()).await.code(), 0);
    two.advance(Duration::from_secs(5));
    assert_eq!(call(&two, "POST", TENANT, None, body.clone()).await.code(), 99991663);
    two.advance(Duration::from_secs(1));
    assert_eq!(call(&two, "POST", TENANT, None, body).await.code(), 0);

    // For so long, once it has begun.
    let sandbox = sandbox();
    _ = sandbox.fault(refuse().nth(2).lasting(Duration::from_secs(1))).unwrap();
    assert_eq!(codes(&sandbox, 4).await, [0, 99991663, 99991663, 99991663]);
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(codes(&sandbox, 2).await, [0, 0]);
    sandbox.clear_faults();
}

#[tokio::test]
async fn chance_is_the_same_with_the_same_seed() {
    let run = async |seed| {
        let sandbox = builder().seed(seed).build();
        _ = sandbox.fault(Fault::on(CREATE).chance(0.5).code(99991663)).unwrap();
        codes(&sandbox, 200).await
    };
    let (first, again, other) = (run(7).await, run(7).await, run(8).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    let hits = first.iter().filter(|code| **code != 0).count();
    assert!((60..140).contains(&hits), "{hits} of 200 at one half");
}

#[tokio::test]
async fn what_is_lost_was_carried_out_or_never_ran() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    for (fault, lost, messages) in [
        (Fault::on(CREATE).dropped(), Lost::Closed, 0),
        (Fault::on(CREATE).reset(), Lost::Reset, 0),
        (Fault::on(CREATE).dropped().carried_out(), Lost::Closed, 1),
        (Fault::on(CREATE).reset().carried_out(), Lost::Reset, 1),
        (Fault::on(CREATE).truncated(), Lost::Truncated, 1),
    ] {
        let before = (sandbox.messages().len(), sandbox.calls_to(CREATE));
        let fault = sandbox.fault(fault).unwrap();
        assert_eq!(sandbox.try_handle(request(&sandbox, &token)).await.unwrap_err(), lost);
        assert_eq!(sandbox.messages().len(), before.0 + messages);
        assert_eq!(sandbox.calls_to(CREATE), before.1 + messages);
        let page = sandbox.handle(request(&sandbox, &token)).await;
        assert_eq!((page.status().as_u16(), page.extensions().get()), (502, Some(&lost)));
        assert_eq!(fault.remove(), 2);
    }
    // Also where no operation is: the address of long connections, and any other.
    for path in ["/callback/ws/endpoint", "/open-apis/nowhere"] {
        let fault = sandbox
            .fault(Fault::any().path(path).throttled(Duration::from_secs(1)))
            .unwrap();
        let reply = call(&sandbox, "POST", path, None, json!({})).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (429, 99991400), "{path}");
        fault.remove();
    }
    for (carried_out, messages) in [(false, 0), (true, 1)] {
        let before = sandbox.messages().len();
        let fault = Fault::on(CREATE).status(504);
        let fault = sandbox
            .fault(if carried_out { fault.carried_out() } else { fault })
            .unwrap();
        let page = sandbox.try_handle(request(&sandbox, &token)).await.unwrap();
        // protocol.md §1.6: a gateway's pages are no JSON
        assert_eq!(
            (page.status().as_u16(), &page.headers()["content-type"]),
            (504, &"text/html".parse().unwrap())
        );
        assert!(page.headers().contains_key("x-tt-logid"));
        assert_eq!(sandbox.messages().len(), before + messages);
        fault.remove();
    }
}

#[tokio::test(start_paused = true)]
async fn delays_add_up_and_tokens_end() {
    let sandbox = sandbox();
    let token = tenant_token(&sandbox).await;
    for fault in [
        Fault::any().delayed(Duration::from_millis(300)),
        Fault::service(Fault::any(), "im")
            .delayed(Duration::from_millis(200))
            .carried_out(),
        Fault::on(CREATE).slow(Duration::from_secs(1)),
    ] {
        _ = sandbox.fault(fault).unwrap();
    }
    let start = tokio::time::Instant::now();
    assert_eq!(
        sandbox.try_handle(request(&sandbox, &token)).await.unwrap().status(),
        200
    );
    assert_eq!(start.elapsed(), Duration::from_millis(1500));
    sandbox.clear_faults();
    // protocol.md §2.7
    for fault in [Fault::on(CREATE).expire_tokens(), Fault::on(CREATE).revoke_tokens()] {
        let fault = sandbox.fault(fault).unwrap();
        let token = tenant_token(&sandbox).await;
        let refused = call(&sandbox, "GET", GET, Some(&token), Value::Null).await;
        assert_eq!(refused.code(), 0);
        let mut codes = Vec::new();
        for token in [token, tenant_token(&sandbox).await] {
            let reply = sandbox.handle(request(&sandbox, &token)).await;
            let body: Value = serde_json::from_slice(reply.body()).unwrap();
            codes.push(body["code"].as_i64().unwrap());
        }
        assert_eq!((codes[0], fault.remove()), (99991663, 1), "once");
        assert_eq!(codes[1], 99991663, "the token was issued before");
        sandbox.revoke_tokens();
    }
}

#[tokio::test]
async fn faults_that_could_never_happen_are_refused() {
    let sandbox = sandbox();
    for (fault, why) in [
        (Fault::on("im.v1.mesage.create"), "did you mean `im.v1.message.create`?"),
        (Fault::any().service("in"), "did you mean `im`?"),
        (Fault::any().app("cli_other"), "there is no app `cli_other`"),
        (Fault::any().nth(0), "counted from 1"),
        (Fault::any().every(0), "0 is never"),
        (Fault::any().chance(1.5), "between 0 and 1"),
        (Fault::any().chance(f64::NAN), "between 0 and 1"),
        (Fault::any().status(200), "400 to 599"),
        (Fault::any().code(0), "code of success"),
        (Fault::any().code(1).carried_out(), "not carried out"),
        (Fault::any().between(Duration::ZERO, Duration::ZERO), "before it begins"),
    ] {
        let error = sandbox.fault(fault).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
