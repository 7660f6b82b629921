//! At least once, and as far as repeats can be told exactly once: a platform that retries, against handlers that fail in every way.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use flybook_runtime::{
    BoxFuture, Event, Router, TransportError,
    events::{Answer, Mark, Memory, Seen},
};
use tokio::{task::JoinSet, time::sleep};

use crate::events::{Received, message};

const SECOND: Duration = Duration::from_secs(1);
/// protocol §5.5: at once, then after 15 s, 5 min, 1 h, 6 h.
const SCHEDULE: [u32; 5] = [0, 15, 300, 3600, 21600];

/// What one run of a handler does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Run {
    Works,
    /// Works, but longer than the platform waits.
    WorksSlowly,
    /// Works, but longer than the platform waits twice.
    WorksVerySlowly,
    Fails,
    FailsSlowly,
    Panics,
}

const RUNS: [Run; 6] = [
    Run::Works,
    Run::WorksSlowly,
    Run::WorksVerySlowly,
    Run::Fails,
    Run::FailsSlowly,
    Run::Panics,
];

/// What becomes of one answer on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Heard,
    Lost,
    /// The connection breaks while the work is under way.
    Cut,
}

/// What happened to one message.
#[derive(Clone, Debug, Default, PartialEq)]
struct Story {
    begun: usize,
    handled: usize,
    at_work: usize,
    most_at_work: usize,
}

type Stories = Arc<Mutex<HashMap<String, Story>>>;

/// Marks a run as over, however it ends.
struct Over(Stories, String);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.lock().unwrap().entry(self.1.clone()).or_default().at_work -= 1;
    }
}

/// A router whose handler does for each message, run by run, what `script` says, and writes down what happened.
fn router(
    stories: &Stories,
    script: impl Fn(&str, usize) -> Run + Send + Sync + 'static,
    memory: &Arc<Memory>,
) -> Router {
    let stories = stories.clone();
    let handler = move |event: Event<Received>| {
        let id = event.message.message_id.clone();
        let run = {
            let mut stories = stories.lock().unwrap();
            let story = stories.entry(id.clone()).or_default();
            story.begun += 1;
            story.at_work += 1;
            story.most_at_work = story.most_at_work.max(story.at_work);
            script(&id, story.begun - 1)
        };
        let over = Over(stories.clone(), id);
        async move {
            match run {
                Run::WorksSlowly | Run::FailsSlowly => sleep(10 * SECOND).await,
                Run::WorksVerySlowly => sleep(20 * SECOND).await,
                _ => {}
            }
            match run {
                Run::Fails | Run::FailsSlowly => return Err(TransportError::other("scripted")),
                // Without the noise of a backtrace for each.
                Run::Panics => std::panic::resume_unwind(Box::new("scripted")),
                _ => {}
            }
            over.0.lock().unwrap().entry(over.1.clone()).or_default().handled += 1;
            Ok(())
        }
    };
    Router::new().on::<Received>(handler).seen(Shared(memory.clone()))
}

/// A memory that outlives a router, as one outside of the process does.
struct Shared(Arc<Memory>);

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Seen for Shared {
    fn claim<'a>(&'a self, key: &'a str, ttl: Duration) -> BoxFuture<'a, Result<Option<Mark>, Failure>> {
        self.0.claim(key, ttl)
    }

    fn mark<'a>(&'a self, key: &'a str, mark: Mark, ttl: Duration) -> BoxFuture<'a, Result<(), Failure>> {
        self.0.mark(key, mark, ttl)
    }

    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        self.0.forget(key)
    }
}

