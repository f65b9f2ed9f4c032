//! What the system knows of a running program (proc(5)).

use std::fs;

use crate::Error;

/// The time that its threads had on a core until now, in seconds.
pub(super) fn cpu_seconds(process: u32) -> Result<f64, Error> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))
        .map_err(|error| format!("the server that is measured is gone: {error}"))?;
    let ticks = ticks(&stat).ok_or("/proc/PID/stat is not as proc(5) has it")?;
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Its memory, in MiB: all that it has in it, and its part of what it shares with others.
pub(super) fn memory(process: u32) -> Result<Memory, Error> {
    let read = |file: &str, name: &str| -> Result<f64, Error> {
        let text = fs::read_to_string(format!("/proc/{process}/{file}"))?;
        let kib = kib(&text, name);
        Ok(kib.ok_or_else(|| format!("there is no {name} in /proc/PID/{file}"))? as f64 / 1024.0)
    };
    Ok(Memory {
        resident: read("status", "VmRSS")?,
        proportional: read("smaps_rollup", "Pss")?,
    })
}

/// Memory, in MiB.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(super) struct Memory {
    pub(super) resident: f64,
    pub(super) proportional: f64,
}

/// User and system time, the 14th and the 15th field; the second is a name that may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

/// A line such as `VmRSS:      1234 kB`.
pub(super) fn kib(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_found_behind_any_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 900 0 0 0 250 75 0 0 20 0 3 0 100 0";
        assert_eq!(ticks(stat), Some(325));
        assert_eq!(ticks("7 (a) S 1"), None);
    }

    #[test]
    fn memory_is_found_by_its_whole_name() {
        let text = "VmHWM:\t    9 kB\nVmRSSx:\t 8 kB\nVmRSS:\t   2048 kB\n";
        assert_eq!(kib(text, "VmRSS"), Some(2048));
        assert_eq!(kib(text, "Pss"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_runs_has_time_and_memory() {
        let own = std::process::id();
        assert!(cpu_seconds(own).unwrap() >= 0.0);
        assert!(memory(own).unwrap().resident > 0.0);
    }
}
