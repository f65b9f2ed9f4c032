//! Readers: connections of their own, which never wait for the writer.

use std::path::PathBuf;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::Connection;

use super::{execute, file, unavailable};
use crate::StoreError;
use crate::statement::Statement;
use crate::value::{Columns, Value};

/// How long a reader waits at most: it is on a thread that serves other requests as well.
const BUSY: Duration = Duration::from_millis(100);

/// As many connections as ever read at once, which is at most the number of threads that
/// serve requests. A reader that is done puts its connection back.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::default(),
        }
    }

    pub(super) fn read(
        &self,
        statement: &'static Statement,
        values: &[Value],
        read: impl FnMut(Columns<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let idle = self.idle.lock().pop();
        let connection = idle.map_or_else(|| self.connect(), Ok);
        let connection = connection.map_err(|error| unavailable(&error))?;
        // A connection that failed is not put back: the next one begins afresh.
        execute::query(&connection, statement, values, read)?;
        self.idle.lock().push(connection);
        Ok(())
    }

    pub(super) fn ping(&self) -> Result<(), StoreError> {
        let answers = || self.connect()?.query_row("SELECT 1", [], |_| Ok(()));
        answers().map_err(|error| unavailable(&error))
    }

    pub(super) fn close(&self) {
        self.idle.lock().clear();
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let connection = file::connect(&self.path)?;
        // Readers wait for nobody but a log that is being recovered.
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
