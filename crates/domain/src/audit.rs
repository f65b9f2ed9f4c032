//! The audit: what was decided, about whom, and why.
//!
//! An [`Event`] says what happened, in words that stay the same. Kept, it is an [`Entry`]: with
//! its id, the request in which it happened, the moment and the address, and a code
//! ([`AuditKey`]) that nobody without the master key can make. Entries are sealed in groups,
//! each [`Seal`] holding on to the one before, so that none can be taken out unseen.
//!
//! Of a person an entry holds ids, which lead nowhere once the user is deleted, and an address
//! as far as the operator wants it kept. No identity, name, secret or `User-Agent` is in it.

mod address;
mod entry;
mod event;
mod key;
mod reason;
mod seal;
mod words;

use std::time::Duration;

pub use address::Addresses;
pub use entry::Entry;
pub use event::{Actor, Event, Subject};
pub use key::{AuditKey, Mac};
pub use reason::Reason;
pub use seal::{Digest, Head, InvalidHead, Seal};
pub use words::{Action, Outcome};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How the audit is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// How much of an address is kept.
    pub addresses: Addresses,
    /// How long entries are kept.
    pub retention: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            addresses: Addresses::Truncated,
            retention: 400 * DAY,
        }
    }
}
