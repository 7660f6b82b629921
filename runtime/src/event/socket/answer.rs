//! What is said back about a delivery.

use bytes::Bytes;
use tokio::{sync::mpsc::UnboundedSender, time::Instant};

use super::frame::Frame;
use crate::{builder::base64, event::Answer};

/// The frame of a delivery, to be sent back with the outcome.
#[derive(Debug)]
pub(crate) struct Receipt {
    frame: Frame,
    since: Instant,
}

impl Receipt {
    pub(crate) fn new(frame: Frame, since: Instant) -> Self {
        Self { frame, since }
    }

    /// The acknowledgement: the same frame, with how long it took and what came of it.
    pub(crate) fn ack(mut self, answer: &Answer, now: Instant) -> Bytes {
        let took = now.saturating_duration_since(self.since).as_millis().to_string();
        self.frame.headers.push(("biz_rt".to_owned(), took));
        let (code, reply) = match answer {
            Answer::Done(reply) => (200, reply.as_ref()),
            // To be sent again would bring it to the same router, which does not know it then either.
            Answer::Unhandled => (200, None),
            Answer::Failed | Answer::Busy => (500, None),
        };
        let data = reply.map_or_else(|| "null".to_owned(), |reply| format!("\"{}\"", base64(reply)));
        let payload = format!(r#"{{"code":{code},"headers":null,"data":{data}}}"#);
        self.frame.payload = Some(payload.into());
        self.frame.encode()
    }
}

/// A delivery that is being handled: whatever becomes of it, the connection hears of it.
pub(super) struct Pending {
    receipt: Option<Receipt>,
    acks: UnboundedSender<Bytes>,
}

impl Pending {
    pub(super) fn new(receipt: Receipt, acks: UnboundedSender<Bytes>) -> Self {
        let receipt = Some(receipt);
        Self { receipt, acks }
    }

    pub(super) fn answer(mut self, answer: &Answer) {
        self.send(answer);
    }

    fn send(&mut self, answer: &Answer) {
        if let Some(receipt) = self.receipt.take() {
            // A connection that is gone needs no answer: the platform sends the event again, on another.
            let _ = self.acks.send(receipt.ack(answer, Instant::now()));
        }
    }
}

/// Handling it panicked, or was cut off.
impl Drop for Pending {
    fn drop(&mut self) {
        self.send(&Answer::Failed);
    }
}
