//! Units of work.

use crate::statement::Statement;
use crate::value::{Row, Value};

/// A unit of work: statements that happen together or not at all, in this order.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(crate) steps: Vec<Step>,
}

/// One statement of a batch, with its values.
#[derive(Clone, Debug)]
pub struct Step {
    pub(crate) statement: &'static Statement,
    pub(crate) values: Vec<Value>,
}

impl Step {
    pub(crate) fn new<const N: usize>(statement: &'static Statement, values: [Value; N]) -> Self {
        Self {
            statement,
            values: values.into(),
        }
    }
}

impl Batch {
    /// A batch of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// And then this.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// And then all of another.
    #[must_use]
    pub fn then_batch(self, other: Self) -> Self {
        self.then_all(other.steps)
    }

    /// And then these.
    #[must_use]
    pub fn then_all(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.extend(steps);
        self
    }
}

impl FromIterator<Step> for Batch {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self::new().then_all(steps)
    }
}

/// What the statements of a committed batch did.
#[derive(Debug)]
pub struct Outcome {
    pub(crate) done: Vec<Done>,
}

/// What one statement did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) statement: &'static Statement,
    /// The rows that it returned, where it returns any.
    pub(crate) rows: Vec<Row>,
    /// How many rows it returned or changed.
    pub(crate) count: usize,
}

impl Outcome {
    /// How many rows the batch changed in all.
    #[must_use]
    pub fn count(&self) -> usize {
        self.done.iter().map(|done| done.count).sum()
    }

    /// How many rows the first statement of the batch changed.
    #[must_use]
    pub fn first_count(&self) -> usize {
        self.done.first().map_or(0, |done| done.count)
    }

    /// The rows that `statement` returned.
    pub(crate) fn rows_of(&self, statement: &'static Statement) -> impl Iterator<Item = &Row> {
        let of_it = move |done: &&Done| std::ptr::eq(done.statement, statement);
        self.done.iter().filter(of_it).flat_map(|done| &done.rows)
    }
}
