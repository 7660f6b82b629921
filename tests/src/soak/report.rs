//! The figures of a soak.

use std::{collections::BTreeMap, fmt, sync::atomic::Ordering};

use tokio::time::Duration;

use super::{Cut, Plan, platform::Platform};

/// What is open at a moment.
pub(super) struct Sample {
    at: Duration,
    tasks: usize,
    held: usize,
    resident: usize,
}

impl Sample {
    pub(super) fn new(at: Duration, tasks: usize, held: usize) -> Self {
        Self {
            at,
            tasks,
            held,
            resident: resident(),
        }
    }
}

/// Kibibytes of memory in use; 0 where the system does not say.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}

/// What came of it.
pub struct Report {
    plan: Plan,
    pub(super) samples: Vec<Sample>,
    pub(super) tasks_left: usize,
    pub(super) time: Duration,
    took: std::time::Duration,
    cuts: BTreeMap<usize, Vec<(Duration, Duration)>>,
    handled: [usize; 3],
    pushes: u64,
    refused: u64,
    late: u64,
    given_up: u64,
    acknowledged: u64,
    connections: usize,
    discoveries: usize,
    most_held: usize,
    held_left: usize,
}

impl Report {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            samples: Vec::new(),
            tasks_left: 0,
            time: Duration::ZERO,
            took: std::time::Duration::ZERO,
            cuts: BTreeMap::new(),
            handled: [0; 3],
            pushes: 0,
            refused: 0,
            late: 0,
            given_up: 0,
            acknowledged: 0,
            connections: 0,
            discoveries: 0,
            most_held: 0,
            held_left: 0,
        }
    }

    pub(super) fn recovered(&mut self, how: Cut, away: Duration, limit: Duration) {
        self.cuts.entry(how as usize).or_default().push((away, limit));
    }

    pub(super) fn finish(&mut self, platform: &Platform, took: std::time::Duration) {
        let ledger = platform.ledger.lock().unwrap();
        self.took = took;
        self.handled = ledger.counts();
        (self.pushes, self.refused, self.late) = (ledger.pushes, ledger.refused, ledger.late);
        (self.given_up, self.acknowledged) = (ledger.given_up, ledger.acknowledged);
        self.connections = platform.connections.load(Ordering::SeqCst);
        self.discoveries = platform.discoveries.load(Ordering::SeqCst);
        self.most_held = platform.most_held.load(Ordering::SeqCst);
        self.held_left = platform.held.load(Ordering::SeqCst);
    }

    /// The fewest tasks, and the memory, around this part of the time.
    fn around(&self, from: f64, to: f64) -> (usize, usize, usize) {
        let whole = self.plan.time;
        let part = self
            .samples
            .iter()
            .filter(|sample| sample.at >= whole.mul_f64(from) && sample.at <= whole.mul_f64(to));
        let tasks = part.clone().map(|sample| sample.tasks).min().unwrap_or_default();
        let most = part.clone().map(|sample| sample.tasks).max().unwrap_or_default();
        let resident = part.map(|sample| sample.resident).max().unwrap_or_default();
        (tasks, most, resident)
    }

    /// Fails unless everything held that has to.
    ///
    /// # Panics
    /// When something did not.
    pub fn check(&self) {
        let [never, once, twice] = self.handled;
        assert_eq!((never, twice), (0, 0), "events that were lost, and handled twice");
        assert_eq!(once, self.plan.events);
        assert_eq!(self.given_up, 0, "events that the platform gave up");
        assert_eq!(self.acknowledged, self.plan.events as u64);
        for (how, times) in &self.cuts {
            for (away, limit) in times {
                let how = Cut::ALL[*how];
                assert!(away <= limit, "after {how:?} it took {away:?}, more than {limit:?}");
            }
        }
        assert_eq!(
            self.most_held, 1,
            "the client lets go of a socket before it opens another"
        );
        let is_one = self.samples.iter().all(|sample| sample.held == 1);
        assert!(is_one, "one socket at rest, at any time");
        assert_eq!(
            (self.held_left, self.tasks_left),
            (0, 0),
            "sockets and tasks left behind"
        );
        let (early, late) = (self.around(0.0, 0.1), self.around(0.9, 1.0));
        assert_eq!(early.0, late.0, "tasks at rest, in the first and in the last tenth");
        // After 8 hours the memory of events that were handled is full. What the allocator keeps may differ by a little.
        if self.plan.time > Duration::from_secs(12 * 3600) {
            let (before, after) = (self.around(0.4, 0.5).2, late.2);
            assert!(
                after < before + 8 * 1024,
                "resident memory grew from {before} to {after} KiB"
            );
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [never, once, twice] = self.handled;
        writeln!(
            f,
            "{} virtual s in {:.1} s: {} events, {} cuts (seed {})",
            self.time.as_secs(),
            self.took.as_secs_f64(),
            self.plan.events,
            self.plan.cuts,
            self.plan.seed
        )?;
        writeln!(f, "handled once {once}, never {never}, more than once {twice}")?;
        writeln!(
            f,
            "pushes {}, of which acknowledged in time {}, late {}, refused {}; given up {}",
            self.pushes, self.acknowledged, self.late, self.refused, self.given_up
        )?;
        writeln!(
            f,
            "discoveries {}, connections {}, most sockets held at once {}, left {}",
            self.discoveries, self.connections, self.most_held, self.held_left
        )?;
        writeln!(f, "away, s        times   median      max  limit of the max")?;
        for (how, times) in &self.cuts {
            let mut times = times.clone();
            times.sort();
            let median = times[times.len() / 2].0.as_secs_f64();
            let (max, limit) = times[times.len() - 1];
            writeln!(
                f,
                "{:<14} {:>5} {median:>8.2} {:>8.2} {:>8.2}",
                format!("{:?}", Cut::ALL[*how]),
                times.len(),
                max.as_secs_f64(),
                limit.as_secs_f64()
            )?;
        }
        writeln!(f, "share of the time   tasks at rest   most tasks   resident KiB")?;
        for tenth in 0..10 {
            let (from, to) = (f64::from(tenth) / 10.0, f64::from(tenth + 1) / 10.0);
            let (rest, most, resident) = self.around(from, to);
            writeln!(f, "{:>16} % {rest:>15} {most:>12} {resident:>14}", (tenth + 1) * 10)?;
        }
        write!(f, "tasks left at the end {}", self.tasks_left)
    }
}
