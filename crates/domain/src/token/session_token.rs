//! The session token: a session, sealed.
//!
//! ```text
//! css_ base64url( version 1 | key id 4 | nonce 12 | ciphertext | tag 16 )
//! ```
//!
//! AES-256-GCM-SIV (RFC 8452) under a key derived for sessions alone; version and key id are
//! associated data. Inside, all numbers big-endian: session, user, device and authentication
//! (16 bytes each), the two epochs, the three times in microseconds (8 each), `amr` (1), the
//! partner's slug, then the number of identities and for each its type and value, texts with
//! a length of one byte before them. At most 860 characters.

use aws_lc_rs::aead::{Aad, NONCE_LEN};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::epoch::{Epoch, Epochs};
use crate::id::{AuthenticationId, DeviceId, SessionId, UserId};
use crate::identity::{Identity, IdentityType};
use crate::key::{Keyring, SealingKey, SealingKeyId, nonce_of};
use crate::partner::Slug;
use crate::session::{Amr, Session};
use crate::{Entropy, Secret, Timestamp};

const PREFIX: &str = "css_";
const VERSION: u8 = 1;
const HEADER: usize = 1 + 4;
/// Longer texts than any session's are not decoded.
const LONGEST: usize = 1024;

/// A session token's text.
#[derive(Clone, Debug)]
pub struct SessionToken(Secret<String>);

/// Why a text opened to no session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// It is no session token, or not one of ours.
    #[error("not a session token")]
    NotAToken,
    /// It is sealed under a key that this node does not know. Another node may have begun to
    /// use it.
    #[error("sealed under the unknown key {0}")]
    UnknownKey(SealingKeyId),
}

impl SessionToken {
    /// Seals `session`, which has at most one identity of each type.
    pub fn seal(session: &Session, key: &SealingKey, entropy: &dyn Entropy) -> Self {
        let mut token = Vec::with_capacity(LONGEST);
        token.push(VERSION);
        token.extend_from_slice(&key.id().number().to_be_bytes());
        let header: [u8; HEADER] = token[..].try_into().expect("just written");
        token.extend_from_slice(&entropy.bytes::<NONCE_LEN>());
        let body = token.len();
        write(session, &mut token);
        let nonce = nonce_of(&token[HEADER..body]).expect("just written");
        let tag = key
            .session()
            .seal_in_place_separate_tag(nonce, Aad::from(header), &mut token[body..])
            .expect("less than 1 KiB is within what the cipher takes");
        token.extend_from_slice(tag.as_ref());
        let mut text = String::with_capacity(LONGEST);
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(&token, &mut text);
        Self(Secret::new(text))
    }

    /// Opens the session in `text`. It may have expired or been revoked since.
    ///
    /// # Errors
    /// [`OpenError`] for anything that was not sealed under a key of the ring, to the bit.
    pub fn open(text: &str, keys: &Keyring) -> Result<Session, OpenError> {
        let sealed = text.strip_prefix(PREFIX).ok_or(OpenError::NotAToken)?;
        if sealed.len() > LONGEST {
            return Err(OpenError::NotAToken);
        }
        let mut token = URL_SAFE_NO_PAD
            .decode(sealed)
            .map_err(|_| OpenError::NotAToken)?;
        let (header, rest) = token
            .split_first_chunk_mut::<HEADER>()
            .ok_or(OpenError::NotAToken)?;
        let (nonce, body) = rest
            .split_first_chunk_mut::<NONCE_LEN>()
            .ok_or(OpenError::NotAToken)?;
        let [VERSION, id @ ..] = *header else {
            return Err(OpenError::NotAToken);
        };
        let id = SealingKeyId::from_number(u32::from_be_bytes(id));
        let key = keys.get(id).ok_or(OpenError::UnknownKey(id))?;
        let nonce = nonce_of(nonce).ok_or(OpenError::NotAToken)?;
        let body = key
            .session()
            .open_in_place(nonce, Aad::from(*header), body)
            .map_err(|_| OpenError::NotAToken)?;
        read(body).ok_or(OpenError::NotAToken)
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
        to.extend_from_slice(&number.to_be_bytes());
    }
    to.push(session.amr.bits());
    write_text(session.partner.as_str(), to);
    let count = u8::try_from(session.identities.len()).expect("at most one of each type");
    to.push(count);
    for identity in &session.identities {
        to.push(type_number(identity.kind()));
        write_text(identity.value(), to);
    }
}

fn write_text(text: &str, to: &mut Vec<u8>) {
    let length = u8::try_from(text.len()).expect("slugs and identities have at most 254 bytes");
    to.push(length);
    to.extend_from_slice(text.as_bytes());
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
        authenticated_at: Timestamp::from_micros(reader.number()?),
        created_at: Timestamp::from_micros(reader.number()?),
        expires_at: Timestamp::from_micros(reader.number()?),
        amr: Amr::from_bits(reader.byte()?)?,
        partner: reader.text()?.parse::<Slug>().ok()?,
        identities: reader.identities()?,
    };
    reader.0.is_empty().then_some(session)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<i64> {
        self.take().map(i64::from_be_bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = usize::from(self.byte()?);
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(taken).ok()
    }

    fn identities(&mut self) -> Option<Vec<Identity>> {
        let count = usize::from(self.byte()?);
        let mut identities = Vec::with_capacity(count.min(IdentityType::ALL.len()));
        for _ in 0..count {
            let number = self.byte()?;
            let kind = IdentityType::ALL
                .into_iter()
                .find(|&kind| type_number(kind) == number)?;
            identities.push(Identity::from_normalised(kind, self.text()?.to_owned()));
        }
        Some(identities)
    }
}

/// The type's number inside tokens. These never change.
fn type_number(kind: IdentityType) -> u8 {
    match kind {
        IdentityType::Username => 1,
        IdentityType::Email => 2,
        IdentityType::Phone => 3,
        IdentityType::UserId => 4,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::authentication::Authenticator;
    use crate::key::{KEY_BYTES, MasterKey, SealingKeyStatus};
    use crate::{Secret, SystemEntropy};

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
            assert!(SessionToken::open(&text[PREFIX.len()..], &keys).is_err());
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
