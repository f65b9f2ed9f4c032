//! How much was asked of a store: what a use case costs is counted, not guessed.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Batch;

/// Counts what is asked of a store.
#[derive(Debug, Default)]
pub(crate) struct Work {
    reads: AtomicU64,
    batches: AtomicU64,
    steps: AtomicU64,
}

/// What was asked of a store since it was opened.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct WorkDone {
    /// Statements that only read.
    pub reads: u64,
    /// Units of work, committed or not.
    pub batches: u64,
    /// Their statements.
    pub steps: u64,
}

impl Work {
    pub(crate) fn count_read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_batch(&self, batch: &Batch) {
        let steps = u64::try_from(batch.steps.len()).unwrap_or(u64::MAX);
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.steps.fetch_add(steps, Ordering::Relaxed);
    }

    pub(crate) fn done(&self) -> WorkDone {
        WorkDone {
            reads: self.reads.load(Ordering::Relaxed),
            batches: self.batches.load(Ordering::Relaxed),
            steps: self.steps.load(Ordering::Relaxed),
        }
    }
}

impl WorkDone {
    /// What was asked since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            reads: self.reads - before.reads,
            batches: self.batches - before.batches,
            steps: self.steps - before.steps,
        }
    }
}
