//! Vitals: how a node is, for who watches it.

use std::time::Duration;

use countersign_store::WorkDone;

use crate::Service;

/// How a node is at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vitals {
    /// How old its knowledge of revocations is.
    pub knowledge_age: Duration,
    /// The live revocations that it knows.
    pub revocations: usize,
    /// Sessions that it keeps for browsers that have an authentication alone.
    pub stand_ins: usize,
    /// Units of work that wait for the database's writer.
    pub units_waiting: usize,
    /// What was asked of the store since the start.
    pub store: WorkDone,
    /// Passwords of known devices that are hashed or wait for it.
    pub hashes_of_known_devices: usize,
    /// Passwords of anybody else, the same.
    pub hashes_of_others: usize,
    /// Refusals that wait to be written into the audit.
    pub refusals_waiting: usize,
    /// Work that goes on behind answers.
    pub work_behind_answers: usize,
}

impl Service {
    /// How this node is. It asks nobody and waits for nothing but short locks.
    #[must_use]
    pub fn vitals(&self) -> Vitals {
        let inner = &self.inner;
        let (known, others) = inner.passwords.waiting();
        Vitals {
            knowledge_age: self.knowledge_age(),
            revocations: inner.live.len(),
            stand_ins: inner.stand_ins.len(),
            units_waiting: inner.store.units_waiting(),
            store: inner.store.work(),
            hashes_of_known_devices: known,
            hashes_of_others: others,
            refusals_waiting: inner.later.waiting(),
            work_behind_answers: inner.work.len(),
        }
    }

    /// How long this machine has been up, for who measures how long something takes.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.inner.clock.uptime()
    }
}
