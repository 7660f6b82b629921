//! A connection at work: acknowledgements, slow handlers, slow peers, the end.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::SinkExt;
use serde_json::json;
use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, sleep},
};
use tokio_tungstenite::tungstenite::Message;

use super::{
    super::{LongConnection, frame::Frame, health::Health},
    stage::{FIGURES, Run, Stage, accept, client, desk, desk_with, event},
};
use crate::{BoxFuture, Event, Router, Value, event::Answer};

fn payload(frame: &Frame) -> &str {
    std::str::from_utf8(frame.payload.as_deref().unwrap()).unwrap()
}

/// protocol §6.1, §6.4, §6.6: discovery, the first ping, an event in chunks, its acknowledgement, the farewell.
#[tokio::test(start_paused = true)]
async fn a_whole_session() {
    let (stage, mut sockets) = Stage::new();
    let calls = stage.calls.clone();
    let desk = desk(Answer::Done(Some("{}".into())));
    let seen = desk.seen.clone();
    let run = Run::start(stage, desk);
    assert!(matches!(run.health(), Health::Connecting));
    let mut server = accept(&mut sockets).await;
    assert_eq!(server.frame().await.unwrap(), Frame::control(42, "ping"));
    server.send(&event("m-1", 2, 1, "\"2.0\"}")).await;
    server.send(&event("m-1", 2, 0, "{\"schema\":")).await;
    server.socket.send(Message::Text("hello".into())).await.unwrap();
    let ack = server.frame().await.unwrap();
    assert_eq!((ack.seq_id, ack.log_id, ack.service, ack.method), (7, 11, 42, 1));
    assert_eq!(
        (ack.header("seq"), ack.header("trace_id"), ack.header("biz_rt")),
        ("0", "t-1", "0")
    );
    assert_eq!(payload(&ack), r#"{"code":200,"headers":null,"data":"e30="}"#);
    assert_eq!(*seen.lock().unwrap(), [r#"{"schema":"2.0"}"#]);
    assert!(run.health().is_up());

    let calls = std::mem::take(&mut *calls.lock().unwrap());
    assert_eq!(calls[0].url, "https://open.feishu.cn/callback/ws/endpoint");
    assert_eq!(calls[0].body, r#"{"AppID":"cli_1","AppSecret":"planted-7f3a"}"#);
    assert_eq!(calls[0].headers["locale"], "zh");
    assert!(!calls[0].headers.contains_key("authorization"));
    assert!(calls[1].url.starts_with("wss://msg.feishu.cn/ws/v2?"));
    for (name, value) in [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
    ] {
        assert_eq!(calls[1].headers[name], value);
    }

    let mut health = run.health.clone();
    let (ended, ()) = tokio::join!(run.stop(), async { while server.frame().await.is_some() {} });
    ended.unwrap();
    assert!(matches!(*health.borrow_and_update(), Health::Ended));
}

/// Handlers that take their time hold up neither the pings nor each other; `biz_rt` says how long each took.
#[tokio::test(start_paused = true)]
async fn slow_handlers() {
    let (stage, mut sockets) = Stage::new();
    let run = Run::start(
        stage,
        desk_with(|payload: Bytes| {
            let seconds: u64 = std::str::from_utf8(&payload).unwrap().parse().unwrap();
            let answer: BoxFuture<'static, Answer> = Box::pin(async move {
                sleep(Duration::from_secs(seconds)).await;
                Answer::Done(None)
            });
            answer
        }),
    );
    let mut server = accept(&mut sockets).await;
    server.frame().await.unwrap();
    server.event("slow", "250").await;
    server.event("quick", "1").await;
    let mut heard = Vec::new();
    for _ in 0..4 {
        let frame = server.frame().await.unwrap();
        heard.push(format!(
            "{}{} {}",
            frame.header("type"),
            frame.header("message_id"),
            frame.header("biz_rt")
        ));
    }
    assert_eq!(heard, ["eventquick 1000", "ping ", "ping ", "eventslow 250000"]);
    drop(server);
    run.stop().await.unwrap();
}

/// protocol §6.5, §6.6: over the router itself, a callback's reply travels in its acknowledgement; what nobody handles is not sent again.
#[tokio::test(start_paused = true)]
async fn with_a_router() {
    let (stage, mut sockets) = Stage::new();
    let toast =
        |_: Event<Value>| async { Ok::<Value, Infallible>(json!({"toast": {"type": "info", "content": "ok"}})) };
    let router = Router::new().on_type("card.action.trigger", toast);
    let connection = LongConnection::new(&client(stage), router);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(connection.run(stopped));
    let mut server = accept(&mut sockets).await;
    server
        .event(
            "m-1",
            r#"{"schema":"2.0","header":{"event_type":"card.action.trigger"},"event":{}}"#,
        )
        .await;
    let ack = server.ack().await;
    let data = payload(&ack).split("\"data\":").nth(1).unwrap();
    // protocol §6.6; the second where serde_json sorts the members.
    let either = [
        "\"eyJ0b2FzdCI6eyJ0eXBlIjoiaW5mbyIsImNvbnRlbnQiOiJvayJ9fQ==\"}",
        "\"eyJ0b2FzdCI6eyJjb250ZW50Ijoib2siLCJ0eXBlIjoiaW5mbyJ9fQ==\"}",
    ];
    assert!(either.contains(&data), "{data}");
    server
        .event("m-2", r#"{"schema":"2.0","header":{"event_type":"x"},"event":{}}"#)
        .await;
    assert_eq!(
        payload(&server.ack().await),
        r#"{"code":200,"headers":null,"data":null}"#
    );
    server.event("m-3", "no JSON").await;
    assert_eq!(
        payload(&server.ack().await),
        r#"{"code":500,"headers":null,"data":null}"#
    );
    stop.send(()).unwrap();
    assert!(server.frame().await.is_none());
    drop(server);
    running.await.unwrap().unwrap();
}

/// A handler that panics, or answers late, is acknowledged all the same.
#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure() {
    let (stage, mut sockets) = Stage::new();
    let run = Run::start(stage, desk_with(|_| Box::pin(async { panic!("on purpose") })));
    let mut server = accept(&mut sockets).await;
    server.event("m-1", "{}").await;
    assert!(payload(&server.ack().await).contains("\"code\":500"));
    // And the connection is as good as before.
    server.event("m-2", "{}").await;
    assert_eq!(server.ack().await.header("message_id"), "m-2");
    drop(server);
    run.stop().await.unwrap();
}

/// A peer that reads nothing does not keep what it sends from being read; after the deadline it is given up.
#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read() {
    let (mut stage, mut sockets) = Stage::new();
    stage.room = 1024;
    let desk = desk(Answer::Done(None));
    let seen = desk.seen.clone();
    let run = Run::start(stage, desk);
    let start = Instant::now();
    let mut server = accept(&mut sockets).await;
    let mut health = run.health.clone();
    // 1,000 acknowledgements of 130 bytes would take more than 100 KiB.
    for round in 0..40 {
        for number in 0..25 {
            server.event(&format!("m-{round}-{number}"), "{}").await;
        }
        tokio::task::yield_now().await;
        if round % 10 == 9 {
            sleep(Duration::from_secs(60)).await;
        }
    }
    assert_eq!(seen.lock().unwrap().len(), 1000);
    let down = health
        .wait_for(|health| matches!(health, Health::Down { .. }))
        .await
        .unwrap()
        .clone();
    let Health::Down { last_error, .. } = down else {
        unreachable!()
    };
    assert!(
        last_error.to_string().ends_with("the server did not read for 300s"),
        "{last_error}"
    );
    assert!(start.elapsed() <= Duration::from_secs(301), "{:?}", start.elapsed());
    run.stop().await.unwrap();
}

/// protocol §6.4: half-open, the connection is dead after 2.5 intervals, by the interval a pong brought.
#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing() {
    for (pong, seconds) in [(None, 300), (Some(r#"{"PingInterval":8}"#), 20)] {
        let (stage, mut sockets) = Stage::new();
        let run = Run::start(stage.figures(FIGURES), desk(Answer::Done(None)));
        let mut server = accept(&mut sockets).await;
        let start = Instant::now();
        if let Some(pong) = pong {
            let payload = Some(Bytes::from_static(pong.as_bytes()));
            server
                .send(&Frame {
                    payload,
                    ..Frame::control(42, "pong")
                })
                .await;
        }
        let mut health = run.health.clone();
        health
            .wait_for(|health| matches!(health, Health::Down { .. }))
            .await
            .unwrap();
        assert_eq!(start.elapsed().as_secs(), seconds);
        assert!(server.frame().await.is_some() && run.stop().await.is_ok());
    }
}

/// A server that pings, by either kind of ping, is answered.
#[tokio::test(start_paused = true)]
async fn pings_of_the_server() {
    let (stage, mut sockets) = Stage::new();
    let run = Run::start(stage, desk(Answer::Done(None)));
    let mut server = accept(&mut sockets).await;
    server.send(&Frame::control(42, "ping")).await;
    assert_eq!(server.ack().await, Frame::control(42, "pong"));
    server.socket.send(Message::Ping("x".into())).await.unwrap();
    let answer = futures_util::StreamExt::next(&mut server.socket)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(answer, Message::Pong("x".into()));
    drop(server);
    run.stop().await.unwrap();
}

/// At the end, what is being handled is finished and acknowledged, and what arrives meanwhile is not touched.
#[tokio::test(start_paused = true)]
async fn the_end_waits_for_handlers() {
    let (stage, mut sockets) = Stage::new();
    let (begun, gate) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let desk = desk_with({
        let (begun, gate) = (begun.clone(), gate.clone());
        move |_| {
            let (begun, gate) = (begun.clone(), gate.clone());
            let answer: BoxFuture<'static, Answer> = Box::pin(async move {
                begun.notify_one();
                let _ = gate.acquire().await.unwrap();
                Answer::Done(None)
            });
            answer
        }
    });
    let seen = desk.seen.clone();
    let run = Run::start(stage, desk);
    let mut server = accept(&mut sockets).await;
    server.event("m-1", "{}").await;
    begun.notified().await;
    let ended = tokio::spawn(run.stop());
    sleep(Duration::from_secs(1)).await;
    server.event("m-2", "{}").await;
    sleep(Duration::from_secs(1)).await;
    assert!(!ended.is_finished());
    gate.add_permits(9);
    assert_eq!(server.ack().await.header("message_id"), "m-1");
    assert!(server.frame().await.is_none(), "the farewell");
    ended.await.unwrap().unwrap();
    assert_eq!(seen.lock().unwrap().len(), 1);
}

/// But not for ever: 10 s, and 1 s for a farewell nobody returns.
#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_ever() {
    let (stage, mut sockets) = Stage::new();
    let run = Run::start(stage, desk_with(|_| Box::pin(std::future::pending())));
    let mut server = accept(&mut sockets).await;
    server.event("m-1", "{}").await;
    sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    run.stop().await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 11);
}
