//! How long the write-ahead log gets.
//!
//! From time to time what is in it goes into the database: thousands of pages, and a wait for the
//! disk. A thread of its own does that while commits go on. The log begins anew only once all of
//! it is there, so the writer itself takes what has come meanwhile, which is little.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, MAIN_DB};

/// Pages in the log from which on it is taken into the database. Who changes a page often has it
/// taken over once; who reads looks into one table of the log's index, which holds about as many
/// as come until that is done.
const LONG: i32 = 3500;

/// The write-ahead log, as the connection that writes sees it.
pub(super) struct Log {
    /// Pages in it since the last commit.
    pages: Arc<AtomicI32>,
    taker: Taker,
}

/// The thread that takes the log into the database when it is asked to.
struct Taker {
    ask: SyncSender<()>,
    done: Receiver<()>,
    asked: bool,
    thread: JoinHandle<()>,
}

impl Log {
    /// Follows what `connection` commits, in place of SQLite, which would take the log into the
    /// database within a commit, while those in it wait for their answers. `beside` is another
    /// connection to the same database.
    pub(super) fn watch(connection: &mut Connection, beside: Connection) -> Result<Self, String> {
        let pages = Arc::new(AtomicI32::new(0));
        let watched = Arc::clone(&pages);
        let watching = connection.wal_hook(Some(move |_: &mut _, pages| {
            watched.store(pages, Ordering::Relaxed);
            Ok(())
        }));
        watching.map_err(|error| error.to_string())?;
        Ok(Self {
            pages,
            taker: Taker::start(beside)?,
        })
    }

    /// Has a long log taken into the database, as far as nobody reads in it. What is left goes the
    /// next time. To be called behind each commit, when those in it have their answers.
    pub(super) fn shorten(&mut self, connection: &Connection) {
        let taker = &mut self.taker;
        if taker.asked {
            if taker.done.try_recv() != Err(TryRecvError::Empty) {
                taker.asked = false;
                take(connection);
            }
        } else if self.pages.load(Ordering::Relaxed) >= LONG {
            taker.asked = taker.ask.try_send(()).is_ok();
            if !taker.asked {
                // Its thread has ended, which it should not have.
                take(connection);
            }
        }
    }

    /// Ends the thread, and closes its connection.
    pub(super) fn close(self) {
        let Taker { ask, thread, .. } = self.taker;
        drop(ask);
        // What it was at is in the log.
        let _ = thread.join();
    }
}

impl Taker {
    fn start(connection: Connection) -> Result<Self, String> {
        let (ask, asked) = sync_channel(1);
        let (tell, done) = sync_channel(1);
        let work = move || {
            while let Ok(()) = asked.recv() {
                take(&connection);
                if tell.send(()).is_err() {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name("store-log".to_owned());
        Ok(Self {
            ask,
            done,
            asked: false,
            thread: thread.spawn(work).map_err(|error| error.to_string())?,
        })
    }
}

/// Takes the log into the database, as far as it goes without waiting for anybody.
fn take(connection: &Connection) {
    let done = connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::PASSIVE);
    let Err(error) = done else { return };
    // Somebody else is at it otherwise.
    if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) {
        // What was committed is in the log, and safe.
        tracing::error!(cause = %error, "the log was not taken into the database");
    }
}
