//! What people see of a partner.

use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use crate::identity::visible;
use crate::text::as_text;

/// What people read for a partner's name: `Northstar Tickets`. 1 to 64 characters that can be
/// seen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PartnerName(Box<str>);

/// The text is no partner's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "a partner's name has 1 to 64 characters, none of them a control or invisible character, \
     and no white space around it"
)]
pub struct InvalidName;

impl PartnerName {
    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PartnerName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let name = text.nfc().collect::<String>();
        let fits = (1..=64).contains(&name.chars().count()) && name.trim() == name;
        let good = fits && name.chars().all(visible);
        good.then(|| Self(name.into())).ok_or(InvalidName)
    }
}

/// A colour in sRGB, written `#rrggbb`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Colour(Box<str>);

/// The text is no colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a colour is # and six hexadecimal digits, such as #1f6feb")]
pub struct InvalidColour;

impl Colour {
    /// The colour's text, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The colour of this red, green and blue.
    #[must_use]
    pub fn from_rgb([red, green, blue]: [u8; 3]) -> Self {
        Self(format!("#{red:02x}{green:02x}{blue:02x}").into())
    }

    /// Its red, green and blue.
    #[must_use]
    pub fn rgb(&self) -> [u8; 3] {
        let number = u32::from_str_radix(&self.0[1..], 16).expect("six digits were checked");
        let [_, red, green, blue] = number.to_be_bytes();
        [red, green, blue]
    }
}

impl FromStr for Colour {
    type Err = InvalidColour;

    fn from_str(text: &str) -> Result<Self, InvalidColour> {
        let digits = text.strip_prefix('#').ok_or(InvalidColour)?;
        let good = digits.len() == 6 && digits.chars().all(|digit| digit.is_ascii_hexdigit());
        let colour = || Self(text.to_ascii_lowercase().into());
        good.then(colour).ok_or(InvalidColour)
    }
}

as_text!(PartnerName, Colour);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_has_six_digits() {
        let colour: Colour = "#1F6fEb".parse().unwrap();
        assert_eq!(
            (colour.as_str(), colour.rgb()),
            ("#1f6feb", [0x1f, 0x6f, 0xeb])
        );
        for bad in [
            "",
            "#",
            "#fff",
            "1f6feb",
            "#1f6febff",
            "#1f6fe\u{b5}",
            "red",
            "#+12345",
        ] {
            assert!(bad.parse::<Colour>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_can_be_read() {
        for good in [
            "Northstar Tickets",
            "M\u{fc}nchen",
            "\u{6771}\u{4eac}",
            &"\u{e9}".repeat(64),
        ] {
            assert!(good.parse::<PartnerName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            " a",
            "a ",
            "a\nb",
            "a\u{202e}b",
            "\u{200b}",
            &"a".repeat(65),
        ] {
            assert!(bad.parse::<PartnerName>().is_err(), "{bad:?}");
        }
    }
}
