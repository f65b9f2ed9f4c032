//! Where Countersign keeps things.
//!
//! Every statement is written once, in a file named by what it keeps, in the subset of SQL
//! that SQLite and PostgreSQL share: text, bigint and bytes, times in microseconds, `$n` for
//! parameters. An engine runs them.
//!
//! A unit of work is one [`Batch`] of guarded statements, committed as a whole or not at all.
//! Nobody outside holds a transaction open.

pub mod api_keys;
pub mod audit;
pub mod authentications;
mod batch;
pub mod challenges;
pub mod devices;
mod error;
pub mod feed;
pub mod installation;
pub mod limits;
pub mod messages;
pub mod partners;
pub mod password_resets;
pub mod redemptions;
pub mod sealing_keys;
pub mod sms;
mod sqlite;
mod statement;
pub mod users;
mod value;
mod work;

use std::path::Path;
use std::sync::Arc;

use statement::Statement;
use value::{Columns, Row, Value};
use work::Work;

pub use batch::{Batch, Outcome, Step};
pub use error::{OpenError, StoreError};
pub use sqlite::{Migrate, ServerLock};
pub use work::WorkDone;

/// A store, open. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
    work: Arc<Work>,
}

/// The engines that run the statements. Closed on purpose: a difference between two engines
/// is a value in a statement, never a branch at a call.
#[derive(Clone, Debug)]
enum Engine {
    Sqlite(sqlite::Sqlite),
}

impl Store {
    /// Opens the SQLite database in the file `path`, made if there is none, and brings its
    /// schema up to date as far as `migrate` allows.
    ///
    /// # Errors
    /// [`OpenError`], if the file cannot be used or was written by a newer version.
    pub fn open_sqlite(path: &Path, migrate: Migrate) -> Result<Self, OpenError> {
        let engine = Engine::Sqlite(sqlite::Sqlite::open(path, migrate)?);
        let work = Arc::default();
        Ok(Self { engine, work })
    }

    /// Commits a batch as a whole. When this returns `Ok`, it is durable.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a statement did not find what it expected: nothing of the
    /// batch happened. [`StoreError::Unavailable`] if it may or may not have happened.
    pub async fn commit(&self, batch: Batch) -> Result<Outcome, StoreError> {
        self.work.count_batch(&batch);
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.commit(batch).await,
        }
    }

    /// The rows that a statement finds, as last committed.
    async fn rows(
        &self,
        statement: &'static Statement,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        self.read(statement, &values, |mut columns| {
            rows.push(columns.keep());
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    /// Has each row that a statement finds read where it stands, as last committed: for what is
    /// asked so often that keeping the rows first would cost as much as finding them.
    async fn read(
        &self,
        statement: &'static Statement,
        values: &[Value],
        read: impl FnMut(Columns<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.work.count_read();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read(statement, values, read).await,
        }
    }

    /// What was asked of the store since it was opened.
    #[must_use]
    pub fn work(&self) -> WorkDone {
        self.work.done()
    }

    /// Units of work that wait for the one that writes.
    #[must_use]
    pub fn units_waiting(&self) -> usize {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.units_waiting(),
        }
    }

    /// The version of the schema, which is the latest that this version knows.
    #[must_use]
    pub fn schema_version(&self) -> i64 {
        match &self.engine {
            Engine::Sqlite(_) => sqlite::SCHEMA,
        }
    }

    /// Whether the database answers, and somebody is there to write to it. Whether the disk
    /// takes what is written is not asked.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.ping(),
        }
    }

    /// Closes the store: what was asked for before is done, and the files are left as they
    /// are best copied. Other clones can commit nothing any more.
    pub async fn close(self) {
        match self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}

/// Every statement there is, so that a test can prepare each.
#[cfg(test)]
fn catalogue() -> impl Iterator<Item = &'static Statement> {
    [
        api_keys::ALL,
        audit::read::ALL,
        audit::seals::ALL,
        audit::write::ALL,
        authentications::ALL,
        challenges::ALL,
        devices::ALL,
        feed::ALL,
        installation::ALL,
        limits::ALL,
        messages::ALL,
        partners::ALL,
        password_resets::ALL,
        redemptions::ALL,
        sealing_keys::ALL,
        sms::ALL,
        users::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}
