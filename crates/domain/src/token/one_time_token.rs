//! The one-time token: a partner's word for a user, sealed.
//!
//! Inside: the token's id and the API key's (16 bytes each), the purpose (1), whether it was
//! made for the partner's app (1), the minter's place in the feed and when it ends (8 each), the partner's
//! slug, the identities. At most 699 characters, all of which may stand in a URL as they are.

use super::sealed::{Class, OpenError};
use crate::asserted::Asserted;
use crate::binary::{Reader, write_identities, write_number, write_text};
use crate::id::{ApiKeyId, OneTimeTokenId};
use crate::key::{Keyring, SealingKey, SealingKeyId};
use crate::one_time::{Mark, OneTime, Purpose};
use crate::{Entropy, Secret};

const CLASS: Class<768> = Class {
    prefix: "cso_",
    key: SealingKey::one_time,
};

/// A one-time token's text.
#[derive(Clone, Debug)]
pub struct OneTimeToken(Secret<String>);

impl OneTimeToken {
    /// Seals what a partner says.
    pub fn seal(one_time: &OneTime, key: &SealingKey, entropy: &dyn Entropy) -> Self {
        Self(CLASS.seal(key, entropy, |to| write(one_time, to)))
    }

    /// Opens what is in `text`, and says under which key it was sealed. It may have expired or
    /// been redeemed since.
    ///
    /// # Errors
    /// [`OpenError`] for anything that was not sealed under a key of the ring, to the bit.
    pub fn open(text: &str, keys: &Keyring) -> Result<(OneTime, SealingKeyId), OpenError> {
        CLASS.open(text, keys, read)
    }

    /// The token itself, for the answer that hands it out.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

fn write(one_time: &OneTime, to: &mut Vec<u8>) {
    to.extend_from_slice(one_time.id.as_bytes());
    to.extend_from_slice(one_time.key.as_bytes());
    to.push(purpose_number(one_time.purpose));
    to.push(u8::from(one_time.from_app));
    write_number(one_time.known.0, to);
    write_number(one_time.expires_at.as_micros(), to);
    write_text(one_time.partner.as_str(), to);
    write_identities(one_time.user.identities(), to);
}

fn read(bytes: &[u8]) -> Option<OneTime> {
    let mut reader = Reader(bytes);
    let one_time = OneTime {
        id: OneTimeTokenId::from_bytes(reader.take()?),
        key: ApiKeyId::from_bytes(reader.take()?),
        purpose: reader.byte().and_then(|number| {
            let mut all = Purpose::ALL.into_iter();
            all.find(|purpose| purpose_number(*purpose) == number)
        })?,
        from_app: match reader.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        },
        known: Mark(reader.number()?),
        expires_at: reader.moment()?,
        partner: reader.partner()?,
        user: Asserted::from_normalised(reader.identities()?)?,
    };
    reader.0.is_empty().then_some(one_time)
}

