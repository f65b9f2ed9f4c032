//! A peer, measured: it and Countersign in turns.

use serde::Serialize;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::client::{Client, first_answer};
use super::peer::{About, Peer, Server, Session};
use super::plan::{CONNECTIONS, FEWER_TURNS, LOGGING_IN, Plan};
use super::start::Starts;
use crate::Error;
use crate::open_loop::{self, Load, Wait};
use crate::priority::on_core;
use crate::report::process::cpu_seconds;
use crate::report::request::Request;
use crate::report::side::{Latency, Side, Turn};
use crate::report::statistics::median;
use crate::report::turns::check;
use crate::report::wrk::{Each, Script};

/// Seconds of the turn that warms up.
const WARM_UP: u32 = 1;
/// Requests a second at which the client that takes latencies still has time to spare: beyond it,
/// they would be its own.
const CLIENT_RATE: f64 = 20_000.0;

/// Everything that a row needs.
pub(super) struct Stage {
    pub(super) plan: Plan,
    pub(super) runtime: Runtime,
}

/// A server that runs, with somebody signed in.
pub(super) struct Running<'a> {
    pub(super) peer: &'a dyn Peer,
    pub(super) server: Box<dyn Server>,
    pub(super) session: Session,
}

/// What came out for a peer.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) about: About,
    /// Verifying a session.
    pub(super) verify: Side,
    /// Countersign's, in the turns beside.
    pub(super) beside: Side,
    /// At how many requests a second latencies were taken, of both.
    pub(super) offered: u32,
    pub(super) log_ins: Option<LogIns>,
    /// Whether a session that was signed out is refused in the next request.
    pub(super) sees_revocation: Option<bool>,
    pub(super) starts: Starts,
}

/// Log-ins a second in each turn.
#[derive(Default, Serialize)]
pub(super) struct LogIns {
    pub(super) peer: Vec<f64>,
    pub(super) beside: Vec<f64>,
}

/// What wrk sends to a server.
struct Asked<'a> {
    running: &'a Running<'a>,
    script: Script,
    // Holds the script until it is dropped.
    _folder: TempDir,
}

