//! The names of partners in URLs and on the command line.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A partner's name in URLs and on the command line: 1 to 32 lower-case letters, digits and
/// inner hyphens. It never changes, so it is the partner's key as well.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug {
    /// In place, since every session that is verified holds one; zeros behind the text, so that
    /// slugs have the order of their texts.
    bytes: [u8; LONGEST],
    length: u8,
}

const LONGEST: usize = 32;

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
        Self::DEFAULT.parse().expect("it is plain and short")
    }

    /// The slug's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = &self.bytes[..usize::from(self.length)];
        std::str::from_utf8(text).expect("only plain characters are let in")
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, InvalidSlug> {
        let length = u8::try_from(text.len()).map_err(|_| InvalidSlug)?;
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let inner = !text.starts_with('-') && !text.ends_with('-');
        if text.is_empty() || !inner || !text.bytes().all(plain) {
            return Err(InvalidSlug);
        }
        let mut bytes = [0; LONGEST];
        let place = bytes.get_mut(..text.len()).ok_or(InvalidSlug)?;
        place.copy_from_slice(text.as_bytes());
        Ok(Self { bytes, length })
    }
}

impl Serialize for Slug {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slug({:?})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_plain() {
        for good in ["a", "default", "northstar-tickets", "2", &"a".repeat(32)] {
            let slug = good.parse::<Slug>().expect(good);
            assert_eq!(slug.as_str(), good);
        }
        for bad in [
            "",
            "A",
            "a_b",
            "-a",
            "a-",
            "a b",
            "\u{e9}",
            &"a".repeat(33),
            &"a".repeat(300),
        ] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }

    #[test]
    fn slugs_have_the_order_of_their_texts() {
        let texts = ["2", "a", "a-a", "a2", "aa", "ab", "b"];
        for (one, other) in texts
            .iter()
            .flat_map(|one| texts.map(|other| (*one, other)))
        {
            let slugs = [one, other].map(|text| text.parse::<Slug>().expect(text));
            assert_eq!(slugs[0].cmp(&slugs[1]), one.cmp(other), "{one} {other}");
        }
    }
}
