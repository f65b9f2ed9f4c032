//! The on-sale day, played in a fraction of its time: nothing that the server acknowledged is lost
//! when it is killed, and nothing is answered wrong. What it says of speed is nobody's business
//! here.

mod countersign;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use serde_json::Value;

/// A short day that leaves what it makes in this folder.
fn day(folder: &Path) -> Command {
    let mut day = Command::new(env!("CARGO_BIN_EXE_countersign-bench"));
    day.args(["on-sale", "--quick", "--binary"]);
    day.arg(countersign::binary()).arg("--out").arg(folder);
    day.env("TMPDIR", folder);
    day
}

#[test]
fn nothing_is_lost_or_answered_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let mut day = day(folder.path());
    // It fails if anything is.
    let output = day.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let results: Value = serde_json::from_str(&read("results.json")).unwrap();
    assert_eq!(results["faults"], Value::Array(Vec::new()));
    for checked in results["checked"].as_array().unwrap() {
        assert!(checked["asked"].as_u64().unwrap() > 0, "{checked}");
        assert_eq!(checked["failed"], 0, "{checked}");
    }
    let page = read("README.md");
    for plot in ["requests.svg", "latencies.svg", "shed.svg", "server.svg"] {
        assert!(page.contains(plot), "{plot} is on the page");
        assert!(read(plot).contains("</svg>"), "{plot} is drawn");
    }
}

/// Ends with the test, however that ends.
struct Played(std::process::Child);

impl Drop for Played {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_day_that_is_broken_off_leaves_no_server_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut day = day(folder.path());
    let day = day.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut day = Played(day.spawn().unwrap());
    let said = BufReader::new(day.0.stderr.take().unwrap());
    let mut said = said.lines().map(Result::unwrap);
    let begins = said.any(|line| line.starts_with("the day takes"));
    assert!(begins, "the server runs");
    let server = child(day.0.id()).expect("it is a child of the measurement's");
    let server = pidfd_open(server, PidfdFlags::empty()).unwrap();

    // Unlike that of a Ctrl-C, this signal is ignored by nobody who runs tests in the background.
    kill_process(Pid::from_child(&day.0), Signal::TERM).unwrap();
    assert_eq!(day.0.wait().unwrap().code(), Some(128 + 15));
    let ended = PollFd::new(&server, PollFlags::IN);
    let patience = Timespec {
        tv_sec: 30,
        tv_nsec: 0,
    };
    assert_eq!(poll(&mut [ended], Some(&patience)).unwrap(), 1);
}

/// Whom a process has started, by the 4th field of proc(5); the second may hold anything.
fn child(parent: u32) -> Option<Pid> {
    let is_child = |name: &str| {
        let stat = std::fs::read_to_string(format!("/proc/{name}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        let its_parent: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
        let process = Pid::from_raw(name.parse().ok()?)?;
        (its_parent == parent).then_some(process)
    };
    let mut processes = std::fs::read_dir("/proc").ok()?;
    processes.find_map(|entry| is_child(entry.ok()?.file_name().to_str()?))
}
