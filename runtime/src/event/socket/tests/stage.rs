//! A platform in memory: it answers discovery, accepts sockets, and hands them to the test.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::HeaderMap;
use tokio::{
    io::{DuplexStream, duplex},
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};

use super::super::{LongConnection, frame::Frame, health::Health, work::Deliver};
use crate::{
    BoxFuture, Builder, Client, Outgoing, Platform, Result, Transport, TransportError, Upgraded, event::Answer,
};

pub(super) static PLATFORM: Platform = Platform::BARE;

/// Must never show anywhere.
pub(super) const SECRET: &str = "planted-7f3a";

/// protocol §6.1: the reply of discovery, with the query its URL has.
pub(super) fn found(figures: &str) -> http::Response<Bytes> {
    let url = format!(
        "wss://msg.feishu.cn/ws/v2?fpid=493&aid=552564&device_id=7411&access_key={SECRET}-key&service_id=42&ticket={SECRET}-ticket"
    );
    let body = format!(r#"{{"code":0,"msg":"","data":{{"URL":"{url}","ClientConfig":{figures}}}}}"#);
    http::Response::new(body.into())
}

/// protocol §6.1: the figures as the platform sends them.
pub(super) const FIGURES: &str =
    r#"{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}"#;

type Script<T> = Box<dyn Fn(usize) -> T + Send + Sync>;

/// The transport of a client.
pub(super) struct Stage {
    pub(super) discovery: Script<Result<http::Response<Bytes>, TransportError>>,
    /// The answer to a handshake that is refused.
    pub(super) refusal: Script<Option<Result<http::Response<()>, TransportError>>>,
    /// How many bytes a socket holds that nobody reads.
    pub(super) room: usize,
    pub(super) calls: Arc<Mutex<Vec<Outgoing>>>,
    discoveries: AtomicUsize,
    handshakes: AtomicUsize,
    sockets: UnboundedSender<Server>,
}

impl Stage {
    pub(super) fn new() -> (Self, UnboundedReceiver<Server>) {
        let (sockets, accepted) = unbounded_channel();
        let stage = Self {
            discovery: Box::new(|_| Ok(found(FIGURES))),
            refusal: Box::new(|_| None),
            room: 64 << 10,
            calls: Arc::default(),
            discoveries: AtomicUsize::new(0),
            handshakes: AtomicUsize::new(0),
            sockets,
        };
        (stage, accepted)
    }

    pub(super) fn figures(mut self, figures: &'static str) -> Self {
        self.discovery = Box::new(move |_| Ok(found(figures)));
        self
    }
}

impl Transport for Stage {
    fn send(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        self.calls.lock().unwrap().push(call);
        let answer = (self.discovery)(self.discoveries.fetch_add(1, Ordering::SeqCst));
        Box::pin(async {
            tokio::task::yield_now().await;
            answer
        })
    }

    fn upgrade(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Option<Upgraded>>, TransportError>> {
        let key = call.headers["sec-websocket-key"].clone();
        self.calls.lock().unwrap().push(call);
        let refusal = (self.refusal)(self.handshakes.fetch_add(1, Ordering::SeqCst));
        Box::pin(async move {
            tokio::task::yield_now().await;
            if let Some(refusal) = refusal {
                return refusal.map(|refusal| refusal.map(|()| None));
            }
            let (near, far) = duplex(self.room);
            let socket = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
            let _ = self.sockets.send(Server { socket });
            let answer = http::Response::builder()
                .status(101)
                .header("sec-websocket-accept", derive_accept_key(key.as_bytes()));
            Ok(answer.body(Some(Upgraded::new(near))).unwrap())
        })
    }
}

/// The platform's end of a socket.
pub(super) struct Server {
    pub(super) socket: WebSocketStream<DuplexStream>,
}

impl Server {
    /// The next frame; `None` when the client is gone.
    pub(super) async fn frame(&mut self) -> Option<Frame> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Binary(message)) => return Some(Frame::decode(&message).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next frame that is no ping.
    pub(super) async fn ack(&mut self) -> Frame {
        loop {
            let frame = self.frame().await.expect("the client is gone");
            if frame.header("type") != "ping" {
                return frame;
            }
        }
    }

    pub(super) async fn send(&mut self, frame: &Frame) {
        self.socket.send(Message::Binary(frame.encode())).await.unwrap();
    }

    pub(super) async fn event(&mut self, id: &str, payload: &'static str) {
        self.send(&event(id, 1, 0, payload)).await;
    }
}

/// protocol §6.5: a data frame.
pub(super) fn event(id: &str, sum: usize, seq: usize, payload: &'static str) -> Frame {
    let headers = [
        ("type", "event"),
        ("message_id", id),
        ("sum", &sum.to_string()),
        ("seq", &seq.to_string()),
        ("trace_id", "t-1"),
    ];
    Frame {
        seq_id: 7,
        log_id: 11,
        service: 42,
        method: 1,
        headers: headers.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        payload: Some(payload.into()),
        ..Frame::default()
    }
}

/// A router of the test's own making.
pub(super) struct Desk<F> {
    pub(super) answer: F,
    pub(super) seen: Arc<Mutex<Vec<Bytes>>>,
}

impl<F: Fn(Bytes) -> BoxFuture<'static, Answer> + Send + Sync + 'static> Deliver for Desk<F> {
    fn deliver(&self, payload: Bytes) -> BoxFuture<'static, Answer> {
        self.seen.lock().unwrap().push(payload.clone());
        (self.answer)(payload)
    }

    fn drain(&self, _: Duration) -> BoxFuture<'static, bool> {
        Box::pin(async { true })
    }
}

/// Answers everything alike.
pub(super) fn desk(answer: Answer) -> Desk<impl Fn(Bytes) -> BoxFuture<'static, Answer>> {
    desk_with(move |_| {
        let answer = answer.clone();
        Box::pin(async { answer })
    })
}

pub(super) fn desk_with<F: Fn(Bytes) -> BoxFuture<'static, Answer>>(answer: F) -> Desk<F> {
    let seen = Arc::default();
    Desk { answer, seen }
}

pub(super) fn builder() -> Builder<Client> {
    Builder::new(&PLATFORM, "cli_1", SECRET)
}

pub(super) fn client(stage: Stage) -> Client {
    builder().transport(stage).build().unwrap()
}

/// A connection that runs, and its end.
pub(super) struct Run {
    pub(super) health: tokio::sync::watch::Receiver<Health>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<()>>,
}

impl Run {
    pub(super) fn start(stage: Stage, desk: impl Deliver) -> Self {
        let connection = LongConnection::over(&client(stage), desk);
        let health = connection.health();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(connection.run(stopped));
        Self { health, stop, running }
    }

    pub(super) async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.running.await.unwrap()
    }

    /// What it ends with by itself.
    pub(super) async fn end(self) -> Result<()> {
        let _stop = self.stop;
        self.running.await.unwrap()
    }

    pub(super) fn health(&self) -> Health {
        self.health.borrow().clone()
    }
}

/// The next socket, however long it takes.
pub(super) async fn accept(sockets: &mut UnboundedReceiver<Server>) -> Server {
    let accepted = timeout(Duration::from_secs(100_000), sockets.recv()).await;
    accepted.expect("no socket within a day").expect("the client is gone")
}

pub(super) fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
    let pairs = of
        .iter()
        .map(|(key, value)| (key.parse().unwrap(), value.parse().unwrap()));
    pairs.collect()
}
