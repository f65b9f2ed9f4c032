//! The audit: every decision is a row, in its own unit of work where it changes something,
//! behind the answer where it refuses.
//!
//! A refusal is written behind the answer, together with others, so that the time of an
//! answer does not tell a known user from an unknown one, and a flood of refusals shares the
//! waits for the disk. One that no key, user or challenge can be tied to is counted instead:
//! garbage costs no disk.

mod auditor;
mod later;
mod report;
mod sealing;
mod verify;

use std::sync::Arc;

use countersign_domain::audit::{Action, Addresses, AuditKey, Entry, Event, Mac, Reason};
use countersign_domain::id::{AnyId, EntryId, RequestId};
use countersign_domain::key::MasterKey;
use countersign_domain::{Caller, Entropy, Timestamp};
use countersign_store::{Step, audit};

use crate::Service;

pub use auditor::{Auditor, Shown};
pub use countersign_store::audit::Filter;
pub(crate) use later::Later;
pub use report::{Finding, Report};
pub(crate) use sealing::{COUNT, SEAL, WRITE};

/// What counts as the code of an entry whose own cannot be read.
const NO_CODE: Mac = Mac::from_bytes([0; 32]);

/// Makes entries of events: what everybody needs who decides something. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    key: AuditKey,
    addresses: Addresses,
    entropy: Arc<dyn Entropy>,
}

impl Ledger {
    /// A ledger kept under this master key, which keeps as much of an address as is said.
    #[must_use]
    pub fn new(master: &MasterKey, addresses: Addresses, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            key: master.audit_key(),
            addresses,
            entropy,
        }
    }

    /// Who asks from a shell, or the server itself: a request of its own, without an address.
    #[must_use]
    pub fn local_caller(&self, now: Timestamp) -> Caller {
        Caller::local(RequestId::generate(now, &*self.entropy))
    }

    /// Writes an event, in the unit of work of what it tells.
    #[must_use]
    pub fn entry(&self, caller: &Caller, event: Event, now: Timestamp) -> Step {
        let entry = self.make(caller, event, now);
        audit::insert(&entry, &self.key.of_entry(&entry))
    }

    /// The same, if the authentication with this id, or one on the device with this id, was
    /// revoked just before, at `now`.
    pub(crate) fn entry_if_revoked(
        &self,
        caller: &Caller,
        event: Event,
        revoked: AnyId,
        now: Timestamp,
    ) -> Step {
        let entry = self.make(caller, event, now);
        audit::insert_if_revoked(&entry, &self.key.of_entry(&entry), revoked, now)
    }

    fn make(&self, caller: &Caller, event: Event, now: Timestamp) -> Entry {
        let id = EntryId::generate(now, &*self.entropy);
        Entry::new(id, caller, event, self.addresses, now)
    }
}

impl Service {
    /// Writes an event, in the unit of work of what it tells.
    pub(crate) fn record(&self, caller: &Caller, event: Event, now: Timestamp) -> Step {
        self.inner.ledger.entry(caller, event, now)
    }

    /// Writes a refusal behind its answer. Nothing of it happens before: neither a write nor a
    /// wait.
    pub(crate) fn record_later(&self, caller: &Caller, event: Event) {
        let entry = self.inner.ledger.make(caller, event.clone(), self.now());
        self.inner.later.push(&event, entry);
    }

    /// Counts a refusal that no key, user or challenge can be tied to.
    pub(crate) fn count(&self, action: Action, reason: Reason) {
        self.inner.later.count(action, reason);
    }
}
