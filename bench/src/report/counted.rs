//! What is counted of a request rather than timed: the instructions of the program's own, and
//! what it asks of the allocator.
//!
//! Counts are the same whatever else the machine does, so they show what a change costs where
//! times would not. Valgrind counts, because many machines have no counter of instructions: it
//! runs the release build some fifty times slower, and sees all that happens outside of the
//! kernel.

mod valgrind;

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::Serialize;

use super::rows::{self, Row};
use super::side::Side;
use super::subject::Subject;
use super::turns::Measured;
use super::{Stage, answer_bytes, baseline_under};
use crate::Error;
use crate::connection::Connection;
use crate::open_loop::Request;
use crate::priority::on_core;
use crate::server::Process;
use valgrind::{Counter, Tool};

/// Requests that are not counted: the first of a connection and of a kind do more.
const WARM_UP: usize = 20;
/// Requests of one count.
const REQUESTS: usize = 300;
/// Counts of a row. The least of them holds: what the server does beside comes on top.
const COUNTS: usize = 3;
/// Behind a start there is much that it does beside. So nothing is counted until it takes fewer
/// instructions than these,
const QUIET: f64 = 3_000_000.0;
/// in a time of this length,
const LOOK: Duration = Duration::from_millis(500);
/// and no longer than for so many.
const LOOKS: usize = 240;

/// Of each request.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub(super) struct Counts {
    pub(super) instructions: f64,
    pub(super) allocations: f64,
    /// Bytes that were asked of the allocator.
    pub(super) bytes: f64,
}

/// Whether anything was counted.
#[derive(PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Counting {
    /// It was, by this version.
    Done { valgrind: String },
    /// It could not be, for this reason.
    NotAvailable { why: String },
    /// Nobody asked for it.
    NotChosen,
}

/// Counts for each of these rows.
pub(super) fn measure(stage: &Stage, rows: &mut [Measured]) -> Result<Counting, Error> {
    let valgrind = match valgrind::version() {
        Ok(version) => version,
        Err(why) => return Ok(Counting::NotAvailable { why }),
    };
    for tool in [Tool::Callgrind, Tool::Massif] {
        count(stage, tool, rows)?;
    }
    Ok(Counting::Done { valgrind })
}

/// Counts with one tool: first the subject, which makes what is sent, then the baseline.
fn count(stage: &Stage, tool: Tool, measured: &mut [Measured]) -> Result<(), Error> {
    let output = stage.folder.path().join(tool.name());
    let before = tool.command(&output);
    let before: Vec<_> = before.iter().map(String::as_str).collect();
    let core = stage.plan.server_core;
    let mut subject = stage.twin.serve(&before, core, &stage.runtime)?;
    let bytes = stage.runtime.block_on(answer_bytes(&subject))?;
    let mut counter = Counter::new(tool, subject.process.id(), &output);
    stage.runtime.block_on(settle(&mut counter))?;
    let mut sent = Vec::new();
    for row in rows::all(&subject) {
        let Some(measured) = measured.iter_mut().find(|one| one.name == row.name) else {
            continue;
        };
        let requests = requests(stage, &subject, &row)?;
        let status = row.request.status;
        let least = least(&subject.process, &requests, status, &mut counter);
        keep(&mut measured.subject, stage.runtime.block_on(least)?);
        sent.push((row.name, requests));
    }
    subject.process.stop()?;
    let baseline = on_core(core, || baseline_under(&before, bytes))?;
    let mut counter = Counter::new(tool, baseline.id(), &output);
    for (name, requests) in sent {
        let least = stage
            .runtime
            .block_on(least(&baseline, &requests, 200, &mut counter))?;
        if let Some(measured) = measured.iter_mut().find(|one| one.name == name) {
            keep(&mut measured.baseline, least);
        }
    }
    Ok(())
}

/// Puts what one tool counted beside what another did: none counts what the other does.
fn keep(side: &mut Side, new: Counts) {
    let kept = side.counted.get_or_insert_default();
    kept.instructions += new.instructions;
    kept.allocations += new.allocations;
    kept.bytes += new.bytes;
}

/// What is sent in turn.
fn requests(stage: &Stage, subject: &Subject, row: &Row) -> Result<Vec<Request>, Error> {
    if !row.redeems {
        return Ok(vec![row.request.wire(None)]);
    }
    let bodies = subject.redemptions(WARM_UP + REQUESTS * COUNTS);
    let bodies = stage.runtime.block_on(bodies)?;
    let wire = |body: &String| row.request.wire(Some(body));
    Ok(bodies.iter().map(wire).collect())
}

/// The least that a request took, of several counts on one connection.
async fn least(
    process: &Process,
    requests: &[Request],
    status: u16,
    counter: &mut Counter,
) -> Result<Counts, Error> {
    let localhost = Ipv4Addr::LOCALHOST.into();
    let mut connection = Connection::open(localhost, process.address).await?;
    let mut requests = requests.iter().cycle();
    let mut send = async |count| {
        for request in requests.by_ref().take(count) {
            let answered = connection.send(request).await?.status;
            if answered != status {
                return Err(format!("while counting, one was answered with {answered}").into());
            }
        }
        Ok::<_, Error>(())
    };
    send(WARM_UP).await?;
    let mut least: Option<Counts> = None;
    for _ in 0..COUNTS {
        counter.take()?;
        send(REQUESTS).await?;
        let counts = counter.take()?.each(REQUESTS);
        least = Some(least.map_or(counts, |least| least.min(counts)));
    }
    Ok(least.unwrap_or_default())
}

/// Waits until a server that nobody asks does hardly anything.
async fn settle(counter: &mut Counter) -> Result<(), Error> {
    for _ in 0..LOOKS {
        counter.take()?;
        tokio::time::sleep(LOOK).await;
        if counter.take()?.instructions < QUIET {
            return Ok(());
        }
    }
    Ok(())
}

impl Counts {
    fn each(self, requests: usize) -> Self {
        let requests = requests as f64;
        Self {
            instructions: self.instructions / requests,
            allocations: self.allocations / requests,
            bytes: self.bytes / requests,
        }
    }

    fn min(self, other: Self) -> Self {
        Self {
            instructions: self.instructions.min(other.instructions),
            allocations: self.allocations.min(other.allocations),
            bytes: self.bytes.min(other.bytes),
        }
    }
}
