//! A measurement that is broken off leaves no server behind.

mod countersign;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

#[test]
fn its_server_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut day = Command::new(env!("CARGO_BIN_EXE_countersign-bench"));
    day.args(["on-sale", "--quick", "--binary"]);
    day.arg(countersign::binary())
        .arg("--out")
        .arg(folder.path());
    let mut day = day
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(day.stderr.take().unwrap());
    let mut said = said.lines().map(Result::unwrap);
    let begins = said.any(|line| line.starts_with("the day takes"));
    assert!(begins, "the server runs");
    let server = child(day.id()).expect("it is a child of the measurement's");
    let server = pidfd_open(server, PidfdFlags::empty()).unwrap();

    kill_process(Pid::from_child(&day), Signal::INT).unwrap();
    assert_eq!(day.wait().unwrap().code(), Some(130));
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
