//! Who breaks a measurement off leaves no server behind that would be in the way of the next one:
//! those that have a session or a process group of their own hear nothing of a Ctrl-C.

use std::collections::BTreeSet;
use std::pin::pin;
use std::process::ExitCode;

use futures_util::future::{Either, select, select_all};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::Error;

/// What a shell says of a program that a Ctrl-C ended.
const BROKEN_OFF: u8 = 130;

/// The processes that end with this one.
static RUNNING: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A process that this one started, until this is dropped.
pub(crate) struct EndsWithUs(u32);

impl EndsWithUs {
    /// It, and those of its group if it leads one.
    pub(crate) fn new(process: u32) -> Self {
        RUNNING.lock().insert(process);
        Self(process)
    }
}

impl Drop for EndsWithUs {
    fn drop(&mut self) {
        RUNNING.lock().remove(&self.0);
    }
}

/// Does this, unless it is broken off.
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
        let mut signals = Vec::new();
        for kind in [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ] {
            signals.push(signal(kind)?);
        }
        let signals = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
        let (done, is_done) = oneshot::channel();
        std::thread::Builder::new().spawn(|| done.send(work()))?;
        match select(pin!(is_done), select_all(signals)).await {
            // It panicked, and has said so.
            Either::Left((ended, _)) => Ok(ended.unwrap_or(ExitCode::FAILURE)),
            Either::Right(_) => {
                end_all();
                Ok(ExitCode::from(BROKEN_OFF))
            }
        }
    })
}

fn end_all() {
    let running = RUNNING.lock();
    let running = running
        .iter()
        .filter_map(|process| i32::try_from(*process).ok());
    for process in running.filter_map(Pid::from_raw) {
        // It may lead no group, and may have ended.
        let _ = kill_process_group(process, Signal::KILL);
        let _ = kill_process(process, Signal::KILL);
    }
}