impl Stage {
    pub(super) fn new(plan: Plan) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self { plan, runtime })
    }

    pub(super) fn client(&self, server: &dyn Server) -> Result<Client<'_>, Error> {
        Client::new(&self.runtime, server.address())
    }

    /// Starts a server, and signs its user in.
    pub(super) fn begin<'a>(&self, peer: &'a dyn Peer) -> Result<Running<'a>, Error> {
        let mut server = on_core(self.plan.server_core, || peer.start())?;
        // Whatever it answers, it is there.
        first_answer(&self.runtime, &mut *server, &Request::new("GET", "/", 200))?;
        let client = self.client(&*server)?;
        peer.sign_up(&client)?;
        let session = peer.sign_in(&client)?;
        let running = Running {
            peer,
            server,
            session,
        };
        self.verifies(&running)?;
        Ok(running)
    }

    /// Measures a peer beside Countersign.
    pub(super) fn row(&self, peer: &dyn Peer, reference: &Running) -> Result<Row, Error> {
        let running = self.begin(peer)?;
        let (mut verify, mut beside) = self.turns(&running, reference)?;
        let slower = median(&verify.rates()).min(median(&beside.rates()));
        let offered = (slower / 2.0).clamp(1.0, CLIENT_RATE) as u32;
        for _ in 0..FEWER_TURNS {
            verify.latencies.push(self.latency(&running, offered)?);
            beside.latencies.push(self.latency(reference, offered)?);
        }
        // wrk reads no more than a status; that all was right is seen before and behind it.
        self.verifies(&running)?;
        self.verifies(reference)?;
        let log_ins = self.log_ins(&running, reference)?;
        let sees_revocation = self.sees_revocation(&running)?;
        Ok(Row {
            about: peer.about().clone(),
            verify,
            beside,
            offered,
            log_ins,
            sees_revocation,
            starts: self.starts(running)?,
        })
    }

    /// Signs out, and looks whether the next request notices.
    pub(super) fn sees_revocation(&self, running: &Running) -> Result<Option<bool>, Error> {
        let Running {
            server, session, ..
        } = running;
        let Some(revoke) = &session.revoke else {
            return Ok(None);
        };
        let client = self.client(&**server)?;
        client.must(revoke)?;
        Ok(Some(!client.verifies(&session.verify, session)?))
    }

    /// A session is verified, and a forged one is not; or nothing of the row is right.
    fn verifies(&self, running: &Running) -> Result<(), Error> {
        let Running {
            peer,
            server,
            session,
        } = running;
        let (client, name) = (self.client(&**server)?, peer.about().name);
        if !client.verifies(&session.verify, session)? {
            return Err(format!("{name} does not verify a session that lives").into());
        }
        if client.verifies(&session.forged, session)? {
            return Err(format!("{name} verifies a session that nobody opened").into());
        }
        Ok(())
    }

    fn turns(&self, peer: &Running, reference: &Running) -> Result<(Side, Side), Error> {
        let asked = |running| asked(running, &running.session.verify);
        let (theirs, ours) = (asked(peer)?, asked(reference)?);
        let [mut verify, mut beside] = [Side::default(), Side::default()];
        for turn in 0..=self.plan.turns {
            // The first one warms up.
            let kept = turn > 0;
            let seconds = if kept { self.plan.seconds } else { WARM_UP };
            let reached = theirs.turn(CONNECTIONS, seconds)?;
            let meanwhile = ours.turn(CONNECTIONS, seconds)?;
            if kept {
                verify.turns.push(reached);
                beside.turns.push(meanwhile);
            }
        }
        Ok((verify, beside))
    }

    /// Log-ins with a password, where the peer has such.
    fn log_ins(&self, peer: &Running, reference: &Running) -> Result<Option<LogIns>, Error> {
        let (Some(theirs), Some(ours)) = (peer.peer.log_in(), reference.peer.log_in()) else {
            return Ok(None);
        };
        let (theirs, ours) = (asked(peer, &theirs)?, asked(reference, &ours)?);
        let mut log_ins = LogIns::default();
        let seconds = self.plan.log_in_seconds;
        for _ in 0..FEWER_TURNS {
            let rate = |asked: &Asked| asked.turn(LOGGING_IN, seconds);
            log_ins.peer.push(rate(&theirs)?.answered.rate());
            log_ins.beside.push(rate(&ours)?.answered.rate());
        }
        Ok(Some(log_ins))
    }

    fn latency(&self, running: &Running, rate: u32) -> Result<Latency, Error> {
        let request = &running.session.verify;
        let load = Load {
            address: running.server.address(),
            rate,
            time: self.plan.turn(),
            wait: if self.plan.shares_a_core() {
                Wait::Sleep
            } else {
                Wait::Spin
            },
            status: request.status,
        };
        let wire = request.wire(None);
        let latencies = open_loop::measure(load, || wire.clone());
        let latencies = self.runtime.block_on(latencies)?;
        Latency::of(&latencies, running.peer.about().name)
    }
}

fn asked<'a>(running: &'a Running<'a>, request: &Request) -> Result<Asked<'a>, Error> {
    let folder = tempfile::tempdir()?;
    Ok(Asked {
        running,
        script: Script::write(folder.path(), request, Each::Alike)?,
        _folder: folder,
    })
}

impl Asked<'_> {
    /// wrk, for so long.
    fn turn(&self, connections: usize, seconds: u32) -> Result<Turn, Error> {
        let server = &self.running.server;
        let before = cpu(&**server)?;
        let answered = self
            .script
            .run(&[], server.address(), connections, seconds)?;
        let cpu = cpu(&**server)? - before;
        check(self.running.peer.about().name, answered)?;
        Ok(Turn { answered, cpu })
    }
}

/// What all processes of a server used of their core, in seconds.
fn cpu(server: &dyn Server) -> Result<f64, Error> {
    let processes = server.processes()?;
    processes.into_iter().map(cpu_seconds).sum()
}
