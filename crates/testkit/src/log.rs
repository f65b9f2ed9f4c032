//! What was logged, to look for what must not be there.

use std::io::{self, Write};
use std::sync::Arc;

use parking_lot::Mutex;

/// A log in memory. Clones are one log: a subscriber writes to it with
/// `with_writer(move || log.clone())`.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// All of it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
