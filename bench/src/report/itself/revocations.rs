//! Verifying when very many revocations are live, against none.
//!
//! They are of users, the kind that takes most memory, and are in the database before the server
//! starts: it loads them as it does after any start. The statements are those that delete a user.

use std::time::Duration;

use countersign_domain::id::UserId;
use countersign_domain::partner::Slug;
use countersign_domain::{Clock, SystemClock, SystemEntropy};
use countersign_store::{Batch, Store, feed, users};
use serde::Serialize;
use tokio::task::JoinSet;

use super::super::Stage;
use super::super::plan::REVOCATIONS;
use super::super::process::memory;
use super::super::wrk::{Each, Script};
use super::{Asked, Both, folder, in_turns};
use crate::Error;
use crate::connection::{Connection, request};
use crate::server::Process;

/// Users of one unit of work.
const AT_ONCE: u64 = 500;
/// Units of work that wait for the one before.
const WAITING: usize = 4;
/// The metric that tells how many a server knows.
const KNOWN: &str = "countersign_revocations_live";

/// What came out of it.
#[derive(Serialize)]
pub(in crate::report) struct Revocations {
    /// How many the server knew, by its own account.
    pub(in crate::report) live: u64,
    /// From the start of the program to the first session that it verified, in ms: they were all
    /// loaded by then.
    pub(in crate::report) loaded_millis: f64,
    /// The memory of the server without them and with them, after the same turns, in MiB.
    pub(in crate::report) resident: [f64; 2],
    pub(in crate::report) both: Both,
}

impl Revocations {
    /// Bytes of each.
    pub(in crate::report) fn bytes_each(&self) -> f64 {
        let [without, with] = self.resident;
        (with - without) * f64::from(1 << 20) / self.live as f64
    }
}

/// Measures it.
pub(in crate::report) fn measure(stage: &Stage) -> Result<Revocations, Error> {
    let (plan, runtime) = (&stage.plan, &stage.runtime);
    let store = stage.twin.home.store()?;
    let revoked = runtime.block_on(revoke(&store, plan.revocations));
    runtime.block_on(store.close());
    revoked?;
    rustix::fs::sync();
    let installation = &stage.subject.installation;
    let mut none = installation.serve(&[], plan.server_core, runtime)?;
    let begun = SystemClock.uptime();
    let mut many = stage.twin.serve(&[], plan.server_core, runtime)?;
    let verified = runtime.block_on(verified(&many.process, &many.verify().wire(None)));
    let loaded: Duration = SystemClock.uptime().saturating_sub(begun);
    verified?;
    let live = runtime.block_on(known(&many.process))?;
    if live < plan.revocations {
        let count = plan.revocations;
        return Err(format!("of {count} revocations the server knows {live}").into());
    }
    let script = |name, request| Script::write(&folder(stage, name)?, &request, Each::Alike);
    let without = script("none", none.verify())?;
    let with = script("revoked", many.verify())?;
    let both = in_turns(
        stage,
        REVOCATIONS,
        Asked {
            process: &none.process,
            script: &without,
        },
        Asked {
            process: &many.process,
            script: &with,
        },
    )?;
    let resident = |process: &Process| Ok::<_, Error>(memory(process.id())?.resident);
    let resident = [resident(&none.process)?, resident(&many.process)?];
    none.process.stop()?;
    many.process.stop()?;
    Ok(Revocations {
        live,
        loaded_millis: loaded.as_secs_f64() * 1000.0,
        resident,
        both,
    })
}

/// Tells the feed the end of so many users, who come and go with it.
async fn revoke(store: &Store, count: u64) -> Result<(), Error> {
    let entropy = SystemEntropy::default();
    let mut waiting = JoinSet::new();
    for first in (0..count).step_by(AT_ONCE as usize) {
        let now = SystemClock.now();
        let mut batch = Batch::new();
        for _ in first..count.min(first + AT_ONCE) {
            let id = UserId::generate(now, &entropy);
            batch = batch
                .then(users::insert(id, &Slug::default_partner(), None, now))
                .then(feed::user_going(id, now))
                .then_all(users::delete(id));
        }
        if waiting.len() == WAITING {
            waiting.join_next().await.transpose()?.transpose()?;
        }
        let store = store.clone();
        waiting.spawn(async move { store.commit(batch).await });
    }
    for committed in waiting.join_all().await {
        committed?;
    }
    Ok(())
}

/// Verifies a session once.
async fn verified(process: &Process, request: &[u8]) -> Result<(), Error> {
    let localhost = std::net::Ipv4Addr::LOCALHOST.into();
    let mut connection = Connection::open(localhost, process.address).await?;
    match connection.send(request).await?.status {
        200 => Ok(()),
        status => Err(format!("with revocations, verifying was answered with {status}").into()),
    }
}

/// How many revocations a server knows.
async fn known(process: &Process) -> Result<u64, Error> {
    let private = process.private.ok_or("the server has no private address")?;
    let localhost = std::net::Ipv4Addr::LOCALHOST.into();
    let mut connection = Connection::open(localhost, private).await?;
    let answer = connection.send(&request("GET", "/metrics", [], "")).await?;
    let mut lines = answer.body.lines();
    let known = lines.find_map(|line| line.strip_prefix(KNOWN)?.strip_prefix(' '));
    let known = known.ok_or_else(|| format!("there is no metric {KNOWN}"))?;
    Ok(known.parse()?)
}
