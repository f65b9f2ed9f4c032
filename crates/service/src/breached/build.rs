//! Build a filter: count what goes into it, fill it in memory, write it aside and give it its
//! name.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::format::{BLOCK, Header, set};
use super::lists::{self, Line};

/// Bytes that are written between two reports.
const AT_ONCE: usize = 1024 * 1024;

/// What is to be built.
#[derive(Clone, Debug)]
pub struct Order {
    /// From what: files with `HASH:COUNT`, `HASH` or a password on each line.
    pub lists: Vec<PathBuf>,
    /// Into which file.
    pub output: PathBuf,
    /// Hashes that were counted less often are left out.
    pub at_least: u64,
}

/// What is done at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The lists are read for the first time.
    Counting,
    /// They are read for the second time.
    Filling,
    /// The filter is written.
    Writing,
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What is done.
    pub stage: Stage,
    /// Bytes that were read or written.
    pub done: u64,
    /// Of so many.
    pub all: u64,
}

/// What was built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Built {
    /// Passwords in the filter; those in two lists are counted twice.
    pub entries: u64,
    /// Lines left out: too seldom, too short to be chosen, or no text.
    pub left_out: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why no filter was built. What was there before is still there.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A list cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    List {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line of a list cannot be read. What is in it is not repeated.
    #[error("line {number} of {} {what}", path.display())]
    Line {
        /// Of which.
        path: PathBuf,
        /// Which line, from 1.
        number: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The hashes are of another kind.
    #[error(
        "{} holds hashes that are no SHA-1, such as NTLM or MD5; get the list of SHA-1 hashes",
        .0.display()
    )]
    OtherHashes(PathBuf),
    /// There is nothing in the lists.
    #[error("the lists hold no password that could be chosen and no hash; nothing was built")]
    Empty,
    /// A list was written to.
    #[error("the lists changed while they were read; build it again when they are complete")]
    Changed,
    /// The filter does not fit into memory.
    #[error(
        "the filter needs {bytes} bytes of memory, which are not there; leave out what seldom \
         leaked with --at-least"
    )]
    Memory {
        /// So many.
        bytes: u64,
    },
    /// The filter cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Output {
        /// Where to.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Somebody asked to stop.
    #[error("stopped; nothing was built")]
    Stopped,
}

impl BuildError {
    pub(super) fn list(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        Self::List { path, error }
    }

    pub(super) fn line(path: &Path, number: u64, what: &'static str) -> Self {
        let path = path.to_owned();
        Self::Line { path, number, what }
    }
}

/// Builds a filter. The lists are read twice, in memory that does not grow with them; the filter
/// itself is in memory until it is written. It says how far it is to `report`, and stops soon
/// after `stop` is set.
///
/// # Errors
/// [`BuildError`].
pub fn build(
    order: &Order,
    stop: &AtomicBool,
    mut report: impl FnMut(Progress),
) -> Result<Built, BuildError> {
    let lengths = order.lists.iter().map(|path| lists::length(path));
    let all = lengths.sum::<Result<u64, _>>()?;
    // First, so that hours are not spent for a folder that cannot be written to.
    let mut aside = Aside::create(&order.output)?;

    let (mut entries, mut left_out) = (0, 0);
    let count = |line: Line| match line {
        Line::LeftOut => left_out += 1,
        Line::Hash(_) | Line::Password(_) => entries += 1,
    };
    read(order, stop, (Stage::Counting, all), &mut report, count)?;
    if entries == 0 {
        return Err(BuildError::Empty);
    }
    let mut header = Header {
        entries,
        blocks: Header::blocks_for(entries),
        at_least: order.at_least,
        checksum: 0,
    };
    let mut blocks = zeroed(&header)?;
    let mut filled = 0;
    let fill = |line: Line| {
        if let Some(digest) = line.digest() {
            let (block, bits) = header.place(&digest);
            let start = block as usize * BLOCK;
            set(&mut blocks[start..start + BLOCK], &bits);
            filled += 1;
        }
    };
    read(order, stop, (Stage::Filling, all), &mut report, fill)?;
    if filled != entries {
        return Err(BuildError::Changed);
    }
    header.checksum = crc32fast::hash(&blocks);
    aside.write(&header.write(), &blocks, stop, &mut report)?;
    aside.keep()?;
    Ok(Built {
        entries,
        left_out,
        bytes: header.file_length(),
    })
}

/// Reads all lists once.
fn read(
    order: &Order,
    stop: &AtomicBool,
    (stage, all): (Stage, u64),
    report: &mut impl FnMut(Progress),
    mut each: impl FnMut(Line),
) -> Result<(), BuildError> {
    let mut done = 0;
    for path in &order.lists {
        lists::read(path, order.at_least, &mut each, |bytes| {
            done += bytes;
            report(Progress { stage, done, all });
            go_on(stop)
        })?;
    }
    Ok(())
}

fn go_on(stop: &AtomicBool) -> Result<(), BuildError> {
    if stop.load(Ordering::Relaxed) {
        return Err(BuildError::Stopped);
    }
    Ok(())
}

/// Room for all blocks. A want of memory is an error here, not the end of the process.
fn zeroed(header: &Header) -> Result<Vec<u8>, BuildError> {
    let bytes = header.blocks.saturating_mul(BLOCK as u64);
    let missing = || BuildError::Memory { bytes };
    let length = usize::try_from(bytes).map_err(|_| missing())?;
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(length).map_err(|_| missing())?;
    blocks.resize(length, 0);
    Ok(blocks)
}

/// A file beside the one that is meant, deleted unless it gets its name.
struct Aside<'a> {
    file: File,
    path: PathBuf,
    output: &'a Path,
    kept: bool,
}

impl<'a> Aside<'a> {
    fn create(output: &'a Path) -> Result<Self, BuildError> {
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let path = output.with_file_name(format!(".{name}.{}", std::process::id()));
        if output.is_dir() {
            return Err(failed(output, io::ErrorKind::IsADirectory.into()));
        }
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = file.map_err(|error| failed(output, error))?;
        Ok(Self {
            file,
            path,
            output,
            kept: false,
        })
    }

    fn write(
        &mut self,
        header: &[u8],
        blocks: &[u8],
        stop: &AtomicBool,
        report: &mut impl FnMut(Progress),
    ) -> Result<(), BuildError> {
        let all = blocks.len() as u64;
        let mut done = 0;
        for part in std::iter::once(header).chain(blocks.chunks(AT_ONCE)) {
            go_on(stop)?;
            let written = self.file.write_all(part);
            written.map_err(|error| failed(self.output, error))?;
            report(Progress {
                stage: Stage::Writing,
                done,
                all,
            });
            done += part.len() as u64;
        }
        Ok(())
    }

    /// Gives it its name, durably.
    fn keep(mut self) -> Result<(), BuildError> {
        let folder = match self.output.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let named = self.file.sync_all();
        let named = named.and_then(|()| std::fs::rename(&self.path, self.output));
        self.kept = named.is_ok();
        let durable = named.and_then(|()| File::open(folder)?.sync_all());
        durable.map_err(|error| failed(self.output, error))
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // It stays where it cannot be deleted; its name says what it was.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn failed(path: &Path, error: io::Error) -> BuildError {
    let path = path.to_owned();
    BuildError::Output { path, error }
}
