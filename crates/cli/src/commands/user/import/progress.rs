//! How far an import is, on standard error.

use std::cell::Cell;
use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Counts;

/// Users after which a line is printed where there is no terminal.
const EVERY: u64 = 50_000;

/// A bar on a terminal, a line now and then elsewhere.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    /// Bytes read so far.
    read: Arc<AtomicU64>,
    /// Lines printed so far, where there is no terminal.
    lines: Cell<u64>,
}

impl Progress {
    /// For a file of this length.
    pub(super) fn new(length: Option<u64>, read: Arc<AtomicU64>) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let template = match length {
                Some(_) => "{wide_bar} {percent}%  {msg}  {eta} left",
                None => "{spinner} {msg}",
            };
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
            bar.with_style(style)
        });
        Self {
            bar,
            read,
            lines: Cell::new(0),
        }
    }

    /// Shows how far it is.
    pub(super) fn show(&self, counts: &Counts) {
        let (read, refused) = (counts.read(), counts.refused);
        let text = format!("{read} users, {refused} refused");
        match &self.bar {
            Some(bar) => {
                bar.set_position(self.read.load(Ordering::Relaxed));
                bar.set_message(text);
            }
            None if read / EVERY > self.lines.get() => {
                self.lines.set(read / EVERY);
                eprintln!("{text}");
            }
            None => {}
        }
    }

    /// Prints a line beside it.
    pub(super) fn tell(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
