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
/// How often the thread is asked at most until the writer takes whatever is left, so that the log
/// does not grow for as long as the thread is behind.
const ROUNDS: u32 = 4;
/// Passes of the thread each time. SQLite waits for the disk only in one behind which nobody has
/// committed; each pass is much shorter than the one before.
const PASSES: u32 = 4;

/// The write-ahead log, as the connection that commits sees it.
pub(super) struct Log {
    /// Pages in it as of the last commit.
    pages: Arc<AtomicI32>,
    taker: Taker,
    /// How often the thread was asked since the log was long.
    rounds: u32,
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
            rounds: 0,
        })
    }

    /// Has a long log taken into the database, as far as nobody reads in it. What is left goes the
    /// next time. To be called behind each commit, when those in it have their answers.
    ///
    /// # Errors
    /// [`Lost`], behind which nothing more may be committed, nor the connection be closed.
    pub(super) fn shorten(&mut self, connection: &Connection) -> Result<(), Lost> {
        let pages = self.pages.load(Ordering::Relaxed);
        let pass = match self.taker.done() {
            Some(pass) => Some(pass),
            None if self.taker.asked => return Ok(()),
            None => None,
        };
        let next = match next(pages, pass, self.rounds) {
            // Its thread has ended, which it should not have.
            Next::Ask if !self.taker.ask() => Next::Take,
            next => next,
        };
        match next {
            Next::Ask => self.rounds += 1,
            Next::Nothing | Next::Take | Next::Stop => self.rounds = 0,
        }
        match next {
            Next::Nothing | Next::Ask => Ok(()),
            Next::Take if take(connection) != Pass::Lost => Ok(()),
            Next::Take | Next::Stop => Err(Lost),
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

    /// What came of it, once it is done.
    fn done(&mut self) -> Option<Pass> {
        let pass = match self.done.try_recv() {
            Ok(pass) => pass,
            Err(TryRecvError::Disconnected) if self.asked => Pass::Nothing,
            Err(_) => return None,
        };
        self.asked = false;
        Some(pass)
    }
}

/// What to do about a log of so many pages, when the thread has come back with `pass`, or was not
/// asked.
fn next(pages: i32, pass: Option<Pass>, rounds: u32) -> Next {
    let left = match pass {
        Some(Pass::Lost) => return Next::Stop,
        // It is short, or has begun anew meanwhile.
        _ if pages < LONG => return Next::Nothing,
        None => return Next::Ask,
        Some(Pass::Taken { taken, .. }) => pages - taken,
        Some(Pass::Nothing) => pages,
    };
    if left <= FEW || rounds >= ROUNDS {
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
        let nothing = Some(Pass::Nothing);
        for (pages, pass, rounds, expected) in [
            (LONG - 1, None, 0, Next::Nothing),
            (LONG, None, 0, Next::Ask),
            (LONG + 100, Some(left(FEW)), 1, Next::Take),
            (LONG + 100, Some(left(FEW + 1)), 1, Next::Ask),
            (LONG + 100, Some(left(LONG)), ROUNDS, Next::Take),
            (LONG, nothing, 1, Next::Ask),
            (LONG, nothing, ROUNDS, Next::Take),
            // It has begun anew meanwhile.
            (20, Some(left(FEW)), 1, Next::Nothing),
            (20, Some(Pass::Lost), 1, Next::Stop),
            (LONG, Some(Pass::Lost), 1, Next::Stop),
        ] {
            let next = next(pages, pass, rounds);
            assert_eq!(next, expected, "{pages} pages, {pass:?}, {rounds} rounds");
        }
    }
}
