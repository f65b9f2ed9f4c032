//! Reading the file, on a thread of its own.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use countersign_service::operator::ImportedUser;
use csv::ByteRecord;
use serde_json::Value;
use tokio::sync::mpsc;

use super::capped::{Allowance, Capped, MOST};
use super::row::{Object, Row};
use super::shape::{self, Trust};
use super::{elements, table};
use crate::Error;
use crate::arguments::ImportFormat;

/// Users that are added in one unit of work.
const CHUNK: usize = 250;
/// Chunks that are read ahead.
const AHEAD: usize = 4;

/// A file that is to be imported.
pub(super) struct Source {
    path: PathBuf,
    file: Box<dyn Read + Send>,
    length: Option<u64>,
    read: Arc<AtomicU64>,
}

/// Where something stands in a file.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// A line, from 1.
    Line(u64),
    /// An element of a list, from 1.
    User(u64),
}

/// What stands there, as it was read.
pub(super) enum Raw {
    Line(Vec<u8>),
    Row(ByteRecord),
    Element(Value),
    /// It was too long to be kept.
    Lost,
}

/// One user of the file.
pub(super) struct Record {
    pub(super) place: Place,
    pub(super) raw: Raw,
    /// The user, or why it cannot be one.
    pub(super) user: Result<ImportedUser, String>,
}

/// Some of them.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) records: Vec<Record>,
    /// The first line of a table.
    pub(super) header: Option<Arc<ByteRecord>>,
}

impl Chunk {
    /// Those who can be users.
    pub(super) fn users(&self) -> impl Iterator<Item = &ImportedUser> {
        self.records
            .iter()
            .filter_map(|record| record.user.as_ref().ok())
    }
}

/// Where records go to be imported.
pub(super) struct Sink {
    chunks: mpsc::Sender<Result<Chunk, String>>,
    chunk: Chunk,
    /// Bytes of what is in the chunk, about.
    bytes: usize,
    header: Option<Arc<ByteRecord>>,
}

/// Nobody reads any more.
pub(super) struct Gone;

impl Sink {
    pub(super) fn header(&mut self, header: &ByteRecord) {
        self.header = Some(Arc::new(header.clone()));
    }

    pub(super) fn add(&mut self, record: Record) -> Result<(), Gone> {
        self.bytes += match &record.raw {
            Raw::Line(line) => line.len(),
            Raw::Row(row) => row.as_slice().len() + 8 * row.len(),
            // No element is longer than is allowed, and most are far shorter.
            Raw::Element(_) | Raw::Lost => MOST / CHUNK,
        };
        self.chunk.records.push(record);
        if self.chunk.records.len() >= CHUNK || self.bytes > MOST {
            return self.flush();
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Gone> {
        self.bytes = 0;
        let mut chunk = std::mem::take(&mut self.chunk);
        chunk.header.clone_from(&self.header);
        self.chunks.blocking_send(Ok(chunk)).map_err(|_| Gone)
    }
}

impl Source {
    /// Opens a file, or standard input for `-`.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let (file, length): (Box<dyn Read + Send>, _) = if path == Path::new("-") {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(path).map_err(|error| format!("cannot open {shown}: {error}"))?;
            let metadata = file.metadata()?;
            if metadata.is_dir() {
                return Err(format!("{shown} is a folder; name a file").into());
            }
            (Box::new(file), metadata.is_file().then_some(metadata.len()))
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            length,
            read: Arc::default(),
        })
    }

    /// How long it is, where that is known.
    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    /// How much of it was read, as it goes on.
    pub(super) fn read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// Starts reading. An error is the last thing that comes.
    pub(super) fn start(
        self,
        format: ImportFormat,
        trust: Trust,
    ) -> Result<mpsc::Receiver<Result<Chunk, String>>, Error> {
        let (chunks, receiver) = mpsc::channel(AHEAD);
        std::thread::Builder::new()
            .name("import".to_owned())
            .spawn(move || {
                let mut sink = Sink {
                    chunks: chunks.clone(),
                    chunk: Chunk::default(),
                    bytes: 0,
                    header: None,
                };
                let path = self.path.display().to_string();
                let read = self.read_into(format, &trust, &mut sink);
                // What stands before an error is imported all the same.
                if sink.flush().is_ok()
                    && let Err(error) = read
                {
                    let _ = chunks.blocking_send(Err(format!("cannot read {path}: {error}")));
                }
            })?;
        Ok(receiver)
    }

    fn read_into(self, format: ImportFormat, trust: &Trust, sink: &mut Sink) -> io::Result<()> {
        let allowance = Allowance::default();
        let mut file = Capped::new(self.file, allowance.clone(), self.read);
        let first = file.first_byte()?;
        match (format, first) {
            (_, None) => Ok(()),
            (ImportFormat::Csv | ImportFormat::Devise, _)
            | (ImportFormat::Django, Some(b'a'..=b'z' | b'A'..=b'Z' | b'"' | b'_')) => {
                table::read(file, &allowance, format, trust, sink)
            }
            (ImportFormat::Jsonl, _) | (ImportFormat::Auth0, Some(b'{')) => {
                lines(file, format, trust, sink)
            }
            _ => elements::read(file, &allowance, format, trust, sink),
        }
    }
}

/// An object a line.
fn lines(mut file: Capped, format: ImportFormat, trust: &Trust, sink: &mut Sink) -> io::Result<()> {
    let mut number = 0;
    while let Some(line) = file.line()? {
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let (raw, user) = if line.len() > MOST {
            (Raw::Lost, Err("the line has more than 1 MiB".to_owned()))
        } else {
            let user = Object::parse(&line)
                .and_then(|object| shape::user(format, &Row::Json(&object.0), trust));
            (Raw::Line(line), user)
        };
        let record = Record {
            place: Place::Line(number),
            raw,
            user,
        };
        if sink.add(record).is_err() {
            break;
        }
    }
    Ok(())
}
