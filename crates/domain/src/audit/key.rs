//! The key under which the audit is kept, and what it signs.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;

use super::{Entry, Seal};

/// HMAC-SHA-256 of an entry or a seal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mac([u8; 32]);

impl Mac {
    /// The code with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The key under which the audit is kept. It is derived from the master key, which lies
/// outside the data folder: who has the database alone can make no entry and no seal.
/// Clones share it.
#[derive(Clone)]
pub struct AuditKey(Arc<Keys>);

/// Entries and seals have a key each, so that none passes for one of the others.
struct Keys {
    entry: hmac::Key,
    seal: hmac::Key,
}

impl AuditKey {
    pub(crate) fn new(entry: hmac::Key, seal: hmac::Key) -> Self {
        Self(Arc::new(Keys { entry, seal }))
    }

    /// The code of an entry.
    #[must_use]
    pub fn of_entry(&self, entry: &Entry) -> Mac {
        sign(&self.0.entry, &entry.bytes())
    }

    /// The code of a seal.
    #[must_use]
    pub fn of_seal(&self, seal: &Seal) -> Mac {
        sign(&self.0.seal, &seal.bytes())
    }
}

fn sign(key: &hmac::Key, bytes: &[u8]) -> Mac {
    let tag = hmac::sign(key, bytes);
    Mac(tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes"))
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey")
    }
}
