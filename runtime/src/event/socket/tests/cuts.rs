//! A platform that cuts in every way, for hours of its own clock: what it pushes arrives all the same.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::SinkExt;
use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::Message;

use super::stage::{Run, Stage, accept, desk_with, event};
use crate::{BoxFuture, event::Answer};

const EVENTS: usize = 3000;

/// The figures of the platform: a ping each 10 s, and back within 2 s.
const FIGURES: &str = r#"{"ReconnectInterval":2,"ReconnectNonce":2,"PingInterval":10}"#;

#[tokio::test(start_paused = true)]
async fn of_every_kind() {
    let (mut stage, mut sockets) = Stage::new();
    stage.room = 4096;
    let handled = Arc::new(Mutex::new(BTreeSet::new()));
    let desk = desk_with({
        let handled = handled.clone();
        move |payload: Bytes| {
            let handled = handled.clone();
            let answer: BoxFuture<'static, Answer> = Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(payload.len() as u64 * 7 % 900)).await;
                handled.lock().unwrap().insert(payload);
                Answer::Done(None)
            });
            answer
        }
    });
    let run = Run::start(stage.figures(FIGURES), desk);
    let alive = Handle::current().metrics().num_alive_tasks();
    let mut waiting: BTreeSet<usize> = (0..EVENTS).collect();
    let mut slowest = Duration::ZERO;
    // Sockets that nobody closes: the client has to notice by itself.
    let mut silent = Vec::new();
    let mut lost_at = Instant::now();
    let mut cuts = 0;
    while !waiting.is_empty() {
        let mut server = accept(&mut sockets).await;
        slowest = slowest.max(lost_at.elapsed());
        // What was pushed and not acknowledged is pushed again, in two chunks.
        for id in waiting.iter().copied().take(20).collect::<Vec<_>>() {
            let (name, text) = (id.to_string(), Bytes::from(id.to_string().repeat(1 + id % 40)));
            let (first, second) = (text.slice(..1), text.slice(1..));
            for (seq, payload) in [(1, second), (0, first)] {
                let mut chunk = event(&name, 2, seq, "");
                chunk.payload = Some(payload);
                server.send(&chunk).await;
            }
            if cuts % 5 == 4 {
                continue;
            }
            while let Ok(frame) = timeout(Duration::from_secs(1), server.ack()).await {
                let id = frame.header("message_id").parse().unwrap();
                waiting.remove(&id);
                if id.to_string() == name {
                    break;
                }
            }
        }
        lost_at = Instant::now();
        match cuts % 5 {
            0 => drop(server.socket.close(None).await),
            1 => drop(server),
            2 | 4 => silent.push(server),
            _ => {
                let noise = Bytes::from(vec![cuts as u8; 50]);
                let _ = server.socket.send(Message::Binary(noise)).await;
                // Not even a frame of the WebSocket's.
                let _ = futures_util::StreamExt::next(&mut server.socket).await;
                let mut pipe = server.socket.into_inner();
                let _ = tokio::io::AsyncWriteExt::write_all(&mut pipe, &[0xff; 64]).await;
            }
        }
        cuts += 1;
    }
    assert!(cuts > 150, "{cuts} cuts");
    assert_eq!(handled.lock().unwrap().len(), EVENTS);
    // Silence for 2.5 intervals, the rest of the nonce, and the work of the platform itself.
    assert!(slowest <= Duration::from_secs(25 + 2 + 1), "{slowest:?}");
    assert!(Handle::current().metrics().num_alive_tasks() <= alive + 20);
    run.stop().await.unwrap();
    assert!(Handle::current().metrics().num_alive_tasks() < alive);
}
