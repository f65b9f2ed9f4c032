//! Random tokens: an id and a secret, of which only a hash is kept.

use aws_lc_rs::{constant_time, digest};

use super::{NotAToken, base62};
use crate::id::{ApiKeyId, AuthenticationId, PasswordResetId};
use crate::{Entropy, Secret};

/// Bytes of the secret.
pub const SECRET_BYTES: usize = 32;

const PREFIX: usize = 4;
/// The id's 16 bytes and the secret's 32, 8 bytes to a word.
const WORDS: usize = 6;
/// Six characters hold any CRC-32.
const CHECKSUM: usize = 6;
const LENGTH: usize = PREFIX + WORDS * base62::WORD + CHECKSUM;

/// What a random token leads to, by its id.
pub trait Named: Copy {
    /// What its tokens begin with: four characters, the last an underscore.
    const PREFIX: &str;
    /// The id with these bytes.
    fn of_bytes(bytes: [u8; 16]) -> Self;
    /// The id's bytes.
    fn bytes(&self) -> &[u8; 16];
}

macro_rules! named {
    ($($id:ident $prefix:literal;)*) => {$(
        impl Named for $id {
            const PREFIX: &str = $prefix;

            fn of_bytes(bytes: [u8; 16]) -> Self {
                Self::from_bytes(bytes)
            }

            fn bytes(&self) -> &[u8; 16] {
                self.as_bytes()
            }
        }
    )*};
}

named! {
    AuthenticationId "csa_";
    ApiKeyId "csk_";
    PasswordResetId "csr_";
}

/// A prefix, then an id and 256 random bits, then a CRC-32 of all before it: 76 characters,
/// all letters and digits but for the underscore.
///
/// The id leads to the one row by its primary key, which grows with time; the hash of the
/// whole text proves the token. Nothing in it but the id means anything.
#[derive(Clone, Debug)]
pub struct RandomToken<I> {
    text: Secret<String>,
    id: I,
}

/// The authentication token: long-lived, kept by a device.
pub type AuthenticationToken = RandomToken<AuthenticationId>;

/// The text of an API key, kept by a partner's or an application's backend.
pub type ApiKeyText = RandomToken<ApiKeyId>;

/// A reset code: what sets a new password, once.
pub type ResetCode = RandomToken<PasswordResetId>;

impl<I: Named> RandomToken<I> {
    /// A fresh token for `id`.
    pub fn generate(id: I, entropy: &dyn Entropy) -> Self {
        Self::with_secret(id, &Secret::new(entropy.bytes()))
    }

    /// The token for `id` with this secret, which nobody can guess.
    #[must_use]
    pub fn with_secret(id: I, secret: &Secret<[u8; SECRET_BYTES]>) -> Self {
        let mut text = String::with_capacity(LENGTH);
        text.push_str(I::PREFIX);
        for word in id.bytes().chunks(8).chain(secret.expose().chunks(8)) {
            let word = word.try_into().expect("16 and 32 are multiples of 8");
            base62::push(&mut text, u64::from_be_bytes(word), base62::WORD);
        }
        let checksum = crc32fast::hash(text.as_bytes());
        base62::push(&mut text, u64::from(checksum), CHECKSUM);
        Self {
            text: Secret::new(text),
            id,
        }
    }

    /// Reads a token as it was handed out, and nothing else.
    ///
    /// # Errors
    /// [`NotAToken`] for any other text. What passes has the right form, no more.
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        if text.len() != LENGTH || !text.is_ascii() || !text.starts_with(I::PREFIX) {
            return Err(NotAToken);
        }
        let (body, checksum) = text.split_at(LENGTH - CHECKSUM);
        if base62::read(checksum) != Some(u64::from(crc32fast::hash(body.as_bytes()))) {
            return Err(NotAToken);
        }
        let mut words = [0; WORDS];
        for (index, word) in words.iter_mut().enumerate() {
            let start = PREFIX + index * base62::WORD;
            *word = base62::read(&body[start..start + base62::WORD]).ok_or(NotAToken)?;
        }
        let id = (u128::from(words[0]) << 64) | u128::from(words[1]);
        Ok(Self {
            text: Secret::new(text.to_owned()),
            id: I::of_bytes(id.to_be_bytes()),
        })
    }

    /// What the token claims to be of. Only the hash proves it.
    #[must_use]
    pub fn id(&self) -> I {
        self.id
    }

    /// What is kept of the token.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        let digest = digest::digest(&digest::SHA256, self.expose().as_bytes());
        let bytes = digest.as_ref().try_into();
        TokenHash(bytes.expect("SHA-256 has 32 bytes"))
    }

    /// The token itself, for the answer that hands it out.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }
}

/// The SHA-256 of a random token's text. The token has 256 random bits, so nothing
/// slower is needed to keep it from being guessed.
#[derive(Clone, Copy, Debug)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash with these bytes, as kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash's bytes, to be kept.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are of one token, in a time that tells nothing of where they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SystemEntropy;

    fn token() -> AuthenticationToken {
        let id = AuthenticationId::from_bytes([0xa5; 16]);
        AuthenticationToken::generate(id, &SystemEntropy::default())
    }

    #[test]
    fn reads_what_it_wrote() {
        let token = token();
        let read = AuthenticationToken::parse(token.expose()).expect("its own text");
        assert_eq!(read.id(), AuthenticationId::from_bytes([0xa5; 16]));
        assert!(read.hash().matches(&token.hash()));
        assert_eq!(token.expose().len(), LENGTH);
    }

    #[test]
    fn every_other_character_anywhere_is_another_token_or_none() {
        let token = token();
        let text = token.expose();
        for index in 0..text.len() {
            for other in "0aZ_-+/= \u{e9}".chars() {
                let mut changed = text.to_owned();
                changed.replace_range(index..=index, &other.to_string());
                if changed == text {
                    continue;
                }
                if let Ok(read) = AuthenticationToken::parse(&changed) {
                    assert!(!read.hash().matches(&token.hash()));
                }
            }
            assert!(AuthenticationToken::parse(&text[..index]).is_err());
        }
        assert!(AuthenticationToken::parse(&format!("{text}0")).is_err());
        assert!(AuthenticationToken::parse(&text.to_lowercase()).is_err());
    }

    /// The prefix and the checksum are what a scanner of leaked secrets goes by, and no text
    /// without them costs a look into the database.
    #[test]
    fn a_text_without_its_prefix_or_its_checksum_is_no_token() {
        let token = token();
        let text = token.expose();
        for index in 0..LENGTH {
            let other = if &text[index..=index] == "0" {
                "1"
            } else {
                "0"
            };
            let mut changed = text.to_owned();
            changed.replace_range(index..=index, other);
            assert!(AuthenticationToken::parse(&changed).is_err(), "{index}");
        }
        for prefix in ["csb_", ApiKeyId::PREFIX, PasswordResetId::PREFIX] {
            let mut foreign = format!("{prefix}{}", &text[PREFIX..LENGTH - CHECKSUM]);
            let checksum = crc32fast::hash(foreign.as_bytes());
            base62::push(&mut foreign, u64::from(checksum), CHECKSUM);
            assert!(AuthenticationToken::parse(&foreign).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,90}|csa_[0-9A-Za-z]{72}") {
            let _ = AuthenticationToken::parse(&text);
        }
    }
}
