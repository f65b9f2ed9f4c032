//! What the server acknowledged, to ask for again.

use parking_lot::Mutex;

/// A user who is signed in on a device.
#[derive(Clone, Debug)]
pub(super) struct Device {
    /// Of whom: the number of the user.
    pub(super) user: u64,
    /// Of the authentication.
    pub(super) id: String,
    pub(super) authentication: String,
    pub(super) session: String,
}

/// All that was answered with success and must not be forgotten.
#[derive(Default)]
pub(super) struct Ledger(Mutex<Entries>);

/// Its entries, in the order of the answers.
#[derive(Clone, Default)]
pub(super) struct Entries {
    /// Authentication tokens: each log-in's, each redemption's.
    pub(super) signed_in: Vec<String>,
    /// Devices that were signed out.
    pub(super) signed_out: Vec<Device>,
    /// One-time tokens that were redeemed.
    pub(super) redeemed: Vec<String>,
    /// Log-ins whose codes were used: id and code.
    pub(super) used: Vec<(String, String)>,
}

impl Ledger {
    /// Adds to it.
    pub(super) fn add(&self, add: impl FnOnce(&mut Entries)) {
        add(&mut self.0.lock());
    }

    /// The one-time token that was redeemed last.
    pub(super) fn last_redeemed(&self) -> Option<String> {
        self.0.lock().redeemed.last().cloned()
    }

    /// All of it.
    pub(super) fn entries(&self) -> Entries {
        self.0.lock().clone()
    }
}
