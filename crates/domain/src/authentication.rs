//! Authentications: the long-lived log-ins of devices.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::Timestamp;
use crate::audit::Reason;
use crate::epoch::Epoch;
use crate::id::{AuthenticationId, DeviceId, UserId};
use crate::identity::IdentityType;
use crate::key::KeyedHash;
use crate::partner::{LONGEST_WITHOUT_PIN, PartnerSettings};
use crate::token::TokenHash;
use crate::user::UserStatus;

/// How a user proves who they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Authenticator {
    /// A password, in one step.
    Password,
    /// A code sent to a phone number.
    Sms,
    /// A code sent to an e-mail address.
    Email,
    /// The partner's word, brought by a one-time token.
    Partner,
}

/// The word is no authenticator's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an authenticator is password, sms, email or partner")]
pub struct UnknownAuthenticator;

impl Authenticator {
    /// Every authenticator.
    pub const ALL: [Self; 4] = [Self::Password, Self::Sms, Self::Email, Self::Partner];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Partner => "partner",
        }
    }

    /// Whether a partner lets its users log in with it.
    #[must_use]
    pub fn allowed_by(self, settings: &PartnerSettings) -> bool {
        match self {
            Self::Password => settings.password,
            Self::Sms => settings.sms,
            Self::Email => settings.email,
            // Nobody logs in with it: the partner says who it is.
            Self::Partner => false,
        }
    }
}

/// What an authentication is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Whether every exchange must carry the PIN.
    pub pin_required: bool,
    /// How long it lives.
    pub life: Duration,
}

impl Authenticator {
    /// What an authentication by it is given. Whom a partner vouches for was asked for no PIN,
    /// and is given no more than goes without one.
    #[must_use]
    pub fn terms(self, settings: &PartnerSettings) -> Terms {
        let pin_required = settings.exchange_requires_pin && self != Self::Partner;
        let life = settings.authentication_life;
        Terms {
            pin_required,
            life: if pin_required {
                life
            } else {
                life.min(LONGEST_WITHOUT_PIN)
            },
        }
    }
}

impl fmt::Display for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Authenticator {
    type Err = UnknownAuthenticator;

    fn from_str(word: &str) -> Result<Self, UnknownAuthenticator> {
        Self::ALL
            .into_iter()
            .find(|authenticator| authenticator.as_str() == word)
            .ok_or(UnknownAuthenticator)
    }
}

/// An authenticator that sends codes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Channel {
    /// To a phone number.
    Sms,
    /// To an e-mail address.
    Email,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 2] = [Self::Sms, Self::Email];

    /// The channel whose codes go to this type of identity, if any do.
    #[must_use]
    pub fn to(kind: IdentityType) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.sends_to() == kind)
    }

    /// The type of identity that its codes are sent to.
    #[must_use]
    pub fn sends_to(self) -> IdentityType {
        match self {
            Self::Sms => IdentityType::Phone,
            Self::Email => IdentityType::Email,
        }
    }

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Authenticator::from(self).as_str()
    }
}

impl From<Channel> for Authenticator {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::Sms => Self::Sms,
            Channel::Email => Self::Email,
        }
    }
}

impl FromStr for Channel {
    type Err = UnknownAuthenticator;

    fn from_str(word: &str) -> Result<Self, UnknownAuthenticator> {
        match word.parse()? {
            Authenticator::Sms => Ok(Self::Sms),
            Authenticator::Email => Ok(Self::Email),
            Authenticator::Password | Authenticator::Partner => Err(UnknownAuthenticator),
        }
    }
}

