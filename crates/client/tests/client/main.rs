//! An application that asks a real Countersign whose its requests are.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod application;
mod canary;
mod connections;
mod credentials;
mod extensions;
mod faults;
mod layers;
mod people;
mod verify;
mod wire;
