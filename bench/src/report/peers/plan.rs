//! Who is measured, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::Error;
use crate::priority::two_cores;

pub(super) const HYPER: &str = "hyper";
pub(super) const BETTER_AUTH: &str = "better-auth";
pub(super) const BETTER_AUTH_CACHE: &str = "better-auth-cache";
pub(super) const OIDC_PROVIDER: &str = "oidc-provider";
pub(super) const DJANGO_ALLAUTH: &str = "django-allauth";
pub(super) const GLEWLWYD: &str = "glewlwyd";

/// What they are called on the command line, in the order of the table.
pub(super) const NAMES: [&str; 6] = [
    HYPER,
    OIDC_PROVIDER,
    GLEWLWYD,
    BETTER_AUTH_CACHE,
    BETTER_AUTH,
    DJANGO_ALLAUTH,
];

/// Connections of wrk that verify: as many as the client that takes latencies has.
pub(super) const CONNECTIONS: usize = 32;
/// Connections that log in: one always waits, and none so long that wrk gives up.
pub(super) const LOGGING_IN: usize = 2;
/// Turns of latencies, and of log-ins.
pub(super) const FEWER_TURNS: u32 = 3;

/// Other authentication servers beside it; writes docs/benchmarks/peers.md.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The program that is measured.
    #[arg(long)]
    binary: PathBuf,
    /// Take a first look: one short turn.
    #[arg(long)]
    quick: bool,
    /// Measure these peers, with commas between them, instead of all.
    #[arg(long, default_value = "", hide_default_value = true)]
    peers: String,
    /// Turns of each, the peer and Countersign [default: 5; 1 with --quick].
    #[arg(long)]
    turns: Option<u32>,
    /// Seconds of a turn [default: 3; 1 with --quick].
    #[arg(long)]
    seconds: Option<u32>,
    /// Seconds of a turn of log-ins [default: 5; 2 with --quick].
    #[arg(long)]
    log_in_seconds: Option<u32>,
    /// The folder in which the peers are installed.
    #[arg(long, default_value = "target/tools/peers")]
    tools: PathBuf,
    /// Write the page into this folder.
    #[arg(long, default_value = "docs/benchmarks")]
    out: PathBuf,
}

/// How the measurement goes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Plan {
    #[serde(skip)]
    pub(super) binary: PathBuf,
    /// Where the peers are installed.
    #[serde(skip)]
    pub(super) tools: PathBuf,
    /// Where the page goes.
    #[serde(skip)]
    pub(super) out: PathBuf,
    pub(super) peers: Vec<String>,
    /// Turns of each, the peer and Countersign, and as many starts.
    pub(super) turns: u32,
    /// The length of each.
    pub(super) seconds: u32,
    /// The length of a turn of log-ins: of the slowest there are only a few a second.
    pub(super) log_in_seconds: u32,
    /// Where the servers run, and where they are asked from.
    pub(super) server_core: usize,
    pub(super) load_core: usize,
}

impl Plan {
    pub(super) fn of(arguments: Arguments) -> Result<Self, Error> {
        let or = |number: Option<u32>, whole: u32, quick: u32| {
            let otherwise = if arguments.quick { quick } else { whole };
            number.unwrap_or(otherwise).max(1)
        };
        let (server_core, load_core) = two_cores()?;
        Ok(Self {
            binary: arguments.binary,
            tools: arguments.tools,
            out: arguments.out,
            peers: chosen(&arguments.peers)?,
            turns: or(arguments.turns, 5, 1),
            seconds: or(arguments.seconds, 3, 1),
            log_in_seconds: or(arguments.log_in_seconds, 5, 2),
            server_core,
            load_core,
        })
    }

    pub(super) fn has(&self, peer: &str) -> bool {
        self.peers.iter().any(|chosen| chosen == peer)
    }

    pub(super) fn turn(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    /// Whether those who ask take time from those who answer.
    pub(super) fn shares_a_core(&self) -> bool {
        self.server_core == self.load_core
    }
}

/// The peers of this list, or all where it is empty.
fn chosen(list: &str) -> Result<Vec<String>, Error> {
    if list.is_empty() {
        return Ok(NAMES.into_iter().map(str::to_owned).collect());
    }
    let chosen: Vec<_> = list.split(',').map(|peer| peer.trim().to_owned()).collect();
    let unknown = chosen.iter().find(|peer| !NAMES.contains(&peer.as_str()));
    match unknown {
        Some(peer) => {
            Err(format!("there is no peer {peer:?}; there are {}", NAMES.join(", ")).into())
        }
        None => Ok(chosen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_chosen_by_name() {
        assert_eq!(chosen("glewlwyd, hyper").unwrap(), [GLEWLWYD, HYPER]);
        assert_eq!(chosen("").unwrap(), NAMES);
        let error = chosen("keycloak").unwrap_err().to_string();
        assert!(error.contains("\"keycloak\"") && error.contains(DJANGO_ALLAUTH));
    }
}
