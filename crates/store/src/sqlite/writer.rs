//! The writer: one thread that commits what is waiting together.
//!
//! A commit costs one wait for the disk however many units of work are in it, so whoever
//! comes while the disk is busy shares the next one. A conflict undoes its own unit and no
//! other: nearly always there is nothing to undo, since it was the unit's first statement that
//! decided. Nobody is answered before the commit.

use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::log::{Log, Lost};
use super::{execute, unavailable};
use crate::batch::{Batch, Outcome};
use crate::error::StoreError;
use crate::statement::{Expect, Statement};

/// Units of work that wait at most. Behind them callers wait in line, up to [`PATIENCE`].
const QUEUE: usize = 1024;
/// Units of work in one commit at most: a bound on how long the first of them waits.
const GROUP: usize = 256;
/// How long a caller waits for a place in the queue.
const PATIENCE: Duration = Duration::from_secs(2);

/// The way to the writer's thread. The thread ends when the last clone is gone.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Order>,
}

#[derive(Debug)]
enum Order {
    Commit(Unit),
    /// Commit what came before, close the connection and say so.
    Close(oneshot::Sender<()>),
}

#[derive(Debug)]
struct Unit {
    batch: Batch,
    answer: oneshot::Sender<Answer>,
}

type Answer = Result<Outcome, StoreError>;

impl Writer {
    /// `beside` is another connection to the same database.
    pub(super) fn start(mut connection: Connection, beside: Connection) -> Result<Self, String> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let log = Log::watch(&mut connection, beside)?;
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write(connection, log, waiting))
            .map_err(|error| error.to_string())?;
        Ok(Self { queue })
    }

    pub(super) async fn commit(&self, batch: Batch) -> Answer {
        let (answer, answered) = oneshot::channel();
        let place = tokio::time::timeout(PATIENCE, self.queue.reserve());
        let Ok(Ok(place)) = place.await else {
            return Err(gone("the writer's queue is full or closed"));
        };
        place.send(Order::Commit(Unit { batch, answer }));
        let answer = answered.await;
        answer.unwrap_or_else(|_| Err(gone("the writer ended")))
    }

    /// Units of work in the queue.
    pub(super) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    pub(super) fn is_running(&self) -> Result<(), StoreError> {
        if self.queue.is_closed() {
            return Err(gone("the writer ended"));
        }
        Ok(())
    }

    pub(super) async fn close(self) {
        let (closed, done) = oneshot::channel();
        if self.queue.send(Order::Close(closed)).await.is_ok() {
            // An error means that it has ended already.
            let _ = done.await;
        }
    }
}

fn gone(cause: &str) -> StoreError {
    StoreError::Unavailable {
        cause: cause.to_owned(),
    }
}

fn write(connection: Connection, mut log: Log, mut waiting: mpsc::Receiver<Order>) {
    let ended = commit_all(&connection, &mut log, &mut waiting);
    drop(waiting);
    match ended.and_then(|closed| log.close().map(|()| closed)) {
        Ok(closed) => {
            // The last connection takes the log into the database as it goes.
            drop(connection);
            closed.map(|closed| closed.send(()));
        }
        Err(Lost) => {
            tracing::error!("nothing more is written until the server is started anew");
            // Closed, it would take the rest of the log into the database and delete it.
            std::mem::forget(connection);
        }
    }
}

/// Commits what comes, until somebody wants it closed, whom it returns, or nobody can ask any more.
fn commit_all(
    connection: &Connection,
    log: &mut Log,
    waiting: &mut mpsc::Receiver<Order>,
) -> Result<Option<oneshot::Sender<()>>, Lost> {
    let mut orders = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut orders, GROUP) > 0 {
        let (mut group, mut close) = (Vec::with_capacity(orders.len()), None);
        for order in orders.drain(..) {
            match order {
                Order::Commit(unit) => group.push(unit),
                Order::Close(closed) => close = Some(closed),
            }
        }
        for (answer, unit) in commit_group(connection, &group).into_iter().zip(group) {
            // Whoever asked may have left; what was committed stays committed.
            let _ = unit.answer.send(answer);
        }
        if close.is_some() {
            return Ok(close);
        }
        log.shorten(connection)?;
    }
    Ok(None)
}

