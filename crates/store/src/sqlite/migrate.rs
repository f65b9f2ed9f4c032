//! The schema, brought up to date step by step.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::file_error;
use crate::OpenError;

/// What opening a store may do to its schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Migrate {
    /// Bring it up to date.
    Apply,
    /// Make a new database's; leave one that exists as it is, since a server of its version
    /// may be running on it.
    OnlyNew,
}

/// Every migration, in order: what is released is never changed again.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../../migrations/sqlite/0001_first.sql")),
    (
        2,
        include_str!("../../migrations/sqlite/0002_partners_vouch.sql"),
    ),
    (3, include_str!("../../migrations/sqlite/0003_audit.sql")),
    (4, include_str!("../../migrations/sqlite/0004_messages.sql")),
    (5, include_str!("../../migrations/sqlite/0005_limits.sql")),
    (
        6,
        include_str!("../../migrations/sqlite/0006_sms_budget.sql"),
    ),
    (
        7,
        include_str!("../../migrations/sqlite/0007_password_resets.sql"),
    ),
    (
        8,
        include_str!("../../migrations/sqlite/0008_identities_in_order.sql"),
    ),
];

/// The latest migration's number.
pub(crate) const SCHEMA: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

pub(super) fn run(
    connection: &mut Connection,
    path: &Path,
    migrate: Migrate,
) -> Result<(), OpenError> {
    run_these(MIGRATIONS, connection, path, migrate)
}

fn run_these(
    migrations: &[(i64, &str)],
    connection: &mut Connection,
    path: &Path,
    migrate: Migrate,
) -> Result<(), OpenError> {
    let failed = file_error(path);
    connection
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS schema_migrations (
                 version    INTEGER NOT NULL PRIMARY KEY,
                 checksum   INTEGER NOT NULL,
                 applied_at INTEGER NOT NULL
             ) STRICT",
        )
        .map_err(&failed)?;
    // All that is missing is one transaction, and the lock is taken before asking what is: who
    // opens a database that another is making finds it made.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(&failed)?;
    let known = migrations.last().map_or(0, |(version, _)| *version);
    let found = version(&transaction).map_err(&failed)?;
    if found > known {
        let path = path.to_owned();
        return Err(OpenError::Newer { path, found, known });
    }
    if migrate == Migrate::OnlyNew && found > 0 && found < known {
        let path = path.to_owned();
        return Err(OpenError::Older { path, found, known });
    }
    for (version, sql) in migrations {
        let matches = apply(&transaction, *version, sql).map_err(&failed)?;
        if !matches {
            return Err(OpenError::Altered {
                path: path.to_owned(),
                version: *version,
            });
        }
    }
    transaction.commit().map_err(&failed)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations";
    connection.query_row(sql, [], |row| row.get(0))
}

/// Applies one migration, unless it was applied. Whether it was (or is now) the one that we
/// know.
fn apply(transaction: &Transaction<'_>, version: i64, sql: &str) -> rusqlite::Result<bool> {
    let checksum = i64::from(crc32fast::hash(sql.as_bytes()));
    let applied: Option<i64> = transaction
        .query_row(
            "SELECT checksum FROM schema_migrations WHERE version = ?1",
            [version],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(applied) = applied {
        return Ok(applied == checksum);
    }
    transaction.execute_batch(sql)?;
    transaction.execute(
        "INSERT INTO schema_migrations (version, checksum, applied_at)
         VALUES (?1, ?2, unixepoch() * 1000000)",
        [version, checksum],
    )?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: (i64, &str) = (1, "CREATE TABLE one (a INTEGER)");
    const TWO: (i64, &str) = (2, "CREATE TABLE two (a INTEGER)");
    const HALF: (i64, &str) = (
        2,
        "CREATE TABLE half (a INTEGER); CREATE TABLE one (a INTEGER)",
    );

    fn database() -> Connection {
        Connection::open_in_memory().expect("a database in memory")
    }

    fn run(
        migrations: &[(i64, &str)],
        connection: &mut Connection,
        migrate: Migrate,
    ) -> Result<(), OpenError> {
        run_these(migrations, connection, Path::new("test.db"), migrate)
    }

    fn has(connection: &Connection, table: &str) -> bool {
        let found = connection.table_exists(None, table);
        found.expect("the schema can be read")
    }

    #[test]
    fn an_older_database_is_changed_only_by_who_may() {
        let mut connection = database();
        run(&[ONE], &mut connection, Migrate::OnlyNew).expect("it is new");
        let refused = run(&[ONE, TWO], &mut connection, Migrate::OnlyNew);
        let error = refused.expect_err("it exists, and is older");
        let older = matches!(
            error,
            OpenError::Older {
                found: 1,
                known: 2,
                ..
            }
        );
        assert!(older, "{error:?}");
        assert!(error.to_string().contains("countersign migrate"), "{error}");
        assert!(!has(&connection, "two"));

        run(&[ONE, TWO], &mut connection, Migrate::Apply).expect("it may");
        assert!(has(&connection, "two"));
        run(&[ONE, TWO], &mut connection, Migrate::OnlyNew).expect("it is up to date");
    }

    #[test]
    fn a_migration_that_fails_leaves_all_as_it_was() {
        let mut connection = database();
        let failed = run(&[ONE, HALF], &mut connection, Migrate::Apply);
        assert!(matches!(failed, Err(OpenError::File { .. })));
        assert!(!has(&connection, "one"));
        assert!(!has(&connection, "half"));
        assert_eq!(version(&connection), Ok(0));
        run(&[ONE, TWO], &mut connection, Migrate::Apply).expect("as if it never was");
    }
}
