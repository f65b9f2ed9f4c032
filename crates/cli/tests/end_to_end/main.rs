//! The binary, run as an operator runs it and used as a client uses it.
//!
//! `COUNTERSIGN_BIN` names the binary to test, such as the release build; without it, it is
//! the one that cargo built for these tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod api_keys;
mod audit;
mod commands;
mod crash;
mod crash_delivery;
mod crash_redeem;
#[cfg(feature = "demo")]
mod demo;
mod devices;
mod first_api;
mod import;
mod import_hostile;
mod logs;
mod mail;
mod messages;
mod one_time_token;
mod overload;
mod partners;
mod passwords;
mod proxies;
mod refusals;
mod server;
mod shell;
mod sms;
mod snippets;
mod welcome;
