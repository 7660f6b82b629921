//! What ends a run, and what does not (protocol §6.1, §6.2).

use std::time::Duration;

use bytes::Bytes;

use super::{
    super::health::Health,
    stage::{Run, SECRET, Stage, builder, desk, headers},
};
use crate::{Result, event::Answer};

fn reply(status: u16, body: &'static str) -> http::Response<Bytes> {
    let mut reply = http::Response::new(Bytes::from_static(body.as_bytes()));
    *reply.status_mut() = http::StatusCode::from_u16(status).unwrap();
    reply
}

/// `Err` when the run ended; else what it says while it waits for another try.
async fn outcome(stage: Stage) -> Result<String, String> {
    let run = Run::start(stage, desk(Answer::Done(None)));
    let mut health = run.health.clone();
    let settled = |health: &Health| matches!(health, Health::Down { .. } | Health::Ended);
    let settled = health.wait_for(settled).await.unwrap().clone();
    match settled {
        Health::Down { last_error, .. } => {
            run.stop().await.unwrap();
            Ok(last_error.to_string())
        }
        _ => Err(run.end().await.unwrap_err().to_string()),
    }
}

#[tokio::test(start_paused = true)]
async fn of_discovery() {
    let busy = "callback.ws.endpoint failed: 1, the platform is busy; it is asked again";
    let inside = "callback.ws.endpoint failed: 1000040343, the platform failed internally; it is asked again";
    let nowhere = "callback.ws.endpoint failed: the platform reports success but names no address";
    for (status, body, expected) in [
        (200, r#"{"code":1,"msg":"busy"}"#, Ok(busy)),
        (200, r#"{"code":1000040343,"msg":"x"}"#, Ok(inside)),
        (200, r#"{"code":0,"msg":""}"#, Ok(nowhere)),
        (200, r#"{"code":0,"msg":"","data":{"URL":""}}"#, Ok(nowhere)),
        (
            200,
            r#"{"code":0,"data":{"URL":"ws://msg.feishu.cn/?ticket=planted-7f3a"}}"#,
            Ok("callback.ws.endpoint failed: the platform names an address that is not `wss://`"),
        ),
        (
            500,
            r#"{"code":10003,"msg":"no"}"#,
            Ok("callback.ws.endpoint failed: 10003, no"),
        ),
        (
            200,
            "<html>",
            Ok("callback.ws.endpoint failed: the reply is no JSON object but HTML or XML, 6 bytes long (HTTP 200)"),
        ),
        (
            200,
            r#"{"code":10003,"msg":"invalid param"}"#,
            Err("callback.ws.endpoint failed: 10003, invalid param"),
        ),
        (
            200,
            r#"{"code":514,"msg":"app secret planted-7f3a is wrong"}"#,
            Err("callback.ws.endpoint failed: 514, app secret *** is wrong"),
        ),
    ] {
        let (mut stage, _sockets) = Stage::new();
        stage.discovery = Box::new(move |_| Ok(reply(status, body)));
        let outcome = outcome(stage).await;
        assert_eq!(outcome.as_deref().map_err(String::as_str), expected, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_the_handshake() {
    type Case = (
        u16,
        &'static [(&'static str, &'static str)],
        Result<&'static str, &'static str>,
    );
    let cases: [Case; 8] = [
        (
            200,
            &[
                ("Handshake-Status", "514"),
                ("Handshake-Autherrcode", "1000040350"),
                ("handshake-msg", "limit"),
            ],
            Err(
                "callback.ws failed: 1000040350, the app has as many long connections as it may have, which is 50; end some of them first",
            ),
        ),
        (
            401,
            &[("handshake-status", "403"), ("Handshake-Msg", "app disabled")],
            Err(
                "callback.ws failed: 403, the app may not connect; let it receive events through a long connection in the developer \
                 console: the message says more: app disabled",
            ),
        ),
        (
            200,
            &[
                ("handshake-status", "514"),
                ("handshake-autherrcode", "1000040351"),
                ("handshake-msg", "auth failed"),
            ],
            Ok("callback.ws failed: 1000040351, auth failed"),
        ),
        (
            200,
            &[("handshake-status", "514")],
            Ok("callback.ws failed: 514, the server refuses the connection"),
        ),
        (
            400,
            &[("handshake-status", "1")],
            Ok("callback.ws failed: 1, the server refuses the connection"),
        ),
        // A gateway's 403 is not the platform's.
        (
            403,
            &[],
            Ok("callback.ws failed: the server refuses the connection (HTTP 403)"),
        ),
        (
            502,
            &[("x-tt-logid", "2024")],
            Ok("callback.ws failed: the server refuses the connection (HTTP 502, log id 2024)"),
        ),
        (
            101,
            &[],
            Ok("callback.ws failed: what answered is no WebSocket server; a proxy in between may be in the way"),
        ),
    ];
    for (status, given, expected) in cases {
        let (mut stage, _sockets) = Stage::new();
        stage.refusal = Box::new(move |_| {
            let mut refusal = http::Response::builder().status(status).body(()).unwrap();
            *refusal.headers_mut() = headers(given);
            Some(Ok(refusal))
        });
        let outcome = outcome(stage).await;
        assert_eq!(
            outcome.as_deref().map_err(String::as_str),
            expected,
            "{status} {given:?}"
        );
    }
}

/// protocol §6: custom apps only.
#[tokio::test(start_paused = true)]
async fn of_store_apps() {
    let (stage, _sockets) = Stage::new();
    let client = builder().store_app().transport(stage).build().unwrap();
    let connection = super::super::LongConnection::over(&client, desk(Answer::Done(None)));
    let error = connection.run(std::future::pending::<()>()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "callback.ws.endpoint was not sent: long connections are for custom apps; a store app receives its events through a webhook"
    );
    assert!(!error.to_string().contains(SECRET));
    assert!(!error.may_have_run());
}

/// An end that is asked for while it waits for another try comes at once.
#[tokio::test(start_paused = true)]
async fn the_end_while_down() {
    let (mut stage, _sockets) = Stage::new();
    stage.discovery = Box::new(|_| Ok(reply(502, "")));
    let run = Run::start(stage, desk(Answer::Done(None)));
    tokio::time::sleep(Duration::from_secs(40)).await;
    let start = tokio::time::Instant::now();
    run.stop().await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(2));
}
