//! The contract of the store: what holds on every engine, seen through `Store` alone.
//!
//! A behaviour is a function of a store that is open and empty; `contract!` at the end of
//! each file makes a test of it for each engine in `engines.rs`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[macro_use]
mod engines;
mod api_keys;
mod asserted;
mod audit;
mod authentications;
mod batches;
mod challenges;
mod devices;
mod ends;
mod feed;
mod fixture;
mod floor;
mod floor_model;
mod installation;
mod limits;
mod messages;
mod partners;
mod password_resets;
mod pins;
mod proofs;
mod redemptions;
mod sealing_keys;
mod sends;
mod sms;
mod sweeps;
mod users;
mod work;
