//! The hosted pages through HTTP, as a browser without a window meets them. A file for each of
//! them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod hostile_forms;
mod otp;
mod password;
mod sign_in;
mod site;
mod work;
