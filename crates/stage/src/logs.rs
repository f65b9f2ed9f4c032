//! What Countersign logs, at every level.

use std::io::{self, Write};
use std::sync::Arc;

use parking_lot::Mutex;
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What has been logged since the start. Clones are one log.
#[derive(Clone, Default)]
pub(crate) struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    /// All of it.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }
}

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what Countersign logs from now on. What the stage's own client of HTTP has to say
/// about its requests is no part of it.
pub(crate) fn capture() -> Logs {
    let logs = Logs::default();
    let writer = logs.clone();
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone());
    let ours = filter_fn(|metadata| {
        metadata.target().starts_with("countersign") && *metadata.level() <= Level::TRACE
    });
    tracing_subscriber::registry().with(ours).with(lines).init();
    logs
}
