//! Mail, handed to a real mail server on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod refusals;
mod sending;
mod sent;
mod tls;
