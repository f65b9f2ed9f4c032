//! What is measured, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::rows;
use crate::Error;
use crate::priority::two_cores;

/// Rows beside those of [`rows::NAMES`].
pub(super) const LOG_IN: &str = "log-in";
pub(super) const TOKEN: &str = "token";
pub(super) const START: &str = "start";
pub(super) const FLAMES: &str = "flames";
pub(super) const COUNTS: &str = "counts";
pub(super) const SESSIONS: &str = "sessions";
pub(super) const REVOCATIONS: &str = "revocations";

/// All of them.
const OTHERS: [&str; 7] = [LOG_IN, TOKEN, FLAMES, COUNTS, SESSIONS, REVOCATIONS, START];

/// Connections of wrk.
pub(super) const CONNECTIONS: usize = 64;

/// How fast it is, beside what the machine allows; writes docs/benchmarks.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The program that is measured.
    #[arg(long)]
    binary: PathBuf,
    /// Take a first look: fewer and shorter turns, fewer users, sessions and revocations.
    #[arg(long)]
    quick: bool,
    /// Measure these rows, with commas between them, instead of all.
    #[arg(long, default_value = "", hide_default_value = true)]
    rows: String,
    /// Turns of each, the server and what it is compared with [default: 5; 3 with --quick].
    #[arg(long)]
    turns: Option<u32>,
    /// Seconds of a turn [default: 2; 1 with --quick].
    #[arg(long)]
    seconds: Option<u32>,
    /// Turns in which latencies are taken, of a second each [default: 9; 3 with --quick].
    #[arg(long)]
    latencies: Option<u32>,
    /// Users in the database [default: 1000000; 10000 with --quick].
    #[arg(long)]
    users: Option<u32>,
    /// Sessions that are issued where that is measured [default: 10000000; 100000 with --quick].
    #[arg(long)]
    sessions: Option<u32>,
    /// Revocations that are live where that is measured [default: 1000000; 100000 with --quick].
    #[arg(long)]
    revocations: Option<u32>,
    /// Write the report into this folder.
    #[arg(long, default_value = "docs/benchmarks")]
    out: PathBuf,
}

/// How the measurement goes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Plan {
    #[serde(skip)]
    pub(super) binary: PathBuf,
    /// Where the report goes.
    #[serde(skip)]
    pub(super) out: PathBuf,
    pub(super) rows: Vec<String>,
    /// Turns of each, subject and baseline.
    pub(super) turns: u32,
    /// The length of each.
    pub(super) seconds: u32,
    /// Turns of each in which latencies are taken, of one second: many short ones, so that what
    /// holds the machine up for a moment is in a few of them and does not move their median.
    pub(super) latencies: u32,
    /// Users in the database.
    pub(super) users: u64,
    /// Sessions that are issued, and revocations that are live, where that is measured.
    pub(super) sessions: u64,
    pub(super) revocations: u64,
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
            out: arguments.out,
            rows: chosen(&arguments.rows)?,
            turns: or(arguments.turns, 5, 3),
            seconds: or(arguments.seconds, 2, 1),
            latencies: or(arguments.latencies, 9, 3),
            users: or(arguments.users, 1_000_000, 10_000).into(),
            sessions: or(arguments.sessions, 10_000_000, 100_000).into(),
            revocations: or(arguments.revocations, 1_000_000, 100_000).into(),
            server_core,
            load_core,
        })
    }

    pub(super) fn has(&self, row: &str) -> bool {
        self.rows.iter().any(|chosen| chosen == row)
    }

    pub(super) fn turn(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    /// Whether those who ask take time from those who answer.
    pub(super) fn shares_a_core(&self) -> bool {
        self.server_core == self.load_core
    }
}

/// The rows of this list, or all where it is empty.
fn chosen(list: &str) -> Result<Vec<String>, Error> {
    let all: Vec<_> = rows::NAMES.into_iter().chain(OTHERS).collect();
    if list.is_empty() {
        return Ok(all.into_iter().map(str::to_owned).collect());
    }
    let chosen: Vec<_> = list.split(',').map(|row| row.trim().to_owned()).collect();
    let unknown = chosen.iter().find(|row| !all.contains(&row.as_str()));
    match unknown {
        Some(row) => Err(format!("there is no row {row:?}; there are {}", all.join(", ")).into()),
        None => Ok(chosen),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn a_first_look_is_quick_and_may_be_told_more() {
        let read = |arguments: &[&str]| {
            let arguments = [&["report", "--binary", "countersign"], arguments].concat();
            let Command { arguments } = Command::try_parse_from(arguments).unwrap();
            let plan = Plan::of(arguments).unwrap();
            (plan.turns, plan.latencies, plan.users)
        };
        assert_eq!(read(&[]), (5, 9, 1_000_000));
        assert_eq!(read(&["--quick"]), (3, 3, 10_000));
        assert_eq!(
            read(&["--turns", "9", "--quick", "--users", "5"]),
            (9, 3, 5)
        );
    }

    #[test]
    fn rows_are_chosen_by_name() {
        assert_eq!(chosen("verify, token").unwrap(), ["verify", "token"]);
        assert_eq!(chosen("").unwrap().len(), 13);
        let error = chosen("verify,verfy").unwrap_err().to_string();
        assert!(error.contains("\"verfy\"") && error.contains("forward-auth-cookie"));
    }
}
