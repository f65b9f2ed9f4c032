//! Instructions of a server for each request, where the machine counts them.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::plan::CONNECTIONS;
use super::statistics::quotient;
use super::turns::check;
use super::wrk::Script;
use crate::Error;
use crate::server::Process;

const EVENT: &str = "instructions:u";
/// How long they are counted.
pub(super) const SECONDS: u32 = 1;

/// Whether they can be counted, and why not.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Instructions {
    /// They are.
    Counted,
    /// They are not, for this reason.
    NotAvailable(String),
}

/// Whether this machine counts them for us.
pub(super) fn available() -> Instructions {
    let mut command = Command::new("perf");
    command.args(["stat", "--field-separator", ",", "--event", EVENT, "true"]);
    let output = match command.stdout(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) => return Instructions::NotAvailable(format!("perf does not start: {error}")),
    };
    let printed = String::from_utf8_lossy(&output.stderr);
    if count(&printed).is_some() {
        return Instructions::Counted;
    }
    Instructions::NotAvailable(if printed.contains("not supported") {
        "this machine has no counter of them; virtual machines often have none".to_owned()
    } else {
        "perf may not count; `sysctl kernel.perf_event_paranoid=1` lets it".to_owned()
    })
}

/// Instructions for each request of this script.
pub(super) fn each(script: &Script, process: &Process, folder: &Path) -> Result<f64, Error> {
    let kept = folder.join("perf");
    let words = ["perf", "stat", "--field-separator", ",", "--event", EVENT];
    let mut before: Vec<_> = words.map(str::to_owned).into();
    // Of the server, for as long as the command behind it runs.
    before.extend(["--pid".to_owned(), process.id().to_string()]);
    before.extend(["--output".to_owned(), kept.display().to_string()]);
    before.push("--".to_owned());
    let answered = script.run(&before, process.address, CONNECTIONS, SECONDS)?;
    check("counting instructions", answered)?;
    let printed = std::fs::read_to_string(kept)?;
    let counted = count(&printed).ok_or("perf counted no instructions")?;
    Ok(quotient(counted as f64, answered.requests as f64))
}

/// The first field of the event's line.
fn count(printed: &str) -> Option<u64> {
    let mut lines = printed.lines();
    let line = lines.find(|line| line.contains(EVENT))?;
    line.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_read_and_its_lack_is_seen() {
        let printed = "# started on Thu\n\n123456,,instructions:u,1000,100.00,,\n";
        assert_eq!(count(printed), Some(123_456));
        assert_eq!(count("<not supported>,,instructions:u,0,100.00,,\n"), None);
        assert_eq!(count("No permission to enable instructions event.\n"), None);
    }
}
