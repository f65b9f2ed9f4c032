//! The embedded engine: SQLite with a write-ahead log.
//!
//! One thread writes, and commits what is waiting together; another one takes the log into the
//! database beside it. Readers have connections of their own and wait for neither.

mod execute;
mod file;
mod log;
mod migrate;
mod readers;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::batch::{Batch, Outcome};
use crate::error::{OpenError, StoreError};
use crate::statement::Statement;
use crate::value::{Columns, Value};

pub(crate) use execute::cell;
pub use file::ServerLock;
pub use migrate::Migrate;
pub(crate) use migrate::SCHEMA;

/// An open SQLite database.
#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    writer: writer::Writer,
    readers: Arc<readers::Readers>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, migrate: Migrate) -> Result<Self, OpenError> {
        file::prepare(path)?;
        let mut connection = file::connect(path).map_err(file_error(path))?;
        migrate::run(&mut connection, path, migrate)?;
        let beside = file::connect(path).map_err(file_error(path))?;
        let writer = writer::Writer::start(connection, beside);
        let writer = writer.map_err(|cause| OpenError::File {
            path: path.to_owned(),
            cause,
        })?;
        Ok(Self {
            writer,
            readers: Arc::new(readers::Readers::new(path.to_owned())),
        })
    }

    pub(crate) async fn commit(&self, batch: Batch) -> Result<Outcome, StoreError> {
        self.writer.commit(batch).await
    }

    pub(crate) fn units_waiting(&self) -> usize {
        self.writer.waiting()
    }

    pub(crate) fn ping(&self) -> Result<(), StoreError> {
        self.writer.is_running()?;
        self.readers.ping()
    }

    pub(crate) async fn close(self) {
        // The writer's connection is the last: closing that takes the log into the database.
        self.readers.close();
        self.writer.close().await;
    }

    /// Reads where it is called: what is asked for is a row or a few by their key, mostly in
    /// memory, and handing that to another thread would cost more than the reading.
    #[expect(
        clippy::unused_async,
        reason = "another engine answers over a connection; callers should not care"
    )]
    pub(crate) async fn read(
        &self,
        statement: &'static Statement,
        values: &[Value],
        read: impl FnMut(Columns<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.readers.read(statement, values, read)
    }
}

fn file_error(path: &Path) -> impl Fn(rusqlite::Error) -> OpenError + use<> {
    let path: PathBuf = path.to_owned();
    move |error| OpenError::File {
        path: path.clone(),
        cause: error.to_string(),
    }
}

fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable {
        cause: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A statement that does not fit the schema is found here, not by a user.
    #[test]
    fn every_statement_prepares() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("countersign.db");
        Sqlite::open(&path, Migrate::Apply).expect("a new database");
        let connection = file::connect(&path).expect("the database just made");
        for statement in crate::catalogue() {
            let prepared = connection.prepare(statement.sql);
            let prepared = prepared.unwrap_or_else(|error| panic!("{}: {error}", statement.name));
            let names = (1..=prepared.parameter_count()).map(|index| {
                let name = prepared.parameter_name(index).map(ToOwned::to_owned);
                name.unwrap_or_else(|| panic!("{}: only $n here", statement.name))
            });
            let numbers: Vec<usize> = names.map(|n| n[1..].parse().expect("$n")).collect();
            assert_eq!(numbers, statement.order.numbers(), "{}", statement.name);
            let mut sorted = numbers;
            sorted.sort_unstable();
            let expected: Vec<usize> = (1..=sorted.len()).collect();
            assert_eq!(sorted, expected, "{}", statement.name);
        }
    }

    /// Statements that read a table from its beginning: tables that operators fill, or their
    /// first or last row. Of the SMS stripes there are four, written in the statement.
    const SCANNING: [&str; 11] = [
        "api_keys::INSERT",
        "api_keys::LIVE",
        "api_keys::OF_PARTNER",
        "api_keys::SWEEP",
        "audit::seals::LAST",
        "installation::MARK_DEVELOPMENT",
        "partners::PARTNERS",
        "partners::RELEASE_ORIGINS",
        "sealing_keys::ALL_KEYS",
        "sealing_keys::SWEEP",
        "sms::RESERVE_INSTALLATION",
    ];

    /// What is fast on an empty table must be fast on a large one: whoever makes one partner's
    /// rows many must not make everybody wait in the one thread that writes.
    #[test]
    fn no_statement_reads_more_than_it_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("countersign.db");
        Sqlite::open(&path, Migrate::Apply).expect("a new database");
        let connection = file::connect(&path).expect("the database just made");
        let plan = |statement: &Statement| -> Vec<String> {
            let explain = format!("EXPLAIN QUERY PLAN {}", statement.sql);
            let mut prepared = connection.prepare(&explain).expect("it prepares");
            let lines = prepared.raw_query().mapped(|row| row.get(3)).collect();
            let lines: rusqlite::Result<Vec<String>> = lines;
            lines.expect("its plan")
        };
        let scans = |line: &String| line.starts_with("SCAN ") && !line.contains("CONSTANT ROW");
        let mut scanning: Vec<_> = crate::catalogue()
            .filter(|statement| plan(statement).iter().any(scans))
            .map(|statement| statement.name.replace("countersign_store::", ""))
            .collect();
        scanning.sort_unstable();
        assert_eq!(scanning, SCANNING);
        let redeem = crate::catalogue().find(|s| s.name.ends_with("redemptions::REDEEM"));
        let lines = plan(redeem.expect("it is in the catalogue"));
        let by_key = |line: &&String| line.contains("(partner=? AND type=? AND value=?)");
        assert_eq!(lines.iter().filter(by_key).count(), 3, "{lines:#?}");
    }

    /// What each exchange and each redemption of a returning user runs. A table that SQLite makes
    /// for one run, to sort rows or to hold a list, costs more than all that is looked up.
    const HOT: [&str; 6] = [
        "authentications::INSERT",
        "authentications::WITH_USER",
        "devices::INSERT",
        "limits::PROVED_ANEW",
        "redemptions::REDEEM",
        "users::BY_ASSERTED",
    ];

    #[test]
    fn what_is_asked_all_the_time_makes_no_table_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("countersign.db");
        Sqlite::open(&path, Migrate::Apply).expect("a new database");
        let connection = file::connect(&path).expect("the database just made");
        let column = |explain: String, column: usize| -> Vec<String> {
            let mut prepared = connection.prepare(&explain).expect("it prepares");
            let lines = prepared.raw_query().mapped(|row| row.get(column));
            let lines: rusqlite::Result<Vec<String>> = lines.collect();
            lines.expect("its plan")
        };
        for name in HOT {
            let statement = crate::catalogue().find(|s| s.name.ends_with(name));
            let sql = statement.expect("it is in the catalogue").sql;
            let opcodes = column(format!("EXPLAIN {sql}"), 1);
            let makes = |opcode: &String| opcode == "OpenEphemeral" || opcode == "SorterOpen";
            assert!(!opcodes.iter().any(makes), "{name}: {opcodes:?}");
            let plan = column(format!("EXPLAIN QUERY PLAN {sql}"), 3);
            let of_user = |line: &&String| line.contains(" i USING ");
            let in_index = "USING COVERING INDEX identities_of_user";
            let beside = |line: &&String| !line.contains(in_index);
            assert_eq!(plan.iter().filter(of_user).find(beside), None, "{name}");
        }
    }
}
