//! Revocations, and the live ones among them.
//!
//! A user and an authentication each carry an epoch, and every session has both sealed in.
//! Revoking raises an epoch; a session with a lower one is refused, whatever any clock says.
//! Sessions live for an hour at most, so only what was revoked within the last hour can still
//! meet one: the *live* revocations fit in memory.

use std::collections::HashMap;
use std::time::Duration;

use crate::Timestamp;
use crate::epoch::Epoch;
use crate::id::{AuthenticationId, SessionId, UserId};
use crate::partner::LONGEST_SESSION;
use crate::session::Session;

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

/// When a node came to know a revocation, by both of its clocks.
///
/// The wall clock may be set forward and back again, and with it sessions die and live
/// again; so what ended them is forgotten only when both clocks agree that it is over.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// When it was made, by the wall clock of the node that made it.
    pub made_at: Timestamp,
    /// This machine's uptime when it last heard of it.
    pub heard_at: Duration,
}

impl Known {
    fn is_over(self, now: Timestamp, uptime: Duration) -> bool {
        now.since(self.made_at) > LIVE_FOR && uptime.saturating_sub(self.heard_at) > LIVE_FOR
    }

    /// The later of both, by each clock.
    fn max(self, other: Self) -> Self {
        Self {
            made_at: self.made_at.max(other.made_at),
            heard_at: self.heard_at.max(other.heard_at),
        }
    }
}

/// The revocations that can still meet a session.
#[derive(Debug, Default)]
pub struct LiveRevocations {
    users: HashMap<UserId, (Epoch, Known)>,
    authentications: HashMap<AuthenticationId, (Epoch, Known)>,
    sessions: HashMap<SessionId, Known>,
}

impl LiveRevocations {
    /// Takes note of a revocation. The order does not matter, nor does taking one twice.
    pub fn insert(&mut self, revocation: Revocation, known: Known) {
        match revocation {
            Revocation::User(id, epoch) => raise(&mut self.users, id, epoch, known),
            Revocation::Authentication(id, epoch) => {
                raise(&mut self.authentications, id, epoch, known);
            }
            Revocation::Session(id) => {
                let kept = self.sessions.entry(id).or_insert(known);
                *kept = kept.max(known);
            }
        }
    }

    /// Whether one of them ends `session`.
    #[must_use]
    pub fn ends(&self, session: &Session) -> bool {
        let raised =
            |kept: Option<&(Epoch, Known)>, epoch| kept.is_some_and(|(raised, _)| epoch < *raised);
        raised(self.users.get(&session.user), session.epochs.user)
            || raised(
                self.authentications.get(&session.authentication),
                session.epochs.authentication,
            )
            || self.sessions.contains_key(&session.id)
    }

    /// Forgets what can meet no session any more.
    pub fn forget(&mut self, now: Timestamp, uptime: Duration) {
        let live = |known: &Known| !known.is_over(now, uptime);
        self.users.retain(|_, (_, known)| live(known));
        self.authentications.retain(|_, (_, known)| live(known));
        self.sessions.retain(|_, known| live(known));
    }
}

fn raise<K: std::hash::Hash + Eq>(
    entries: &mut HashMap<K, (Epoch, Known)>,
    key: K,
    epoch: Epoch,
    known: Known,
) {
    let kept = entries.entry(key).or_insert((epoch, known));
    *kept = (kept.0.max(epoch), kept.1.max(known));
}
