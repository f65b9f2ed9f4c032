//! How long the write-ahead log gets.
//!
//! From time to time what is in it goes into the database: thousands of pages, and a wait for the
//! disk. A thread of its own does that while commits go on. The log begins anew only once all of
//! it is there, so the writer itself takes what has come meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, MAIN_DB, ffi};

/// Pages in the log from which on it is taken into the database. Who changes a page often has it
/// taken over once; who reads looks into one table of the log's index, which holds about as many
/// as come until that is done.
const LONG: i32 = 3500;
/// So few pages the writer takes itself.
const FEW: i32 = 500;
/// Pages in the log from which on commits wait for the thread, and the writer takes whatever is
/// left: otherwise the log would grow for as long as the thread is behind.
const MOST: i32 = 4500;
/// Passes of the thread each time. SQLite waits for the disk only in one behind which nobody has
/// committed; each pass is much shorter than the one before.
const PASSES: u32 = 4;

/// The write-ahead log, as the connection that commits sees it.
pub(super) struct Log {
    /// Pages in it as of the last commit.
    pages: Arc<AtomicI32>,
    taker: Taker,
}

/// The thread that takes the log into the database when it is asked to.
struct Taker {
    ask: SyncSender<()>,
    done: Receiver<Pass>,
    asked: bool,
    thread: JoinHandle<()>,
}

/// What taking the log into the database came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pass {
    /// The log had so many pages, and so many of them are in the database.
    Taken { log: i32, taken: i32 },
    /// None that one could count on; another time it may be.
    Nothing,
    /// The disk did not keep what was written to it.
    Lost,
}

/// What the writer does about the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    Nothing,
    Ask,
    Take,
    Stop,
}

/// The disk did not keep what was written to the database. What it was is in the log still, and
/// only who opens the database next, with nobody there, takes all of it once more: SQLite
/// remembers how much was written, not what the disk kept, and the next wait for the disk may
/// succeed all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lost;

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
    ///
    /// # Errors
    /// [`Lost`], behind which nothing more may be committed, nor the connection be closed.
    pub(super) fn shorten(&mut self, connection: &Connection) -> Result<(), Lost> {
        let pages = self.pages.load(Ordering::Relaxed);
        let pass = self.taker.done(pages >= MOST);
        if self.taker.asked {
            return Ok(());
        }
        match next(pages, pass) {
            Next::Nothing => Ok(()),
            Next::Ask if self.taker.ask() => Ok(()),
            // Asked, its thread would have ended, which it should not have.
            Next::Ask | Next::Take if take(connection) != Pass::Lost => Ok(()),
            Next::Ask | Next::Take | Next::Stop => Err(Lost),
        }
    }

    /// Ends the thread when it is done with what it is at, and closes its connection.
    ///
    /// # Errors
    /// [`Lost`], as [`shorten`](Self::shorten).
    pub(super) fn close(self) -> Result<(), Lost> {
        let Taker {
            ask, done, thread, ..
        } = self.taker;
        drop(ask);
        // A thread that panicked took nothing that counts.
        let _ = thread.join();
        match done.try_recv() {
            Ok(Pass::Lost) => Err(Lost),
            _ => Ok(()),
        }
    }
}

