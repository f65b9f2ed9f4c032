//! `countersign user import`.
//!
//! A thread reads the file and takes it apart, a few hundred users at a time, while those
//! before are added. However long the file is, no more of it than that is in memory.

mod capped;
mod elements;
mod firebase;
mod progress;
mod refused;
mod row;
mod shape;
mod source;
mod table;

use std::path::Path;

use countersign_domain::partner::Slug;
use countersign_service::operator::{Imported, ImportedUser, Operator};
use countersign_store::Migrate;
use serde_json::json;
use tokio::sync::mpsc;

use super::{explain, print, slug};
use crate::Error;
use crate::arguments::{ImportFormat, ImportUsers};
use crate::commands::{open, operator};
use crate::config::Config;

use progress::Progress;
use refused::Refused;
use shape::Trust;
use source::{Chunk, Source};

/// What became of all of them.
#[derive(Default)]
pub(super) struct Counts {
    added: u64,
    already_there: u64,
    refused: u64,
}

impl Counts {
    fn read(&self) -> u64 {
        self.added + self.already_there + self.refused
    }
}

pub(super) async fn run(
    arguments: &ImportUsers,
    config: &Config,
    as_json: bool,
) -> Result<(), Error> {
    let format = arguments.format.or_else(|| guess(&arguments.file));
    let format = format.ok_or("say how the file is written, such as --format csv")?;
    let partner = slug(&arguments.partner)?;
    let project = arguments.firebase_hash_config.as_deref();
    let trust = Trust {
        proved: arguments.proved,
        firebase: project.map(firebase::read).transpose()?,
    };
    let mut refused = Refused::new(arguments.refused.as_deref(), as_json)?;
    let source = Source::open(&arguments.file)?;
    let operator = operator(config, open(config, Migrate::OnlyNew)?).await?;
    let progress = Progress::new(source.length(), source.read());
    let mut counts = Counts::default();
    let chunks = source.start(format, trust)?;
    let import = Import {
        operator: &operator,
        partner: &partner,
        dry_run: arguments.dry_run,
        progress: &progress,
    };
    let ended = import.all(chunks, &mut counts, &mut refused).await;
    progress.end();
    refused.finish()?;
    operator.store.close().await;
    ended.map_err(|error| stopped(&*error, &counts))?;
    conclude(&counts, arguments, as_json)
}

/// What an import works with.
struct Import<'a> {
    operator: &'a Operator,
    partner: &'a Slug,
    dry_run: bool,
    progress: &'a Progress,
}

impl Import<'_> {
    async fn all(
        &self,
        mut chunks: mpsc::Receiver<Result<Chunk, String>>,
        counts: &mut Counts,
        refused: &mut Refused,
    ) -> Result<(), Error> {
        while let Some(chunk) = chunks.recv().await {
            let chunk = chunk?;
            let users: Vec<ImportedUser> = chunk.users().cloned().collect();
            let arrived = if self.dry_run {
                self.operator.try_import_users(self.partner, &users).await
            } else {
                self.operator.import_users(self.partner, &users).await
            };
            let arrived = arrived.map_err(|failure| explain("", failure))?;
            settle(chunk, arrived, counts, refused, self.progress)?;
            self.progress.show(counts);
        }
        Ok(())
    }
}

/// The format that a file's name tells.
fn guess(file: &Path) -> Option<ImportFormat> {
    match file.extension()?.to_str()? {
        "csv" => Some(ImportFormat::Csv),
        "jsonl" | "ndjson" => Some(ImportFormat::Jsonl),
        _ => None,
    }
}

/// Counts what became of a chunk, and tells of those who are refused.
fn settle(
    chunk: Chunk,
    arrived: Vec<Imported>,
    counts: &mut Counts,
    refused: &mut Refused,
    progress: &Progress,
) -> Result<(), Error> {
    let mut arrived = arrived.into_iter();
    for record in chunk.records {
        let reason = match record.user {
            Err(reason) => reason,
            Ok(_) => match arrived.next() {
                Some(Imported::Added) => {
                    counts.added += 1;
                    continue;
                }
                Some(Imported::AlreadyThere) => {
                    counts.already_there += 1;
                    continue;
                }
                Some(Imported::Refused(refusal)) => refusal.to_string(),
                None => "nothing is known of it".to_owned(),
            },
        };
        counts.refused += 1;
        let line = refused.add(record.place, &reason, &record.raw, chunk.header.as_ref())?;
        progress.tell(&line);
    }
    Ok(())
}

/// Why it ended early, and that nothing is lost by that.
fn stopped(error: &dyn std::fmt::Display, counts: &Counts) -> Error {
    format!(
        "{error}; {} users were added until then. Mend it and run the same command again: it goes \
         on where it stopped",
        counts.added
    )
    .into()
}

fn conclude(counts: &Counts, arguments: &ImportUsers, as_json: bool) -> Result<(), Error> {
    let (added, there, refused) = (counts.added, counts.already_there, counts.refused);
    let would = if arguments.dry_run {
        "Would add"
    } else {
        "Added"
    };
    let text = format!("{would} {added}; {there} were there already; {refused} refused.");
    print(as_json, &text, || {
        json!({
            "read": counts.read(),
            "added": added,
            "already_there": there,
            "refused": refused,
            "dry_run": arguments.dry_run,
        })
    })?;
    if refused == 0 {
        return Ok(());
    }
    let next = match &arguments.refused {
        Some(file) => format!("mend {} and import it", file.display()),
        None => "run it again with --refused FILE to have them in a file".to_owned(),
    };
    Err(format!("{refused} of {} were refused; {next}", counts.read()).into())
}
