//! The socket itself: what is to be sent never keeps what arrives from being read.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::Sink;
use tokio::time::Instant;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{Role, WebSocketConfig},
    },
};

use crate::{Upgraded, line::flat};

/// The largest message; the platform cuts larger ones into chunks.
const LARGEST: usize = 16 << 20;
/// A peer that leaves so many frames unread reads nothing any more.
const MOST_WAITING: usize = 8192;

/// The socket, and what waits to be sent.
pub(super) struct Wire {
    socket: WebSocketStream<Upgraded>,
    outbox: VecDeque<Message>,
    /// Since when something waits.
    waiting: Option<Instant>,
}

/// Why a socket is of no more use.
pub(super) struct Gone(pub(super) String);

impl Wire {
    pub(super) async fn new(connection: Upgraded) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(16 << 10)
            .write_buffer_size(16 << 10)
            .max_message_size(Some(LARGEST))
            .max_frame_size(Some(LARGEST));
        Self {
            socket: WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await,
            outbox: VecDeque::new(),
            waiting: None,
        }
    }

    /// Puts a frame in line.
    pub(super) fn queue(&mut self, frame: Bytes) {
        self.push(Message::Binary(frame));
    }

    /// Puts the end in line.
    pub(super) fn close(&mut self) {
        self.push(Message::Close(None));
    }

    fn push(&mut self, message: Message) {
        self.outbox.push_back(message);
        self.waiting.get_or_insert_with(Instant::now);
    }

    /// Since when something waits to be sent; `None` when all of it is on its way.
    pub(super) fn waiting(&self) -> Option<Instant> {
        self.waiting
    }

    /// The next binary message, or `None` when all that was in line has been sent; it goes on with both.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Gone> {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Gone>> {
        match self.write(context) {
            Ok(true) => return Poll::Ready(Ok(None)),
            Ok(false) => {}
            Err(error) => return Poll::Ready(Err(gone(&error))),
        }
        loop {
            let Poll::Ready(message) = Pin::new(&mut self.socket).poll_next(context) else {
                return Poll::Pending;
            };
            let why = match message {
                Some(Ok(Message::Binary(message))) => return Poll::Ready(Ok(Some(message))),
                Some(Ok(Message::Text(_))) => {
                    tracing::warn!("a text message was dropped; the platform sends binary ones");
                    continue;
                }
                Some(Ok(Message::Close(close))) => {
                    // The farewell is answered, if it can be at once.
                    let _ = Pin::new(&mut self.socket).poll_flush(context);
                    closed(close)
                }
                Some(Ok(_)) => continue,
                Some(Err(error)) => gone(&error),
                None => closed(None),
            };
            return Poll::Ready(Err(why));
        }
    }

    /// Sends what can be sent without waiting; `true` when that was the last of it.
    fn write(&mut self, context: &mut Context<'_>) -> Result<bool, Error> {
        let mut socket = Pin::new(&mut self.socket);
        if self.waiting.is_none() {
            return Ok(false);
        }
        if self.outbox.len() > MOST_WAITING {
            return Err(Error::Io(std::io::Error::other(
                "the peer does not read what it is sent",
            )));
        }
        while !self.outbox.is_empty() {
            if socket.as_mut().poll_ready(context)?.is_pending() {
                return Ok(false);
            }
            if let Some(message) = self.outbox.pop_front() {
                socket.as_mut().start_send(message)?;
            }
        }
        let is_sent = socket.poll_flush(context)?.is_ready();
        if is_sent {
            self.waiting = None;
        }
        Ok(is_sent)
    }
}

fn gone(error: &Error) -> Gone {
    Gone(flat(&error.to_string(), 200))
}

fn closed(close: Option<tokio_tungstenite::tungstenite::protocol::CloseFrame>) -> Gone {
    Gone(match close {
        Some(close) => format!(
            "the server closed the connection ({}, `{}`)",
            u16::from(close.code),
            flat(close.reason.as_str(), 100)
        ),
        None => "the server closed the connection".to_owned(),
    })
}
