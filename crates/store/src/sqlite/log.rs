//! How long the write-ahead log gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, MAIN_DB};

/// Pages in the log from which on it is taken into the database. Who changes a page often has it
/// taken over once; who reads looks into one table of the log's index, which holds about as many.
const LONG: i32 = 4000;

/// The write-ahead log, as the connection that writes sees it.
pub(super) struct Log {
    /// Pages in it since the last commit.
    pages: Arc<AtomicI32>,
}

impl Log {
    /// Follows what `connection` commits, in place of SQLite, which would take the log into the
    /// database within a commit, while those in it wait for their answers.
    pub(super) fn watch(connection: &mut Connection) -> rusqlite::Result<Self> {
        let pages = Arc::new(AtomicI32::new(0));
        let watched = Arc::clone(&pages);
        connection.wal_hook(Some(move |_: &mut _, pages| {
            watched.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self { pages })
    }

    /// Takes a long log into the database, as far as nobody reads in it. What is left goes the
    /// next time.
    pub(super) fn shorten(&self, connection: &Connection) {
        if self.pages.load(Ordering::Relaxed) < LONG {
            return;
        }
        let done = connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::PASSIVE);
        let Err(error) = done else { return };
        // Somebody else is at it otherwise.
        if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) {
            // What was committed is in the log, and safe.
            tracing::error!(cause = %error, "the log was not taken into the database");
        }
    }
}
