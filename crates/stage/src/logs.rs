//! What Countersign logs, at every level.

use countersign_testkit::Log;
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Keeps what Countersign logs from now on. What the stage's own client of HTTP has to say
/// about its requests is no part of it.
pub(crate) fn capture() -> Log {
    let logs = Log::default();
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
