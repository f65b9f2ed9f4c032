//! Who is measured, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::Error;
use crate::arguments::Arguments;
use crate::priority::cores;

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
    pub(super) fn read(arguments: &[String]) -> Result<Self, Error> {
        let (quick, rest): (Vec<_>, Vec<_>) = arguments
            .iter()
            .cloned()
            .partition(|argument| argument == "--quick");
        let [turns, seconds, log_in_seconds] = match quick[..] {
            [] => ["5", "3", "5"],
            _ => ["1", "1", "2"],
        };
        let defaults = [
            ("--turns", turns),
            ("--seconds", seconds),
            ("--log-in-seconds", log_in_seconds),
            ("--peers", ""),
            ("--tools", "target/tools/peers"),
            ("--out", "docs/benchmarks"),
        ];
        let arguments = Arguments::read(&rest, defaults)?;
        let cores = cores()?;
        let first = *cores.first().ok_or("there is no core to run on")?;
        let number = |name| Ok::<_, Error>(arguments.number(name)?.max(1));
        Ok(Self {
            binary: arguments.binary()?,
            tools: arguments.text("--tools").into(),
            out: arguments.text("--out").into(),
            peers: chosen(arguments.text("--peers"))?,
            turns: number("--turns")?,
            seconds: number("--seconds")?,
            log_in_seconds: number("--log-in-seconds")?,
            server_core: first,
            load_core: cores.get(1).copied().unwrap_or(first),
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
