//! `countersign passwords`.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_service::breached::{
    self, BYTES_PER_ENTRY, Breached, Built, Order, Progress, Stage,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::output::print;
use crate::Error;
use crate::arguments::{BuildFilter, PasswordsCommand};

pub(super) async fn run(command: PasswordsCommand, json: bool) -> Result<(), Error> {
    match command {
        PasswordsCommand::Build(arguments) => build(arguments, json).await,
        PasswordsCommand::Check { filter } => check(&filter, json),
    }
}

async fn build(arguments: BuildFilter, json: bool) -> Result<(), Error> {
    let order = Order {
        lists: arguments.lists,
        output: arguments.output,
        at_least: arguments.at_least,
    };
    let output = order.output.display().to_string();
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    let work = tokio::task::spawn_blocking(move || {
        let mut shown = Shown::new();
        let built = breached::build(&order, &stopping, |progress| shown.show(progress));
        shown.finish();
        built
    });
    tokio::pin!(work);
    let built = tokio::select! {
        built = &mut work => built,
        _ = tokio::signal::ctrl_c() => {
            stop.store(true, Ordering::Relaxed);
            work.await
        }
    };
    let Built {
        entries,
        left_out,
        bytes,
    } = built??;
    let text = format!(
        "Built {output}: {entries} passwords, {bytes} bytes; {left_out} lines were left out.\n\
         Use it with `passwords.breached_filter`, and start the server again."
    );
    print(
        json,
        &text,
        || json!({ "entries": entries, "left_out": left_out, "bytes": bytes }),
    )
}

fn check(path: &Path, json: bool) -> Result<(), Error> {
    let filter = Breached::open(path)?;
    filter.verify()?;
    let header = filter.header().expect("one was opened");
    let (entries, at_least) = (header.entries, header.at_least);
    let bytes = header.file_length();
    let text = format!(
        "The filter is whole.\n\
         passwords      {entries}, each leaked {at_least} times or more\n\
         bytes          {bytes}, {BYTES_PER_ENTRY} for each password\n\
         taken wrongly  about one in 1,700"
    );
    print(
        json,
        &text,
        || json!({ "entries": entries, "at_least": at_least, "bytes": bytes }),
    )
}

/// How far it is, on standard error: a bar on a terminal, a line for each tenth elsewhere.
struct Shown {
    bar: Option<ProgressBar>,
    last: Option<(Stage, u64)>,
}

impl Shown {
    fn new() -> Self {
        let style = ProgressStyle::with_template(
            "{msg:>9} {wide_bar} {percent:>3} %  {bytes_per_sec}, {eta} left",
        );
        let style = style.expect("its placeholders are indicatif's own");
        let terminal = std::io::stderr().is_terminal();
        Self {
            bar: terminal.then(|| ProgressBar::new(0).with_style(style)),
            last: None,
        }
    }

    fn show(&mut self, progress: Progress) {
        let Progress { stage, done, all } = progress;
        let what = match stage {
            Stage::Counting => "counting",
            Stage::Filling => "filling",
            Stage::Writing => "writing",
        };
        let tenth = (done * 10).checked_div(all).unwrap_or(10).min(10);
        let new_stage = self.last.is_none_or(|(last, _)| last != stage);
        match &self.bar {
            Some(bar) => {
                if new_stage {
                    bar.reset();
                    bar.set_length(all);
                    bar.set_message(what);
                }
                bar.set_position(done);
            }
            None if self.last != Some((stage, tenth)) => eprintln!("{what}: {} %", tenth * 10),
            None => {}
        }
        self.last = Some((stage, tenth));
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
