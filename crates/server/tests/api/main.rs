//! The API through HTTP, as a client meets it. A file for each part of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod admin;
mod alike;
mod api_keys;
mod audit;
mod canary;
mod challenges;
mod cross_partner;
mod delivery;
mod delivery_nodes;
mod devices;
mod hostile;
mod input;
mod keys;
mod known_devices;
mod limits;
mod limits_of_addresses;
mod limits_of_resets;
mod links;
mod log_in;
mod mail;
mod naming;
mod one_time_tokens;
mod openapi;
mod outbox;
mod password_resets;
mod password_rules;
mod pins;
mod proving;
mod races;
mod redeem;
mod replays;
mod revocation;
mod secrets;
mod sessions;
mod sms_breaker;
mod sms_budget;
mod sweeps;
mod tampering;
mod tokens;
mod vouching;
mod vouching_audit;
mod vouching_ends;
mod vouching_races;
mod vouching_sweeps;
