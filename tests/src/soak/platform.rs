//! The platform of a soak: discovery and sockets in memory, and events that are pushed until they are acknowledged.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use flybook::{BoxFuture, Outgoing, Transport, TransportError, Upgraded};
use tokio::{
    io::duplex,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Duration, Instant},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{
    chance::Chance,
    ledger::Ledger,
    line::{Line, Link},
    socket::{Order, serve},
};

/// How often the client shall ping; the deadline of the client, and of the platform, is 2.5 times that.
pub(super) const PING: Duration = Duration::from_secs(5);
/// After how long without a frame a connection is dead.
pub(super) const DEADLINE: Duration = Duration::from_millis(12_500);
/// Within how long a client comes back.
pub(super) const NONCE: Duration = Duration::from_secs(2);
/// How long it waits between two tries.
pub(super) const INTERVAL: Duration = Duration::from_secs(3);
/// How many bytes a socket holds that nobody reads.
const ROOM: usize = 1024;

/// A connection that the platform takes for open.
#[derive(Clone)]
pub(super) struct Open {
    pub(super) id: usize,
    pub(super) link: Arc<Link>,
    pub(super) orders: mpsc::UnboundedSender<Order>,
}

/// What the sockets report.
#[derive(Clone, Copy, Default)]
pub(super) struct Sign {
    /// The latest connection that has pinged.
    pub(super) newest: usize,
    /// When anything was last heard from the client, over any of them.
    pub(super) heard: Option<Instant>,
}

pub(super) struct Platform {
    pub(super) ledger: Mutex<Ledger>,
    pub(super) open: Mutex<Vec<Open>>,
    pub(super) signs: watch::Sender<Sign>,
    pub(super) chance: Mutex<Chance>,
    /// So many of the next attempts to connect fail.
    pub(super) refusals: AtomicUsize,
    /// Sockets that the client has not let go of.
    pub(super) held: Arc<AtomicUsize>,
    /// The most that it held at once.
    pub(super) most_held: AtomicUsize,
    pub(super) connections: AtomicUsize,
    pub(super) discoveries: AtomicUsize,
    serving: Mutex<JoinSet<()>>,
}

impl Platform {
    pub(super) fn new(events: usize, seed: u64) -> Arc<Self> {
        Arc::new(Self {
            ledger: Mutex::new(Ledger::new(events)),
            open: Mutex::default(),
            signs: watch::Sender::default(),
            chance: Mutex::new(Chance(seed)),
            refusals: AtomicUsize::new(0),
            held: Arc::default(),
            most_held: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            discoveries: AtomicUsize::new(0),
            serving: Mutex::default(),
        })
    }

    /// The connection that was opened last.
    pub(super) fn latest(&self) -> Option<Open> {
        self.open.lock().unwrap().last().cloned()
    }

    pub(super) fn forget(&self, id: usize) {
        self.open.lock().unwrap().retain(|open| open.id != id);
    }

    pub(super) fn refuse(&self, times: usize) {
        self.refusals.store(times, Ordering::SeqCst);
    }

    /// Waits until the tasks of all sockets have ended.
    pub(super) async fn ended(&self) {
        let mut serving = std::mem::take(&mut *self.serving.lock().unwrap());
        while serving.join_next().await.is_some() {}
    }

    fn refusal(&self) -> Option<usize> {
        let less = |left: usize| left.checked_sub(1);
        self.refusals
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .ok()
    }

    fn discover(&self) -> Result<http::Response<Bytes>, TransportError> {
        self.discoveries.fetch_add(1, Ordering::SeqCst);
        let reply = |status, body: String| {
            let reply = http::Response::builder().status(status).body(body.into());
            Ok(reply.unwrap())
        };
        // protocol §6.1: what of discovery is to be tried again; every fourth refusal is left to the handshake.
        match self.refusal() {
            Some(left) if left % 4 == 0 => return Err(TransportError::connect("no route")),
            Some(left) if left % 4 == 1 => return reply(503, "busy".into()),
            Some(left) if left % 4 == 2 => return reply(200, r#"{"code":1,"msg":"system busy"}"#.into()),
            Some(left) => self.refuse(left),
            None => {}
        }
        let figures = format!(
            r#"{{"ReconnectCount":-1,"ReconnectInterval":{},"ReconnectNonce":{},"PingInterval":{}}}"#,
            INTERVAL.as_secs(),
            NONCE.as_secs(),
            PING.as_secs()
        );
        let url = "wss://soak.invalid/ws/v2?device_id=1&service_id=42&access_key=key&ticket=ticket";
        reply(
            200,
            format!(r#"{{"code":0,"msg":"","data":{{"URL":"{url}","ClientConfig":{figures}}}}}"#),
        )
    }

    async fn accept(self: Arc<Self>, call: Outgoing) -> http::Response<Option<Upgraded>> {
        if self.refusal().is_some() {
            // protocol §6.2: any refusal but 403 and one kind of 514 is to be tried again.
            let refused = http::Response::builder().status(200).header("Handshake-Status", "514");
            return refused.body(None).unwrap();
        }
        let (near, far) = duplex(ROOM);
        let (orders, ordered) = mpsc::unbounded_channel();
        let link = Arc::new(Link::default());
        let id = self.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let (let_go, gone) = oneshot::channel();
        let near = Line::new(near, link.clone(), self.held.clone(), let_go);
        self.most_held
            .fetch_max(self.held.load(Ordering::SeqCst), Ordering::SeqCst);
        self.open.lock().unwrap().push(Open { id, link, orders });
        {
            let mut serving = self.serving.lock().unwrap();
            while serving.try_join_next().is_some() {}
            serving.spawn(serve(self.clone(), id, far, ordered, gone));
        }
        let accept = derive_accept_key(call.headers["sec-websocket-key"].as_bytes());
        let answer = http::Response::builder()
            .status(101)
            .header("sec-websocket-accept", accept);
        answer.body(Some(Upgraded::new(near))).unwrap()
    }
}

/// The client's way to the platform.
pub(super) struct Way(pub(super) Arc<Platform>);

impl Transport for Way {
    fn send(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Bytes>, TransportError>> {
        assert!(
            call.url.ends_with("/callback/ws/endpoint"),
            "a long connection calls nothing else"
        );
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.0.discover()
        })
    }

    fn upgrade(&self, call: Outgoing) -> BoxFuture<'_, Result<http::Response<Option<Upgraded>>, TransportError>> {
        Box::pin(async move { Ok(self.0.clone().accept(call).await) })
    }
}
