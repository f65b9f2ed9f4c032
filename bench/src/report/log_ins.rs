//! Log-ins with a password: against what Argon2id leaves possible, and what those who are signed
//! in notice of them.

use std::time::Duration;

use countersign_domain::{Clock, SystemClock};
use serde::Serialize;

use super::Stage;
use super::plan::LOG_IN;
use super::request::Request;
use super::side::Latency;
use super::statistics::quotient;
use super::turns::check;
use super::wrk::{Answered, Each, Script};
use crate::Error;
use crate::priority::on_core;
use crate::server::{Hashing, PASSWORD};
use crate::users;

/// Connections that log in: enough that one always waits, few enough that none waits for long.
const CONNECTIONS: usize = 4;
/// Sessions verified a second meanwhile: too few to take anything from the log-ins.
const VERIFIED: u32 = 200;

/// What came out of it.
#[derive(Default, Serialize)]
pub(super) struct LogIns {
    /// Hashes a second in process, on the server's core, one after the other.
    pub(super) hashes: Vec<f64>,
    /// Log-ins a second.
    pub(super) log_ins: Vec<f64>,
    /// Verifying while nobody logs in, and meanwhile.
    pub(super) idle: Vec<Latency>,
    pub(super) meanwhile: Vec<Latency>,
}

/// Measures it.
pub(super) fn measure(stage: &Stage) -> Result<LogIns, Error> {
    let mut measured = LogIns::default();
    let bodies: Vec<_> = (0..stage.subject.installation.returning)
        .map(|user| users::log_in(&format!("user{user}"), PASSWORD))
        .collect();
    let request = Request::new("POST", "/v1/tokens", 201).json("");
    let script = Script::write(stage.folder.path(), &request, Each::Body(&bodies))?;
    let hashing = Hashing::new()?;
    for turn in 0..=stage.plan.turns {
        let idle = verify(stage)?;
        let hashes = on_core(stage.plan.server_core, || hash(&hashing, stage.plan.turn()))?;
        let (answered, meanwhile) = log_in(stage, &script)?;
        // The first one warms up.
        if turn > 0 {
            measured.idle.push(idle);
            measured.hashes.push(hashes);
            measured.log_ins.push(answered.rate());
            measured.meanwhile.push(meanwhile);
        }
    }
    Ok(measured)
}

/// Log-ins for a turn's time, and verifying beside them.
fn log_in(stage: &Stage, script: &Script) -> Result<(Answered, Latency), Error> {
    let (to, seconds) = (stage.subject.process.address, stage.plan.seconds);
    std::thread::scope(|scope| {
        let log_ins = scope.spawn(move || script.run(&[], to, CONNECTIONS, seconds));
        let meanwhile = verify(stage)?;
        let answered = log_ins.join().map_err(|_| "the log-ins broke off")??;
        check(LOG_IN, answered)?;
        Ok((answered, meanwhile))
    })
}

fn verify(stage: &Stage) -> Result<Latency, Error> {
    let request = stage.subject.verify();
    let load = stage.load(&stage.subject.process, VERIFIED, request.status);
    Latency::of(&stage.ask(load, &request)?, LOG_IN)
}

/// Hashes for so long; how many a second.
fn hash(hashing: &Hashing, time: Duration) -> Result<f64, Error> {
    let begun = SystemClock.uptime();
    let taken = || SystemClock.uptime().saturating_sub(begun);
    let mut hashes = 0;
    while taken() < time {
        hashing.hash()?;
        hashes += 1;
    }
    Ok(quotient(f64::from(hashes), taken().as_secs_f64()))
}
