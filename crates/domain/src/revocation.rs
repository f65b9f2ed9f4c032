//! Revocations, and the live ones among them.
//!
//! A user and an authentication each carry an epoch, and every session has both sealed in.
//! Revoking raises an epoch; a session with a lower one is refused, whatever any clock says.
//! Sessions live for an hour at most, so only what was revoked within the last hour can still
//! meet one: the *live* revocations fit in memory.

mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::Timestamp;
use crate::epoch::Epoch;
use crate::id::{AuthenticationId, SessionId, UserId};
use crate::partner::LONGEST_SESSION;
use crate::session::Session;
use table::Table;

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
    users: Table,
    authentications: Table,
    sessions: Table,
}

impl LiveRevocations {
    /// Takes note of a revocation. The order does not matter, nor does taking one twice.
    pub fn insert(&mut self, revocation: Revocation, known: Known) {
        match revocation {
            Revocation::User(id, epoch) => self.users.raise(id.as_bytes(), epoch, known),
            Revocation::Authentication(id, epoch) => {
                self.authentications.raise(id.as_bytes(), epoch, known);
            }
            Revocation::Session(id) => self.sessions.raise(id.as_bytes(), Epoch::FIRST, known),
        }
    }

    /// Whether one of them ends `session`.
    #[must_use]
    pub fn ends(&self, session: &Session) -> bool {
        let (user, authentication) = (&session.user, &session.authentication);
        let user = self.users.epoch_of(user.as_bytes());
        let authentication = self.authentications.epoch_of(authentication.as_bytes());
        user.is_some_and(|raised| session.epochs.user < raised)
            || authentication.is_some_and(|raised| session.epochs.authentication < raised)
            || self.sessions.epoch_of(session.id.as_bytes()).is_some()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len() + self.authentications.len() + self.sessions.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets what can meet no session any more: of a few, so that others look something up
    /// before the next. Returns where to go on from [`Step::FIRST`], `None` once all were
    /// looked at.
    pub fn forget(&mut self, step: Step, now: Timestamp, uptime: Duration) -> Option<Step> {
        let is_over = |known: Known| known.is_over(now, uptime);
        let Step(kind, from) = step;
        let (table, next) = match kind {
            Kind::User => (&mut self.users, Some(Kind::Authentication)),
            Kind::Authentication => (&mut self.authentications, Some(Kind::Session)),
            Kind::Session => (&mut self.sessions, None),
        };
        match table.forget(from, is_over) {
            Some(place) => Some(Step(kind, place)),
            None => next.map(|kind| Step(kind, 0)),
        }
    }
}

/// How far all that can be forgotten was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Step(Kind, usize);

impl Step {
    /// The first.
    pub const FIRST: Self = Self(Kind::User, 0);
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    User,
    Authentication,
    Session,
}
