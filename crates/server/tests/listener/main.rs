//! The accept loop through real sockets: who is served, who is closed, and when.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod client;
mod crowds;
mod drain;
mod sent;
mod server;
mod time;
