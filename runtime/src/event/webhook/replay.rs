//! Which signed requests came before.

use std::time::Duration;

use super::admit::Passage;
use crate::event::{Mark, Memory, Seen};

/// The latest signatures that were taken, by which a request is known that comes again while it is fresh.
pub(super) struct Replays {
    memory: Memory,
}

/// Room for 65,536, about 20 MB at the most.
impl Default for Replays {
    fn default() -> Self {
        Self {
            memory: Memory::with_capacity(1 << 16),
        }
    }
}

pub(super) enum Claimed<'a> {
    First(Claim<'a>),
    /// Its first is being handled.
    Running,
    /// It was handled.
    Done,
}

/// The right to handle a request; given up unless it is [`done`](Self::done).
pub(super) struct Claim<'a> {
    replays: &'a Replays,
    signature: String,
    fresh: Duration,
    done: bool,
}

impl Replays {
    pub(super) async fn claim(&self, passage: Passage) -> Claimed<'_> {
        let Passage { signature, fresh } = passage;
        match self.memory.claim(&signature, fresh).await {
            Ok(Some(Mark::Running)) => Claimed::Running,
            Ok(Some(Mark::Done)) => Claimed::Done,
            // Memory does not fail.
            Ok(None) | Err(_) => Claimed::First(Claim {
                replays: self,
                signature,
                fresh,
                done: false,
            }),
        }
    }
}

impl Claim<'_> {
    pub(super) async fn done(mut self) {
        self.done = true;
        let _ = self.replays.memory.mark(&self.signature, Mark::Done, self.fresh).await;
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.done {
            // Memory forgets with the call.
            drop(self.replays.memory.forget(&self.signature));
        }
    }
}
