//! The platform's end of one socket: it pongs, takes acknowledgements, and misbehaves when it is told to.

use std::{convert::Infallible, future::pending, sync::Arc};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::DuplexStream,
    sync::{mpsc::UnboundedReceiver, oneshot},
    time::{Duration, Instant, sleep_until},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::{
    frame::Frame,
    platform::{DEADLINE, Platform},
};

/// What a socket is told to do.
pub(super) enum Order {
    /// Send this.
    Send(Vec<u8>),
    /// Close it, with a farewell.
    Close,
    /// Break it off.
    Reset,
    /// Read and write nothing any more.
    HalfOpen,
    /// Write nothing any more: what the client reads has stalled.
    StallRead,
    /// Read nothing any more: what the client writes stalls.
    StallWrite,
    /// Read nothing for this time.
    Delay(Duration),
}

type Socket = WebSocketStream<DuplexStream>;

/// Serves it until it ends, then waits for the client to let go of it: a broken line tells neither end of the other.
pub(super) async fn serve(
    platform: Arc<Platform>,
    id: usize,
    far: DuplexStream,
    mut orders: UnboundedReceiver<Order>,
    gone: oneshot::Receiver<Infallible>,
) {
    let mut socket = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
    let is_broken = talk(&platform, id, &mut socket, &mut orders).await;
    platform.forget(id);
    if is_broken {
        _ = gone.await;
    }
}

/// Whether the line is broken, rather than closed.
async fn talk(platform: &Platform, id: usize, socket: &mut Socket, orders: &mut UnboundedReceiver<Order>) -> bool {
    let (mut reads, mut writes) = (true, true);
    let mut delayed: Option<Instant> = None;
    let mut end = Instant::now() + DEADLINE;
    loop {
        let message = tokio::select! {
            biased;
            order = orders.recv() => {
                match order {
                    Some(Order::Send(bytes)) if writes => {
                        if socket.send(Message::binary(bytes)).await.is_err() {
                            return false;
                        }
                    }
                    Some(Order::Send(_)) => {}
                    Some(Order::Close) => {
                        _ = socket.close(None).await;
                        return false;
                    }
                    Some(Order::Reset) | None => return false,
                    Some(Order::HalfOpen) => (reads, writes) = (false, false),
                    Some(Order::StallRead) => writes = false,
                    Some(Order::StallWrite) => reads = false,
                    Some(Order::Delay(by)) => delayed = Some(Instant::now() + by),
                }
                continue;
            }
            message = socket.next(), if reads && delayed.is_none() => message,
            () = until(delayed) => {
                delayed = None;
                end = Instant::now() + DEADLINE;
                continue;
            }
            // The platform has a deadline of its own.
            () = sleep_until(end), if delayed.is_none() => return true,
        };
        let Some(Ok(message)) = message else { return false };
        let Message::Binary(bytes) = message else { continue };
        let now = Instant::now();
        end = now + DEADLINE;
        let frame = Frame::decode(&bytes);
        let is_ping = frame.method == 0;
        platform.signs.send_modify(|signs| {
            signs.heard = Some(now);
            if is_ping {
                signs.newest = signs.newest.max(id);
            }
        });
        if !is_ping {
            platform.ledger.lock().unwrap().acknowledged(&frame, now);
        } else if writes {
            let pong = Frame {
                headers: vec![("type".to_owned(), "pong".to_owned())],
                ..Frame::default()
            };
            if socket.send(Message::binary(pong.encode())).await.is_err() {
                return false;
            }
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