/// Commits a group of units, one answer for each.
fn commit_group(connection: &Connection, group: &[Unit]) -> Vec<Answer> {
    if group.is_empty() {
        return Vec::new();
    }
    let answers = begin_and_commit(connection, group);
    answers.unwrap_or_else(|error| {
        tracing::error!(cause = %error, units = group.len(), "a commit failed");
        // Nothing to undo where the database has rolled back by itself.
        let _ = connection.execute_batch("ROLLBACK");
        group.iter().map(|_| Err(unavailable(&error))).collect()
    })
}

fn begin_and_commit(connection: &Connection, group: &[Unit]) -> rusqlite::Result<Vec<Answer>> {
    run(connection, "BEGIN IMMEDIATE")?;
    let answers = match group.iter().map(|unit| plain(connection, unit)).collect() {
        Ok(answers) => answers,
        Err(NeedsSavepoints) => {
            // Nothing to undo where the database has rolled back by itself.
            if !connection.is_autocommit() {
                run(connection, "ROLLBACK")?;
            }
            run(connection, "BEGIN IMMEDIATE")?;
            let answers = group.iter().map(|unit| savepoint(connection, &unit.batch));
            answers.collect::<rusqlite::Result<Vec<_>>>()?
        }
    };
    run(connection, "COMMIT")?;
    Ok(answers)
}

/// A unit failed that had changed something: to undo it alone, the group is done again, with
/// savepoints.
struct NeedsSavepoints;

/// Runs a unit of work without a savepoint. SQLite copies each page that changes within one, so
/// that they cost more than most statements.
fn plain(connection: &Connection, unit: &Unit) -> Result<Answer, NeedsSavepoints> {
    match steps(connection, &unit.batch) {
        Ok(outcome) => Ok(Ok(outcome)),
        Err(Failure::Conflict {
            statement,
            changed: false,
        }) => Ok(Err(conflict(statement))),
        Err(Failure::Conflict { .. } | Failure::Engine(_)) => Err(NeedsSavepoints),
    }
}

/// Runs a unit of work in a savepoint: where it fails, it alone is undone. An error is one
/// that has ended the whole transaction.
fn savepoint(connection: &Connection, batch: &Batch) -> rusqlite::Result<Answer> {
    run(connection, "SAVEPOINT unit")?;
    match steps(connection, batch) {
        Ok(outcome) => {
            run(connection, "RELEASE unit")?;
            Ok(Ok(outcome))
        }
        Err(Failure::Engine(error)) if connection.is_autocommit() => Err(error),
        Err(failure) => {
            run(connection, "ROLLBACK TO unit")?;
            run(connection, "RELEASE unit")?;
            Ok(Err(match failure {
                Failure::Conflict { statement, .. } => conflict(statement),
                Failure::Engine(error) => {
                    tracing::error!(cause = %error, "a unit of work failed");
                    unavailable(&error)
                }
            }))
        }
    }
}

enum Failure {
    Conflict {
        statement: &'static Statement,
        /// Whether the unit had changed anything by then.
        changed: bool,
    },
    Engine(rusqlite::Error),
}

fn conflict(statement: &Statement) -> StoreError {
    StoreError::Conflict {
        statement: statement.name,
    }
}

fn steps(connection: &Connection, batch: &Batch) -> Result<Outcome, Failure> {
    let mut done = Vec::with_capacity(batch.steps.len());
    let mut changed = false;
    for step in &batch.steps {
        let statement = step.statement;
        let step = execute::execute(connection, statement, &step.values).map_err(|error| {
            if taken(&error) {
                // Of the statement itself SQLite has undone what there was.
                Failure::Conflict { statement, changed }
            } else {
                Failure::Engine(error)
            }
        })?;
        changed |= step.count > 0;
        if statement.expect == Expect::One && step.count != 1 {
            return Err(Failure::Conflict { statement, changed });
        }
        done.push(step);
    }
    Ok(Outcome { done })
}

/// Whether a row with that key exists already.
fn taken(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(
        code,
        Some(SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_UNIQUE)
    )
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
