//! The API through HTTP, as a client meets it. A file for each part of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod admin;
mod alike;
mod audit;
mod canary;
mod challenges;
mod devices;
mod input;
mod keys;
mod log_in;
mod one_time_tokens;
mod openapi;
mod outbox;
mod pins;
mod races;
mod revocation;
mod sessions;
mod sweeps;
mod tampering;
mod tokens;
