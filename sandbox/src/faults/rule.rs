//! The faults that are set, and what they come to for one call.

use std::time::Duration;

use super::fault::{Answer, Doom, Fault, Pick, matches};
use crate::catalog::Operation;

/// All faults, and the chance they share.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) rules: Vec<Rule>,
    made: u64,
    chance: u64,
}

/// One fault, and what it has met.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    pub(crate) fault: Fault,
    pub(crate) seen: u64,
    pub(crate) hits: u64,
    set: u64,
    began: Option<u64>,
    /// The limit is reached until then.
    closed: u64,
}

/// One call, as faults see it.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) operation: Option<&'a Operation>,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) app: Option<&'a str>,
}

/// What all faults together do to one call.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// Before the call is carried out, and after.
    pub(crate) delays: [Duration; 2],
    pub(crate) tokens: Option<Doom>,
    /// The first fault that has one wins; of a limit, what is left of it.
    pub(crate) answer: Option<Answer>,
    pub(crate) carried_out: bool,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rules: Vec::new(),
            made: 0,
            chance: seed,
        }
    }

    pub(crate) fn add(&mut self, fault: Fault, now: u64) -> u64 {
        self.made += 1;
        self.rules.push(Rule {
            id: self.made,
            fault,
            seen: 0,
            hits: 0,
            set: now,
            began: None,
            closed: 0,
        });
        self.made
    }

    pub(crate) fn remove(&mut self, id: u64) -> Option<Rule> {
        let at = self.rules.iter().position(|rule| rule.id == id)?;
        Some(self.rules.remove(at))
    }

    /// Whether anybody wants to know which app a call is from.
    pub(crate) fn want_app(&self) -> bool {
        self.rules.iter().any(|rule| rule.fault.when.app.is_some())
    }

    /// What happens to this call; counts it.
    pub(crate) fn plan(&mut self, call: &Call<'_>, now: u64) -> Plan {
        let mut plan = Plan::default();
        for rule in &mut self.rules {
            if !rule.looks_at(call, now) {
                continue;
            }
            rule.seen += 1;
            let taken = plan.answer.is_some() && rule.fault.effect.answer.is_some();
            // Chance is asked all the same, so that one fault does not change the luck of another.
            if rule.happens(now, &mut self.chance) && !taken {
                rule.hit(&mut plan, now);
            }
        }
        plan
    }
}

impl Rule {
    fn looks_at(&self, call: &Call<'_>, now: u64) -> bool {
        let when = &self.fault.when;
        let is = |wanted: &Option<String>, found: Option<&str>| match (wanted, found) {
            (None, _) => true,
            (Some(wanted), Some(found)) => matches(wanted, found),
            (Some(_), None) => false,
        };
        let since = Duration::from_millis(now.saturating_sub(self.set));
        is(&when.operation, call.operation.map(|operation| operation.id.as_str()))
            && is(
                &when.service,
                call.operation.map(|operation| operation.service.as_str()),
            )
            && is(&when.method, Some(call.method))
            && is(&when.path, Some(call.path))
            && is(&when.app, call.app)
            && when.between.is_none_or(|(from, to)| (from..to).contains(&since))
    }

    fn happens(&self, now: u64, chance: &mut u64) -> bool {
        if self.closed > now {
            return true;
        }
        let picked = match self.fault.when.pick {
            Pick::All => true,
            Pick::Calls(first, last) => (first..=last).contains(&self.seen),
            Pick::Every(number) => self.seen.is_multiple_of(number.max(1)),
            Pick::Chance(probability) => fraction(chance) < probability,
        };
        let times = self.fault.times.or(self.fault.effect.tokens.map(|_| 1));
        if times.is_some_and(|times| self.hits >= times) {
            return false;
        }
        match (self.began, self.fault.lasting) {
            (Some(began), Some(lasting)) => now.saturating_sub(began) < millis(lasting),
            _ => picked,
        }
    }

    fn hit(&mut self, plan: &mut Plan, now: u64) {
        self.hits += 1;
        self.began.get_or_insert(now);
        let effect = &self.fault.effect;
        if let Some(delay) = effect.delay {
            let total = &mut plan.delays[usize::from(effect.carried_out)];
            *total = total.saturating_add(delay);
        }
        plan.tokens = plan.tokens.or(effect.tokens);
        if let Some(answer) = effect.answer {
            plan.carried_out = effect.carried_out;
            plan.answer = Some(match answer {
                Answer::Throttled(time) => {
                    if self.closed <= now {
                        self.closed = now.saturating_add(millis(time));
                    }
                    Answer::Throttled(Duration::from_millis(self.closed - now))
                }
                other => other,
            });
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// From 0 to 1, by SplitMix64 (Steele, Lea, Flood, 2014): the same in every run with the same seed.
fn fraction(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
