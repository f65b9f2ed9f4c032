//! What can go wrong with the store.

use std::path::PathBuf;

/// Why a store cannot be opened. The messages say what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or file cannot be made or opened.
    #[error("cannot open the database {path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// A newer version of Countersign has written it.
    #[error(
        "{path} was written by a newer version of Countersign (schema {found}, this version \
         knows up to {known}); use that version, or another data folder"
    )]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its schema's version.
        found: i64,
        /// The latest that this version knows.
        known: i64,
    },
    /// It was written by an older version, and this caller may not change that.
    #[error(
        "{path} was written by an older version of Countersign (schema {found}, this version \
         needs {known}); run `countersign migrate` first"
    )]
    Older {
        /// Which.
        path: PathBuf,
        /// Its schema's version.
        found: i64,
        /// The version that is needed.
        known: i64,
    },
    /// A migration that was applied is not the one this version knows by its number.
    #[error(
        "migration {version} of {path} is not the one that this version of Countersign knows; \
         restore a backup or use the version that wrote it"
    )]
    Altered {
        /// Which.
        path: PathBuf,
        /// The migration's number.
        version: i64,
    },
    /// Another server runs on it.
    #[error("another server is running on {path}; stop it, or use another data folder")]
    Held {
        /// Which.
        path: PathBuf,
    },
}

/// Why a statement or batch failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StoreError {
    /// A guarded statement did not find what it expected, so nothing of its batch happened.
    /// Whoever meets it loads again and decides anew.
    #[error("{statement} met another state")]
    Conflict {
        /// Which statement.
        statement: &'static str,
    },
    /// The database cannot be reached or cannot write. Whether a batch was committed is
    /// unknown.
    #[error("the database is unavailable: {cause}")]
    Unavailable {
        /// What it said, for the log alone.
        cause: String,
    },
    /// What was read is not what can have been written.
    #[error("column {column} of {statement} cannot be read")]
    Corrupt {
        /// Which statement read it.
        statement: &'static str,
        /// Which column, counted from 0.
        column: usize,
    },
}
