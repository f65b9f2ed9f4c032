//! The hosted pages through HTTP, as a browser without a window meets them. A file for each of
//! them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod account;
mod canary;
mod cookies;
mod dev;
mod enter;
mod forms;
mod forward_auth;
mod headers;
mod hostile;
mod hostile_forms;
mod landing;
mod language;
mod no_store;
mod otp;
mod password;
mod renewal;
mod return_;
mod sign_in;
mod sign_out;
mod site;
mod work;
