//! One-time tokens: a partner's word for a user, good once and for seconds.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::asserted::Asserted;
use crate::audit::Reason;
use crate::id::{ApiKeyId, OneTimeTokenId};
use crate::partner::Slug;
use crate::{Secret, Timestamp};

/// What a one-time token is for. One of one purpose is refused where the other is expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Login Trust: it stands in a link that the partner gives its signed-in user.
    Link,
    /// Login Force: it comes back with whom the application sent to the partner to sign in.
    Force,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::Link, Self::Force];
}

/// A place in the order of all commits: how far somebody had followed the feed. By this, and
/// by no clock, it is decided what came first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Mark(pub i64);

/// What a one-time token says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OneTime {
    /// Its id, under which its redemption is kept.
    pub id: OneTimeTokenId,
    /// The API key that minted it.
    pub key: ApiKeyId,
    /// Whose user it names.
    pub partner: Slug,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether the partner's app opens it, which sends no `Referer`.
    pub from_app: bool,
    /// Who the user is, by the partner's word.
    pub user: Asserted,
    /// How far whoever minted it had followed the feed: what ended behind that, ends it.
    pub known: Mark,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// Why a one-time token is refused. To whoever presents it they are all one; the audit tells
/// them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RedeemRefusal {
    /// It is none, or not one of ours.
    #[error("it is no one-time token")]
    NotAToken,
    /// It names another partner's user.
    #[error("it was minted for another partner")]
    OtherPartner,
    /// It is for the other purpose.
    #[error("it was minted for another purpose")]
    OtherPurpose,
    /// The partner's users do not come that way any more.
    #[error("the partner does not use this mechanism")]
    MechanismOff,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// It was redeemed before.
    #[error("it was redeemed before")]
    Used,
    /// Its user was locked, deleted or signed out everywhere since.
    #[error("its user was locked, deleted or signed out since")]
    Ended,
    /// The key that minted it was revoked since.
    #[error("the API key that minted it was revoked since")]
    KeyRevoked,
    /// It is so old that nobody knows any more whether it was redeemed.
    #[error("it is older than what is kept of redemptions")]
    BelowFloor,
    /// The user is locked.
    #[error("the user is locked")]
    Locked,
}

impl RedeemRefusal {
    /// What the audit says of it.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Self::NotAToken => Reason::TokenMalformed,
            Self::OtherPartner => Reason::TokenOfAnotherPartner,
            Self::OtherPurpose => Reason::TokenOfAnotherPurpose,
            Self::MechanismOff => Reason::MechanismOff,
            Self::Expired => Reason::TokenExpired,
            Self::Used => Reason::TokenUsed,
            Self::Ended => Reason::TokenEnded,
            Self::KeyRevoked => Reason::KeyOfTokenRevoked,
            Self::BelowFloor => Reason::Floor,
            Self::Locked => Reason::UserLocked,
        }
    }
}

impl OneTime {
    /// Whether it is for this partner and one of these purposes.
    ///
    /// # Errors
    /// [`RedeemRefusal::OtherPartner`] or [`RedeemRefusal::OtherPurpose`].
    pub fn fits(&self, partner: &Slug, purposes: &[Purpose]) -> Result<(), RedeemRefusal> {
        if self.partner != *partner {
            return Err(RedeemRefusal::OtherPartner);
        }
        if !purposes.contains(&self.purpose) {
            return Err(RedeemRefusal::OtherPurpose);
        }
        Ok(())
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}

/// What whoever redeems makes up for one attempt: the same nonce gets the same sign-in once
/// more, so that a lost answer strands nobody.
#[derive(Clone, Debug)]
pub struct Nonce(Secret<String>);

/// The text is no nonce.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a nonce has 1 to 128 printable ASCII characters, and should be random")]
pub struct InvalidNonce;

/// How long after a sign-in the same nonce gets it again.
const REPLAY_WITHIN: Duration = Duration::from_secs(60);

/// Whether a sign-in of `at` may be answered once more. A clock that was set back does not make a
/// minute last longer.
#[must_use]
pub fn may_replay(at: Timestamp, now: Timestamp) -> bool {
    now.since(at).max(at.since(now)) <= REPLAY_WITHIN
}

impl Nonce {
    /// The nonce's text.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl FromStr for Nonce {
    type Err = InvalidNonce;

    fn from_str(text: &str) -> Result<Self, InvalidNonce> {
        let fits = (1..=128).contains(&text.len());
        let good = fits && text.bytes().all(|byte| byte.is_ascii_graphic());
        good.then(|| Self(Secret::new(text.to_owned())))
            .ok_or(InvalidNonce)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "link",
            Self::Force => "force",
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::identity::{Identity, IdentityType};

    fn token(partner: &str, purpose: Purpose) -> OneTime {
        let email = Identity::from_normalised(IdentityType::Email, "a@b.example".to_owned());
        OneTime {
            id: OneTimeTokenId::NIL,
            key: ApiKeyId::NIL,
            partner: partner.parse().expect("a slug"),
            purpose,
            from_app: false,
            user: Asserted::from_normalised(vec![email]).expect("one"),
            known: Mark::default(),
            expires_at: Timestamp::from_micros(60),
        }
    }

    #[rstest]
    #[case("a", Purpose::Link, &[Purpose::Link], Ok(()))]
    #[case("a", Purpose::Link, &[Purpose::Force], Err(RedeemRefusal::OtherPurpose))]
    #[case("a", Purpose::Force, &[Purpose::Link], Err(RedeemRefusal::OtherPurpose))]
    #[case("a", Purpose::Force, &Purpose::ALL, Ok(()))]
    #[case("a", Purpose::Link, &Purpose::ALL, Ok(()))]
    #[case("b", Purpose::Link, &Purpose::ALL, Err(RedeemRefusal::OtherPartner))]
    fn fits_its_partner_and_its_purpose(
        #[case] partner: &str,
        #[case] purpose: Purpose,
        #[case] purposes: &[Purpose],
        #[case] expected: Result<(), RedeemRefusal>,
    ) {
        let here = "a".parse().expect("a slug");
        assert_eq!(token(partner, purpose).fits(&here, purposes), expected);
    }

    #[test]
    fn ends_at_the_moment_it_says() {
        let token = token("a", Purpose::Link);
        assert!(!token.is_over(Timestamp::from_micros(59)));
        assert!(token.is_over(Timestamp::from_micros(60)));
    }

    #[test]
    fn a_sign_in_is_answered_again_within_a_minute_by_any_clock() {
        let at = Timestamp::from_micros(1_000_000_000);
        let minute = Duration::from_secs(60);
        let more = minute + Duration::from_micros(1);
        for now in [at, at.plus(minute), at.minus(minute)] {
            assert!(may_replay(at, now));
        }
        for now in [at.plus(more), at.minus(more)] {
            assert!(!may_replay(at, now));
        }
    }

    #[test]
    fn a_nonce_is_plain_and_short() {
        for good in [
            "n",
            "3f0c5d1e-7b1e-4f55-a1a5-9b8a52b5a0b3",
            &"x".repeat(128),
        ] {
            assert!(good.parse::<Nonce>().is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "\u{e9}", "a\n", &"x".repeat(129)] {
            assert!(bad.parse::<Nonce>().is_err(), "{bad:?}");
        }
    }
}