/// Every way in which the first three runs can go, and the first three answers: 5,832 lives of a message.
#[tokio::test(start_paused = true)]
async fn every_short_life_of_a_message() {
    let ways = [Way::Heard, Way::Lost, Way::Cut];
    let mut lives = JoinSet::new();
    for n in 0..RUNS.len().pow(3) * ways.len().pow(3) {
        let runs = [0, 1, 2].map(|at| RUNS[n / RUNS.len().pow(at) % RUNS.len()]);
        let answers = n / RUNS.len().pow(3);
        let fates = [0, 1, 2].map(|at| ways[answers / ways.len().pow(at) % ways.len()]);
        lives.spawn(async move {
            let stories = Stories::default();
            let script = move |_: &str, run: usize| runs.get(run).copied().unwrap_or(Run::Works);
            let router = router(&stories, script, &Arc::default());
            let mut told = false;
            for (attempt, wait) in SCHEDULE.into_iter().enumerate() {
                sleep(wait * SECOND).await;
                // The platform makes a new event id for each, as it may for messages (protocol §5.5).
                let answer = router.deliver(message(&attempt.to_string(), "om_1", "oc_1"));
                match fates.get(attempt).unwrap_or(&Way::Heard) {
                    Way::Cut => drop(answer),
                    Way::Lost => drop(answer.await),
                    Way::Heard => told = matches!(answer.await, Answer::Done(_)),
                }
                let story = stories.lock().unwrap().get("om_1").cloned().unwrap_or_default();
                assert!(
                    !told || story.handled == 1,
                    "{runs:?} {fates:?}: acknowledged, not handled"
                );
                if told {
                    break;
                }
            }
            router.drain(60 * SECOND).await;
            let story = stories.lock().unwrap().get("om_1").cloned().unwrap_or_default();
            assert!(told, "{runs:?} {fates:?}: the platform was never told");
            assert_eq!((story.handled, story.most_at_work), (1, 1), "{runs:?} {fates:?}");
        });
    }
    let mut count = 0;
    while let Some(life) = lives.join_next().await {
        life.unwrap();
        count += 1;
    }
    assert_eq!(count, 5832);
}

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % bound
    }
}

/// Thousands of messages in a few chats, each sent twice at a time, while the process dies and comes back.
#[tokio::test(start_paused = true)]
async fn a_long_life_with_crashes() {
    let (stories, memory) = (Stories::default(), Arc::new(Memory::default()));
    let script = |id: &str, run: usize| {
        let number: usize = id[3..].parse().unwrap();
        // The last runs work, so that four retries are enough even when a crash costs one.
        if run >= 2 {
            Run::Works
        } else {
            RUNS[(number + run * 7) % RUNS.len()]
        }
    };
    let make = {
        let (stories, memory) = (stories.clone(), memory.clone());
        move || router(&stories, script, &memory)
    };
    let current = Arc::new(Mutex::new(make()));
    let mut platform = JoinSet::new();
    for number in 0..3000_u32 {
        let current = current.clone();
        platform.spawn(async move {
            let mut dice = Dice(number.into());
            sleep(dice.below(36_000) * SECOND / 10).await;
            let (id, chat) = (format!("om_{number}"), format!("oc_{}", number % 200));
            for (attempt, wait) in SCHEDULE.into_iter().enumerate() {
                sleep(wait * SECOND).await;
                let twice = [0, 1].map(|copy| {
                    let router = current.lock().unwrap();
                    router.deliver(message(&format!("{attempt}-{copy}"), &id, &chat))
                });
                let mut told = false;
                for answer in twice {
                    told |= matches!(answer.await, Answer::Done(_));
                }
                if told {
                    return;
                }
            }
            panic!("{id} was never acknowledged");
        });
    }
    let crashes = tokio::spawn({
        let current = current.clone();
        async move {
            let mut dice = Dice(7);
            for _ in 0..8 {
                sleep((300 + dice.below(300)) * SECOND).await;
                let next = make();
                *current.lock().unwrap() = next;
            }
        }
    });
    while let Some(sent) = platform.join_next().await {
        if let Err(error) = sent {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    crashes.await.unwrap();
    let router = current.lock().unwrap().clone();
    assert!(router.drain(60 * SECOND).await);
    let stories = stories.lock().unwrap();
    assert_eq!(stories.len(), 3000);
    for (id, story) in stories.iter() {
        assert_eq!(
            (story.handled, story.at_work, story.most_at_work),
            (1, 0, 1),
            "{id}: {story:?}"
        );
    }
}
