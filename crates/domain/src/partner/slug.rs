//! The names of partners in URLs and on the command line.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A partner's name in URLs and on the command line: 1 to 32 lower-case letters, digits and
/// inner hyphens. It never changes, so it is the partner's key as well.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slug(Box<str>);

/// The text is no slug.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a partner's slug has 1 to 32 lower-case letters, digits and inner hyphens")]
pub struct InvalidSlug;

impl Slug {
    /// The partner that always exists, for an operator who has none.
    pub const DEFAULT: &str = "default";

    /// The slug of the partner that always exists.
    #[must_use]
    pub fn default_partner() -> Self {
        Self(Self::DEFAULT.into())
    }

    /// The slug's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, InvalidSlug> {
        let fits = (1..=32).contains(&text.len());
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let inner = !text.starts_with('-') && !text.ends_with('-');
        let good = fits && inner && text.chars().all(plain);
        good.then(|| Self(text.into())).ok_or(InvalidSlug)
    }
}

impl Serialize for Slug {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_plain() {
        for good in ["a", "default", "northstar-tickets", "2"] {
            assert!(good.parse::<Slug>().is_ok(), "{good}");
        }
        for bad in ["", "A", "a_b", "-a", "a-", "a b", "\u{e9}", &"a".repeat(33)] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }
}
