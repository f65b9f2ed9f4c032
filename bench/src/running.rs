//! Programs that this one starts, and that end with it. Who breaks a measurement off leaves no
//! server behind that would be in the way of the next one: those that have a session or a process
//! group of their own hear nothing of a Ctrl-C.

use std::collections::BTreeSet;
use std::io;
use std::pin::pin;
use std::process::{Child, ChildStdout, Command, ExitCode, ExitStatus};

use futures_util::future::{Either, select, select_all};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::Error;

/// What a shell adds to the number of the signal that ended a program.
const ENDED_BY_SIGNAL: i32 = 128;

/// The processes that end with this one. None of them was waited for yet, so that each id is
/// theirs alone.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A program that runs until this is dropped.
pub(crate) struct Running(Child);

impl Running {
    /// Starts it.
    ///
    /// # Errors
    /// The system's, where it does not start.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut running = RUNNING.lock();
        let child = command.spawn()?;
        running.insert(child.id());
        Ok(Self(child))
    }

    /// What the system calls it.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// The same, for who sends it a signal.
    pub(crate) fn process(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// What it prints, where its command says that somebody reads it.
    pub(crate) fn output(&mut self) -> Option<&mut ChildStdout> {
        self.0.stdout.as_mut()
    }

    /// How it ended, if it has.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        let mut running = RUNNING.lock();
        let ended = self.0.try_wait().ok()??;
        running.remove(&self.id());
        Some(ended)
    }

    /// How it ends, once it was told to.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        RUNNING.lock().remove(&self.id());
        self.0.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.wait();
    }
}

/// Does this work, unless it is broken off.
///
/// # Errors
/// The system gives us no thread, or will not tell of signals.
pub(crate) fn unless_interrupted(
    work: impl FnOnce() -> ExitCode + Send + 'static,
) -> Result<ExitCode, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::quit(),
            SignalKind::hangup(),
        ];
        // As with `nohup`: whoever started this wants it to go on then.
        let ignored = ignored();
        let kinds = kinds.map(|kind| kind.as_raw_value());
        let heard = |kind: &i32| ignored >> (kind - 1) & 1 == 0;
        let kinds: Vec<_> = kinds.into_iter().filter(heard).collect();
        let signals = kinds.iter().map(|kind| signal(SignalKind::from_raw(*kind)));
        let mut signals = signals.collect::<io::Result<Vec<_>>>()?;
        let interrupted = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
        let (done, is_done) = oneshot::channel();
        std::thread::Builder::new().spawn(|| done.send(work()))?;
        match select(pin!(is_done), select_all(interrupted)).await {
            // It panicked, and has said so.
            Either::Left((ended, _)) => Ok(ended.unwrap_or(ExitCode::FAILURE)),
            Either::Right(((_, which, _), _)) => {
                end_all();
                let code = u8::try_from(ENDED_BY_SIGNAL + kinds[which])?;
                Ok(ExitCode::from(code))
            }
        }
    })
}

/// The signals that this process was started to ignore, a bit each, the first of them the lowest
/// (proc(5), `SigIgn`).
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let bits = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    bits.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .unwrap_or(0)
}

fn end_all() {
    let running = RUNNING.lock();
    let processes = running.iter().filter_map(|id| i32::try_from(*id).ok());
    for process in processes.filter_map(Pid::from_raw) {
        // It may lead no group.
        let _ = kill_process_group(process, Signal::KILL);
        let _ = kill_process(process, Signal::KILL);
    }
    // Nobody starts another one until this process has ended.
    std::mem::forget(running);
}
