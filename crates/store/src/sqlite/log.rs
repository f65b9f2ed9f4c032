//! How long the write-ahead log gets.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, MAIN_DB};

/// Pages in the log from which on it is taken into the database. Who changes a page often has it
/// taken over once; who reads looks into one table of the log's index, which holds about as many.
const LONG: i32 = 4000;

/// Pages that come to a long log until that is tried again, where somebody read in it: each time
/// takes as long as some commits, and they wait for it.
const AGAIN: i32 = 1000;

/// The write-ahead log, as the connection that writes sees it.
pub(super) struct Log {
    /// Pages in it since the last commit.
    pages: Arc<AtomicI32>,
    /// How many there were when it was taken into the database the last time.
    taken: Cell<i32>,
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
        let taken = Cell::default();
        Ok(Self { pages, taken })
    }

    /// Takes a long log into the database, as far as nobody reads in it, so that the next commit
    /// begins it anew. What is left goes the next time.
    pub(super) fn shorten(&self, connection: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        let taken = self.taken.get();
        let is_due = is_due(pages, taken);
        self.taken
            .set(if is_due { pages } else { taken.min(pages) });
        if !is_due {
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

/// Whether a log of so many pages is to be taken into the database, of which `taken` were there the
/// last time. With fewer than that it was begun anew.
fn is_due(pages: i32, taken: i32) -> bool {
    let more = if pages < taken { pages } else { pages - taken };
    pages >= LONG && more >= AGAIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_stays_long_is_tried_again_after_a_while_and_a_new_one_when_it_is_long() {
        assert!(!is_due(LONG - 1, 0));
        assert!(is_due(LONG, 0));
        assert!(!is_due(LONG + 1, LONG), "somebody reads in it");
        assert!(!is_due(LONG + AGAIN - 1, LONG));
        assert!(is_due(LONG + AGAIN, LONG));
        assert!(!is_due(1, 2 * LONG), "it was begun anew");
        assert!(is_due(LONG, 2 * LONG));
    }
}
