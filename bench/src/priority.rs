//! Which threads give way, and which keep to a core.

use crate::Error;

/// How much those give way to what is measured that stand for other machines: there they would
/// take none of this one's time.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Has the thread that calls this give way.
pub(crate) fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

/// The cores that this process may use.
pub(crate) fn cores() -> Result<Vec<usize>, Error> {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity};
        let allowed = sched_getaffinity(None)?;
        Ok((0..CpuSet::MAX_CPU)
            .filter(|core| allowed.is_set(*core))
            .collect())
    }
    #[cfg(not(target_os = "linux"))]
    Err(LINUX_ALONE.into())
}

/// Of those, the core for the server and the one from which it is asked; the same where there is no
/// other.
pub(crate) fn two_cores() -> Result<(usize, usize), Error> {
    let cores = cores()?;
    let server = *cores.first().ok_or("there is no core to run on")?;
    Ok((server, cores.get(1).copied().unwrap_or(server)))
}

/// Has the thread that calls this keep to one core, and with it the threads and the programs that
/// it starts from now on.
pub(crate) fn keep_to(core: usize) -> Result<(), Error> {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_setaffinity};
        let mut alone = CpuSet::new();
        alone.set(core);
        Ok(sched_setaffinity(None, &alone)
            .map_err(|error| format!("core {core} is not to be had: {error}"))?)
    }
    #[cfg(not(target_os = "linux"))]
    Err(LINUX_ALONE.into())
}

/// Does this on one core, with all that it starts.
pub(crate) fn on_core<T: Send>(
    core: usize,
    work: impl FnOnce() -> Result<T, Error> + Send,
) -> Result<T, Error> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            keep_to(core)?;
            work()
        });
        let done = thread.join();
        done.unwrap_or_else(|_| Err(format!("what ran on core {core} broke off").into()))
    })
}

#[cfg(not(target_os = "linux"))]
const LINUX_ALONE: &str = "only on Linux can a program be kept to a core; run this there";
