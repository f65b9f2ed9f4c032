//! Seals: each holds on to a group of entries and to the seal before it.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256};

use super::Mac;
use crate::Timestamp;

/// What a seal makes of its entries and of the seal before it: SHA-256 over that seal's
/// digest and the codes of the entries in the order of their ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Digest([u8; 32]);

impl Digest {
    /// What stands before the first seal.
    pub const NONE: Self = Self([0; 32]);

    /// The digest with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest that follows this one over entries with these codes, in this order.
    #[must_use]
    pub fn over<'a>(self, codes: impl IntoIterator<Item = &'a Mac>) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(&self.0);
        for code in codes {
            context.update(code.as_bytes());
        }
        let digest = context.finish();
        Self(digest.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A seal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seal {
    /// Its number, counted from 1 without a gap.
    pub number: i64,
    /// How many entries it holds.
    pub entries: i64,
    /// The digest of the seal before it.
    pub previous: Digest,
    /// When the seal before it was made: what that was, where it is gone, can still be told.
    pub previous_at: Option<Timestamp>,
    /// Its digest.
    pub digest: Digest,
    /// When it was made.
    pub at: Timestamp,
}

impl Seal {
    /// The seal of entries with these codes, in the order of their ids, behind `last`.
    #[must_use]
    pub fn after(last: Option<&Self>, codes: &[Mac], at: Timestamp) -> Self {
        let previous = last.map_or(Digest::NONE, |last| last.digest);
        Self {
            number: last.map_or(0, |last| last.number) + 1,
            entries: i64::try_from(codes.len()).unwrap_or(i64::MAX),
            previous,
            previous_at: last.map(|last| last.at),
            digest: previous.over(codes),
            at,
        }
    }

    /// What tells it and all before it from any other: to be kept elsewhere.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            number: self.number,
            digest: self.digest,
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let previous_at = self.previous_at.map_or(i64::MIN, Timestamp::as_micros);
        let mut bytes = Vec::with_capacity(96);
        for number in [self.number, self.entries, previous_at, self.at.as_micros()] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(self.previous.as_bytes());
        bytes.extend(self.digest.as_bytes());
        bytes
    }
}

/// The number and the digest of a seal, written `NUMBER:DIGEST`. Whoever keeps one can tell
/// later whether anything up to there was changed, even by who has the keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// The seal's number.
    pub number: i64,
    /// Its digest.
    pub digest: Digest,
}

/// The text is no head.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a head is the number of a seal, a colon and 64 hexadecimal digits, as `verify` prints it")]
pub struct InvalidHead;

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.digest)
    }
}

impl FromStr for Head {
    type Err = InvalidHead;

    fn from_str(text: &str) -> Result<Self, InvalidHead> {
        let (number, digits) = text.trim().split_once(':').ok_or(InvalidHead)?;
        let number = number.parse().map_err(|_| InvalidHead)?;
        if digits.len() != 64
            || !digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            || number < 1
        {
            return Err(InvalidHead);
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let pair = &digits[2 * index..2 * index + 2];
            *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidHead)?;
        }
        let digest = Digest::from_bytes(bytes);
        Ok(Self { number, digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_written() {
        let digest = Digest::NONE.over(&[Mac::from_bytes([1; 32])]);
        let head = Head { number: 42, digest };
        assert_eq!(head.to_string().parse(), Ok(head));
        assert_eq!(format!(" {head}\n").parse(), Ok(head));
        let digits = "0".repeat(64);
        for wrong in [
            String::new(),
            "42".to_owned(),
            format!("0:{digits}"),
            format!("-1:{digits}"),
            format!("x:{digits}"),
            format!("1:{}", &digits[1..]),
            format!("1:{}+1", &digits[2..]),
            format!("1:{}é", &digits[2..]),
        ] {
            assert_eq!(wrong.parse::<Head>(), Err(InvalidHead), "{wrong}");
        }
    }

    #[test]
    fn a_digest_depends_on_each_code_and_their_order() {
        let [a, b] = [1, 2].map(|byte| Mac::from_bytes([byte; 32]));
        let digest = Digest::NONE.over(&[a, b]);
        for other in [&[b, a][..], &[a], &[a, b, b], &[]] {
            assert_ne!(Digest::NONE.over(other), digest);
        }
        assert_ne!(Digest::from_bytes([1; 32]).over(&[a, b]), digest);
        assert_eq!(Digest::NONE.over(&[a]).over(&[b]).to_string().len(), 64);
    }
}
