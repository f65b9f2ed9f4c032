//! A reader with a bound on how much of a file one user may take.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that one user may take of a file: 1 MiB.
pub(super) const MOST: usize = 1 << 20;

/// What may still be read until the next user.
#[derive(Clone, Default)]
pub(super) struct Allowance(Rc<Cell<Option<usize>>>);

impl Allowance {
    /// Another user begins: as much may be read again.
    pub(super) fn renew(&self) {
        self.0.set(Some(MOST));
    }

    /// What is read now belongs to no user: it may be as long as it likes.
    pub(super) fn lift(&self) {
        self.0.set(None);
    }
}

/// A file, read up to what is allowed.
pub(super) struct Capped {
    inner: BufReader<Box<dyn Read>>,
    allowance: Allowance,
    read: Arc<AtomicU64>,
}

impl Capped {
    pub(super) fn new(inner: Box<dyn Read>, allowance: Allowance, read: Arc<AtomicU64>) -> Self {
        Self {
            inner: BufReader::with_capacity(64 << 10, inner),
            allowance,
            read,
        }
    }

    /// The first byte that is neither white space nor a byte order mark, which are skipped.
    pub(super) fn first_byte(&mut self) -> io::Result<Option<u8>> {
        if self.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            self.consume(3);
        }
        if matches!(self.fill_buf()?, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
            return Err(io::Error::other("it is UTF-16; write it as UTF-8"));
        }
        loop {
            match self.fill_buf()?.first().copied() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.consume(1),
                first => return Ok(first),
            }
        }
    }

    /// A line without its end, or `None` at the end of the file. Of one that is too long only
    /// the beginning is kept, and told by its length.
    pub(super) fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut any = false;
        loop {
            let buffer = self.fill_buf()?;
            if buffer.is_empty() {
                return Ok(any.then_some(line));
            }
            any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            line.extend(&part[..part.len().min((MOST + 1).saturating_sub(line.len()))]);
            let used = part.len() + usize::from(end.is_some());
            self.consume(used);
            if end.is_some() {
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(Some(line));
            }
        }
    }
}

impl Read for Capped {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let allowed = self.allowance.0.get();
        if allowed == Some(0) && !into.is_empty() {
            return Err(io::Error::other(
                "one user takes more than 1 MiB; is a quote or a bracket not closed?",
            ));
        }
        let most = into.len().min(allowed.unwrap_or(usize::MAX));
        let count = self.inner.read(&mut into[..most])?;
        self.allowance.0.set(allowed.map(|allowed| allowed - count));
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl BufRead for Capped {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
        self.read.fetch_add(count as u64, Ordering::Relaxed);
    }
}
