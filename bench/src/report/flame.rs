//! Where the time of a request goes: the stacks that perf finds on the server's core, as a flame
//! graph.

mod draw;
mod stacks;

use std::fs;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::Stage;
use super::plan::{CONNECTIONS, FLAMES};
use super::turns::check;
use super::wrk::Script;
use crate::Error;

/// The rows that are looked at.
pub(super) const ROWS: [&str; 5] = ["verify", "forward-auth", "exchange", "mint", "redeem"];
/// How long each is.
pub(super) const SECONDS: u32 = 2;
/// By the clock: many machines have no counter of cycles for us.
const EVENT: &str = "cpu-clock";
/// Samples a second; no divisor of what the kernel does on its own beat.
const FREQUENCY: &str = "499";
/// Bytes of the stack that are kept of a sample. The program has no frame pointers, so the stack
/// itself is unwound, by what panics unwind by.
const CALL_GRAPH: &str = "dwarf,32768";

/// Whether there are flame graphs.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Flames {
    /// There are.
    Drawn,
    /// There are none, for this reason.
    NotAvailable { why: String },
    /// Nobody asked for them.
    NotChosen,
}

/// Whether perf may look here.
pub(super) fn available() -> Flames {
    let mut command = Command::new("perf");
    command.args(["record", "--event", EVENT, "--output", "/dev/null", "true"]);
    let tried = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    match tried {
        Ok(status) if status.success() => Flames::Drawn,
        Ok(_) => Flames::NotAvailable {
            why: "perf may not look; `sysctl kernel.perf_event_paranoid=1` lets it".to_owned(),
        },
        Err(error) => Flames::NotAvailable {
            why: format!("perf does not start ({error}); it is in the Debian package linux-perf"),
        },
    }
}

/// The name of a row's flame graph.
pub(super) fn file(row: &str) -> String {
    format!("flame-{row}.svg")
}

/// Draws what the subject does while it answers this.
pub(super) fn record(stage: &Stage, row: &str, script: &Script) -> Result<(), Error> {
    let data = stage.folder.path().join("perf.data");
    let process = &stage.subject.process;
    let words = ["perf", "record", "--quiet", "--event", EVENT];
    let mut before: Vec<_> = words.map(str::to_owned).into();
    before.extend(["--freq", FREQUENCY, "--call-graph", CALL_GRAPH].map(str::to_owned));
    before.extend(["--pid".to_owned(), process.id().to_string()]);
    before.extend(["--output".to_owned(), data.display().to_string()]);
    before.push("--".to_owned());
    let answered = script.run(&before, process.address, CONNECTIONS, SECONDS)?;
    check(FLAMES, answered)?;
    let mut command = Command::new("perf");
    command.args(["script", "--no-inline", "--fields", "ip,sym", "--input"]);
    let output = command.arg(&data).stderr(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", output.status).into());
    }
    let stacks = stacks::read(&String::from_utf8_lossy(&output.stdout));
    fs::create_dir_all(&stage.plan.out)?;
    let file = stage.plan.out.join(file(row));
    let drawn = draw::write(&file, row, &stacks);
    drawn.map_err(|error| format!("{} cannot be drawn: {error}", file.display()).into())
}
