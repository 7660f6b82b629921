//! What became of each event: how often it was pushed and handled, and whether it was acknowledged in time.

use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::frame::Frame;

/// protocol §6.5: how long the platform waits for an acknowledgement.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, Default)]
struct Entry {
    is_acknowledged: bool,
    attempt: u64,
    sent: Option<Instant>,
    handled: u32,
    has_failed: bool,
}

#[derive(Default)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    pub(super) pushes: u64,
    pub(super) acknowledged: u64,
    pub(super) refused: u64,
    pub(super) late: u64,
    pub(super) given_up: u64,
}

impl Ledger {
    pub(super) fn new(events: usize) -> Self {
        Self {
            entries: vec![Entry::default(); events],
            ..Self::default()
        }
    }

    pub(super) fn is_acknowledged(&self, event: usize) -> bool {
        self.entries[event].is_acknowledged
    }

    pub(super) fn pushed(&mut self, event: usize, attempt: u64, now: Instant) {
        self.pushes += 1;
        self.entries[event].attempt = attempt;
        self.entries[event].sent = Some(now);
    }

    /// A client answered; that the answer is what protocol §6.6 wants is held against it here.
    pub(super) fn acknowledged(&mut self, frame: &Frame, now: Instant) {
        let entry = &mut self.entries[frame.seq as usize - 1];
        assert_eq!(frame.header("type"), "event");
        assert_eq!(frame.header("trace_id"), format!("t-{}", frame.seq));
        frame.header("biz_rt").parse::<u64>().expect("biz_rt is a number");
        let answer: Value = serde_json::from_slice(&frame.payload).expect("an acknowledgement is JSON");
        if answer["code"] != 200 {
            self.refused += 1;
        } else if entry.attempt != frame.log || entry.sent.is_none_or(|sent| now > sent + PATIENCE) {
            self.late += 1;
        } else if !entry.is_acknowledged {
            entry.is_acknowledged = true;
            self.acknowledged += 1;
        }
    }

    pub(super) fn handled(&mut self, event: usize) {
        self.entries[event].handled += 1;
    }

    /// Whether this is the first time.
    pub(super) fn fails(&mut self, event: usize) -> bool {
        !std::mem::replace(&mut self.entries[event].has_failed, true)
    }

    /// How many events were handled never, once, and more than once.
    pub(super) fn counts(&self) -> [usize; 3] {
        let count = |test: fn(u32) -> bool| self.entries.iter().filter(|entry| test(entry.handled)).count();
        [
            count(|times| times == 0),
            count(|times| times == 1),
            count(|times| times > 1),
        ]
    }
}
