//! Verifying when very many sessions were issued, against one alone.
//!
//! The server issues them itself for some seconds, and its memory is looked at before and after.
//! So many seconds are too few for all of them: the rest is sealed here, by the code and with the
//! key that the server seals with, so that it cannot tell them from its own. Some of all those are
//! what it verifies then.

use countersign_domain::id::SessionId;
use countersign_domain::key::{Keyring, WrappedKey};
use countersign_domain::token::SessionToken;
use countersign_domain::{Clock, SystemClock, SystemEntropy};
use serde::Serialize;

use super::super::Stage;
use super::super::plan::{CONNECTIONS, SESSIONS};
use super::super::process::memory;
use super::super::subject::Subject;
use super::super::turns::check;
use super::super::wrk::{Each, Script};
use super::{Asked, Both, folder, in_turns};
use crate::Error;
use crate::server::{Home, master_key};

/// For so many turns' time the server issues sessions.
const ISSUING: u32 = 4;
/// Different sessions that are verified, from all over those that were issued.
const VERIFIED: u64 = 10_000;

/// What came out of it.
#[derive(Serialize)]
pub(in crate::report) struct Sessions {
    /// Sessions that the server issued.
    pub(in crate::report) exchanged: u64,
    /// Those that were sealed beside it.
    pub(in crate::report) sealed: u64,
    /// The server's memory before it issued them and after, in MiB.
    pub(in crate::report) resident: [f64; 2],
    pub(in crate::report) both: Both,
}

impl Sessions {
    /// All of them.
    pub(in crate::report) fn issued(&self) -> u64 {
        self.exchanged + self.sealed
    }

    /// How much larger the server was afterwards, for each session that it issued, in bytes.
    pub(in crate::report) fn bytes_each(&self) -> f64 {
        let [before, after] = self.resident;
        (after - before) * f64::from(1 << 20) / self.exchanged as f64
    }
}

/// Measures it.
pub(in crate::report) fn measure(stage: &Stage) -> Result<Sessions, Error> {
    let core = stage.plan.server_core;
    let installation = &stage.subject.installation;
    let mut one = installation.serve(&[], core, &stage.runtime)?;
    let mut many = stage.twin.serve(&[], core, &stage.runtime)?;
    let (exchanged, resident) = exchange(stage, &many)?;
    let sealed = stage.plan.sessions.saturating_sub(exchanged);
    let keys = stage.runtime.block_on(keys(&many.installation.home))?;
    let credentials = seal(&keys, &many.signed_in.session, sealed.max(VERIFIED))?;
    // As many lines for both, or wrk would have more to do for one of them.
    let alone = vec![bearer(&one.signed_in.session); credentials.len()];
    let script = |name, subject: &Subject, credentials: &[String]| {
        let each = Each::Credential(credentials);
        Script::write(&folder(stage, name)?, &subject.verify(), each)
    };
    let without = script("one", &one, &alone)?;
    let with = script("many", &many, &credentials)?;
    let both = in_turns(
        stage,
        SESSIONS,
        Asked {
            process: &one.process,
            script: &without,
        },
        Asked {
            process: &many.process,
            script: &with,
        },
    )?;
    one.process.stop()?;
    many.process.stop()?;
    Ok(Sessions {
        exchanged,
        sealed: sealed.max(VERIFIED),
        resident,
        both,
    })
}

/// Has the server issue sessions; how many, and its memory before and after.
fn exchange(stage: &Stage, subject: &Subject) -> Result<(u64, [f64; 2]), Error> {
    let script = Script::write(
        &folder(stage, "exchange")?,
        &subject.exchange(),
        Each::Alike,
    )?;
    let issue = |seconds| -> Result<u64, Error> {
        let answered = script.run(&[], subject.process.address, CONNECTIONS, seconds)?;
        check(SESSIONS, answered)?;
        Ok(answered.requests)
    };
    // What a server needs for the first requests of a kind, and for so many connections.
    issue(stage.plan.seconds)?;
    let before = memory(subject.process.id())?.resident;
    let exchanged = issue(stage.plan.seconds * ISSUING)?;
    let after = memory(subject.process.id())?.resident;
    Ok((exchanged, [before, after]))
}

/// The keys that a server seals with.
async fn keys(home: &Home) -> Result<Keyring, Error> {
    let store = home.store()?;
    let wrapped = store.sealing_keys().await;
    store.close().await;
    let master = master_key();
    let open = |key: &WrappedKey| Ok::<_, Error>((key.status, master.unwrap(key)?));
    let keys: Vec<_> = wrapped?.iter().map(open).collect::<Result<_, _>>()?;
    Ok(Keyring::new(keys)?)
}

/// Seals so many sessions like this one, each with an id of its own; some of them, as they are
/// sent to be verified.
fn seal(keys: &Keyring, like: &str, count: u64) -> Result<Vec<String>, Error> {
    let entropy = SystemEntropy::default();
    let mut session = SessionToken::open(like, keys)?;
    let every = count.div_ceil(VERIFIED);
    let mut credentials = Vec::new();
    for number in 0..count {
        session.id = SessionId::generate(SystemClock.now(), &entropy);
        let token = SessionToken::seal(&session, keys.current(), &entropy);
        if number % every == 0 {
            credentials.push(bearer(token.expose()));
        }
    }
    Ok(credentials)
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}
