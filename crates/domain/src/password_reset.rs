//! Password resets: a code sent to an address, with which its owner sets a new password.

use std::time::Duration;

use crate::Timestamp;
use crate::audit::Reason;
use crate::epoch::Epoch;
use crate::id::{PasswordResetId, UserId};
use crate::identity::Identity;
use crate::partner::Slug;
use crate::token::TokenHash;
use crate::user::{User, UserStatus};

/// How long a reset code lives. It comes by mail, which may take minutes.
pub const LIFE: Duration = Duration::from_secs(15 * 60);

/// A reset code sent, and awaited.
#[derive(Clone, Debug)]
pub struct PasswordReset {
    /// Its id.
    pub id: PasswordResetId,
    /// Whose user.
    pub partner: Slug,
    /// Where the code was sent.
    pub identity: Identity,
    /// Whose password it sets: a user, as of an epoch, so that locking, deleting and setting
    /// the password end it. `None` is nobody: such a reset is stored and swept like any other
    /// and never succeeds, so that nothing tells whose address it is.
    pub user: Option<(UserId, Epoch)>,
    /// What is kept of the code.
    pub code: TokenHash,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// From when on the code is refused.
    pub expires_at: Timestamp,
    /// When it was redeemed, if it was.
    pub redeemed_at: Option<Timestamp>,
}

/// What is known of who has the address to which a code is to be sent.
#[derive(Clone, Copy, Debug)]
pub struct AddressOwner<'a> {
    /// The user.
    pub user: &'a User,
    /// Whether this address was proved to be the user's own.
    pub address_proved: bool,
    /// Whether any of the user's identities was.
    pub any_proved: bool,
}

impl AddressOwner<'_> {
    /// Decides whose password a code sent there may set. An address that was never proved gets
    /// no user from whoever proved another; where nothing was proved yet, this is the first
    /// proof, and all that was before it ends.
    #[must_use]
    pub fn may_reset(&self) -> Option<(UserId, Epoch)> {
        let active = self.user.status == UserStatus::Active;
        let own = self.address_proved || !self.any_proved;
        (active && own).then_some((self.user.id, self.user.epoch))
    }
}

impl PasswordReset {
    /// Decides whether a code redeems it: whose password it sets.
    ///
    /// # Errors
    /// The reason, for the audit alone.
    pub fn check(&self, code: &TokenHash, now: Timestamp) -> Result<(UserId, Epoch), Reason> {
        if !self.code.matches(code) {
            return Err(Reason::UnknownReset);
        }
        if self.redeemed_at.is_some() {
            return Err(Reason::Used);
        }
        if now >= self.expires_at {
            return Err(Reason::Expired);
        }
        self.user.ok_or(Reason::UnknownReset)
    }

    /// Decides whether who has the address by now is the user, as it was when the code was sent.
    ///
    /// # Errors
    /// The reason, for the audit alone.
    pub fn confirm(&self, owner: Option<AddressOwner<'_>>) -> Result<(), Reason> {
        match owner {
            Some(owner) if owner.user.status == UserStatus::Locked => Err(Reason::UserLocked),
            Some(owner) if self.user.is_some() && owner.may_reset() == self.user => Ok(()),
            Some(_) | None => Err(Reason::UserChanged),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const EPOCH: Epoch = Epoch(3);

    fn user(status: UserStatus) -> User {
        User {
            id: UserId::NIL,
            partner: Slug::default_partner(),
            status,
            epoch: EPOCH,
            identities: vec![],
            created_at: NOW,
            updated_at: NOW,
        }
    }

    #[rstest]
    #[case::proved(UserStatus::Active, true, true, true)]
    #[case::nothing_proved(UserStatus::Active, false, false, true)]
    #[case::another_proved(UserStatus::Active, false, true, false)]
    #[case::locked(UserStatus::Locked, true, true, false)]
    #[case::locked_and_nothing_proved(UserStatus::Locked, false, false, false)]
    fn only_an_address_of_ones_own_may_reset(
        #[case] status: UserStatus,
        #[case] address_proved: bool,
        #[case] any_proved: bool,
        #[case] may: bool,
    ) {
        let user = user(status);
        let owner = AddressOwner {
            user: &user,
            address_proved,
            any_proved,
        };
        let expected = may.then_some((UserId::NIL, EPOCH));
        assert_eq!(owner.may_reset(), expected);
    }

    fn reset() -> PasswordReset {
        PasswordReset {
            id: PasswordResetId::NIL,
            partner: Slug::default_partner(),
            identity: "email:ana@example.com".parse().unwrap(),
            user: Some((UserId::NIL, EPOCH)),
            code: TokenHash::from_bytes([1; 32]),
            created_at: NOW,
            expires_at: NOW.plus(LIFE),
            redeemed_at: None,
        }
    }

    #[test]
    fn a_code_is_good_once_until_it_expires_and_for_nobody_never() {
        let right = TokenHash::from_bytes([1; 32]);
        let wrong = TokenHash::from_bytes([2; 32]);
        let last = NOW.plus(LIFE - Duration::from_micros(1));
        assert_eq!(reset().check(&right, last), Ok((UserId::NIL, EPOCH)));
        assert_eq!(reset().check(&wrong, last), Err(Reason::UnknownReset));
        let over = NOW.plus(LIFE);
        assert_eq!(reset().check(&right, over), Err(Reason::Expired));
        let used = PasswordReset {
            redeemed_at: Some(NOW),
            ..reset()
        };
        assert_eq!(used.check(&right, last), Err(Reason::Used));
        let decoy = PasswordReset {
            user: None,
            ..reset()
        };
        assert_eq!(decoy.check(&right, last), Err(Reason::UnknownReset));
    }

    #[test]
    fn a_user_who_changed_ends_it() {
        let confirm = |user: &User, (address_proved, any_proved)| {
            reset().confirm(Some(AddressOwner {
                user,
                address_proved,
                any_proved,
            }))
        };
        let same = user(UserStatus::Active);
        let changed = Err(Reason::UserChanged);
        assert_eq!(confirm(&same, (true, true)), Ok(()));
        assert_eq!(confirm(&same, (false, false)), Ok(()));
        assert_eq!(
            confirm(&same, (false, true)),
            changed,
            "another was proved since"
        );
        assert_eq!(reset().confirm(None), changed);
        let locked = user(UserStatus::Locked);
        assert_eq!(confirm(&locked, (true, true)), Err(Reason::UserLocked));
        let signed_out = User {
            epoch: Epoch(4),
            ..same.clone()
        };
        assert_eq!(confirm(&signed_out, (true, true)), changed);
        let another = User {
            id: UserId::from_bytes([1; 16]),
            ..same
        };
        assert_eq!(confirm(&another, (true, true)), changed);
    }
}
