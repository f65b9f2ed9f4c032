//! A row, measured: subject and baseline in turns.

use std::time::Duration;

use serde::Serialize;

use super::Stage;
use super::flame::{self, Flames};
use super::plan::CONNECTIONS;
use super::process::cpu_seconds;
use super::request::Request;
use super::rows::{Claimed, Row};
use super::side::{Latency, Side, Turn};
use super::statistics::median;
use super::wrk::{Answered, Each, Script};
use crate::Error;
use crate::open_loop::{self, Latencies, Load, Wait};
use crate::server::Process;

/// Seconds of the turn that warms up.
const WARM_UP: u32 = 1;
/// The length of a turn in which latencies are taken.
const LATENCY_TIME: Duration = Duration::from_secs(1);
/// Requests a second at which the client that takes latencies still has time to spare: beyond it,
/// they would be its own.
const CLIENT_RATE: f64 = 20_000.0;
/// One-time tokens for each second of a turn, at least: nobody knows how many the first one, which
/// warms up and is not kept, redeems.
const REDEMPTIONS: f64 = 50_000.0;
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
    for _ in 0..stage.plan.latencies {
        let answers = stage.latency(row, offered, &stage.baseline, 200)?;
        baseline.latencies.push(answers);
        let status = row.request.status;
        let answers = stage.latency(row, offered, &stage.subject.process, status)?;
        subject.latencies.push(answers);
    }
    if stage.flames == Flames::Drawn && flame::ROWS.contains(&row.name) {
        let script = stage.script(row, fastest, flame::SECONDS)?;
        flame::record(stage, row.name, &script)?;
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
        let each = bodies.as_deref().map_or(Each::Alike, Each::Body);
        Script::write(self.folder.path(), &row.request, each)
    }

    /// As many requests as are answered meanwhile.
    pub(super) fn turn(
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
        let load = Load {
            time: LATENCY_TIME,
            ..self.load(process, rate, status)
        };
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
}
