//! Who is refused: told on standard error, and written to a file that can be imported again.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use csv::ByteRecord;
use serde_json::json;

use super::source::{Place, Raw};
use crate::Error;

/// Where they go.
pub(super) struct Refused {
    path: Option<PathBuf>,
    as_json: bool,
    file: Option<Out>,
}

/// The file, in the form of the one that is imported. It holds people's addresses and hashes,
/// and is its owner's alone.
enum Out {
    Lines(BufWriter<File>),
    Table(Box<csv::Writer<File>>),
    /// Elements of a list, with the comma before all but the first.
    List(BufWriter<File>),
}

impl Refused {
    /// For a file of this name, which must be new: it could be the one that is imported.
    pub(super) fn new(path: Option<&Path>, as_json: bool) -> Result<Self, Error> {
        if let Some(path) = path
            && path.exists()
        {
            let path = path.display();
            return Err(format!("{path} exists; name a new file for those who are refused").into());
        }
        Ok(Self {
            path: path.map(Path::to_owned),
            as_json,
            file: None,
        })
    }

    /// Keeps one, and returns the line that tells of it.
    pub(super) fn add(
        &mut self,
        place: Place,
        reason: &str,
        raw: &Raw,
        header: Option<&std::sync::Arc<ByteRecord>>,
    ) -> Result<String, Error> {
        if let Some(path) = &self.path {
            let written = write(&mut self.file, path, raw, header.map(AsRef::as_ref));
            written.map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        Ok(match (place, self.as_json) {
            (Place::Line(number), false) => format!("line {number}: {reason}"),
            (Place::User(number), false) => format!("user {number}: {reason}"),
            (Place::Line(number), true) => json!({"line": number, "reason": reason}).to_string(),
            (Place::User(number), true) => json!({"user": number, "reason": reason}).to_string(),
        })
    }

    /// Ends the file.
    pub(super) fn finish(self) -> Result<(), Error> {
        match self.file {
            None => {}
            Some(Out::Lines(mut file)) => file.flush()?,
            Some(Out::Table(mut file)) => file.flush()?,
            Some(Out::List(mut file)) => {
                file.write_all(b"\n]\n")?;
                file.flush()?;
            }
        }
        Ok(())
    }
}

fn write(
    file: &mut Option<Out>,
    path: &Path,
    raw: &Raw,
    header: Option<&ByteRecord>,
) -> io::Result<()> {
    let create = || {
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600).open(path)
    };
    match (raw, &mut *file) {
        (Raw::Lost, _) => Ok(()),
        (Raw::Line(line), Some(Out::Lines(out))) => {
            out.write_all(line)?;
            out.write_all(b"\n")
        }
        (Raw::Row(row), Some(Out::Table(out))) => Ok(out.write_byte_record(row)?),
        (Raw::Element(element), Some(Out::List(out))) => {
            out.write_all(b",\n")?;
            Ok(serde_json::to_writer(out, element)?)
        }
        (Raw::Line(line), _) => {
            let mut out = BufWriter::new(create()?);
            out.write_all(line)?;
            out.write_all(b"\n")?;
            *file = Some(Out::Lines(out));
            Ok(())
        }
        (Raw::Row(row), _) => {
            let mut out = csv::WriterBuilder::new()
                .flexible(true)
                .from_writer(create()?);
            if let Some(header) = header {
                out.write_byte_record(header)?;
            }
            out.write_byte_record(row)?;
            *file = Some(Out::Table(Box::new(out)));
            Ok(())
        }
        (Raw::Element(element), _) => {
            let mut out = BufWriter::new(create()?);
            out.write_all(b"[\n")?;
            serde_json::to_writer(&mut out, element)?;
            *file = Some(Out::List(out));
            Ok(())
        }
    }
}