impl Taker {
    fn start(connection: Connection) -> Result<Self, String> {
        let (ask, asked) = sync_channel(1);
        let (tell, done) = sync_channel(1);
        let work = move || {
            while let Ok(()) = asked.recv() {
                if tell.send(take_all(&connection)).is_err() {
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

    /// Asks it; `false` if there is none.
    fn ask(&mut self) -> bool {
        self.asked = self.ask.try_send(()).is_ok();
        self.asked
    }

    /// What came of it, once it is done; where it was asked at all.
    fn done(&mut self, wait: bool) -> Option<Pass> {
        let done = match (self.asked, wait) {
            (false, _) => return None,
            (true, true) => self.done.recv().map_err(Into::into),
            (true, false) => self.done.try_recv(),
        };
        let pass = match done {
            Ok(pass) => pass,
            Err(TryRecvError::Disconnected) => Pass::Nothing,
            Err(TryRecvError::Empty) => return None,
        };
        self.asked = false;
        Some(pass)
    }
}

/// What to do about a log of so many pages, when the thread has come back with `pass`, or was not
/// asked.
fn next(pages: i32, pass: Option<Pass>) -> Next {
    let left = match pass {
        Some(Pass::Lost) => return Next::Stop,
        // It is short, or has begun anew meanwhile.
        _ if pages < LONG => return Next::Nothing,
        Some(Pass::Taken { taken, .. }) => pages - taken,
        Some(Pass::Nothing) | None => pages,
    };
    if left <= FEW || pages >= MOST {
        Next::Take
    } else {
        Next::Ask
    }
}

/// Takes the log into the database until it is there, or this was tried often enough.
fn take_all(connection: &Connection) -> Pass {
    let mut pass = take(connection);
    for _ in 1..PASSES {
        let Pass::Taken { log: before, .. } = pass else {
            break;
        };
        pass = take(connection);
        // Nobody has committed behind the pass before, or all begins anew.
        if matches!(pass, Pass::Taken { log, .. } if log <= before) {
            break;
        }
    }
    pass
}

/// Takes the log into the database, as far as it goes without waiting for anybody.
fn take(connection: &Connection) -> Pass {
    let error = match connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::PASSIVE) {
        Ok((log, taken)) => return Pass::Taken { log, taken },
        Err(error) => error,
    };
    // Somebody else is at it otherwise.
    if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) {
        tracing::error!(cause = %error, "the log was not taken into the database");
    }
    let code = error.sqlite_error().map(|error| error.extended_code);
    match code {
        Some(ffi::SQLITE_IOERR_FSYNC) => Pass::Lost,
        _ => Pass::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_takes_little_itself_and_stops_where_the_disk_lost_what_was_written() {
        // Of a log of a hundred pages more than are long.
        let left = |left: i32| Pass::Taken {
            log: LONG,
            taken: LONG + 100 - left,
        };
        for (pages, pass, expected) in [
            (LONG - 1, None, Next::Nothing),
            (LONG, None, Next::Ask),
            (LONG + 100, Some(left(FEW)), Next::Take),
            (LONG + 100, Some(left(FEW + 1)), Next::Ask),
            (LONG, Some(Pass::Nothing), Next::Ask),
            // The thread is too far behind.
            (MOST, None, Next::Take),
            (MOST, Some(left(LONG)), Next::Take),
            (MOST, Some(Pass::Nothing), Next::Take),
            // It has begun anew meanwhile.
            (20, Some(left(FEW)), Next::Nothing),
            (20, Some(Pass::Lost), Next::Stop),
            (LONG, Some(Pass::Lost), Next::Stop),
        ] {
            let next = next(pages, pass);
            assert_eq!(next, expected, "{pages} pages, {pass:?}");
        }
    }

    /// A log whose thread was asked and has come back with this.
    fn asked(pass: Pass) -> Log {
        let (log, tell) = at_work();
        tell.send(pass).expect("there is room for one");
        log
    }

    /// A log whose thread was asked, and by what it comes back.
    fn at_work() -> (Log, SyncSender<Pass>) {
        let (ask, _) = sync_channel(1);
        let (tell, done) = sync_channel(1);
        let taker = Taker {
            ask,
            done,
            asked: true,
            thread: std::thread::spawn(|| {}),
        };
        let pages = Arc::default();
        (Log { pages, taker }, tell)
    }

    #[test]
    fn what_the_disk_lost_meets_whoever_commits_next_and_whoever_stops() {
        let connection = Connection::open_in_memory().expect("a database");
        assert_eq!(asked(Pass::Lost).shorten(&connection), Err(Lost));
        assert_eq!(asked(Pass::Lost).close(), Err(Lost));
        for pass in [Pass::Nothing, Pass::Taken { log: 1, taken: 1 }] {
            assert_eq!(asked(pass).shorten(&connection), Ok(()));
            assert_eq!(asked(pass).close(), Ok(()));
        }
    }

    #[test]
    fn commits_wait_for_a_thread_that_is_far_behind_and_for_no_other() {
        let connection = Connection::open_in_memory().expect("a database");
        let (mut log, tell) = at_work();
        log.pages.store(MOST - 1, Ordering::Relaxed);
        assert_eq!(log.shorten(&connection), Ok(()));
        log.pages.store(MOST, Ordering::Relaxed);
        let (go, gone) = sync_channel(1);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                gone.recv().expect("the test goes on");
                std::thread::yield_now();
                tell.send(Pass::Lost).expect("it is waited for");
            });
            go.send(()).expect("the thread waits for it");
            assert_eq!(log.shorten(&connection), Err(Lost));
        });
    }
}
