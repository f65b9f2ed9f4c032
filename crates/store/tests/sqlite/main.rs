//! What holds of SQLite alone: its files, its processes, its failures.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod failures;
mod files;
mod fixture;
mod groups;
mod log;
mod opening;
mod processes;
