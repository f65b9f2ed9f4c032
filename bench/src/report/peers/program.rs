//! A server that is not ours: in a folder of its own, with all the processes that it starts.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::{Signal, kill_process_group};

use super::peer::Server;
use crate::Error;
use crate::running::Running;

/// How much of what it wrote is shown where it fails.
const SHOWN: usize = 2000;

/// Runs until it is dropped.
pub(super) struct Program {
    address: SocketAddr,
    running: Running,
    log: PathBuf,
}

/// A port of this machine that nobody listens on.
pub(super) fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

impl Program {
    /// Starts what will listen on this port of localhost. What it writes goes into the file `log`.
    pub(super) fn start(mut command: Command, port: u16, log: PathBuf) -> Result<Self, Error> {
        let written = File::create(&log)?;
        command
            .stdin(Stdio::null())
            .stdout(written.try_clone()?)
            .stderr(written)
            // Of its own, so that those whom it starts are known, and end with it.
            .process_group(0);
        let started = Running::start(&mut command);
        let running = started.map_err(|error| format!("{command:?} does not start: {error}"))?;
        Ok(Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            running,
            log,
        })
    }

    fn said(&self) -> String {
        let written = fs::read(&self.log).unwrap_or_default();
        let last = written.len().saturating_sub(SHOWN);
        String::from_utf8_lossy(&written[last..]).into_owned()
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        Ok(kill_process_group(self.running.process(), signal)?)
    }
}

impl Server for Program {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn processes(&self) -> Result<Vec<u32>, Error> {
        let mut processes = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|name| name.parse().ok());
            // One that has ended meanwhile is none of them.
            let stat = fs::read_to_string(format!("/proc/{}/stat", name.display()));
            if let (Some(id), Ok(stat)) = (id, stat)
                && group(&stat) == Some(self.running.id())
            {
                processes.push(id);
            }
        }
        Ok(processes)
    }

    fn has_ended(&mut self) -> Option<String> {
        let ended = self.running.has_ended()?;
        Some(format!("ended with {ended}:\n{}", self.said()))
    }

    fn stop(mut self: Box<Self>) -> Result<(), Error> {
        self.signal(Signal::TERM)?;
        self.running.wait()?;
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // With those that it started; itself it ends as it is dropped.
        let _ = self.signal(Signal::KILL);
    }
}

/// The process group, the 5th field of proc(5); the second is a name that may hold anything.
fn group(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_found_behind_any_name() {
        let stat = "7 (a) b (c)) S 1 42 7 0 -1 4194304 900";
        assert_eq!(group(stat), Some(42));
        assert_eq!(group("7 (a) S"), None);
    }

    /// The shell starts another, and both are counted; neither outlives the program.
    #[test]
    fn whom_a_program_starts_belongs_to_it_and_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        let mut shell = Command::new("sh");
        // Both write when they run, and wait for what never comes.
        let script = "mkfifo \"$0\"; sh -c 'echo one; read line < \"$0\"' \"$0\" & \
                      echo two; read line < \"$0\"";
        shell.arg("-c").arg(script).arg(&fifo);
        let log = folder.path().join("log");
        let program = Program::start(shell, 1, log).unwrap();
        while program.said().lines().count() < 2 {
            std::thread::yield_now();
        }
        let processes = program.processes().unwrap();
        assert_eq!(processes.len(), 2);
        assert!(processes.contains(&program.running.id()));
        let group = program.running.id();
        drop(program);
        // The other is ended by the system at once, and reaped when it finds the time.
        let lives = |stat: String| !stat.contains(") Z ");
        for process in processes.into_iter().filter(|process| *process != group) {
            let stat = || fs::read_to_string(format!("/proc/{process}/stat"));
            while stat().is_ok_and(lives) {
                std::thread::yield_now();
            }
        }
    }

    #[test]
    fn a_program_that_ends_says_what_it_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo no such setting >&2; exit 3"]);
        let mut program = Program::start(shell, 1, folder.path().join("log")).unwrap();
        let ended = loop {
            if let Some(ended) = program.has_ended() {
                break ended;
            }
            std::thread::yield_now();
        };
        assert!(ended.contains("exit status: 3") && ended.contains("no such setting"));
    }
}
