//! The lists that a filter is built from: SHA-1 hashes with how often each leaked, or plain
//! passwords.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use countersign_domain::Secret;
use countersign_domain::password::{Password, SHORTEST};

use super::build::BuildError;
use super::format::{Digest, digest};

/// Bytes of a line at most: no password and no hash has as many.
const LONGEST_LINE: u64 = 64 * 1024;
/// Bytes that are read at once, and between two reports.
const AT_ONCE: usize = 1024 * 1024;

/// What stands in the lines of one list.
#[derive(Clone, Copy)]
enum Form {
    /// `HASH:COUNT` or `HASH`.
    Hashes,
    /// A password each.
    Passwords,
}

/// What a line holds.
pub(super) enum Line {
    /// The hash of a password.
    Hash(Digest),
    /// A password.
    Password(Password),
    /// Nothing that belongs in the filter.
    LeftOut,
}

impl Line {
    /// What goes into the filter, if anything does.
    pub(super) fn digest(&self) -> Option<Digest> {
        match self {
            Self::Hash(digest) => Some(*digest),
            Self::Password(password) => Some(digest(password.as_bytes())),
            Self::LeftOut => None,
        }
    }
}

/// Reads a list line by line, as often as it takes, in the same memory.
pub(super) fn read(
    path: &Path,
    at_least: u64,
    mut each: impl FnMut(Line),
    mut report: impl FnMut(u64) -> Result<(), BuildError>,
) -> Result<(), BuildError> {
    let unreadable = |error| BuildError::list(path, error);
    let mut reader = BufReader::with_capacity(AT_ONCE, File::open(path).map_err(unreadable)?);
    let mut bytes = Vec::new();
    let (mut form, mut number, mut unreported) = (None, 0, 0);
    loop {
        bytes.clear();
        let mut line = Read::take(&mut reader, LONGEST_LINE);
        let length = line.read_until(b'\n', &mut bytes).map_err(unreadable)?;
        if length == 0 {
            return report(unreported);
        }
        number += 1;
        unreported += length as u64;
        if unreported >= AT_ONCE as u64 {
            report(unreported)?;
            unreported = 0;
        }
        if length as u64 == LONGEST_LINE && bytes.last() != Some(&b'\n') {
            return Err(BuildError::line(path, number, "is longer than 64 KiB"));
        }
        let text = content(&bytes, number == 1);
        if text.is_empty() {
            continue;
        }
        let form = match form {
            Some(form) => form,
            None => *form.insert(form_of(path, text)?),
        };
        each(match form {
            Form::Hashes => hash(text, at_least).ok_or_else(|| {
                BuildError::line(path, number, "is no SHA-1 hash, as those before it are")
            })?,
            Form::Passwords => password(text),
        });
    }
}

/// A line without its end, and the first without the mark of its encoding.
fn content(bytes: &[u8], first: bool) -> &[u8] {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let mark: &[u8] = if first { b"\xef\xbb\xbf" } else { b"" };
    text.strip_prefix(mark).unwrap_or(text)
}

/// What a list holds, by its first line. Hashes of another kind would be taken for passwords
/// and never be met.
fn form_of(path: &Path, text: &[u8]) -> Result<Form, BuildError> {
    if hash(text, 0).is_some() {
        return Ok(Form::Hashes);
    }
    let hexadecimal = text.iter().take_while(|byte| byte.is_ascii_hexdigit());
    let digits = hexadecimal.count();
    let alone = matches!(text.get(digits), None | Some(b':'));
    if alone && [32, 64, 128].contains(&digits) {
        return Err(BuildError::OtherHashes(path.to_owned()));
    }
    Ok(Form::Passwords)
}

fn hash(text: &[u8], at_least: u64) -> Option<Line> {
    let (hash, count) = text.split_at_checked(40)?;
    let mut digest = [0; 20];
    for (byte, digits) in digest.iter_mut().zip(hash.chunks(2)) {
        let [high, low] = [digits[0], digits[1]].map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? << 4 | low?).ok()?;
    }
    let count = match count {
        [] => None,
        [b':', count @ ..] => Some(std::str::from_utf8(count).ok()?.trim().parse().ok()?),
        _ => return None,
    };
    // What was not counted is taken.
    let taken = count.is_none_or(|count: u64| count >= at_least);
    Some(if taken {
        Line::Hash(digest)
    } else {
        Line::LeftOut
    })
}

/// What nobody can type, or choose in any case, takes no room.
fn password(text: &[u8]) -> Line {
    let text = str::from_utf8(text).map(|text| Secret::new(text.to_owned()));
    let password = text.ok().and_then(|text| Password::present(&text));
    let long = password.filter(|password| {
        let text = str::from_utf8(password.as_bytes()).unwrap_or_default();
        text.chars().count() >= SHORTEST
    });
    long.map_or(Line::LeftOut, Line::Password)
}

/// Bytes of a list, which must be a file: it is read twice.
pub(super) fn length(path: &Path) -> Result<u64, BuildError> {
    let metadata = std::fs::metadata(path).map_err(|error| BuildError::list(path, error))?;
    if metadata.is_file() {
        return Ok(metadata.len());
    }
    let error = io::Error::other("it is no file; lists are read twice");
    Err(BuildError::list(path, error))
}
