//! What came out of the turns of one server.

use serde::Serialize;

use super::counted::Counts;
use super::statistics::{median, quotient};
use super::wrk::Answered;
use crate::Error;
use crate::open_loop::Latencies;

/// The subject's, or the baseline's.
#[derive(Default, Serialize)]
pub(super) struct Side {
    pub(super) turns: Vec<Turn>,
    pub(super) latencies: Vec<Latency>,
    /// What was counted of each request.
    pub(super) counted: Option<Counts>,
}

/// As many requests as were answered.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Turn {
    pub(super) answered: Answered,
    /// What the server used of its core meanwhile, in seconds.
    pub(super) cpu: f64,
}

/// How long answers took at a fixed rate.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Latency {
    pub(super) answers: usize,
    pub(super) p50_micros: f64,
    pub(super) p99_micros: f64,
    pub(super) most_micros: f64,
    /// Of 99 of 100 requests, how late the client itself was at most.
    pub(super) lag_p99_micros: f64,
}

impl Side {
    /// Of each turn.
    pub(super) fn rates(&self) -> Vec<f64> {
        let turns = self.turns.iter();
        turns.map(|turn| turn.answered.rate()).collect()
    }

    /// µs of a core for each request.
    pub(super) fn cpu_micros(&self) -> Vec<f64> {
        let each = |turn: &Turn| quotient(turn.cpu * 1e6, turn.answered.requests as f64);
        self.turns.iter().map(each).collect()
    }

    /// How much of its core it used. Below one, wrk was the limit.
    pub(super) fn busy(&self) -> f64 {
        let turns = self.turns.iter();
        let busy: Vec<_> = turns
            .map(|turn| quotient(turn.cpu, turn.answered.seconds()))
            .collect();
        median(&busy)
    }

    pub(super) fn p50(&self) -> Vec<f64> {
        self.latencies.iter().map(|turn| turn.p50_micros).collect()
    }

    pub(super) fn p99(&self) -> Vec<f64> {
        self.latencies.iter().map(|turn| turn.p99_micros).collect()
    }

    pub(super) fn lag(&self) -> Vec<f64> {
        let turns = self.latencies.iter();
        turns.map(|turn| turn.lag_p99_micros).collect()
    }
}

impl Latency {
    /// Of a turn that was answered well.
    pub(super) fn of(latencies: &Latencies, who: &str) -> Result<Self, Error> {
        if latencies.others > 0 || latencies.good() == 0 {
            let status = latencies.other;
            let status = status.map_or_else(String::new, |status| format!(", one with {status}"));
            let others = latencies.others;
            return Err(format!("{who}: {others} requests at a fixed rate failed{status}").into());
        }
        let micros = |share| latencies.at(share).as_secs_f64() * 1e6;
        Ok(Self {
            answers: latencies.good(),
            p50_micros: micros(0.50),
            p99_micros: micros(0.99),
            most_micros: micros(1.0),
            lag_p99_micros: latencies.lag_at(0.99).as_secs_f64() * 1e6,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_says_what_a_request_costs_and_who_was_the_limit() {
        let turn = |requests, cpu| Turn {
            answered: Answered {
                requests,
                micros: 2_000_000,
                broken: 0,
                refused: 0,
            },
            cpu,
        };
        let side = Side {
            turns: vec![turn(100_000, 1.0), turn(200_000, 2.0), turn(150_000, 1.8)],
            ..Side::default()
        };
        assert_eq!(side.rates(), [50_000.0, 100_000.0, 75_000.0]);
        assert_eq!(side.cpu_micros(), [10.0, 10.0, 12.0]);
        assert_eq!(side.busy(), 0.9);
    }
}
