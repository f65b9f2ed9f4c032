//! What is measured, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::rows;
use crate::Error;
use crate::arguments::Arguments;
use crate::priority::cores;

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
    pub(super) fn read(arguments: &[String]) -> Result<Self, Error> {
        let (quick, rest): (Vec<_>, Vec<_>) = arguments
            .iter()
            .cloned()
            .partition(|argument| argument == "--quick");
        let [turns, seconds, users, sessions, revocations] = match quick[..] {
            [] => ["5", "2", "1000000", "10000000", "1000000"],
            _ => ["3", "1", "10000", "100000", "100000"],
        };
        let defaults = [
            ("--turns", turns),
            ("--seconds", seconds),
            ("--users", users),
            ("--sessions", sessions),
            ("--revocations", revocations),
            ("--rows", ""),
            ("--out", "docs/benchmarks"),
        ];
        let arguments = Arguments::read(&rest, defaults)?;
        let cores = cores()?;
        let first = *cores.first().ok_or("there is no core to run on")?;
        Ok(Self {
            binary: arguments.binary()?,
            out: arguments.text("--out").into(),
            rows: chosen(arguments.text("--rows"))?,
            turns: arguments.number("--turns")?.max(1),
            seconds: arguments.number("--seconds")?.max(1),
            users: arguments.number("--users")?.max(1).into(),
            sessions: arguments.number("--sessions")?.max(1).into(),
            revocations: arguments.number("--revocations")?.max(1).into(),
            server_core: first,
            load_core: cores.get(1).copied().unwrap_or(first),
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
    use super::*;

    #[test]
    fn a_first_look_is_quick_and_may_be_told_more() {
        let read = |arguments: &[&str]| {
            let arguments = [&["--binary", "countersign"], arguments].concat();
            let arguments: Vec<_> = arguments.into_iter().map(str::to_owned).collect();
            let plan = Plan::read(&arguments).unwrap();
            (plan.turns, plan.seconds, plan.users)
        };
        assert_eq!(read(&[]), (5, 2, 1_000_000));
        assert_eq!(read(&["--quick"]), (3, 1, 10_000));
        assert_eq!(
            read(&["--turns", "9", "--quick", "--users", "5"]),
            (9, 1, 5)
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
