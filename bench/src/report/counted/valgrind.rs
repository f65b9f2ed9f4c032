//! Valgrind's tools, and how their counts are read while they run.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Counts;
use crate::Error;

/// What counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    /// Instructions.
    Callgrind,
    /// What is asked of the allocator. It is Valgrind's own then, behind the entry points of the C
    /// library's, so instructions are not counted with it.
    Massif,
}

/// Its version, or why there is none.
pub(super) fn version() -> Result<String, String> {
    let output = Command::new("valgrind").arg("--version").output();
    let output = output.map_err(|error| format!("valgrind does not start: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Tool {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Callgrind => "callgrind",
            Self::Massif => "massif",
        }
    }

    /// What stands before the program that is counted; what is counted comes into this file.
    pub(super) fn command(self, output: &Path) -> Vec<String> {
        let output = output.display();
        let options = match self {
            Self::Callgrind => vec![
                "--tool=callgrind".to_owned(),
                format!("--callgrind-out-file={output}"),
            ],
            Self::Massif => vec![
                "--tool=massif".to_owned(),
                "--massif-out-file=/dev/null".to_owned(),
                "--trace-malloc=yes".to_owned(),
                format!("--log-file={output}"),
            ],
        };
        [vec!["valgrind".to_owned()], options].concat()
    }
}

/// Counts of a program that runs under a tool.
pub(super) struct Counter {
    tool: Tool,
    process: u32,
    output: PathBuf,
    /// Profiles that Callgrind wrote, or bytes that were read of Massif's log.
    taken: u64,
}

impl Counter {
    pub(super) fn new(tool: Tool, process: u32, output: &Path) -> Self {
        Self {
            tool,
            process,
            output: output.to_owned(),
            taken: 0,
        }
    }

    /// What was counted since this was last asked for.
    pub(super) fn take(&mut self) -> Result<Counts, Error> {
        match self.tool {
            Tool::Callgrind => self.dump(),
            Tool::Massif => self.read(),
        }
    }

    /// Each profile begins where the one before ends.
    fn dump(&mut self) -> Result<Counts, Error> {
        let mut control = Command::new("callgrind_control");
        control.arg("--dump").arg(self.process.to_string());
        let output = control.output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{control:?} failed: {}", said.trim()).into());
        }
        self.taken += 1;
        let mut profile = self.output.clone().into_os_string();
        profile.push(format!(".{}", self.taken));
        let written = fs::read_to_string(&profile)
            .map_err(|error| format!("Callgrind wrote no profile into {profile:?}: {error}"))?;
        fs::remove_file(profile)?;
        let instructions = totals(&written).ok_or("a profile of Callgrind's has no totals")?;
        Ok(Counts {
            instructions: instructions as f64,
            ..Counts::default()
        })
    }

    fn read(&mut self) -> Result<Counts, Error> {
        let mut log = File::open(&self.output)?;
        log.seek(SeekFrom::Start(self.taken))?;
        let mut lines = String::new();
        self.taken += log.read_to_string(&mut lines)? as u64;
        let mut counts = Counts::default();
        for bytes in lines.lines().filter_map(allocated) {
            counts.allocations += 1.0;
            counts.bytes += bytes as f64;
        }
        Ok(counts)
    }
}

/// The instructions of a profile.
fn totals(profile: &str) -> Option<u64> {
    let mut lines = profile.lines().rev();
    let totals = lines.find_map(|line| line.strip_prefix("totals:"))?;
    totals.trim().parse().ok()
}

/// How many bytes a line of the log tells that were asked for: `--77-- malloc(40) = 0x4A2B040`.
/// One that grows is asked for as well; one that begins with nothing is told as both,
/// `realloc(0x0,40)malloc(40)`.
fn allocated(line: &str) -> Option<u64> {
    let (_, call) = line.strip_prefix("--")?.split_once("-- ")?;
    let (name, rest) = call.split_once('(')?;
    let (arguments, _) = rest.split_once(')')?;
    let mut arguments = arguments.split(',');
    // As in `memalign(al 64, size 512)`.
    let number = |text: &str| text.split_whitespace().last()?.parse::<u64>().ok();
    match name {
        "free" | "malloc_usable_size" => None,
        "calloc" => Some(number(arguments.next()?)? * number(arguments.next()?)?),
        _ => number(arguments.next_back()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_of_a_profile_are_its_instructions() {
        let profile = "events: Ir\nsummary: 19\nfn=(1) main\n16 19\n\ntotals: 123456\n";
        assert_eq!(totals(profile), Some(123_456));
        assert_eq!(totals("events: Ir\n"), None);
    }

    #[test]
    fn every_way_to_ask_for_memory_is_counted_once() {
        for (line, bytes) in [
            ("--77-- malloc(40) = 0x4A2B040", Some(40)),
            ("--77-- calloc(3,40) = 0x4A2B040", Some(120)),
            ("--77-- realloc(0x4A2B040,96) = 0x4A2B040", Some(96)),
            ("--77-- realloc(0x0,96)malloc(96) = 0x4A2B040", Some(96)),
            ("--77-- memalign(al 64, size 512) = 0x4A2B040", Some(512)),
            ("--77-- free(0x4A2B040)", None),
            ("==77== Massif, a heap profiler", None),
        ] {
            assert_eq!(allocated(line), bytes, "{line}");
        }
    }
}
