//! A row, measured: subject and baseline in turns.

use serde::Serialize;

use super::Stage;
use super::instructions::{self, Instructions};
use super::plan::CONNECTIONS;
use super::process::cpu_seconds;
use super::request::Request;
use super::rows::{Claimed, Row};
use super::statistics::{median, quotient};
use super::wrk::{Answered, Script};
use crate::Error;
use crate::open_loop::{self, Latencies, Load, Wait};
use crate::server::Process;

/// Seconds of the turn that warms up.
const WARM_UP: u32 = 1;
/// Turns of latencies.
const LATENCY_TURNS: u32 = 3;
/// Requests a second at which the client that takes latencies still has time to spare: beyond it,
/// they would be its own.
const CLIENT_RATE: f64 = 20_000.0;
/// One-time tokens for each second of a turn, at least: nobody knows how many the first one, which
/// warms up and is not kept, redeems.
const REDEMPTIONS: f64 = 10_000.0;
/// So many times what the fastest turn so far redeemed are minted for the next one, if that is
/// more. They must not run out: a second use is refused, and fails the row.
const SPARE: f64 = 2.0;

/// What came out of a row.
#[derive(Serialize)]
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) subject: Side,
    pub(super) baseline: Side,
    /// At how many requests a second latencies were taken.
    pub(super) offered: u32,
    #[serde(skip)]
    pub(super) claimed: Claimed,
}

/// One of both.
#[derive(Default, Serialize)]
pub(super) struct Side {
    pub(super) turns: Vec<Turn>,
    pub(super) latencies: Vec<Latency>,
    /// Instructions of the program's own for each request.
    pub(super) instructions: Option<f64>,
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
        })
    }
}

/// Measures a row. Fails where anything is answered that should not be.
pub(super) fn measure(stage: &Stage, row: &Row) -> Result<Measured, Error> {
    let [mut baseline, mut subject] = [Side::default(), Side::default()];
    let mut fastest = 0.0_f64;
    for turn in 0..=stage.plan.turns {
        // The first one warms up.
        let kept = turn > 0;
        let seconds = if kept { stage.plan.seconds } else { WARM_UP };
        let script = stage.script(row, fastest, seconds)?;
        let turn = |process| stage.turn(row.name, &script, process, seconds);
        let (limit, reached) = (turn(&stage.baseline)?, turn(&stage.subject.process)?);
        fastest = fastest.max(reached.answered.rate());
        if kept {
            baseline.turns.push(limit);
            subject.turns.push(reached);
        }
    }
    let slower = median(&baseline.rates()).min(median(&subject.rates()));
    let offered = (slower / 2.0).clamp(1.0, CLIENT_RATE) as u32;
    for _ in 0..LATENCY_TURNS {
        let answers = stage.latency(row, offered, &stage.baseline, 200)?;
        baseline.latencies.push(answers);
        let status = row.request.status;
        let answers = stage.latency(row, offered, &stage.subject.process, status)?;
        subject.latencies.push(answers);
    }
    if stage.instructions == Instructions::Counted {
        let script = stage.script(row, fastest, instructions::SECONDS)?;
        for (side, process) in [
            (&mut baseline, &stage.baseline),
            (&mut subject, &stage.subject.process),
        ] {
            side.instructions = Some(instructions::each(&script, process, stage.folder.path())?);
        }
    }
    Ok(Measured {
        name: row.name,
        what: row.what,
        subject,
        baseline,
        offered,
        claimed: row.claimed,
    })
}

impl Stage {
    /// What wrk sends; enough, for a turn of these seconds, of what it may send once only.
    fn script(&self, row: &Row, fastest: f64, seconds: u32) -> Result<Script, Error> {
        let bodies = if row.redeems {
            let rate = (fastest * SPARE).max(REDEMPTIONS);
            let count = (rate * f64::from(seconds)) as usize;
            Some(self.runtime.block_on(self.subject.redemptions(count))?)
        } else {
            None
        };
        Script::write(self.folder.path(), &row.request, bodies.as_deref())
    }

    fn turn(
        &self,
        name: &str,
        script: &Script,
        process: &Process,
        seconds: u32,
    ) -> Result<Turn, Error> {
        let before = cpu_seconds(process.id())?;
        let answered = script.run(&[], process.address, CONNECTIONS, seconds)?;
        let cpu = cpu_seconds(process.id())? - before;
        check(name, answered)?;
        Ok(Turn { answered, cpu })
    }

    fn latency(
        &self,
        row: &Row,
        rate: u32,
        process: &Process,
        status: u16,
    ) -> Result<Latency, Error> {
        let load = self.load(process, rate, status);
        let latencies = if row.redeems {
            let bodies = self.subject.redemptions(load.requests());
            let bodies = self.runtime.block_on(bodies)?;
            let wire = |body: &String| row.request.wire(Some(body));
            let requests: Vec<_> = bodies.iter().map(wire).collect();
            let mut requests = requests.iter().cycle().cloned();
            let last = row.request.wire(None);
            let next = || requests.next().unwrap_or_else(|| last.clone());
            self.runtime.block_on(open_loop::measure(load, next))?
        } else {
            self.ask(load, &row.request)?
        };
        Latency::of(&latencies, row.name)
    }

    /// The same request for a turn's time, at a fixed rate.
    pub(super) fn ask(&self, load: Load, request: &Request) -> Result<Latencies, Error> {
        let request = request.wire(None);
        self.runtime
            .block_on(open_loop::measure(load, || request.clone()))
    }

    /// A fixed rate for a turn's time.
    pub(super) fn load(&self, process: &Process, rate: u32, status: u16) -> Load {
        let shared = self.plan.shares_a_core();
        Load {
            address: process.address,
            rate,
            time: self.plan.turn(),
            wait: if shared { Wait::Sleep } else { Wait::Spin },
            status,
        }
    }
}

/// A figure with errors in it is none.
pub(super) fn check(name: &str, answered: Answered) -> Result<(), Error> {
    let Answered {
        requests,
        broken,
        refused,
        ..
    } = answered;
    if requests > 0 && broken == 0 && refused == 0 {
        return Ok(());
    }
    Err(format!(
        "{name}: of {requests} requests {refused} were refused, and {broken} broke off; this is \
         no measurement"
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(requests: u64, broken: u64, refused: u64) -> Answered {
        Answered {
            requests,
            micros: 2_000_000,
            broken,
            refused,
        }
    }

    #[test]
    fn a_row_with_errors_is_none() {
        assert!(check("verify", answered(100, 0, 0)).is_ok());
        for wrong in [answered(100, 1, 0), answered(100, 0, 1), answered(0, 0, 0)] {
            assert!(check("verify", wrong).is_err());
        }
    }

    #[test]
    fn a_side_says_what_a_request_costs_and_who_was_the_limit() {
        let turn = |requests, cpu| Turn {
            answered: answered(requests, 0, 0),
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