/// The long-lived log-in of a device.
#[derive(Clone, Debug)]
pub struct Authentication {
    /// Its id; that of its challenge, where there was one.
    pub id: AuthenticationId,
    /// Whose it is.
    pub user: UserId,
    /// On which device.
    pub device: DeviceId,
    /// How the user was authenticated.
    pub authenticator: Authenticator,
    /// What is kept of its token.
    pub token: TokenHash,
    /// Raised by whatever ends all of its sessions.
    pub epoch: Epoch,
    /// The PIN chosen at log-in.
    pub pin: Option<KeyedHash>,
    /// Whether every exchange must carry the PIN, whatever the partner sets by now: only
    /// with that may it live for more than 30 days.
    pub pin_required: bool,
    /// When the log-in began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When the user was authenticated.
    pub authenticated_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// Where an authentication is in its life. The words are those of the API.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuthenticationStatus {
    /// It lives.
    Created,
    /// It was ended.
    Revoked,
    /// Its time is over.
    Expired,
}

impl AuthenticationStatus {
    /// The status's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// What an exchange has to do about the PIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PinCheck {
    /// Nothing.
    None,
    /// Compare the one presented, and count if it is wrong.
    Compare,
}

/// Why an authentication token is not exchanged for a session. In the order in which they
/// are found: only who holds the token learns that the user is locked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExchangeRefusal {
    /// The token is not one, or its authentication is unknown, revoked or expired.
    #[error("the authentication token is unknown, revoked or expired")]
    InvalidToken,
    /// A PIN must be sent along, and none was.
    #[error("a PIN is required")]
    PinRequired,
    /// The PIN is wrong.
    #[error("the PIN is wrong")]
    InvalidPin,
    /// Too many wrong PINs from there.
    #[error("too many wrong PINs; the next may be tried in {} s", .0.as_secs())]
    TooMany(Duration),
    /// The user is locked.
    #[error("the user is locked")]
    AccountUnusable,
}

impl Authentication {
    /// Where it is in its life.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> AuthenticationStatus {
        if self.revoked_at.is_some() {
            AuthenticationStatus::Revoked
        } else if now >= self.expires_at {
            AuthenticationStatus::Expired
        } else {
            AuthenticationStatus::Created
        }
    }

    /// Decides whether the holder of a token with the hash `presented` may go on to exchange
    /// it, and what is to be done about the PIN.
    ///
    /// # Errors
    /// [`ExchangeRefusal::InvalidToken`] or [`ExchangeRefusal::PinRequired`].
    pub fn admit(
        &self,
        presented: &TokenHash,
        pin_presented: bool,
        settings: &PartnerSettings,
        now: Timestamp,
    ) -> Result<PinCheck, ExchangeRefusal> {
        let alive = self.status(now) == AuthenticationStatus::Created;
        if !self.token.matches(presented) || !alive {
            return Err(ExchangeRefusal::InvalidToken);
        }
        let required = self.pin_required || self.authenticator.terms(settings).pin_required;
        match (required, self.pin.is_some(), pin_presented) {
            (_, true, true) => Ok(PinCheck::Compare),
            (true, true, false) => Err(ExchangeRefusal::PinRequired),
            // It was begun when none was required: to ask for one would be to ask for ever.
            (true, false, _) => Err(ExchangeRefusal::InvalidToken),
            (false, _, _) => Ok(PinCheck::None),
        }
    }

    /// Why [`admit`](Self::admit) refused, for the audit, more precisely than who asks is
    /// told; `None` where the token is another one.
    #[must_use]
    pub fn why_not_admitted(
        &self,
        presented: &TokenHash,
        refusal: ExchangeRefusal,
        now: Timestamp,
    ) -> Option<Reason> {
        if !self.token.matches(presented) {
            return None;
        }
        Some(match (self.status(now), refusal) {
            (AuthenticationStatus::Revoked, _) => Reason::Revoked,
            (AuthenticationStatus::Expired, _) => Reason::Expired,
            (_, ExchangeRefusal::PinRequired) => Reason::PinMissing,
            (_, ExchangeRefusal::InvalidPin) => Reason::WrongPin,
            (_, ExchangeRefusal::AccountUnusable) => Reason::UserLocked,
            (_, ExchangeRefusal::TooMany(_)) => Reason::RateLimited,
            (_, ExchangeRefusal::InvalidToken) => Reason::PinNeverChosen,
        })
    }
}

