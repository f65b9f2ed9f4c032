//! Users.

use crate::Timestamp;
use crate::epoch::Epoch;
use crate::id::UserId;
use crate::identity::{Identity, IdentityType, of_type};
use crate::partner::Slug;

/// Whether a user may sign in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UserStatus {
    /// May.
    Active,
    /// May not until unlocked: sessions and challenges have ended, authentications wait.
    Locked,
}

impl UserStatus {
    /// The status's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Locked => "locked",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Active, Self::Locked]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// A user of one partner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose user it is.
    pub partner: Slug,
    /// Whether it may sign in.
    pub status: UserStatus,
    /// Raised by whatever ends all of the user's sessions.
    pub epoch: Epoch,
    /// By what it is known: what was proved last first, then the oldest.
    pub identities: Vec<Identity>,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The first identity of each type: those that stand in a session.
#[must_use]
pub fn one_of_each_type(identities: &[Identity]) -> Vec<Identity> {
    let first = |kind| of_type(identities, kind);
    IdentityType::ALL
        .into_iter()
        .filter_map(first)
        .cloned()
        .collect()
}
