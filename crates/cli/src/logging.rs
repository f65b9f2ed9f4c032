//! Structured logs, to standard error: standard output belongs to answers.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{ConfigError, LogFormat};

/// Starts logging what passes `level`, for the life of the process. Where logging has been
/// started already, nothing changes.
///
/// # Errors
/// If `level` is no valid filter.
pub(crate) fn start(format: LogFormat, level: &str) -> Result<(), ConfigError> {
    let filter = filter(level).map_err(|advice| ConfigError::about("log.level", level, advice))?;
    let terminal = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    // Only another subscriber makes this fail: whoever set that has decided already.
    let _ = if is_json(format, terminal) {
        registry
            .with(lines.json().flatten_event(true).with_span_list(false))
            .try_init()
    } else if terminal {
        registry.with(lines).try_init()
    } else {
        registry.with(lines.with_ansi(false)).try_init()
    };
    Ok(())
}

/// Has a panic logged like anything else, and without what it carries: only a text that
/// stands in the code itself cannot hold a secret.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let what = panic.payload().downcast_ref::<&'static str>();
        let what = what.copied().unwrap_or("(not shown: it may hold a secret)");
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, what, "a defect: please report it");
    }));
}

/// Reads filter directives such as `info,countersign_store=debug`.
///
/// # Errors
/// With what is wrong with them.
pub(crate) fn filter(level: &str) -> Result<EnvFilter, String> {
    if level.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    // Regular expressions in directives are of no use to us, and a way to be slow.
    let builder = EnvFilter::builder().with_regex(false);
    builder.parse(level).map_err(|error| error.to_string())
}

fn is_json(format: LogFormat, terminal: bool) -> bool {
    match format {
        LogFormat::Auto => !terminal,
        LogFormat::Human => false,
        LogFormat::Json => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_terminals_and_machines_the_rest() {
        for (format, terminal, json) in [
            (LogFormat::Auto, true, false),
            (LogFormat::Auto, false, true),
            (LogFormat::Human, false, false),
            (LogFormat::Json, true, true),
        ] {
            assert_eq!(
                is_json(format, terminal),
                json,
                "{format:?}, terminal: {terminal}"
            );
        }
    }

    #[test]
    fn a_wrong_filter_is_an_error_that_names_the_key() {
        for wrong in ["", " ", "info,countersign_store=loud", "=,="] {
            let error = start(LogFormat::Json, wrong).expect_err(wrong).to_string();
            assert!(error.contains("log.level"), "{error}");
        }
        assert!(filter("warn,countersign_store=trace").is_ok());
    }
}
