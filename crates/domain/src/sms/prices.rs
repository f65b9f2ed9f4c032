//! What an SMS costs.

use std::collections::BTreeMap;

use super::money::Money;

/// The price of a message by the beginning of its number; the longest that fits counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prices {
    default: Money,
    by_prefix: BTreeMap<Box<str>, Money>,
}

/// A price that is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidPrices {
    /// The beginning of a number is none.
    #[error(
        "the beginning of a number is 1 to 8 digits, the country's calling code first, such as 44"
    )]
    Prefix,
    /// It is there twice.
    #[error("there are two prices for {0}; leave one out")]
    Twice(Box<str>),
    /// What costs nothing would have no bound.
    #[error("a price is more than 0")]
    Free,
}

/// Digits of a prefix at most.
const LONGEST: usize = 8;

impl Prices {
    /// The same price everywhere.
    #[must_use]
    pub fn flat(default: Money) -> Self {
        Self {
            default,
            by_prefix: BTreeMap::new(),
        }
    }

    /// The same with a price of its own for numbers that begin so.
    ///
    /// # Errors
    /// [`InvalidPrices`].
    pub fn with(mut self, prefix: &str, price: Money) -> Result<Self, InvalidPrices> {
        let prefix = prefix.trim_start_matches('+');
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
        if !(1..=LONGEST).contains(&prefix.len()) || !digits || prefix.starts_with('0') {
            return Err(InvalidPrices::Prefix);
        }
        if price <= Money::ZERO {
            return Err(InvalidPrices::Free);
        }
        match self.by_prefix.insert(prefix.into(), price) {
            None => Ok(self),
            Some(_) => Err(InvalidPrices::Twice(prefix.into())),
        }
    }

    /// What a message to this number (E.164) costs.
    #[must_use]
    pub fn of(&self, number: &str) -> Money {
        let digits = number.trim_start_matches('+');
        let longest = (1..=LONGEST.min(digits.len())).rev();
        let mut prices = longest.filter_map(|length| self.by_prefix.get(digits.get(..length)?));
        prices.next().copied().unwrap_or(self.default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().expect("an amount")
    }

    #[test]
    fn the_longest_beginning_counts() {
        let prices = Prices::flat(money("0.05"));
        let prices = prices.with("44", money("0.04")).expect("a price");
        let prices = prices.with("+447781", money("0.2")).expect("a price");
        let prices = prices.with("1", money("0.008")).expect("a price");
        for (number, price) in [
            ("+442079460958", "0.04"),
            ("+447781123456", "0.2"),
            ("+12125550123", "0.008"),
            ("+34612345678", "0.05"),
            ("", "0.05"),
        ] {
            assert_eq!(prices.of(number), money(price), "{number}");
        }
    }

    #[test]
    fn refuses_what_is_no_price() {
        let with = |prefix, price| Prices::flat(money("1")).with(prefix, money(price));
        for prefix in ["", "+", "0", "044", "44 7", "123456789", "gb"] {
            assert_eq!(with(prefix, "1"), Err(InvalidPrices::Prefix), "{prefix}");
        }
        assert_eq!(with("44", "0"), Err(InvalidPrices::Free));
        let twice = with("44", "1").expect("a price").with("+44", money("2"));
        assert_eq!(twice, Err(InvalidPrices::Twice("44".into())));
    }
}
