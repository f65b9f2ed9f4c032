//! The database's file.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::OpenError;

/// How long a writer waits for one in another process. Its transactions take milliseconds.
const BUSY: Duration = Duration::from_secs(5);

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
    private_file(path).map_err(failed).map(drop)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(0o600).open(path)
}

/// A connection with the settings that hold for each.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // What was answered is on the disk, whatever happens to the machine next.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    Ok(connection)
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
        let mut path = PathBuf::from(database).into_os_string();
        path.push(".lock");
        let failed = |cause: String| OpenError::File {
            path: database.to_owned(),
            cause,
        };
        let file = private_file(Path::new(&path)).map_err(|error| failed(error.to_string()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::Held {
                path: database.to_owned(),
            }),
            Err(std::fs::TryLockError::Error(error)) => Err(failed(error.to_string())),
        }
    }
}
