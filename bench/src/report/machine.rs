//! Where and of what the measurement was.

use std::fs;
use std::process::Command;

use countersign_domain::{Clock, SystemClock};
use serde::Serialize;

use super::process::kib;
use super::wrk;
use crate::Error;

/// All that somebody needs who compares two reports.
#[derive(Serialize)]
pub(super) struct Machine {
    pub(super) date: String,
    /// Of the source, `+` behind it where that was changed since.
    pub(super) commit: String,
    pub(super) processor: String,
    /// Cores that the measurement could use.
    pub(super) cores: usize,
    pub(super) memory_mib: u64,
    pub(super) kernel: String,
    pub(super) rustc: String,
    pub(super) wrk: String,
    /// Programs that ran or waited on average over the minute before.
    pub(super) load: f64,
}

impl Machine {
    /// This one, now.
    pub(super) fn look(cores: usize) -> Result<Self, Error> {
        let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
        let load = read("/proc/loadavg");
        let load = load.split(' ').next().and_then(|load| load.parse().ok());
        let kernel = read("/proc/sys/kernel/osrelease");
        let memory = kib(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
        Ok(Self {
            date: SystemClock.now().to_string(),
            commit: commit(),
            processor: processor(&read("/proc/cpuinfo")),
            cores,
            memory_mib: memory / 1024,
            kernel: kernel.trim().to_owned(),
            rustc: said("rustc", &["--version"]).unwrap_or_else(unknown),
            wrk: wrk::version()?,
            load: load.unwrap_or_default(),
        })
    }
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn commit() -> String {
    let Some(commit) = said("git", &["rev-parse", "--short=12", "HEAD"]) else {
        return unknown();
    };
    let changed = said("git", &["status", "--porcelain", "--untracked-files=no"]);
    let changed = changed.is_some_and(|files| !files.is_empty());
    format!("{commit}{}", if changed { "+" } else { "" })
}

/// What a program prints, if it ends well.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let said = output.status.success().then_some(output.stdout)?;
    Some(String::from_utf8_lossy(&said).trim().to_owned())
}

fn processor(cpuinfo: &str) -> String {
    let mut lines = cpuinfo.lines();
    let name = lines.find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(unknown, |(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_has_a_name_or_none() {
        let cpuinfo = "processor\t: 0\nmodel name\t: A Fast One @ 3 GHz\nflags\t: fpu\n";
        assert_eq!(processor(cpuinfo), "A Fast One @ 3 GHz");
        assert_eq!(processor("processor\t: 0\n"), "unknown");
    }
}
