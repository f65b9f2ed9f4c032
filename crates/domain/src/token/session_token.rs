//! The session token: a session, sealed.
//!
//! Inside: session, user, device and authentication (16 bytes each), the two epochs, the
//! three times in microseconds (8 each), `amr` (1), the partner's slug, the identities. At
//! most 860 characters.

use super::sealed::{Class, OpenError};
use crate::binary::{Reader, write_identities, write_number, write_text};
use crate::epoch::{Epoch, Epochs};
use crate::id::{AuthenticationId, DeviceId, SessionId, UserId};
use crate::key::{Keyring, SealingKey};
use crate::session::{Amr, Session};
use crate::{Entropy, Secret};

const CLASS: Class<768> = Class {
    prefix: "css_",
    key: SealingKey::session,
};

/// A session token's text.
#[derive(Clone, Debug)]
pub struct SessionToken(Secret<String>);

impl SessionToken {
    /// Seals `session`, which has at most one identity of each type.
    pub fn seal(session: &Session, key: &SealingKey, entropy: &dyn Entropy) -> Self {
        Self(CLASS.seal(key, entropy, |to| write(session, to)))
    }

    /// Opens the session in `text`. It may have expired or been revoked since.
    ///
    /// # Errors
    /// [`OpenError`] for anything that was not sealed under a key of the ring, to the bit.
    pub fn open(text: &str, keys: &Keyring) -> Result<Session, OpenError> {
        CLASS.open(text, keys, read).map(|(session, _)| session)
    }

    /// Whether a text says of itself that it is a session token: others travel in the same header.
    #[must_use]
    pub fn is_claimed_by(text: &str) -> bool {
        text.starts_with(CLASS.prefix)
    }

