//! Starting: how long until it answers, and what it takes up then.

use std::process::Command;

use countersign_domain::{Clock, SystemClock};
use serde::Serialize;

use super::Stage;
use super::process::{Memory, memory};
use crate::Error;
use crate::priority::on_core;
use crate::server::{Home, Process};

/// What came out of it.
#[derive(Serialize)]
pub(super) struct Start {
    /// From the start of the program to the first session that it verified, in ms.
    pub(super) millis: Vec<f64>,
    /// Then.
    pub(super) memory: Vec<Memory>,
    /// The stripped program, in MiB.
    pub(super) binary: f64,
}

/// Measures it. The server that ran so far is stopped by now.
pub(super) fn measure(stage: &Stage) -> Result<Start, Error> {
    let verify = stage.subject.verify().wire(None);
    let home = &stage.subject.installation.home;
    let core = stage.plan.server_core;
    let mut measured = Start {
        millis: Vec::new(),
        memory: Vec::new(),
        binary: stripped(home, stage.folder.path())?,
    };
    for _ in 0..stage.plan.turns {
        let begun = SystemClock.uptime();
        let mut process = on_core(core, || home.serve(&[]))?;
        let status = stage.runtime.block_on(first_answer(&process, &verify))?;
        let taken = SystemClock.uptime().saturating_sub(begun);
        if status != 200 {
            return Err(format!("after a start, verifying was answered with {status}").into());
        }
        measured.millis.push(taken.as_secs_f64() * 1000.0);
        measured.memory.push(memory(process.id())?);
        process.stop()?;
    }
    Ok(measured)
}

async fn first_answer(process: &Process, request: &[u8]) -> Result<u16, Error> {
    let localhost = std::net::Ipv4Addr::LOCALHOST.into();
    let mut connection = crate::connection::Connection::open(localhost, process.address).await?;
    Ok(connection.send(request).await?.status)
}

/// The size of the program without its symbols, in MiB.
fn stripped(home: &Home, folder: &std::path::Path) -> Result<f64, Error> {
    let copy = folder.join("stripped");
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(&copy).arg(home.binary());
    let status = strip.status().map_err(|error| {
        format!("strip does not start ({error}); it is in the Debian package binutils")
    })?;
    if !status.success() {
        return Err(format!("{strip:?} failed: {status}").into());
    }
    Ok(std::fs::metadata(copy)?.len() as f64 / f64::from(1 << 20))
}
