//! The database's file.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::OpenError;

/// How often, and at which intervals, a writer asks whether one in another process is done.
/// Between two commits of a server that is never idle there are moments only, and who asks
/// ten times a second, as SQLite would, may miss them for long.
const ASKS: i32 = 5000;
const ASK_EVERY: Duration = Duration::from_millis(1);

/// Statements that a connection keeps prepared: more than there are.
const STATEMENTS: usize = 256;

/// How often a new database is switched to its log at most; each time somebody else did.
const SWITCHES: usize = 100;

/// Makes the folder and the file where they are missing, readable by their owner alone.
/// SQLite gives the log beside the file the file's own permissions.
pub(super) fn prepare(path: &Path) -> Result<(), OpenError> {
    let failed = |cause: io::Error| OpenError::File {
        path: path.to_owned(),
        cause: cause.to_string(),
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder).map_err(failed)?;
    }
    make(path).map_err(failed)?;
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        tighten(Path::new(&file)).map_err(failed)?;
    }
    Ok(())
}

/// Takes from a file what others may do with it.
fn tighten(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            std::fs::set_permissions(path, Permissions::from_mode(0o600))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the file where there is none. One that is there is not opened: a process that closes
/// any descriptor of a file loses all its POSIX locks on it, and those are how SQLite keeps
/// another process from taking the log away (<https://sqlite.org/howtocorrupt.html>, 2.2).
fn make(path: &Path) -> io::Result<()> {
    // Nor may this process lock a new file in the moment before it is closed here.
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let _one = ONE_BY_ONE.lock();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// A connection with the settings that hold for each.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // Without `CREATE`: where the file has vanished, another must not stand in for it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_handler(Some(ask_again))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without it SQLite prepares a statement anew whenever a value is bound that might make
    // another plan better: with every use, of most of ours. They have one good plan each.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    keep_a_log(&connection)?;
    // What was answered is on the disk, whatever happens to the machine next.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What was deleted is erased: a page that is free must not keep whose address it had.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    Ok(connection)
}

#[expect(
    clippy::disallowed_methods,
    reason = "SQLite tells nobody when a lock is free; this is on the writer's own thread, or \
              while a database is opened"
)]
fn ask_again(asked: i32) -> bool {
    let again = asked < ASKS;
    if again {
        std::thread::sleep(ASK_EVERY);
    }
    again
}

/// Switches a database to its write-ahead log, for good. Of several who do that with a new one
/// SQLite refuses some at once, lest they wait for each other; taking the write lock first
/// waits for whoever is faster.
fn keep_a_log(connection: &Connection) -> rusqlite::Result<()> {
    let switch = || {
        let mode: String =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        if mode == "wal" {
            return Ok(());
        }
        // SQLite keeps to what it can, and says so only here.
        let cannot = ffi::Error::new(ffi::SQLITE_CANTOPEN);
        let why = "its file system cannot hold a write-ahead log".to_owned();
        Err(rusqlite::Error::SqliteFailure(cannot, Some(why)))
    };
    for _ in 0..SWITCHES {
        match switch() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK")?;
            }
            done => return done,
        }
    }
    switch()
}

/// Keeps a second server from a database, for as long as this value lives. Commands do not
/// take it: they work while a server runs.
#[derive(Debug)]
pub struct ServerLock(#[expect(dead_code, reason = "held, never read")] File);

impl ServerLock {
    /// Takes the lock of the database in the file `database`.
    ///
    /// # Errors
    /// [`OpenError::Held`] while another server has it.
    pub fn acquire(database: &Path) -> Result<Self, OpenError> {
        prepare(database)?;
        let failed = |cause: io::Error| OpenError::File {
            path: database.to_owned(),
            cause: cause.to_string(),
        };
        // The lock is the file's, by whatever name it is reached.
        let mut path = database.canonicalize().map_err(failed)?.into_os_string();
        path.push(".lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::Held {
                path: database.to_owned(),
            }),
            Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Neither can be seen from outside, and durability hangs on both.
    #[test]
    fn every_commit_is_synced_to_a_write_ahead_log() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("countersign.db");
        prepare(&path).expect("a folder that can be written");
        let connection = connect(&path).expect("a new database");
        let full = connection.pragma_query_value(None, "synchronous", |row| row.get(0));
        assert_eq!(full, Ok(2));
        let mode = connection.pragma_query_value(None, "journal_mode", |row| row.get(0));
        assert_eq!(mode, Ok("wal".to_owned()));
    }

    /// It would show only in how long everything takes.
    #[test]
    fn a_value_that_is_bound_has_nothing_prepared_anew() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("countersign.db");
        prepare(&path).expect("a folder that can be written");
        let connection = connect(&path).expect("a new database");
        let stable = connection.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG);
        assert_eq!(stable, Ok(true));
    }
}
