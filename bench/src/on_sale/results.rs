//! What came out of the day, as `results.json` has it.

use serde::Serialize;

use super::after::Checked;
use super::arrival::{Arrival, Capacity};
use super::machine::Machine;
use super::operation::Operation;
use super::plan::Plan;
use super::tally::{Count, Outcome, Tally};
use super::watch::Look;

/// All of it.
#[derive(Serialize)]
pub(super) struct Results {
    pub(super) machine: Machine,
    pub(super) plan: Plan,
    pub(super) capacity: Capacity,
    /// How many come a second at the peak.
    pub(super) rates: Vec<(Arrival, f64)>,
    pub(super) operations: Vec<Series>,
    pub(super) looks: Vec<Look>,
    /// From the start after the crash to when the server listened, in milliseconds.
    pub(super) restart: f64,
    pub(super) checked: Vec<Checked>,
    pub(super) faults: Vec<String>,
}

/// An operation over the day.
#[derive(Serialize)]
pub(super) struct Series {
    pub(super) name: &'static str,
    #[serde(skip)]
    pub(super) operation: Operation,
    #[serde(skip)]
    pub(super) parts: Parts,
    pub(super) offered: Vec<u64>,
    pub(super) served: Vec<u64>,
    pub(super) shed: Vec<u64>,
    pub(super) refused: Vec<u64>,
    pub(super) wrong: u64,
    pub(super) lost: u64,
    pub(super) turned_away: u64,
    /// Milliseconds of each second, where anything was answered that was due then.
    pub(super) p50: Vec<Option<f64>>,
    pub(super) p99: Vec<Option<f64>>,
}

/// Sums over parts of the day.
pub(super) struct Parts {
    pub(super) quiet: Count,
    pub(super) peak: Count,
    pub(super) whole: Count,
}

impl Series {
    /// Of an operation, from what was counted.
    pub(super) fn of(operation: Operation, tally: &Tally, plan: &Plan) -> Self {
        let (day, seconds) = (plan.day, tally.each_second(operation));
        let within = |from, to| tally.within(operation, from, to);
        let parts = Parts {
            quiet: within(0.0, day.mail()),
            peak: within(day.doors(), day.falls()),
            whole: within(0.0, day.end()),
        };
        let of = |outcome| seconds.iter().map(|second| second.of(outcome)).collect();
        let millis = |share| seconds.iter().map(|second| second.millis(share)).collect();
        Self {
            name: operation.name(),
            operation,
            offered: seconds.iter().map(|second| second.offered).collect(),
            served: of(Outcome::Served),
            shed: of(Outcome::Shed),
            refused: of(Outcome::Refused),
            wrong: parts.whole.of(Outcome::Wrong),
            lost: parts.whole.of(Outcome::Lost),
            turned_away: parts.whole.of(Outcome::TurnedAway),
            p50: millis(0.5),
            p99: millis(0.99),
            parts,
        }
    }

    /// The median over these seconds of what 99 of 100 took at most in each of them.
    pub(super) fn p99_of_seconds(&self, from: f64, to: f64) -> Option<f64> {
        let seconds = self.p99.iter().take(to as usize).skip(from as usize);
        let mut sorted: Vec<_> = seconds.flatten().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }
}

impl Results {
    /// What was counted of an operation.
    pub(super) fn of(&self, operation: Operation) -> &Series {
        let series = self.operations.iter().find(|it| it.operation == operation);
        series.expect("each operation is counted")
    }

    /// What verifying took at p99, second by second: while it was quiet, and at the peak.
    pub(super) fn verify(&self) -> Option<[f64; 2]> {
        let (day, verify) = (self.plan.day, self.of(Operation::Verify));
        Some([
            verify.p99_of_seconds(0.0, day.mail())?,
            verify.p99_of_seconds(day.doors(), day.falls())?,
        ])
    }

    /// Why the day went wrong, if it did.
    pub(super) fn trouble(&self) -> Option<String> {
        let all = self.operations.iter();
        let (wrong, lost) = all.fold((0, 0), |(wrong, lost), series| {
            (wrong + series.wrong, lost + series.lost)
        });
        let forgotten: usize = self.checked.iter().map(|checked| checked.failed).sum();
        if (wrong, lost, forgotten) == (0, 0, 0) && self.faults.is_empty() {
            return None;
        }
        let answers = self.checked.iter().flat_map(|checked| &checked.answers);
        let told: Vec<_> = self
            .faults
            .iter()
            .chain(answers)
            .map(String::as_str)
            .collect();
        Some(format!(
            "{wrong} were answered wrong, {lost} not at all, {forgotten} were not as acknowledged:\n{}",
            told.join("\n")
        ))
    }
}
