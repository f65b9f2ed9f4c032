//! Tables: CSV (RFC 4180) with the names of its columns in the first line.

use std::collections::HashSet;
use std::io;

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};

use super::capped::{Allowance, Capped};
use super::row::Row;
use super::shape::{self, Trust};
use super::source::{Place, Raw, Record, Sink};
use crate::arguments::ImportFormat;

/// Reads a table into `sink`.
pub(super) fn read(
    file: Capped,
    allowance: &Allowance,
    format: ImportFormat,
    trust: &Trust,
    sink: &mut Sink,
) -> io::Result<()> {
    // Lines end with a line feed, so that their numbers are right; a carriage return before it
    // is taken off the last field.
    let mut table = ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(file);
    let mut header = ByteRecord::new();
    allowance.renew();
    next(&mut table, &mut header)?;
    let names = names(&header, format)?;
    sink.header(&header);
    let mut record = ByteRecord::new();
    loop {
        allowance.renew();
        if !next(&mut table, &mut record)? {
            return Ok(());
        }
        let line = record.position().map_or(0, csv::Position::line);
        let user = if record.len() == names.len() {
            shape::user(format, &Row::Table(&names, &record), trust)
        } else {
            let (fields, columns) = (record.len(), names.len());
            Err(format!(
                "it has {fields} fields, and the first line {columns}"
            ))
        };
        let record = Record {
            place: Place::Line(line),
            raw: Raw::Row(record.clone()),
            user,
        };
        if sink.add(record).is_err() {
            return Ok(());
        }
    }
}

/// Reads the next record that is not an empty line.
fn next(table: &mut Reader<Capped>, record: &mut ByteRecord) -> io::Result<bool> {
    while table.read_byte_record(record).map_err(read_error)? {
        let last = record.len().saturating_sub(1);
        if let Some(field) = record.get(last).and_then(|field| field.strip_suffix(b"\r")) {
            let field = field.to_vec();
            record.truncate(last);
            record.push_field(&field);
        }
        if record.len() > 1 || record.iter().any(|field| !field.is_empty()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        // Fields are read as bytes, and any number of them: nothing else can be wrong.
        _ => io::Error::other("it is no CSV"),
    }
}

/// The columns' names: each once, and for our own format none that is unknown.
fn names(header: &ByteRecord, format: ImportFormat) -> io::Result<Vec<String>> {
    let mut names = Vec::with_capacity(header.len());
    let mut seen = HashSet::new();
    for name in header {
        let name = std::str::from_utf8(name);
        let name = name.map_err(|_| io::Error::other("its first line is not UTF-8"))?;
        let name = name.trim();
        if !name.is_empty() && !seen.insert(name) {
            let advice = format!("its first line names the column {} twice", shown(name));
            return Err(io::Error::other(advice));
        }
        names.push(name.to_owned());
    }
    let known = shape::columns(format);
    if format == ImportFormat::Csv
        && let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str()))
    {
        let known = known.join(", ");
        let unknown = shown(unknown);
        let advice = format!("its first line has the unknown column {unknown}; there are {known}");
        return Err(io::Error::other(advice));
    }
    if !names.iter().any(|name| known.contains(&name.as_str())) {
        let known = known.join(", ");
        let advice = format!("its first line names none of the columns {known}");
        return Err(io::Error::other(advice));
    }
    Ok(names)
}

/// The beginning of a name, without what a terminal would obey.
fn shown(name: &str) -> String {
    let plain = name.chars().filter(|c| !c.is_control());
    format!("`{}`", plain.take(40).collect::<String>())
}
