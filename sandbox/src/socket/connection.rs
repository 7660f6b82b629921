//! One open connection: reading, writing, and its end.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        handshake::server::{Request, Response},
    },
};

use super::{
    Ack, Connection, End, Flow, Open, Out, Ticket,
    frame::{CONTROL, Frame},
    handshake,
};
use crate::{accept::Wire, base64, sandbox::Inner};

/// How long a handshake, or saying goodbye, may take.
const BRIEF: Duration = Duration::from_secs(10);
/// So much may wait to be written; what comes after it is lost, as it would be with a client that does not read.
const QUEUE: usize = 4096;

/// Serves one connection to its end.
pub(crate) async fn serve(sandbox: &Inner, mut wire: Wire) {
    if silent(sandbox) {
        // Until the client has enough of it.
        _ = tokio::io::copy(&mut wire, &mut tokio::io::sink()).await;
        return;
    }
    let mut admitted = None;
    // The error is as large as the library makes it.
    #[allow(clippy::result_large_err)]
    let judge = |request: &Request, response: Response| match handshake::admit(sandbox, request.uri()) {
        Ok(ticket) => {
            admitted = Some(ticket);
            Ok(response)
        }
        Err(refused) => Err(*refused),
    };
    let shaken = tokio::time::timeout(BRIEF, tokio_tungstenite::accept_hdr_async(wire, judge)).await;
    let (Ok(Ok(stream)), Some(ticket)) = (shaken, admitted) else {
        return;
    };
    let (out, queue) = mpsc::channel(QUEUE);
    let (flow, flowing) = watch::channel(Flow {
        read: true,
        write: true,
        end: None,
    });
    let registered = Registered::new(sandbox, ticket, out, flow);
    let (mut sink, mut source) = stream.split();
    let end = tokio::select! {
        () = read(sandbox, &registered.id, &mut source, flowing.clone()) => None,
        () = write(&mut sink, queue, flowing.clone()) => None,
        end = ending(flowing.clone()) => Some(end),
    };
    drop(registered);
    let Ok(mut stream) = sink.reunite(source) else {
        return;
    };
    match end {
        Some(End::Reset) => stream.into_inner().reset(),
        // A client that does not read is not waited for.
        Some(End::Close) => _ = tokio::time::timeout(BRIEF, stream.close(None)).await,
        None => {}
    }
}

fn silent(sandbox: &Inner) -> bool {
    let left = &mut sandbox.state().sockets.silent;
    let silent = *left > 0;
    *left = left.saturating_sub(1);
    silent
}

/// An entry among the open connections, for as long as this lives.
struct Registered<'a> {
    sandbox: &'a Inner,
    id: String,
}

impl<'a> Registered<'a> {
    fn new(sandbox: &'a Inner, ticket: Ticket, out: mpsc::Sender<Out>, flow: watch::Sender<Flow>) -> Self {
        let mut state = sandbox.state();
        let since = state.clock.now();
        state.sockets.add(Open {
            about: Connection {
                id: ticket.device.clone(),
                app_id: ticket.app,
                since,
                pings: 0,
                garbage: 0,
            },
            service: ticket.service,
            out,
            flow,
            waiting: std::collections::HashMap::new(),
        });
        Self {
            sandbox,
            id: ticket.device,
        }
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.sandbox.state().sockets.remove(&self.id);
    }
}

type Stream = WebSocketStream<Wire>;

// While this ends, the others go on; nothing else tells them apart from a stalled connection.
async fn ending(mut flow: watch::Receiver<Flow>) -> End {
    loop {
        let end = flow.borrow_and_update().end;
        match end {
            Some(end) => return end,
            None => {
                if flow.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

async fn read(sandbox: &Inner, id: &str, source: &mut SplitStream<Stream>, mut flow: watch::Receiver<Flow>) {
    loop {
        let reading = flow.borrow_and_update().read;
        let message = tokio::select! {
            message = source.next(), if reading => message,
            changed = flow.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        match message {
            Some(Ok(Message::Binary(bytes))) => taken(sandbox, id, &bytes),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            Some(Ok(_)) => {}
        }
    }
}

async fn write(sink: &mut SplitSink<Stream, Message>, mut queue: mpsc::Receiver<Out>, mut flow: watch::Receiver<Flow>) {
    let mut left = 0_usize;
    loop {
        let writing = flow.borrow_and_update().write;
        if writing && left > 0 {
            left -= 1;
            if sink.feed(Message::Binary(idle_frame())).await.is_err() {
                return;
            }
            continue;
        }
        let flushed = if writing { sink.flush().await } else { Ok(()) };
        if flushed.is_err() {
            return;
        }
        let next = tokio::select! {
            next = queue.recv(), if writing => next,
            changed = flow.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        let written: Result<(), Error> = match next {
            Some(Out::Binary(bytes)) => sink.send(Message::Binary(bytes)).await,
            Some(Out::Text(text)) => sink.send(Message::text(text)).await,
            Some(Out::Flood(many)) => {
                left = many;
                Ok(())
            }
            None => return,
        };
        if written.is_err() {
            return;
        }
    }
}

fn idle_frame() -> Bytes {
    control("pong", None).encode().into()
}

pub(super) fn control(kind: &str, payload: Option<Bytes>) -> Frame {
    Frame {
        method: CONTROL,
        headers: vec![("type".to_owned(), kind.to_owned())],
        payload,
        ..Frame::default()
    }
}

// One message of a client: a ping is answered with the configuration, an acknowledgement reaches whoever waits for it.
fn taken(sandbox: &Inner, id: &str, bytes: &[u8]) {
    let mut state = sandbox.state();
    let time = state.clock.now();
    let sockets = &mut state.sockets;
    let config = sockets.config.to_json().to_string();
    let Some(open) = sockets.of(id) else {
        return;
    };
    let Some(frame) = Frame::decode(bytes) else {
        open.about.garbage += 1;
        return;
    };
    if frame.method == CONTROL {
        if frame.header("type") == Some("ping") {
            open.about.pings += 1;
            let pong = Frame {
                service: open.service,
                ..control("pong", Some(config.into()))
            };
            // A queue that is full is that of a client which does not read.
            _ = open.out.try_send(Out::Binary(pong.encode().into()));
        }
        return;
    }
    let payload: Value = serde_json::from_slice(frame.payload.as_deref().unwrap_or_default()).unwrap_or_default();
    let code = payload["code"].as_i64().unwrap_or_default();
    let data = payload["data"].as_str().filter(|data| !data.is_empty());
    // What is not base64 is kept as it came, to be refused where an answer is judged.
    let data = data.map(|data| {
        base64::decode(data.as_bytes())
            .unwrap_or_else(|| data.as_bytes().to_vec())
            .into()
    });
    let waiting = open.waiting.remove(&frame.seq);
    let ack = Ack {
        connection: id.to_owned(),
        event_id: waiting
            .as_ref()
            .map(|waiting| waiting.event_id.clone())
            .unwrap_or_default(),
        code,
        biz_rt: frame.header("biz_rt").and_then(|took| took.parse().ok()),
        data: data.clone(),
        time,
        late: waiting.is_none(),
    };
    sockets.note(ack);
    if let Some(waiting) = waiting {
        // Nobody may be waiting any more, since a moment ago.
        _ = waiting.answer.send((code, data));
    }
}
