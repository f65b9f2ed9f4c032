//! The hosted pages through HTTP, as a browser without a window meets them. A file for each of
//! them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod hostile_forms;
mod otp;
mod password;
mod account;
mod cookies;
mod dev;
mod forms;
mod headers;
mod renewal;
mod sign_in;
mod sign_out;
mod site;
mod work;
