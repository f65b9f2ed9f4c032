//! What was asked and what came of it, second by second.

use std::time::Duration;

use countersign_domain::{Clock, SystemClock};
use parking_lot::Mutex;

use super::operation::Operation;

/// What came of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// It got what it asked for.
    Served,
    /// It was told to come back: 429 or 503, with `Retry-After`.
    Shed,
    /// A bot got nothing, as it should.
    Refused,
    /// Another answer than there may be.
    Wrong,
    /// No answer.
    Lost,
    /// No answer, for the server was being killed.
    Cut,
    /// No request: somebody who was told to come back so often that they gave up.
    TurnedAway,
}

impl Outcome {
    const ALL: usize = Self::TurnedAway as usize + 1;
}

/// What is known of one operation in one second, or in several.
#[derive(Clone, Default, Debug)]
pub(super) struct Count {
    /// Requests that were due.
    pub(super) offered: u64,
    outcomes: [u64; Outcome::ALL],
    /// Of those served or refused that were due then: microseconds from when they were.
    micros: Vec<u32>,
}

impl Count {
    pub(super) fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize]
    }

    /// The latency that this share is not above, in milliseconds; none where nothing was answered.
    pub(super) fn millis(&self, share: f64) -> Option<f64> {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let index = (sorted.len() as f64 * share).ceil() as usize;
        let micros = sorted.get(index.saturating_sub(1))?;
        Some(f64::from(*micros) / 1000.0)
    }

    fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        for (sum, more) in self.outcomes.iter_mut().zip(other.outcomes) {
            *sum += more;
        }
        self.micros.extend(&other.micros);
    }
}

/// One second, of each operation.
type Second = [Count; Operation::ALL.len()];

/// All that was counted since the day began.
pub(super) struct Tally {
    begun: Duration,
    seconds: Mutex<Vec<Second>>,
    /// What was wrong or lost, the first few.
    faults: Mutex<Vec<String>>,
}

/// Faults that are told in full.
const TOLD: usize = 20;

impl Tally {
    /// Begins now; the day goes on for so many seconds.
    pub(super) fn begin(seconds: usize) -> Self {
        Self {
            begun: SystemClock.uptime(),
            seconds: Mutex::new(vec![Second::default(); seconds]),
            faults: Mutex::default(),
        }
    }

    /// When a moment of the day is, on the clock.
    pub(super) fn moment(&self, at: f64) -> Duration {
        self.begun + Duration::from_secs_f64(at)
    }

    /// Seconds of the day that have passed.
    pub(super) fn elapsed(&self) -> f64 {
        SystemClock
            .uptime()
            .saturating_sub(self.begun)
            .as_secs_f64()
    }

    /// Notes that a request is due.
    pub(super) fn offer(&self, operation: Operation, due: Duration) {
        self.at(due, |second| second[operation as usize].offered += 1);
    }

    /// Notes what came of it now. Its time counts where it was due, however late the answer.
    pub(super) fn note(&self, operation: Operation, due: Duration, outcome: Outcome) {
        let now = SystemClock.uptime();
        self.at(now, |second| {
            second[operation as usize].outcomes[outcome as usize] += 1;
        });
        if matches!(outcome, Outcome::Served | Outcome::Refused) {
            let micros = now.saturating_sub(due).as_micros();
            let micros = u32::try_from(micros).unwrap_or(u32::MAX);
            self.at(due, |second| second[operation as usize].micros.push(micros));
        }
    }

    /// Keeps what is to be looked into.
    pub(super) fn fault(&self, what: String) {
        let mut faults = self.faults.lock();
        if faults.len() < TOLD {
            faults.push(what);
        }
    }

    pub(super) fn faults(&self) -> Vec<String> {
        self.faults.lock().clone()
    }

    /// Each second of an operation.
    pub(super) fn each_second(&self, operation: Operation) -> Vec<Count> {
        let seconds = self.seconds.lock();
        let counts = seconds
            .iter()
            .map(|second| second[operation as usize].clone());
        counts.collect()
    }

    /// These seconds of an operation together.
    pub(super) fn within(&self, operation: Operation, from: f64, to: f64) -> Count {
        let mut sum = Count::default();
        let seconds = self.each_second(operation);
        for second in seconds.iter().take(to as usize).skip(from as usize) {
            sum.add(second);
        }
        sum
    }

    /// What comes after the last second counts to it.
    fn at(&self, moment: Duration, note: impl FnOnce(&mut Second)) {
        let second = moment.saturating_sub(self.begun).as_secs() as usize;
        let mut seconds = self.seconds.lock();
        let last = seconds.len().saturating_sub(1);
        if let Some(second) = seconds.get_mut(second.min(last)) {
            note(second);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It was due in the first second, two seconds ago.
    #[test]
    fn a_late_answer_counts_where_it_was_due() {
        let mut tally = Tally::begin(5);
        tally.begun = SystemClock.uptime().saturating_sub(Duration::from_secs(2));
        let due = tally.begun;
        tally.offer(Operation::Verify, due);
        tally.note(Operation::Verify, due, Outcome::Served);
        let seconds = tally.each_second(Operation::Verify);
        assert_eq!((seconds[0].offered, seconds[0].of(Outcome::Served)), (1, 0));
        assert!(
            seconds[0]
                .millis(0.99)
                .is_some_and(|millis| millis >= 2000.0)
        );
        assert_eq!(
            tally
                .within(Operation::Verify, 1.0, 5.0)
                .of(Outcome::Served),
            1
        );
    }

    #[test]
    fn what_is_shed_has_no_latency() {
        let tally = Tally::begin(1);
        let now = SystemClock.uptime();
        tally.note(Operation::LogIn, now, Outcome::Shed);
        let all = tally.within(Operation::LogIn, 0.0, 1.0);
        assert_eq!((all.of(Outcome::Shed), all.millis(0.5)), (1, None));
    }
}
