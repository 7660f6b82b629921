//! Puts messages together that come in chunks, within bounds.

use std::{collections::HashMap, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

/// How long a message waits for its next chunk (protocol: 5 s in the official clients). The platform sends it again afterwards.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most chunks of one message.
const MOST_CHUNKS: usize = 1024;
/// The most messages that wait at once.
const MOST_OPEN: usize = 128;
/// The most bytes that wait at once.
const MOST_BYTES: usize = 32 << 20;
/// What a chunk costs beside its payload.
const OVERHEAD: usize = 64;

/// The chunks at hand.
#[derive(Default)]
pub(crate) struct Assembly {
    open: HashMap<String, Message>,
    bytes: usize,
}

struct Message {
    chunks: Vec<Option<Bytes>>,
    missing: usize,
    bytes: usize,
    end: Instant,
}

/// Where a chunk belongs, by its headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) message: &'a str,
    pub(crate) sum: i64,
    pub(crate) seq: i64,
}

impl Assembly {
    /// Takes in a chunk. The whole message when it was the last one, `None` when others are missing; the error says why it was dropped.
    pub(crate) fn add(
        &mut self,
        place: Place<'_>,
        payload: Bytes,
        now: Instant,
    ) -> Result<Option<Bytes>, &'static str> {
        if place.sum <= 1 {
            return Ok(Some(payload));
        }
        self.expire(now);
        let (Ok(sum), Ok(seq)) = (usize::try_from(place.sum), usize::try_from(place.seq)) else {
            return Err("its number is negative");
        };
        if place.message.is_empty() {
            return Err("it does not say which message it belongs to");
        }
        if sum > MOST_CHUNKS {
            return Err("its message has too many chunks");
        }
        if seq >= sum {
            return Err("its number is beyond the end of its message");
        }
        match self.open.get(place.message) {
            Some(message) if message.chunks.len() != sum => {
                // One of the two lies; without an acknowledgement the platform sends the message again.
                self.forget(place.message);
                return Err("its message has another number of chunks than before");
            }
            Some(message) if message.chunks[seq].is_some() => return Ok(None),
            None if self.open.len() >= MOST_OPEN => return Err("too many messages wait for chunks"),
            _ => {}
        }
        let opens = !self.open.contains_key(place.message);
        let first = if opens { place.message.len() + sum * OVERHEAD } else { 0 };
        let bytes = payload.len() + first;
        if bytes > MOST_BYTES.saturating_sub(self.bytes) {
            return Err("too many bytes wait for their message");
        }
        self.bytes += bytes;
        let message = self.open.entry(place.message.to_owned()).or_insert_with(|| Message {
            chunks: vec![None; sum],
            missing: sum,
            bytes: 0,
            end: now,
        });
        message.chunks[seq] = Some(payload);
        message.missing -= 1;
        message.bytes += bytes;
        message.end = now + PATIENCE;
        if message.missing > 0 {
            return Ok(None);
        }
        Ok(self.forget(place.message).map(Message::whole))
    }

    /// Drops what has waited too long.
    pub(crate) fn expire(&mut self, now: Instant) {
        let bytes = &mut self.bytes;
        self.open.retain(|_, message| {
            let stays = now < message.end;
            if !stays {
                *bytes -= message.bytes;
                tracing::debug!(
                    missing = message.missing,
                    "a message never became whole; the platform sends it again"
                );
            }
            stays
        });
    }

    /// When the next message has waited too long.
    pub(crate) fn end(&self) -> Option<Instant> {
        self.open.values().map(|message| message.end).min()
    }

    fn forget(&mut self, message: &str) -> Option<Message> {
        let message = self.open.remove(message)?;
        self.bytes -= message.bytes;
        Some(message)
    }

    #[cfg(test)]
    pub(crate) fn held(&self) -> (usize, usize) {
        (self.open.len(), self.bytes)
    }
}

impl Message {
    fn whole(self) -> Bytes {
        let chunks = || self.chunks.iter().flatten();
        let mut whole = BytesMut::with_capacity(chunks().map(Bytes::len).sum());
        chunks().for_each(|chunk| whole.extend_from_slice(chunk));
        whole.freeze()
    }
}
