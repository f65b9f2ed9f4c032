//! Where and of what the day was.

use std::fs;
use std::process::Command;

use countersign_domain::{Clock, SystemClock};
use serde::Serialize;

/// What somebody needs who compares two days.
#[derive(Serialize)]
pub(super) struct Machine {
    pub(super) date: String,
    /// Of the source, `+` behind it where that was changed since.
    pub(super) commit: String,
    pub(super) processor: String,
    pub(super) kernel: String,
    /// Programs that ran or waited on average over the minute before.
    pub(super) load: String,
}

impl Machine {
    /// This one, now.
    pub(super) fn look() -> Self {
        let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
        let first = |text: String, until: &[char]| {
            let first = text.split(until).next().unwrap_or_default();
            first.trim().to_owned()
        };
        let processor = read("/proc/cpuinfo");
        let processor = processor.split("model name").nth(1).unwrap_or(": unknown");
        Self {
            date: SystemClock.now().to_string(),
            commit: said("git", &["describe", "--always", "--abbrev=12", "--dirty=+"]),
            processor: first(
                processor.trim_start_matches(['\t', ' ', ':']).to_owned(),
                &['\n'],
            ),
            kernel: first(read("/proc/sys/kernel/osrelease"), &['\n']),
            load: first(read("/proc/loadavg"), &[' ']),
        }
    }
}

/// What a program prints, if it ends well.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().ok();
    let output = output.filter(|output| output.status.success());
    output.map_or_else(
        || "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
