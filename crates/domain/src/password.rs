//! Passwords: what may be one. How they are hashed is the service's.

mod common;
mod guessable;
mod keyboard;

use unicode_normalization::UnicodeNormalization;

use crate::Secret;
use crate::identity::Identity;
use crate::partner::{PartnerSettings, Slug};

/// Bytes that a password has at most, so that hashing one never costs more than another.
pub const LONGEST: usize = 1024;
/// Characters that a password has at least, whatever a partner sets (NIST SP 800-63B-4, section
/// 3.1.1.2).
pub const SHORTEST: usize = 8;

/// A password in the one Unicode form in which it is hashed (NFC), at most [`LONGEST`] bytes,
/// never cut.
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

/// Whose password it is to be.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// Whose user.
    pub partner: &'a Slug,
    /// What that partner sets.
    pub settings: &'a PartnerSettings,
    /// By what the user is known.
    pub identities: &'a [Identity],
}

/// Why a text cannot become a password. The messages say what to do and repeat nothing of the
/// text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidPassword {
    /// It has fewer characters than the partner asks for.
    #[error("a password has at least {0} characters")]
    TooShort(usize),
    /// It has more bytes than are hashed.
    #[error("a password has at most {LONGEST} bytes")]
    TooLong,
    /// It is a common one, or little else.
    #[error(
        "this password is one of those that are tried first, with a few characters changed or \
         added at most; choose another, such as a few words that do not belong together"
    )]
    Common,
    /// It is a short piece again and again.
    #[error(
        "this password repeats one short piece, and is no better than the piece alone; choose \
         another, such as a few words that do not belong together"
    )]
    Repeated,
    /// It is of rows of keys, letters or digits.
    #[error(
        "this password is made of rows of keys, letters or digits, which are tried first; choose \
         another, such as a few words that do not belong together"
    )]
    Run,
    /// It is little more than the name of the user, the partner or the service.
    #[error(
        "this password is little more than a name, an address or a number that others know; \
         choose one without them, such as a few words that do not belong together"
    )]
    Personal,
    /// It is among those that leaked somewhere.
    #[error(
        "this password is in lists of leaked ones, with which others try to log in; choose one \
         that you use nowhere else"
    )]
    Leaked,
}

impl InvalidPassword {
    /// The reason in a word that stays the same.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::TooShort(_) => "too_short",
            Self::TooLong => "too_long",
            Self::Common => "common",
            Self::Repeated => "repeated",
            Self::Run => "run",
            Self::Personal => "personal",
            Self::Leaked => "leaked",
        }
    }
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

    /// Reads a password that somebody chooses. Whether it leaked is for the service to say.
    ///
    /// # Errors
    /// [`InvalidPassword`] if it is too short or too long, or would be guessed too soon.
    pub fn choose(text: &Secret<String>, owner: &Owner<'_>) -> Result<Self, InvalidPassword> {
        let password = Self::present(text).ok_or(InvalidPassword::TooLong)?;
        let shortest = owner.settings.password_min_length.max(SHORTEST);
        let text = password.0.expose();
        if text.chars().count() < shortest {
            return Err(InvalidPassword::TooShort(shortest));
        }
        guessable::check(text, shortest, owner)?;
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

    fn choose(text: &str, shortest: usize) -> Result<Password, InvalidPassword> {
        let settings = PartnerSettings {
            password_min_length: shortest,
            ..PartnerSettings::default()
        };
        let owner = Owner {
            partner: &Slug::default_partner(),
            settings: &settings,
            identities: &[],
        };
        Password::choose(&secret(text), &owner)
    }

    /// A text of this many characters that nobody guesses.
    fn odd(characters: usize) -> String {
        let letters = "vkqzmw xgjhrbt"
            .chars()
            .cycle()
            .zip("aeuoy".chars().cycle());
        letters
            .flat_map(|(one, other)| [one, other])
            .take(characters)
            .collect()
    }

    #[test]
    fn length_is_counted_in_characters_and_capped_in_bytes() {
        for shortest in [8, 15, 64] {
            assert!(choose(&odd(shortest), shortest).is_ok());
            let short = choose(&odd(shortest - 1), shortest).unwrap_err();
            assert_eq!(short, InvalidPassword::TooShort(shortest));
        }
        // A setting below the floor counts as the floor.
        let short = choose(&odd(7), 1).unwrap_err();
        assert_eq!(short, InvalidPassword::TooShort(8));
        let accented = odd(15).replace('v', "\u{e9}");
        assert!(choose(&accented, 15).is_ok());
        for long in [64, 128, 1024] {
            assert!(choose(&odd(long), 15).is_ok(), "{long}");
        }
        for long in [
            odd(1025),
            odd(4000),
            odd(600).replace(['a', 'e', 'u'], "\u{44f}\u{44f}"),
        ] {
            assert_eq!(choose(&long, 15).unwrap_err(), InvalidPassword::TooLong);
        }
    }

    #[test]
    fn no_mixture_of_characters_is_demanded() {
        for text in [
            "kdwmqtbxvzhc",
            "KDWMQTBXVZHC",
            "830261957402",
            "?! .-_#;:+*~",
            "\u{4f60} \u{597d} \u{5417} \u{671b} \u{96e8}",
        ] {
            assert!(choose(text, 8).is_ok(), "{text}");
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

    /// Nothing is left out on the way to the hash, not even what is hardly seen.
    #[test]
    fn every_character_counts() {
        let whole = odd(1023);
        let bytes = |text: &str| {
            Password::present(&secret(text))
                .expect("short")
                .as_bytes()
                .to_vec()
        };
        assert_eq!(bytes(&whole).len(), 1023);
        assert_ne!(bytes(&whole), bytes(&format!("{whole} ")));
    }
}
