//! One connection as a pure machine: messages and the time go in, frames and deliveries come out. Nothing here waits.

use bytes::Bytes;
use tokio::time::Instant;

use super::{
    answer::Receipt,
    assembly::{Assembly, Place},
    figures::Figures,
    frame::{Frame, method},
};

/// The state of a connection.
pub(crate) struct Session {
    service: i32,
    figures: Figures,
    /// When the last ping went out.
    pinged: Option<Instant>,
    /// When the last frame came in.
    heard: Instant,
    assembly: Assembly,
}

/// What a message asks for.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Nothing.
    Nothing,
    /// This is to be sent back.
    Reply(Bytes),
    /// This is to be handled, and then acknowledged.
    Delivery(Receipt, Bytes),
}

impl Session {
    pub(crate) fn new(service: i32, figures: Figures, now: Instant) -> Self {
        Self {
            service,
            figures,
            pinged: None,
            heard: now,
            assembly: Assembly::default(),
        }
    }

    /// Takes in a binary message.
    pub(crate) fn hear(&mut self, message: &Bytes, now: Instant) -> Heard {
        let frame = match Frame::decode(message) {
            Ok(frame) => frame,
            Err(error) => {
                tracing::warn!(
                    length = message.len(),
                    why = error.0,
                    "a message is no frame and was dropped"
                );
                return Heard::Nothing;
            }
        };
        // Only frames count as a sign of life: what is beneath them may come from a proxy that outlived the server.
        self.heard = now;
        match (frame.method, frame.header("type")) {
            (method::CONTROL, "pong") => {
                self.figures.apply_pong(&frame.payload.unwrap_or_default());
                Heard::Nothing
            }
            (method::CONTROL, "ping") => Heard::Reply(Frame::control(self.service, "pong").encode()),
            (method::DATA, "event") => self.data(frame, now),
            (method, kind) => {
                tracing::debug!(method, kind = %crate::line::flat(kind, 40), "a frame of another type was dropped");
                Heard::Nothing
            }
        }
    }

    fn data(&mut self, mut frame: Frame, now: Instant) -> Heard {
        let payload = frame.payload.take().unwrap_or_default();
        let place = Place {
            message: frame.header("message_id"),
            sum: frame.number("sum"),
            seq: frame.number("seq"),
        };
        match self.assembly.add(place, payload, now) {
            Ok(Some(whole)) => Heard::Delivery(Receipt::new(frame, now), whole),
            Ok(None) => Heard::Nothing,
            Err(why) => {
                tracing::warn!(sum = place.sum, seq = place.seq, why, "a chunk was dropped");
                Heard::Nothing
            }
        }
    }

    /// The ping, when it is time for one: at once, and then by the interval of the moment.
    pub(crate) fn ping(&mut self, now: Instant) -> Option<Bytes> {
        if now < self.next_ping().unwrap_or(now) {
            return None;
        }
        self.pinged = Some(now);
        self.assembly.expire(now);
        Some(Frame::control(self.service, "ping").encode())
    }

    /// When to look at the clock again.
    pub(crate) fn wake(&self) -> Instant {
        let next = [self.next_ping(), self.assembly.end()].into_iter().flatten();
        next.fold(self.end(), Instant::min)
    }

    /// The clock has come to `now`, and nothing is there to be read: whether the connection is dead.
    pub(crate) fn is_dead(&mut self, now: Instant) -> bool {
        self.assembly.expire(now);
        now >= self.end()
    }

    /// When the last frame came in.
    pub(crate) fn heard(&self) -> Instant {
        self.heard
    }

    pub(crate) fn figures(&self) -> Figures {
        self.figures
    }

    fn next_ping(&self) -> Option<Instant> {
        self.pinged.map(|pinged| pinged + self.figures.ping)
    }

    fn end(&self) -> Instant {
        self.heard + self.figures.deadline()
    }
}
