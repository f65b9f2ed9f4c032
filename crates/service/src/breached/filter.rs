//! A filter in its file, open.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::format::{BLOCK, Digest, HEADER, Header, NoHeader, are_set};

/// Blocks that are read at once when all are.
const AT_ONCE: u64 = 256;

/// Why a file is not used as a filter.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// It cannot be read.
    #[error("cannot read the filter of leaked passwords {}: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is something else.
    #[error(
        "{} is no filter of leaked passwords; make one with `countersign passwords build`",
        .0.display()
    )]
    Foreign(PathBuf),
    /// Another version wrote it.
    #[error(
        "{} is a filter of leaked passwords in the format {version}, which this version does not \
         read; build it anew with `countersign passwords build`",
        path.display()
    )]
    Version {
        /// Which file.
        path: PathBuf,
        /// Its format.
        version: u32,
    },
    /// It is not as it was written.
    #[error(
        "the filter of leaked passwords {} is damaged or cut short; copy it again, or build it \
         anew with `countersign passwords build`",
        .0.display()
    )]
    Damaged(PathBuf),
}

/// A filter. The file stays open: one that takes its name later is not looked at.
#[derive(Debug)]
pub(super) struct Filter {
    file: File,
    path: PathBuf,
    header: Header,
}

impl Filter {
    pub(super) fn open(path: &Path) -> Result<Self, FilterError> {
        let unreadable = |error| FilterError::Unreadable {
            path: path.to_owned(),
            error,
        };
        // Before it is opened: opening a pipe waits for whoever writes to it.
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() || metadata.len() < HEADER as u64 {
            return Err(FilterError::Foreign(path.to_owned()));
        }
        let file = File::open(path).map_err(unreadable)?;
        let mut bytes = [0; HEADER];
        file.read_exact_at(&mut bytes, 0).map_err(unreadable)?;
        let header = Header::read(&bytes).map_err(|no| match no {
            NoHeader::Foreign => FilterError::Foreign(path.to_owned()),
            NoHeader::Version(version) => FilterError::Version {
                path: path.to_owned(),
                version,
            },
            NoHeader::Damaged => FilterError::Damaged(path.to_owned()),
        })?;
        if metadata.len() != header.file_length() {
            return Err(FilterError::Damaged(path.to_owned()));
        }
        Ok(Self {
            file,
            path: path.to_owned(),
            header,
        })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// Reads every block and compares the checksum.
    pub(super) fn verify(&self) -> Result<(), FilterError> {
        let mut hasher = crc32fast::Hasher::new();
        let mut buffer = vec![0; BLOCK * AT_ONCE as usize];
        let mut block = 0;
        while block < self.header.blocks {
            let count = AT_ONCE.min(self.header.blocks - block);
            let part = &mut buffer[..BLOCK * count as usize];
            let read = self.file.read_exact_at(part, (block + 1) * BLOCK as u64);
            read.map_err(|error| FilterError::Unreadable {
                path: self.path.clone(),
                error,
            })?;
            hasher.update(part);
            block += count;
        }
        if hasher.finalize() == self.header.checksum {
            Ok(())
        } else {
            Err(FilterError::Damaged(self.path.clone()))
        }
    }

    /// Whether this is in it, or one that cannot be told from it.
    pub(super) fn has(&self, digest: &Digest) -> io::Result<bool> {
        let (number, bits) = self.header.place(digest);
        let mut block = [0; BLOCK];
        let place = (number + 1) * BLOCK as u64;
        self.file.read_exact_at(&mut block, place)?;
        Ok(are_set(&block, &bits))
    }
}
