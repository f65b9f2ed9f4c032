//! Starting: how long until a server answers, and what it takes up then.

use countersign_domain::{Clock, SystemClock};
use serde::Serialize;

use super::client::first_answer;
use super::measure::{Running, Stage};
use super::peer::Server;
use crate::Error;
use crate::priority::on_core;
use crate::report::process::{Memory, memory};

/// What came out of it.
#[derive(Default, Serialize)]
pub(super) struct Starts {
    /// From the start of the program to its first good answer, in ms.
    pub(super) millis: Vec<f64>,
    /// Of all its processes, right behind that.
    pub(super) memory: Vec<Memory>,
}

impl Stage {
    /// Stops what runs, and starts it anew with what it kept, several times.
    pub(super) fn starts(&self, running: Running) -> Result<Starts, Error> {
        let Running { peer, server, .. } = running;
        let first = peer.sign_in(&self.client(&*server)?)?.first;
        server.stop()?;
        let mut starts = Starts::default();
        for _ in 0..self.plan.turns {
            let begun = SystemClock.uptime();
            let mut server = on_core(self.plan.server_core, || peer.start())?;
            let status = first_answer(&self.runtime, &mut *server, &first)?;
            let taken = SystemClock.uptime().saturating_sub(begun);
            if status != first.status {
                let name = peer.about().name;
                let path = first.path;
                return Err(format!("{name} answered {path} with {status} after a start").into());
            }
            starts.millis.push(taken.as_secs_f64() * 1000.0);
            starts.memory.push(all(&*server)?);
            server.stop()?;
        }
        Ok(starts)
    }
}

/// The memory of all processes of a server.
fn all(server: &dyn Server) -> Result<Memory, Error> {
    let mut sum = Memory {
        resident: 0.0,
        proportional: 0.0,
    };
    for process in server.processes()? {
        let its = memory(process)?;
        sum.resident += its.resident;
        sum.proportional += its.proportional;
    }
    Ok(sum)
}
