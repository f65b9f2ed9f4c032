//! The user whom a one-time token names, as the partner's word leaves it.

use countersign_domain::Timestamp;
use countersign_domain::asserted::{KnownUser, Whom};
use countersign_domain::epoch::Epoch;
use countersign_domain::id::UserId;
use countersign_domain::identity::Identity;
use countersign_domain::partner::Slug;
use countersign_domain::user::one_of_each_type;
use countersign_store::{Step, users};

use crate::Service;
use crate::sign_in::{PURGED, purge};

/// Identities of one type that a user has by its partner's word; the one proved longest ago makes
/// room.
const MOST_OF_TYPE: i64 = 10;

impl Service {
    /// The user as the partner's word leaves it: created or found, its identities joined and
    /// proved.
    pub(super) fn write_user(&self, partner: &Slug, whom: &Whom<'_>, now: Timestamp) -> Written {
        let (user, epoch, mut steps) = match whom.user {
            None => {
                let user = UserId::generate(now, &*self.inner.entropy);
                let insert = users::insert(user, partner, None, now);
                (user, Epoch::FIRST, vec![insert])
            }
            Some(known) => purged(known, now),
        };
        let says_something = |identity: &&Identity| {
            let is_proved = |user: &KnownUser| user.is_proved(identity, now);
            !whom.user.is_some_and(is_proved)
        };
        let prove = |identity| users::prove_identity(partner, identity, user, now);
        steps.extend(whom.has.iter().filter(says_something).map(prove));
        // Whoever changes addresses keeps the last of them.
        let known = |identity: &&Identity| whom.user.is_some_and(|user| user.has(identity.kind()));
        let forget =
            |identity: &Identity| users::keep_latest(user, identity.kind(), MOST_OF_TYPE - 1);
        steps.extend(whom.gets.iter().filter(known).map(forget));
        // Where it was decided by the user's having none of the type, that must still be so:
        // another of the partner's users may join at the same time.
        let join = |identity: &Identity| {
            let insert = match whom.user {
                Some(known) if !known.has(identity.kind()) => users::insert_first_of_type,
                _ => users::insert_identity,
            };
            insert(partner, identity, user, Some(now), now)
        };
        steps.extend(whom.gets.iter().map(join));
        Written { user, epoch, steps }
    }
}

/// What a redemption changed of its user, for the audit: the types of identities, no values.
pub(super) fn changes(whom: &Whom<'_>) -> String {
    let mut changes = String::new();
    let Some(user) = whom.user else {
        return ", and the user was added".to_owned();
    };
    for identity in &whom.gets {
        changes.push_str(&format!(", and {} joined", identity.kind()));
    }
    if user.unproved_password {
        changes.push_str(PURGED);
    }
    changes
}

/// What is written of a user, who then has this epoch.
pub(super) struct Written {
    pub(super) user: UserId,
    pub(super) epoch: Epoch,
    pub(super) steps: Vec<Step>,
}

/// A known user, without a password that was never proved to be its own.
fn purged(known: &KnownUser, now: Timestamp) -> (UserId, Epoch, Vec<Step>) {
    if known.unproved_password {
        let (epoch, steps) = purge(known.id, known.epoch, None, now);
        return (known.id, epoch, steps.into());
    }
    (known.id, known.epoch, Vec::new())
}

/// The user's identities after it, one of each type: what the partner says before the rest.
pub(super) fn identities_of(whom: &Whom<'_>) -> Vec<Identity> {
    let rest = whom.user.map_or(&[][..], |user| &user.identities);
    let said = whom.has.iter().chain(&whom.gets);
    one_of_each_type(&said.chain(rest).cloned().collect::<Vec<_>>())
}
