//! What tests see of long connections, and how they break them.

use std::time::Duration;

use bytes::Bytes;

use super::{
    Ack, ClientConfig, Connection, End, Flow, Open, Out,
    connection::control,
    frame::{DATA, Frame},
};
use crate::sandbox::Sandbox;

/// What a request for an address gets instead of one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DiscoveryFault {
    /// This HTTP status.
    Status(u16),
    /// This code. 1 and 1000040343 mean that trying again helps; all others mean that it does not.
    Code(i64),
    /// Code 0 and no address.
    NoUrl,
    /// A body that is not JSON.
    Garbage,
}

/// The long connections of a sandbox: those that are open, what they acknowledged, and ways to break them.
#[derive(Clone, Debug)]
pub struct LongConnections {
    sandbox: Sandbox,
    only: Option<String>,
}

impl Sandbox {
    /// The long connections to this sandbox.
    pub fn long_connections(&self) -> LongConnections {
        LongConnections {
            sandbox: self.clone(),
            only: None,
        }
    }
}

impl LongConnections {
    /// Breaks only the connections of this app, or the one with this id, from here on.
    #[must_use]
    pub fn only(&self, id: impl Into<String>) -> Self {
        Self {
            sandbox: self.sandbox.clone(),
            only: Some(id.into()),
        }
    }

    /// The connections that are open.
    pub fn open(&self) -> Vec<Connection> {
        let state = self.sandbox.0.state();
        state.sockets.open.iter().map(|open| open.about.clone()).collect()
    }

    /// Waits until exactly so many connections are open.
    pub async fn reach(&self, many: usize) {
        let mut count = self.sandbox.0.state().sockets.many.subscribe();
        // The sender lives as long as the sandbox, which this holds.
        _ = count.wait_for(|count| *count == many).await;
    }

    /// What clients have acknowledged, oldest first. The last ten thousand are kept.
    pub fn acks(&self) -> Vec<Ack> {
        self.sandbox.0.state().sockets.acks.iter().cloned().collect()
    }

    /// Tells clients another configuration, from the next discovery or ping on.
    pub fn set_config(&self, config: ClientConfig) {
        self.sandbox.0.state().sockets.config = config;
    }

    /// Sends payloads larger than this many bytes in chunks; 0 sends all in one piece.
    pub fn chunk_above(&self, bytes: usize) {
        self.sandbox.0.state().sockets.chunk = bytes;
    }

    /// Ends every connection with a close frame.
    pub fn close(&self) {
        self.flow(|flow| flow.end = Some(End::Close));
    }

    /// Ends every connection with a TCP reset.
    pub fn reset(&self) {
        self.flow(|flow| flow.end = Some(End::Reset));
    }

    /// Stops reading: what clients send is not seen, pings and acknowledgements included.
    pub fn stop_reading(&self) {
        self.flow(|flow| flow.read = false);
    }

    /// Stops writing: pongs and events stay in a queue.
    pub fn stop_writing(&self) {
        self.flow(|flow| flow.write = false);
    }

    /// Leaves connections half open: nothing is read or written any more, and nobody is told.
    pub fn half_open(&self) {
        self.flow(|flow| (flow.read, flow.write) = (false, false));
    }

    /// Reads and writes again.
    pub fn resume(&self) {
        self.flow(|flow| (flow.read, flow.write) = (true, true));
    }

    fn flow(&self, change: impl Fn(&mut Flow)) {
        self.each(|open| open.flow.send_modify(&change));
    }

    /// Sends so many frames that say nothing over every connection, as fast as they are taken.
    pub fn flood(&self, frames: usize) {
        self.out(&Out::Flood(frames));
    }

    /// Sends these bytes as one binary message.
    pub fn send_raw(&self, bytes: impl Into<Bytes>) {
        self.out(&Out::Binary(bytes.into()));
    }

    /// Sends a text message, which no client expects.
    pub fn send_text(&self, text: impl Into<String>) {
        self.out(&Out::Text(text.into()));
    }

    /// Sends a ping of the server's own.
    pub fn ping(&self) {
        self.send_raw(control("ping", None).encode());
    }

    /// Sends everything that is wrong with a frame: cut short, without required fields, of unknown kinds, and chunks that contradict
    /// themselves.
    pub fn send_malformed(&self) {
        for bytes in malformed() {
            self.send_raw(bytes);
        }
        self.send_text("not a frame");
    }

    fn out(&self, what: &Out) {
        // A queue that is full is that of a client which does not read.
        self.each(|open| _ = open.out.try_send(what.clone()));
    }

    fn each(&self, act: impl Fn(&Open)) {
        let state = self.sandbox.0.state();
        let meant = |open: &&Open| {
            let only = self.only.as_ref();
            only.is_none_or(|only| *only == open.about.id || *only == open.about.app_id)
        };
        state.sockets.open.iter().filter(meant).for_each(act);
    }

    /// Answers the next requests for an address, so many times, with this instead.
    pub fn fail_discovery(&self, times: usize, fault: DiscoveryFault) {
        let sockets = &mut self.sandbox.0.state().sockets;
        sockets.discovery.extend(std::iter::repeat_n(fault, times));
    }

    /// Answers requests for an address only after this time.
    pub fn slow_discovery(&self, by: Duration) {
        self.sandbox.0.state().sockets.slow = by;
    }

    /// Refuses the next handshakes, so many times, with this `Handshake-Status` and `Handshake-Autherrcode`.
    pub fn refuse_handshakes(&self, times: usize, status: u16, auth_code: Option<i64>) {
        let sockets = &mut self.sandbox.0.state().sockets;
        sockets
            .handshakes
            .extend(std::iter::repeat_n((status, auth_code), times));
    }

    /// Takes the next connections, so many times, and never answers their handshake.
    pub fn silent_handshakes(&self, times: usize) {
        self.sandbox.0.state().sockets.silent += times;
    }
}

fn malformed() -> Vec<Bytes> {
    let data = |headers: &[(&str, &str)]| Frame {
        seq: u64::MAX,
        log: u64::MAX,
        service: -1,
        method: DATA,
        headers: headers
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        payload: Some(Bytes::from_static(b"{")),
    };
    let whole = data(&[("type", "event"), ("message_id", "m"), ("sum", "1"), ("seq", "0")]);
    let mut short = whole.encode();
    short.truncate(short.len() / 2);
    let frames = [
        whole,
        data(&[]),
        data(&[("type", "card"), ("message_id", "m"), ("sum", "1"), ("seq", "0")]),
        data(&[("type", "event"), ("message_id", "m"), ("sum", "2"), ("seq", "2")]),
        data(&[
            ("type", "event"),
            ("message_id", "m"),
            ("sum", "4294967296"),
            ("seq", "0"),
        ]),
        data(&[("type", "event"), ("message_id", "m"), ("sum", "-1"), ("seq", "-1")]),
        data(&[("type", "event"), ("message_id", ""), ("sum", "2"), ("seq", "0")]),
        Frame {
            method: i32::MIN,
            ..data(&[("type", "event")])
        },
        control("pong", Some(Bytes::from_static(b"{\"PingInterval\":-1}"))),
        control("pong", Some(Bytes::from_static(b"not json"))),
        control("unheard of", None),
    ];
    let bytes = [
        short,
        Vec::new(),
        vec![0xff; 16],
        vec![0x08, 0x01],
        vec![0x2a, 0xff, 0xff, 0xff, 0xff, 0x0f],
    ];
    let frames = frames.iter().map(Frame::encode);
    bytes.into_iter().chain(frames).map(Bytes::from).collect()
}
