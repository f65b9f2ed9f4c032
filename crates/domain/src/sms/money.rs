//! Amounts of money.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount of the operator's currency, in millionths of it: a price is often a fraction of a
/// cent, and sums of whole numbers are exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Money(i64);

/// The text is no amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "an amount is digits and, after a point, up to six more, such as 25 or 0.0075; at most \
     1000000000"
)]
pub struct InvalidMoney;

const UNIT: i64 = 1_000_000;
const DECIMALS: usize = 6;
const MOST: i64 = 1_000_000_000 * UNIT;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// More than any amount that can be written: what no spending reaches.
    pub const MAX: Self = Self(i64::MAX / 2);

    /// So many millionths.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// So many whole units.
    #[must_use]
    pub const fn whole(units: u32) -> Self {
        Self(units as i64 * UNIT)
    }

    /// Millionths.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The amount so many times.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(count as i64))
    }
}

impl FromStr for Money {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, InvalidMoney> {
        let (whole, part) = match text.split_once('.') {
            Some((_, "")) => return Err(InvalidMoney),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || part.len() > DECIMALS || !digits(whole) || !digits(part) {
            return Err(InvalidMoney);
        }
        let whole: i64 = whole.parse().map_err(|_| InvalidMoney)?;
        let part: i64 = format!("{part:0<DECIMALS$}")
            .parse()
            .map_err(|_| InvalidMoney)?;
        let micros = whole
            .checked_mul(UNIT)
            .and_then(|all| all.checked_add(part));
        let micros = micros.filter(|micros| *micros <= MOST);
        micros.map(Self).ok_or(InvalidMoney)
    }
}

impl fmt::Display for Money {
    /// With two decimals, more only where there are more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:06}", (self.0 % UNIT).unsigned_abs());
        let (two, more) = part.split_at(2);
        write!(f, "{}.{two}{}", self.0 / UNIT, more.trim_end_matches('0'))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_exactly_and_shown_with_two_decimals() {
        for (text, micros, shown) in [
            ("0", 0, "0.00"),
            ("25", 25_000_000, "25.00"),
            ("0.0075", 7_500, "0.0075"),
            ("0.1", 100_000, "0.10"),
            ("12.345678", 12_345_678, "12.345678"),
            ("1000000000", 1_000_000_000_000_000, "1000000000.00"),
        ] {
            let amount: Money = text.parse().expect("an amount");
            assert_eq!((amount.as_micros(), &*amount.to_string()), (micros, shown));
            assert_eq!(shown.parse(), Ok(amount));
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1,5",
            "1e3",
            "0.0000001",
            "1000000000.000001",
            " 1",
            "99999999999999999999",
            "\u{661}",
        ] {
            assert_eq!(text.parse::<Money>(), Err(InvalidMoney), "{text:?}");
        }
    }
}
