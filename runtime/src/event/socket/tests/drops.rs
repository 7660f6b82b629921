//! Dropped after any number of polls, a run leaves nothing behind.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::{runtime::Handle, sync::mpsc::UnboundedReceiver};

use super::{
    super::{LongConnection, frame::Frame, health::Health},
    stage::{Server, Stage, client, desk_with, event},
};
use crate::{BoxFuture, event::Answer};

/// Counts the deliveries that are being handled.
struct Live(Arc<AtomicUsize>);

impl Live {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A platform that lives through everything: chunks, pongs, a cut, a connection that is closed properly.
async fn platform(mut sockets: UnboundedReceiver<Server>, open: Arc<AtomicUsize>) {
    for round in 0.. {
        let Some(mut server) = sockets.recv().await else { return };
        let _open = Live::new(&open);
        let mut script = vec![
            Frame {
                payload: Some(r#"{"PingInterval":10}"#.into()),
                ..Frame::control(42, "pong")
            },
            event("m-1", 2, 1, "1"),
            event("m-1", 2, 0, "1"),
            event("m-2", 1, 0, "0"),
            event("m-3", 1, 0, "40"),
            Frame::control(42, "ping"),
        ]
        .into_iter();
        let mut heard = 0;
        while let Some(Ok(message)) = server.socket.next().await {
            if let Some(frame) = script.next() {
                use futures_util::SinkExt;
                let message = tokio_tungstenite::tungstenite::Message::Binary(frame.encode());
                if server.socket.send(message).await.is_err() {
                    break;
                }
            }
            heard += usize::from(message.is_binary());
            // The first connection is cut after a while; the second lives until the client says farewell.
            if round == 0 && heard == 8 {
                break;
            }
        }
    }
}

/// How often a whole session, from discovery to farewell, polls its run; with `limit`, it is dropped after so many.
async fn polls(limit: usize) -> (usize, bool) {
    let alive = Handle::current().metrics().num_alive_tasks();
    let (live, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (stage, sockets) = Stage::new();
    let serving = tokio::spawn(platform(sockets, open.clone()));
    let desk = desk_with({
        let live = live.clone();
        move |payload: Bytes| {
            let live = Live::new(&live);
            let seconds: u64 = std::str::from_utf8(&payload).unwrap().parse().unwrap();
            let answer: BoxFuture<'static, Answer> = Box::pin(async move {
                let _live = live;
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Answer::Done(None)
            });
            answer
        }
    });
    let figures = r#"{"ReconnectInterval":1,"ReconnectNonce":1,"PingInterval":10}"#;
    let connection = LongConnection::over(&client(stage.figures(figures)), desk);
    let health = connection.health();
    let mut run = Box::pin(connection.run(tokio::time::sleep(Duration::from_secs(190))));
    let mut count = 0;
    let whole = std::future::poll_fn(|context| {
        if count == limit {
            return Poll::Ready(false);
        }
        count += 1;
        run.as_mut().poll(context).map(|ended| ended.is_ok())
    })
    .await;
    drop(run);
    // Dropping it ends everything by itself: the platform's task too, for its sockets and its queue are gone.
    serving.await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!(
        live.load(Ordering::SeqCst),
        0,
        "after {count} polls something is still being handled"
    );
    assert_eq!(
        open.load(Ordering::SeqCst),
        0,
        "after {count} polls the server still has a connection"
    );
    let tasks = Handle::current().metrics().num_alive_tasks();
    assert_eq!(tasks, alive, "after {count} polls a task stays behind");
    assert!(matches!(&*health.borrow(), Health::Ended));
    (count, whole)
}

#[tokio::test(start_paused = true)]
async fn after_any_number_of_polls() {
    let mut limit = 0;
    loop {
        let (count, whole) = polls(limit).await;
        if whole {
            assert!(count > 30, "{count} polls are no whole session");
            return;
        }
        limit += 1;
    }
}
