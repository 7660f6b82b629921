//! Faults: what goes wrong on purpose, with which calls, and how often.

mod carry;
mod fault;
mod lost;
mod read;
mod rule;

pub(crate) use carry::{Answered, Way, answer, page, whole};
pub use fault::{Fault, FaultError};
pub use lost::Lost;
pub(crate) use read::{fault as read, report};
pub(crate) use rule::{Faults, Rule};

use crate::sandbox::Sandbox;

/// A fault that was set: counts the calls it met, and takes itself back when told to. Dropping it changes nothing.
#[derive(Clone, Debug)]
pub struct FaultHandle {
    sandbox: Sandbox,
    id: u64,
}

impl Sandbox {
    /// Sets a fault.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use flybook_sandbox::{Fault, Sandbox};
    ///
    /// # fn main() -> Result<(), flybook_sandbox::FaultError> {
    /// let sandbox = Sandbox::new();
    /// let limited = sandbox.fault(Fault::on("im.v1.message.create").nth(3).throttled(Duration::from_secs(2)))?;
    /// // … a client that sends three messages …
    /// assert_eq!(limited.hits(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it could never happen, because nothing has such a name or the numbers cannot be.
    pub fn fault(&self, fault: Fault) -> Result<FaultHandle, FaultError> {
        self.check_fault(&fault)?;
        let mut state = self.0.state();
        let now = state.clock.now();
        let id = state.faults.add(fault, now);
        drop(state);
        Ok(FaultHandle {
            sandbox: self.clone(),
            id,
        })
    }

    pub(crate) fn check_fault(&self, fault: &Fault) -> Result<(), FaultError> {
        let apps: Vec<String> = self.0.state().apps.iter().map(|app| app.id.clone()).collect();
        fault.check(self.catalog(), &apps)
    }

    /// Takes back every fault.
    pub fn clear_faults(&self) {
        self.0.state().faults.rules.clear();
    }
}

impl FaultHandle {
    /// Its number, by which other programs take it back.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How often it happened.
    pub fn hits(&self) -> u64 {
        self.rule(|rule| rule.hits)
    }

    /// How many calls it looked at: those of its operation, service, path, app and time.
    pub fn seen(&self) -> u64 {
        self.rule(|rule| rule.seen)
    }

    /// Takes it back, and says how often it happened.
    pub fn remove(self) -> u64 {
        self.sandbox
            .0
            .state()
            .faults
            .remove(self.id)
            .map_or(0, |rule| rule.hits)
    }

    fn rule(&self, read: impl Fn(&Rule) -> u64) -> u64 {
        let state = self.sandbox.0.state();
        let rule = state.faults.rules.iter().find(|rule| rule.id == self.id);
        rule.map_or(0, read)
    }
}
