//! The long connection: discovery, the endpoint, and everything that can go wrong with either.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};

mod connection;
mod discovery;
mod fault;
mod frame;
mod handshake;
mod send;
#[cfg(test)]
mod tests;

pub(crate) use connection::serve;
pub(crate) use discovery::discover;
pub use fault::{DiscoveryFault, LongConnections};
pub(crate) use send::send;

/// Where clients ask for an address.
pub(crate) const DISCOVERY: &str = "/callback/ws/endpoint";
/// How a request for the endpoint begins, and no other.
pub(crate) const REQUEST: &str = "GET /callback/ws/connect";
/// So many connections an app may have.
const MOST: usize = 50;
/// So many acknowledgements are kept.
const ACKS_KEPT: usize = 10_000;
/// Payloads larger than this come in chunks, unless told otherwise.
const CHUNK: usize = 128 * 1024;

/// What the platform tells clients about connecting, in seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClientConfig {
    /// How often a client tries to connect again; negative is forever.
    pub reconnect_count: i64,
    /// The time between tries.
    pub reconnect_interval: u64,
    /// The most that a client waits, by chance, before the first try.
    pub reconnect_nonce: u64,
    /// The time between pings.
    pub ping_interval: u64,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            reconnect_count: -1,
            reconnect_interval: 120,
            reconnect_nonce: 30,
            ping_interval: 120,
        }
    }
}

impl ClientConfig {
    fn to_json(self) -> Value {
        json!({
            "ReconnectCount": self.reconnect_count,
            "ReconnectInterval": self.reconnect_interval,
            "ReconnectNonce": self.reconnect_nonce,
            "PingInterval": self.ping_interval,
        })
    }
}

/// What a client answered to something that was pushed to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Ack {
    /// The connection it came over.
    pub connection: String,
    /// The event it answers; empty when nobody knows the frame.
    pub event_id: String,
    /// 200 when the event was taken.
    pub code: i64,
    /// How long the client says that it took, in milliseconds.
    pub biz_rt: Option<u64>,
    /// The answer to a callback.
    pub data: Option<Bytes>,
    /// When it came, in milliseconds since 1970 on the sandbox's clock.
    pub time: u64,
    /// Whether nobody waited for it any more.
    pub late: bool,
}

/// A connection that is open.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connection {
    /// Its id, which clients know as `device_id`.
    pub id: String,
    /// The app that opened it.
    pub app_id: String,
    /// When it was opened, in milliseconds since 1970 on the sandbox's clock.
    pub since: u64,
    /// How many pings came over it.
    pub pings: u64,
    /// How many messages came over it that are no frames.
    pub garbage: u64,
}

/// An open connection, as the sandbox holds it.
struct Open {
    about: Connection,
    service: i32,
    out: mpsc::Sender<Out>,
    flow: watch::Sender<Flow>,
    waiting: HashMap<u64, Waiting>,
}

/// Who waits for the acknowledgement of a frame.
struct Waiting {
    event_id: String,
    answer: oneshot::Sender<(i64, Option<Bytes>)>,
}

/// Something to write.
#[derive(Clone, Debug)]
enum Out {
    Binary(Bytes),
    Text(String),
    /// So many frames that say nothing.
    Flood(usize),
}

/// Whether a connection is read and written, and how it shall end.
#[derive(Clone, Copy, Debug)]
struct Flow {
    read: bool,
    write: bool,
    end: Option<End>,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Close,
    Reset,
}

/// Who may connect with a ticket.
#[derive(Clone, Debug)]
struct Ticket {
    app: String,
    device: String,
    service: i32,
}

/// Everything about long connections that the sandbox remembers.
pub(crate) struct Sockets {
    pub(crate) address: Option<SocketAddr>,
    config: ClientConfig,
    chunk: usize,
    /// Each opens one connection; those that were never used are few.
    tickets: VecDeque<(String, Ticket)>,
    open: Vec<Open>,
    /// How many are open now; tests wait for it.
    many: watch::Sender<usize>,
    acks: VecDeque<Ack>,
    sent: u64,
    served: i32,
    slow: Duration,
    discovery: VecDeque<DiscoveryFault>,
    handshakes: VecDeque<(u16, Option<i64>)>,
    /// So many connections more get no answer.
    silent: usize,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            address: None,
            config: ClientConfig::default(),
            chunk: CHUNK,
            tickets: VecDeque::new(),
            open: Vec::new(),
            many: watch::Sender::new(0),
            acks: VecDeque::new(),
            sent: 0,
            served: 0,
            slow: Duration::ZERO,
            discovery: VecDeque::new(),
            handshakes: VecDeque::new(),
            silent: 0,
        }
    }
}

impl Sockets {
    fn of(&mut self, id: &str) -> Option<&mut Open> {
        self.open.iter_mut().find(|open| open.about.id == id)
    }

    fn add(&mut self, open: Open) {
        self.open.push(open);
        self.many.send_replace(self.open.len());
    }

    // Whoever waits for its acknowledgements learns that none will come.
    fn remove(&mut self, id: &str) {
        self.open.retain(|open| open.about.id != id);
        self.many.send_replace(self.open.len());
    }

    fn note(&mut self, ack: Ack) {
        if self.acks.len() == ACKS_KEPT {
            self.acks.pop_front();
        }
        self.acks.push_back(ack);
    }
}
