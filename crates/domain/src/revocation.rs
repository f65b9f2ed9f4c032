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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authentication::Authenticator;
    use crate::epoch::Epochs;
    use crate::id::DeviceId;
    use crate::partner::Slug;
    use crate::session::Amr;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH.plus(Duration::from_secs(seconds))
    }

    fn session(user: i64, authentication: i64) -> Session {
        Session {
            id: SessionId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            partner: Slug::default_partner(),
            identities: vec![],
            device: DeviceId::from_bytes([3; 16]),
            authentication: AuthenticationId::from_bytes([4; 16]),
            epochs: Epochs {
                user: Epoch(user),
                authentication: Epoch(authentication),
            },
            amr: Amr::of(Authenticator::Password),
            authenticated_at: at(0),
            created_at: at(0),
            expires_at: at(0).plus(LONGEST_SESSION),
        }
    }

    fn user(epoch: i64) -> Revocation {
        Revocation::User(UserId::from_bytes([2; 16]), Epoch(epoch))
    }

    fn authentication(epoch: i64) -> Revocation {
        Revocation::Authentication(AuthenticationId::from_bytes([4; 16]), Epoch(epoch))
    }

    fn known(seconds: u64) -> Known {
        Known {
            made_at: at(seconds),
            heard_at: Duration::from_secs(seconds),
        }
    }

    fn live(revocations: &[Revocation]) -> LiveRevocations {
        let mut live = LiveRevocations::default();
        for revocation in revocations {
            live.insert(*revocation, known(0));
        }
        live
    }

    #[test]
    fn a_session_ends_with_a_greater_epoch_or_by_itself() {
        let this = Revocation::Session(SessionId::from_bytes([1; 16]));
        let other = Revocation::Session(SessionId::from_bytes([9; 16]));
        for (revocation, ends) in [
            (user(2), false),
            (user(3), true),
            (authentication(5), false),
            (authentication(6), true),
            (this, true),
            (other, false),
        ] {
            let ended = live(&[revocation]).ends(&session(2, 5));
            assert_eq!(ended, ends, "{revocation:?}");
        }
        let others = [
            Revocation::User(UserId::from_bytes([9; 16]), Epoch(9)),
            Revocation::Authentication(AuthenticationId::from_bytes([9; 16]), Epoch(9)),
        ];
        assert!(!live(&others).ends(&session(2, 5)));
    }

    /// The feed is read in order, but what a node revokes itself it notes before it reads it.
    #[test]
    fn the_greatest_epoch_counts_whenever_it_came() {
        for order in [[3, 1], [1, 3]] {
            assert!(live(&order.map(user)).ends(&session(2, 0)), "{order:?}");
            let authentications = live(&order.map(authentication));
            assert!(authentications.ends(&session(0, 2)), "{order:?}");
        }
    }

    #[test]
    fn a_revocation_is_remembered_for_as_long_as_any_session_lives() {
        for revocation in [
            user(1),
            authentication(1),
            Revocation::Session(SessionId::from_bytes([1; 16])),
        ] {
            let mut live = LiveRevocations::default();
            live.insert(revocation, known(1000));
            // Told a second time with an earlier moment, it is none the older.
            live.insert(revocation, known(0));
            let last = known(1000);
            let over = LIVE_FOR + Duration::from_micros(1);
            live.forget(
                last.made_at.plus(LONGEST_SESSION),
                last.heard_at + LONGEST_SESSION,
            );
            // One clock alone may have been set.
            live.forget(last.made_at.plus(over), last.heard_at);
            live.forget(last.made_at, last.heard_at + over);
            assert!(live.ends(&session(0, 0)), "{revocation:?}");
            live.forget(last.made_at.plus(over), last.heard_at + over);
            assert!(!live.ends(&session(0, 0)), "{revocation:?}");
        }
    }
}
