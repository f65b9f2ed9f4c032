//! Revocations, and the live ones among them.
//!
//! A user and an authentication each carry an epoch, and every session has both sealed in.
//! Revoking raises an epoch; a session with a lower one is refused, whatever any clock says.
//! Sessions live for an hour at most, so only what was revoked within the last hour can still
//! meet one: the *live* revocations fit in memory.

use std::collections::HashMap;
use std::time::Duration;

use crate::Timestamp;
use crate::id::{AuthenticationId, SessionId, UserId};
use crate::partner::LONGEST_SESSION;
use crate::session::Session;

/// How often the sessions of a user or an authentication were ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Epoch(pub i64);

impl Epoch {
    /// The epoch of what is new.
    pub const FIRST: Self = Self(0);
}

/// Something that ends sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Revocation {
    /// All sessions of a user with a lower epoch.
    User(UserId, Epoch),
    /// All sessions of an authentication with a lower epoch.
    Authentication(AuthenticationId, Epoch),
    /// One session.
    Session(SessionId),
}

/// How long a revocation stays live: no session that it ends outlives it, even where the
/// clocks of two nodes differ by some minutes.
pub const LIVE_FOR: Duration = Duration::from_secs(LONGEST_SESSION.as_secs() + 10 * 60);

/// The revocations that can still meet a session.
#[derive(Debug, Default)]
pub struct LiveRevocations {
    users: HashMap<UserId, Entry>,
    authentications: HashMap<AuthenticationId, Entry>,
    sessions: HashMap<SessionId, Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    epoch: Epoch,
    at: Timestamp,
}

impl LiveRevocations {
    /// Takes note of a revocation made at `at`. The order does not matter, nor does taking
    /// one twice.
    pub fn insert(&mut self, revocation: Revocation, at: Timestamp) {
        match revocation {
            Revocation::User(id, epoch) => raise(&mut self.users, id, epoch, at),
            Revocation::Authentication(id, epoch) => {
                raise(&mut self.authentications, id, epoch, at);
            }
            Revocation::Session(id) => {
                self.sessions.insert(id, at);
            }
        }
    }

    /// Whether one of them ends `session`.
    #[must_use]
    pub fn end(&self, session: &Session) -> bool {
        let raised = |entry: Option<&Entry>, epoch| entry.is_some_and(|e| epoch < e.epoch);
        raised(self.users.get(&session.user), session.epochs.user)
            || raised(
                self.authentications.get(&session.authentication),
                session.epochs.authentication,
            )
            || self.sessions.contains_key(&session.id)
    }

    /// Forgets what can meet no session any more.
    pub fn forget(&mut self, now: Timestamp) {
        let dead = now.minus(LIVE_FOR);
        self.users.retain(|_, entry| entry.at >= dead);
        self.authentications.retain(|_, entry| entry.at >= dead);
        self.sessions.retain(|_, at| *at >= dead);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len() + self.authentications.len() + self.sessions.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn raise<K: std::hash::Hash + Eq>(
    entries: &mut HashMap<K, Entry>,
    key: K,
    epoch: Epoch,
    at: Timestamp,
) {
    let entry = entries.entry(key).or_insert(Entry { epoch, at });
    entry.epoch = entry.epoch.max(epoch);
    entry.at = entry.at.max(at);
}
