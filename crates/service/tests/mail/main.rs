//! Mail, handed to a real mail server on loopback.

mod refusals;
mod sending;
mod server;
mod tls;