    /// The token itself, for the answer that hands it out.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

fn write(session: &Session, to: &mut Vec<u8>) {
    to.extend_from_slice(session.id.as_bytes());
    to.extend_from_slice(session.user.as_bytes());
    to.extend_from_slice(session.device.as_bytes());
    to.extend_from_slice(session.authentication.as_bytes());
    for number in [
        session.epochs.user.0,
        session.epochs.authentication.0,
        session.authenticated_at.as_micros(),
        session.created_at.as_micros(),
        session.expires_at.as_micros(),
    ] {
        write_number(number, to);
    }
    to.push(session.amr.bits());
    write_text(session.partner.as_str(), to);
    write_identities(&session.identities, to);
}

fn read(bytes: &[u8]) -> Option<Session> {
    let mut reader = Reader(bytes);
    let session = Session {
        id: SessionId::from_bytes(reader.take()?),
        user: UserId::from_bytes(reader.take()?),
        device: DeviceId::from_bytes(reader.take()?),
        authentication: AuthenticationId::from_bytes(reader.take()?),
        epochs: Epochs {
            user: Epoch(reader.number()?),
            authentication: Epoch(reader.number()?),
        },
        authenticated_at: reader.moment()?,
        created_at: reader.moment()?,
        expires_at: reader.moment()?,
        amr: Amr::from_bits(reader.byte()?)?,
        partner: reader.partner()?,
        identities: reader.identities()?,
    };
    reader.0.is_empty().then_some(session)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::authentication::Authenticator;
    use crate::identity::{Identity, IdentityType};
    use crate::key::{KEY_BYTES, MasterKey, SealingKeyStatus};
    use crate::partner::Slug;
    use crate::{SystemEntropy, Timestamp};

    fn ring(statuses: &[SealingKeyStatus]) -> Keyring {
        let master = MasterKey::new(&Secret::new([7; KEY_BYTES]));
        let now = Timestamp::from_micros(0);
        let keys = statuses.iter().map(|&status| {
            let wrapped = master.generate(status, now, &SystemEntropy::default());
            (status, master.unwrap(&wrapped).expect("just wrapped"))
        });
        Keyring::new(keys).expect("one is current")
    }

    fn session(identities: Vec<Identity>) -> Session {
        Session {
            id: SessionId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            partner: Slug::default_partner(),
            identities,
            device: DeviceId::from_bytes([3; 16]),
            authentication: AuthenticationId::from_bytes([4; 16]),
            epochs: Epochs {
                user: Epoch(5),
                authentication: Epoch(6),
            },
            amr: Amr::of(Authenticator::Sms).and_pin(),
            authenticated_at: Timestamp::from_micros(7),
            created_at: Timestamp::from_micros(8),
            expires_at: Timestamp::from_micros(9),
        }
    }

    fn longest() -> Vec<Identity> {
        [
            (IdentityType::Username, 64),
            (IdentityType::Email, 254),
            (IdentityType::Phone, 16),
            (IdentityType::UserId, 128),
        ]
        .map(|(kind, length)| Identity::from_normalised(kind, "x".repeat(length)))
        .to_vec()
    }

    #[test]
    fn opens_to_what_was_sealed() {
        let keys = ring(&[SealingKeyStatus::Current]);
        for identities in [vec![], longest()] {
            let session = session(identities);
            let token = SessionToken::seal(&session, keys.current(), &SystemEntropy::default());
            assert_eq!(SessionToken::open(token.expose(), &keys), Ok(session));
        }
    }

    #[test]
    fn the_longest_fits_a_kibibyte() {
        let keys = ring(&[SealingKeyStatus::Current]);
        let mut session = session(longest());
        session.partner = "p".repeat(32).parse().expect("a slug");
        let token = SessionToken::seal(&session, keys.current(), &SystemEntropy::default());
        assert_eq!(token.expose().len(), 860);
        assert!(SessionToken::open(token.expose(), &keys).is_ok());
    }

    #[test]
    fn any_other_character_anywhere_opens_nothing() {
        let keys = ring(&[SealingKeyStatus::Current]);
        let session = session(vec![]);
        let token = SessionToken::seal(&session, keys.current(), &SystemEntropy::default());
        let text = token.expose();
        for index in 0..text.len() {
            for other in "AQgw-_=+/ \u{e9}".chars() {
                let mut changed = text.to_owned();
                changed.replace_range(index..=index, &other.to_string());
                if changed != text {
                    assert!(SessionToken::open(&changed, &keys).is_err());
                }
            }
            assert!(SessionToken::open(&text[..index], &keys).is_err());
        }
        for tail in ["A", "=", "AAAA", "\n"] {
            assert!(SessionToken::open(&format!("{text}{tail}"), &keys).is_err());
        }
    }

    /// The last character of a text may have bits to spare, in which one session could be
    /// written in many ways.
    #[test]
    fn a_session_has_one_text() {
        let keys = ring(&[SealingKeyStatus::Current]);
        // None, four and two bits to spare.
        for partner in ["p", "pp", "ppp"] {
            let mut session = session(vec![]);
            session.partner = partner.parse().expect("a slug");
            let token = SessionToken::seal(&session, keys.current(), &SystemEntropy::default());
            let text = token.expose();
            let (rest, last) = text.split_at(text.len() - 1);
            for other in ('A'..='Z')
                .chain('a'..='z')
                .chain('0'..='9')
                .chain(['-', '_'])
            {
                let opened = SessionToken::open(&format!("{rest}{other}"), &keys);
                assert_eq!(
                    opened.is_ok(),
                    last == other.to_string(),
                    "{partner} {other}"
                );
            }
            assert!(SessionToken::open(&text[CLASS.prefix.len()..], &keys).is_err());
        }
    }

    #[test]
    fn nothing_stands_behind_a_session() {
        let mut bytes = Vec::new();
        write(&session(longest()), &mut bytes);
        assert!(read(&bytes).is_some());
        bytes.push(0);
        assert!(read(&bytes).is_none());
    }

    #[test]
    fn another_ring_does_not_know_the_key() {
        let keys = ring(&[SealingKeyStatus::Current, SealingKeyStatus::Next]);
        let other = ring(&[SealingKeyStatus::Current]);
        let session = session(vec![]);
        let token = SessionToken::seal(&session, keys.current(), &SystemEntropy::default());
        assert_eq!(
            SessionToken::open(token.expose(), &other),
            Err(OpenError::UnknownKey(keys.current().id()))
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,90}|css_[A-Za-z0-9_-]{0,300}") {
            let keys = ring(&[SealingKeyStatus::Current]);
            prop_assert!(SessionToken::open(&text, &keys).is_err());
        }

        #[test]
        fn no_plaintext_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }
    }
}