/// Decides, last of all, whether the user may have a session.
///
/// # Errors
/// [`ExchangeRefusal::AccountUnusable`] if the user is locked.
pub fn admit_user(status: UserStatus) -> Result<(), ExchangeRefusal> {
    match status {
        UserStatus::Active => Ok(()),
        UserStatus::Locked => Err(ExchangeRefusal::AccountUnusable),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::key::SealingKeyId;

    const HASH: TokenHash = TokenHash::from_bytes([1; 32]);

    fn authentication(pin: bool, pin_required: bool) -> Authentication {
        let at = Timestamp::from_micros(0);
        Authentication {
            id: AuthenticationId::from_bytes([0; 16]),
            user: UserId::from_bytes([0; 16]),
            device: DeviceId::from_bytes([0; 16]),
            authenticator: Authenticator::Password,
            token: HASH,
            epoch: Epoch::FIRST,
            pin: pin.then_some(KeyedHash {
                key: SealingKeyId::from_number(1),
                bytes: [0; 32],
            }),
            pin_required,
            created_at: at,
            updated_at: at,
            authenticated_at: at,
            expires_at: at.plus(Duration::from_secs(60)),
            revoked_at: None,
        }
    }

    #[rstest]
    //    at log-in      partner  stored presented
    #[case(false, false, false, false, Ok(PinCheck::None))]
    #[case(false, false, false, true, Ok(PinCheck::None))]
    #[case(false, false, true, false, Ok(PinCheck::None))]
    #[case(false, false, true, true, Ok(PinCheck::Compare))]
    #[case(false, true, false, false, Err(ExchangeRefusal::InvalidToken))]
    #[case(false, true, false, true, Err(ExchangeRefusal::InvalidToken))]
    #[case(false, true, true, false, Err(ExchangeRefusal::PinRequired))]
    #[case(false, true, true, true, Ok(PinCheck::Compare))]
    #[case(true, false, true, false, Err(ExchangeRefusal::PinRequired))]
    #[case(true, false, true, true, Ok(PinCheck::Compare))]
    #[case(true, true, true, false, Err(ExchangeRefusal::PinRequired))]
    #[case(true, true, true, true, Ok(PinCheck::Compare))]
    fn the_pin_is_asked_for_where_it_is_required(
        #[case] required_at_log_in: bool,
        #[case] required_by_partner: bool,
        #[case] stored: bool,
        #[case] presented: bool,
        #[case] expected: Result<PinCheck, ExchangeRefusal>,
    ) {
        let settings = PartnerSettings {
            exchange_requires_pin: required_by_partner,
            ..PartnerSettings::default()
        };
        let authentication = authentication(stored, required_at_log_in);
        let now = Timestamp::from_micros(0);
        assert_eq!(
            authentication.admit(&HASH, presented, &settings, now),
            expected
        );
    }

    #[test]
    fn only_the_token_of_a_live_authentication_is_admitted() {
        let settings = PartnerSettings::default();
        let mut authentication = authentication(false, false);
        let end = authentication.expires_at;
        let before = end.minus(Duration::from_micros(1));
        let admit = |a: &Authentication, hash, now| a.admit(hash, false, &settings, now).is_ok();

        assert!(admit(&authentication, &HASH, before));
        assert!(!admit(&authentication, &HASH, end));
        assert_eq!(authentication.status(end), AuthenticationStatus::Expired);
        let other = TokenHash::from_bytes([2; 32]);
        assert!(!admit(&authentication, &other, before));

        let why = |a: &Authentication, hash, now| {
            let refusal = a.admit(hash, false, &settings, now).expect_err("refused");
            a.why_not_admitted(hash, refusal, now)
        };
        assert_eq!(why(&authentication, &HASH, end), Some(Reason::Expired));
        assert_eq!(why(&authentication, &other, before), None);
        authentication.revoked_at = Some(before);
        assert_eq!(why(&authentication, &HASH, before), Some(Reason::Revoked));
        assert_eq!(why(&authentication, &other, before), None);
        assert!(!admit(&authentication, &HASH, before));
        assert_eq!(authentication.status(before), AuthenticationStatus::Revoked);
    }
}
