//! Calls that carry a key against repeats: what the first was answered with, for an hour.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

/// How long a key holds.
const HOUR: u64 = 60 * 60 * 1000;

/// App, caller, tenant, operation and the key itself.
type Key = [String; 5];

/// Answers by key.
#[derive(Default)]
pub(crate) struct Repeats {
    answers: HashMap<Key, (u64, Value)>,
    by_age: VecDeque<(u64, Key)>,
}

impl Repeats {
    pub(crate) fn find(&self, key: &Key, now: u64) -> Option<&Value> {
        let (time, answer) = self.answers.get(key)?;
        (now.saturating_sub(*time) < HOUR).then_some(answer)
    }

    pub(crate) fn keep(&mut self, key: Key, answer: Value, now: u64) {
        while let Some((time, key)) = self.by_age.pop_front() {
            if now.saturating_sub(time) < HOUR {
                self.by_age.push_front((time, key));
                break;
            }
            if self.answers.get(&key).is_some_and(|(kept, _)| *kept == time) {
                self.answers.remove(&key);
            }
        }
        self.by_age.push_back((now, key.clone()));
        self.answers.insert(key, (now, answer));
    }
}
