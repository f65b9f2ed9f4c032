//! Passwords: what may be one. How they are hashed is the service's.

use unicode_normalization::UnicodeNormalization;

use crate::Secret;

/// Bytes that a password has at most, so that hashing one never costs more than another.
pub const LONGEST: usize = 1024;

/// A password in the one Unicode form in which it is hashed (NFC), at most [`LONGEST`] bytes,
/// never cut.
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

/// Why a text cannot become a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidPassword {
    /// It has fewer characters than the partner asks for.
    #[error("a password has at least {0} characters")]
    TooShort(usize),
    /// It has more bytes than are hashed.
    #[error("a password has at most {LONGEST} bytes")]
    TooLong,
}

impl Password {
    /// Reads a password that somebody presents. `None` for one too long to be anyone's.
    #[must_use]
    pub fn present(text: &Secret<String>) -> Option<Self> {
        // Composing never makes a text of fewer than a third of its bytes.
        if text.expose().len() > 3 * LONGEST {
            return None;
        }
        let composed = Secret::new(text.expose().nfc().collect::<String>());
        (composed.expose().len() <= LONGEST).then_some(Self(composed))
    }

    /// Reads a password that somebody chooses.
    ///
    /// # Errors
    /// [`InvalidPassword`] if it is shorter than `shortest` characters, or too long.
    pub fn choose(text: &Secret<String>, shortest: usize) -> Result<Self, InvalidPassword> {
        let password = Self::present(text).ok_or(InvalidPassword::TooLong)?;
        if password.0.expose().chars().count() < shortest {
            return Err(InvalidPassword::TooShort(shortest));
        }
        Ok(password)
    }

    /// The bytes to hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn length_is_counted_in_characters_and_capped_in_bytes() {
        assert!(Password::choose(&secret("MyPa$$w0rd"), 8).is_ok());
        assert_eq!(
            Password::choose(&secret("MyPa$$w0rd"), 15).unwrap_err(),
            InvalidPassword::TooShort(15)
        );
        assert!(Password::choose(&secret(&"\u{e9}".repeat(15)), 15).is_ok());
        assert!(Password::choose(&secret(&"a".repeat(1024)), 15).is_ok());
        for long in ["a".repeat(1025), "a".repeat(4000), "\u{e9}".repeat(600)] {
            assert_eq!(
                Password::choose(&secret(&long), 15).unwrap_err(),
                InvalidPassword::TooLong
            );
        }
    }

    #[test]
    fn one_password_typed_on_two_keyboards_is_one() {
        let composed = Password::present(&secret("caf\u{e9}")).expect("short");
        let decomposed = Password::present(&secret("cafe\u{301}")).expect("short");
        assert_eq!(composed.as_bytes(), decomposed.as_bytes());
    }

    #[test]
    fn passwords_that_only_mean_the_same_are_two() {
        let ligature = Password::present(&secret("\u{fb01}sh")).expect("short");
        let letters = Password::present(&secret("fish")).expect("short");
        assert_ne!(ligature.as_bytes(), letters.as_bytes());
    }
}
