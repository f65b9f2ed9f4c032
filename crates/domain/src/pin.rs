//! PINs: a few digits chosen at log-in.
//!
//! A PIN binds the second step of a log-in to the first, and where a partner's policy asks
//! for it, an exchange carries it. It is never an identity by itself.

use crate::Secret;
use crate::id::AuthenticationId;
use crate::key::{KeyedHash, Purpose, SealingKey};

/// Wrong PINs in a row that revoke an authentication.
pub const FAILURES: i64 = 5;

/// A PIN as somebody chose it: 4 to 12 digits.
#[derive(Clone, Debug)]
pub struct Pin(Secret<String>);

/// The text is no PIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a PIN has 4 to 12 digits")]
pub struct InvalidPin;

impl Pin {
    /// Reads a PIN that somebody chooses.
    ///
    /// # Errors
    /// [`InvalidPin`] unless it is 4 to 12 ASCII digits.
    pub fn choose(text: Secret<String>) -> Result<Self, InvalidPin> {
        let digits = text.expose().as_bytes();
        let fits = (4..=12).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
        fits.then_some(Self(text)).ok_or(InvalidPin)
    }

    /// What is kept of the PIN of this authentication.
    #[must_use]
    pub fn hash(&self, key: &SealingKey, authentication: AuthenticationId) -> KeyedHash {
        hash(key, authentication, self.0.expose())
    }
}

/// The hash of a PIN as it was presented. What could not have been chosen is hashed like any
/// other, and matches nothing.
#[must_use]
pub fn hash(key: &SealingKey, authentication: AuthenticationId, presented: &str) -> KeyedHash {
    key.hash(Purpose::Pin, authentication.as_bytes(), presented)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_has_4_to_12_digits() {
        let choose = |text: &str| Pin::choose(Secret::new(text.to_owned())).is_ok();
        for good in ["1234", "123456789012"] {
            assert!(choose(good), "{good}");
        }
        for bad in [
            "",
            "123",
            "1234567890123",
            "12a4",
            "12 34",
            "\u{661}\u{662}\u{663}\u{664}",
        ] {
            assert!(!choose(bad), "{bad}");
        }
    }
}
