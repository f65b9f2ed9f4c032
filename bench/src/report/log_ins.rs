//! Log-ins with a password: against what Argon2id leaves possible, and what those who are signed
//! in notice of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use countersign_domain::{Clock, SystemClock};
use serde::Serialize;
use tokio::task::JoinSet;

use super::Stage;
use super::plan::LOG_IN;
use super::request::Request;
use super::side::Latency;
use super::statistics::quotient;
use crate::Error;
use crate::connection::Connection;
use crate::open_loop::{self, Load};
use crate::priority::on_core;
use crate::server::{Hashing, PASSWORD};
use crate::users;

/// Connections that log in: enough that one always waits, few enough that none waits for long.
const CONNECTIONS: u64 = 4;
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
    let hashing = Hashing::new()?;
    for turn in 0..=stage.plan.turns {
        let idle = stage.ask(stage.verifying(), &stage.subject.verify())?;
        let idle = Latency::of(&idle, LOG_IN)?;
        let hashes = on_core(stage.plan.server_core, || hash(&hashing, stage.plan.turn()))?;
        let (log_ins, meanwhile) = stage.log_in()?;
        // The first one warms up.
        if turn > 0 {
            measured.idle.push(idle);
            measured.hashes.push(hashes);
            measured.log_ins.push(log_ins);
            measured.meanwhile.push(meanwhile);
        }
    }
    Ok(measured)
}

impl Stage {
    /// Log-ins a second for a turn's time, and verifying beside them. One thread asks for both: two
    /// would hold each other up on their core, and that would be taken for the server's doing.
    fn log_in(&self) -> Result<(f64, Latency), Error> {
        let verify = self.subject.verify().wire(None);
        let load = self.verifying();
        let users = self.subject.installation.returning;
        let (log_ins, latencies) = self.runtime.block_on(async {
            let verify = open_loop::measure(load, || verify.clone());
            tokio::try_join!(log_in(load, users), verify)
        })?;
        Ok((log_ins, Latency::of(&latencies, LOG_IN)?))
    }

    fn verifying(&self) -> Load {
        self.load(
            &self.subject.process,
            VERIFIED,
            self.subject.verify().status,
        )
    }
}

/// Logs in over a few connections for the time of the load, one user after the other; how many
/// a second.
async fn log_in(load: Load, users: u64) -> Result<f64, Error> {
    let clock = SystemClock;
    let begun = clock.uptime();
    let mut connections = JoinSet::new();
    for first in 0..CONNECTIONS {
        connections.spawn(one(begun + load.time, load.address, first, users));
    }
    let mut log_ins = 0;
    while let Some(done) = connections.join_next().await {
        log_ins += done??;
    }
    let taken = clock.uptime().saturating_sub(begun);
    Ok(quotient(f64::from(log_ins), taken.as_secs_f64()))
}

/// One connection's log-ins, until then; how many.
async fn one(until: Duration, to: SocketAddr, first: u64, users: u64) -> Result<u32, Error> {
    let request = Request::new("POST", "/v1/tokens", 201).json("");
    let mut connection = Connection::open(Ipv4Addr::LOCALHOST.into(), to).await?;
    let mut user = first;
    let mut log_ins = 0;
    while SystemClock.uptime() < until {
        let body = users::log_in(&format!("user{}", user % users), PASSWORD);
        let answer = connection.send(&request.wire(Some(&body))).await?;
        if answer.status != request.status {
            return Err(format!("{LOG_IN}: a log-in was answered with {}", answer.status).into());
        }
        log_ins += 1;
        user += CONNECTIONS;
    }
    Ok(log_ins)
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
