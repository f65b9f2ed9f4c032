//! Sessions: short-lived, sealed into their token, kept nowhere.

use crate::Timestamp;
use crate::authentication::Authenticator;
use crate::epoch::Epochs;
use crate::id::{AuthenticationId, DeviceId, SessionId, UserId};
use crate::identity::Identity;
use crate::partner::Slug;

/// A session and who it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// Whose user that is.
    pub partner: Slug,
    /// At most one identity of each type.
    pub identities: Vec<Identity>,
    /// On which device.
    pub device: DeviceId,
    /// Of which authentication.
    pub authentication: AuthenticationId,
    /// The epochs when it was made.
    pub epochs: Epochs,
    /// How the user was authenticated.
    pub amr: Amr,
    /// When the user was authenticated.
    pub authenticated_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// How a user was authenticated: a set (RFC 8176's `amr`, with Countersign's own words).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amr(u8);

impl Amr {
    const PIN: (u8, &str) = (1 << 7, "pin");

    /// By this authenticator alone.
    #[must_use]
    pub fn of(authenticator: Authenticator) -> Self {
        Self(Self::method(authenticator).0)
    }

    /// And by the PIN, when the session was opened.
    #[must_use]
    pub fn and_pin(self) -> Self {
        Self(self.0 | Self::PIN.0)
    }

    /// The words of what was used.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::methods()
            .filter(move |(bit, _)| self.0 & bit != 0)
            .map(|(_, word)| word)
    }

    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    /// The set with these bits; `None` if one of them means nothing.
    pub(crate) fn from_bits(bits: u8) -> Option<Self> {
        let known = Self::methods().fold(0, |known, (bit, _)| known | bit);
        (bits & !known == 0).then_some(Self(bits))
    }

    fn methods() -> impl Iterator<Item = (u8, &'static str)> {
        let authenticators = Authenticator::ALL.into_iter().map(Self::method);
        authenticators.chain([Self::PIN])
    }

    fn method(authenticator: Authenticator) -> (u8, &'static str) {
        let bit = match authenticator {
            Authenticator::Password => 1,
            Authenticator::Sms => 1 << 1,
            Authenticator::Email => 1 << 2,
            Authenticator::Partner => 1 << 3,
        };
        (bit, authenticator.as_str())
    }
}
