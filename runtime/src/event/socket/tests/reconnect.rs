//! Coming back: when, how often, with what (protocol §6.1, §6.7), on a clock that stands still while somebody works.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    super::health::Health,
    stage::{Run, Stage, accept, desk, found},
};
use crate::{TransportError, event::Answer};

fn down() -> TransportError {
    TransportError::connect("the network is down")
}

/// For ever, by default: the first try within the nonce, the others an interval apart, spread in the same way; each asks for an address.
#[tokio::test(start_paused = true)]
async fn the_platforms_figures() {
    let (mut stage, mut sockets) = Stage::new();
    let figures = r#"{"ReconnectCount":-1,"ReconnectInterval":100,"ReconnectNonce":20,"PingInterval":120}"#;
    let (tell, mut tries) = tokio::sync::mpsc::unbounded_channel();
    stage.discovery = Box::new(move |number| {
        tell.send(Instant::now()).unwrap();
        if (1..=50).contains(&number) {
            Err(down())
        } else {
            Ok(found(figures))
        }
    });
    let run = Run::start(stage, desk(Answer::Done(None)));
    let server = accept(&mut sockets).await;
    let mut last = Instant::now();
    tries.recv().await.unwrap();
    drop(server);
    let mut waits = Vec::new();
    for _ in 0..51 {
        let next = tries.recv().await.unwrap();
        waits.push((next - last).as_millis());
        last = next;
    }
    assert!((0..=20_000).contains(&waits[0]), "{waits:?}");
    assert!(
        waits[1..].iter().all(|wait| (100_000..=120_001).contains(wait)),
        "{waits:?}"
    );
    waits.sort_unstable();
    waits.dedup();
    assert!(waits.len() > 40, "they are spread: {waits:?}");
    let server = accept(&mut sockets).await;
    tokio::task::yield_now().await;
    assert!(run.health().is_up());
    drop(server);
    run.stop().await.unwrap();
}

/// A count ends it, and the error is the last one; a connection that came about starts it anew.
#[tokio::test(start_paused = true)]
async fn a_count() {
    let (mut stage, mut sockets) = Stage::new();
    let figures = r#"{"ReconnectCount":2,"ReconnectInterval":10,"ReconnectNonce":1}"#;
    // Tries 1 and 3 fail, 2 does not; 4, 5 and 6 do, of which the last is one too many.
    stage.discovery = Box::new(move |number| {
        if [0, 2].contains(&number) {
            Ok(found(figures))
        } else {
            Err(down())
        }
    });
    let run = Run::start(stage, desk(Answer::Done(None)));
    drop(accept(&mut sockets).await);
    drop(accept(&mut sockets).await);
    let error = run.end().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "callback.ws.endpoint failed: no connection: the network is down"
    );
}

/// What keeps it down, and until when, shows; a frame that comes in shows without waking those who watch.
#[tokio::test(start_paused = true)]
async fn health() {
    let (mut stage, mut sockets) = Stage::new();
    stage.discovery = Box::new(|number| if number == 0 { Err(down()) } else { Ok(found("{}")) });
    let run = Run::start(stage, desk(Answer::Done(None)));
    let mut health = run.health.clone();
    let start = Instant::now();
    health.changed().await.unwrap();
    // The states in between may be too quick to be seen, but not this one.
    let down = health
        .wait_for(|health| matches!(health, Health::Down { .. }))
        .await
        .unwrap()
        .clone();
    let Health::Down {
        last_error,
        next_attempt,
    } = down
    else {
        unreachable!()
    };
    assert!(last_error.is_connect());
    assert!(
        next_attempt <= start + Duration::from_secs(31),
        "the default nonce is 30 s"
    );
    let up = health.wait_for(Health::is_up).await.unwrap().clone();
    let Health::Up { since, last_frame } = up else {
        unreachable!()
    };
    assert!(since >= next_attempt && last_frame == since);
    let mut server = accept(&mut sockets).await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    server.event("m-1", "{}").await;
    server.ack().await;
    assert!(!health.has_changed().unwrap());
    assert!(matches!(&*health.borrow(), Health::Up { last_frame, .. } if (*last_frame - since).as_secs() == 7));
    drop(server);
    run.stop().await.unwrap();
    assert!(matches!(&*health.borrow(), Health::Ended));
}

/// Discovery and handshake have the client's time limit.
#[tokio::test(start_paused = true)]
async fn nothing_hangs() {
    struct Silent;
    impl crate::Transport for Silent {
        fn send(
            &self,
            _: crate::Outgoing,
        ) -> crate::BoxFuture<'_, Result<http::Response<bytes::Bytes>, TransportError>> {
            Box::pin(std::future::pending())
        }
    }
    let client = super::stage::builder()
        .transport(Silent)
        .timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    let connection = super::super::LongConnection::over(&client, desk(Answer::Done(None)));
    let mut health = connection.health();
    let start = Instant::now();
    let watch = async {
        let down = health
            .wait_for(|health| matches!(health, Health::Down { .. }))
            .await
            .unwrap();
        assert_eq!(start.elapsed().as_secs(), 5);
        assert!(matches!(&*down, Health::Down { last_error, .. } if last_error.is_timeout()));
    };
    connection.run(watch).await.unwrap();
}
