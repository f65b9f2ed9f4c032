//! What Countersign's tests share: an application served on loopback from a database of its
//! own, a clock that is moved by hand, and a client.

#![expect(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on stops, and its helpers say what they do by name"
)]

mod app;
mod browser;
mod client;
mod clock;
mod gate;
mod log;
mod mail_server;

pub use app::{TestApp, TestNode};
pub use browser::{Browser, Shown};
pub use client::{Answer, Client, password_log_in};
pub use clock::MockClock;
pub use gate::{Gate, Mood};
pub use log::Log;
pub use mail_server::MailServer;