/// The purpose's number inside tokens. These never change.
fn purpose_number(purpose: Purpose) -> u8 {
    match purpose {
        Purpose::Link => 1,
        Purpose::Force => 2,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::identity::{Identity, IdentityType};
    use crate::key::{KEY_BYTES, MasterKey, SealingKeyStatus};
    use crate::token::{ApiKeyText, AuthenticationToken, SessionToken};
    use crate::{SystemEntropy, Timestamp};

    fn ring() -> Keyring {
        let master = MasterKey::new(&Secret::new([7; KEY_BYTES]));
        let status = SealingKeyStatus::Current;
        let now = Timestamp::from_micros(0);
        let wrapped = master.generate(status, now, &SystemEntropy::default());
        let key = master.unwrap(&wrapped).expect("just wrapped");
        Keyring::new([(status, key)]).expect("one is current")
    }

    fn one_time(identities: &[(IdentityType, String)], purpose: Purpose) -> OneTime {
        let identities = identities
            .iter()
            .map(|(kind, value)| Identity::from_normalised(*kind, value.clone()));
        OneTime {
            id: OneTimeTokenId::from_bytes([1; 16]),
            key: ApiKeyId::from_bytes([2; 16]),
            partner: "northstar".parse().expect("a slug"),
            purpose,
            from_app: purpose == Purpose::Link,
            user: Asserted::from_normalised(identities.collect()).expect("identities"),
            known: Mark(3),
            expires_at: Timestamp::from_micros(4),
        }
    }

    fn johndoe(purpose: Purpose) -> OneTime {
        one_time(
            &[(IdentityType::Email, "johndoe@email.com".to_owned())],
            purpose,
        )
    }

    #[rstest]
    fn opens_to_what_was_sealed(#[values(Purpose::Link, Purpose::Force)] purpose: Purpose) {
        let keys = ring();
        let said = johndoe(purpose);
        let token = OneTimeToken::seal(&said, keys.current(), &SystemEntropy::default());
        let opened = OneTimeToken::open(token.expose(), &keys);
        assert_eq!(opened, Ok((said, keys.current().id())));
    }

    #[test]
    fn the_longest_fits_a_url() {
        let keys = ring();
        let mut said = one_time(
            &[
                (IdentityType::UserId, "x".repeat(128)),
                (IdentityType::Email, "x".repeat(254)),
                (IdentityType::Phone, "x".repeat(16)),
            ],
            Purpose::Link,
        );
        said.partner = "p".repeat(32).parse().expect("a slug");
        let token = OneTimeToken::seal(&said, keys.current(), &SystemEntropy::default());
        assert_eq!(token.expose().len(), 699);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(token.expose().chars().all(plain));
    }

    /// Whatever is decoded how: neither who it is nor when or whose it is.
    #[test]
    fn nothing_in_it_can_be_read() {
        let keys = ring();
        let said = johndoe(Purpose::Force);
        let token = OneTimeToken::seal(&said, keys.current(), &SystemEntropy::default());
        let text = token.expose();
        let bytes = URL_SAFE_NO_PAD.decode(&text[4..]).expect("base64url");
        for readable in [text.as_bytes(), &bytes] {
            for secret in [
                b"johndoe".as_slice(),
                b"email",
                b"northstar",
                &[1; 16],
                &[2; 16],
            ] {
                assert!(!readable.windows(secret.len()).any(|part| part == secret));
            }
        }
        let again = OneTimeToken::seal(&said, keys.current(), &SystemEntropy::default());
        assert_ne!(again.expose()[12..], text[12..], "no two are alike");
    }

    #[test]
    fn any_other_character_anywhere_opens_nothing() {
        let keys = ring();
        let said = johndoe(Purpose::Link);
        let token = OneTimeToken::seal(&said, keys.current(), &SystemEntropy::default());
        let text = token.expose();
        for index in 0..text.len() {
            for other in "AQgw-_=+/ \u{e9}".chars() {
                let mut changed = text.to_owned();
                changed.replace_range(index..=index, &other.to_string());
                if changed != text {
                    assert!(OneTimeToken::open(&changed, &keys).is_err());
                }
            }
            assert!(OneTimeToken::open(&text[..index], &keys).is_err());
        }
        for tail in ["A", "=", "AAAA", "\n"] {
            assert!(OneTimeToken::open(&format!("{text}{tail}"), &keys).is_err());
        }
    }

    /// Each class has a key of its own, so not even another prefix makes one of the other.
    #[test]
    fn no_class_passes_for_another() {
        let keys = ring();
        let entropy = SystemEntropy::default();
        let one_time = OneTimeToken::seal(&johndoe(Purpose::Force), keys.current(), &entropy);
        let body = &one_time.expose()[4..];
        assert!(OneTimeToken::open(&format!("css_{body}"), &keys).is_err());
        assert!(SessionToken::open(&format!("css_{body}"), &keys).is_err());
        assert!(SessionToken::open(one_time.expose(), &keys).is_err());
        let key = ApiKeyText::generate(ApiKeyId::from_bytes([2; 16]), &entropy);
        assert!(OneTimeToken::open(key.expose(), &keys).is_err());
        assert!(AuthenticationToken::parse(key.expose()).is_err());
        assert!(ApiKeyText::parse(one_time.expose()).is_err());
    }

    #[test]
    fn nothing_stands_behind_what_is_said_and_somebody_is_named() {
        let mut bytes = Vec::new();
        write(&johndoe(Purpose::Force), &mut bytes);
        assert!(read(&bytes).is_some());
        bytes.push(0);
        assert!(read(&bytes).is_none());
        assert!(Asserted::from_normalised(vec![]).is_none());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,90}|cso_[A-Za-z0-9_-]{0,300}") {
            prop_assert!(OneTimeToken::open(&text, &ring()).is_err());
        }

        #[test]
        fn no_plaintext_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }
    }
}
