//! Phone numbers.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};

use crate::sms::Country;

/// The number as the key of an identity: `+` and digits (E.164). `None` for what is not
/// written in international form.
///
/// A number that its country assigns loses what is only a habit of writing, such as the zero
/// in `+44 (0)20 …`. Any other is kept as its digits: whether one may be *sent to* is asked
/// when something is sent.
pub(super) fn normalise(text: &str) -> Option<String> {
    // The library reads letters, extensions and other scripts' digits, and punctuation may
    // change what it reads; it is given digits alone.
    let digits = digits(text.trim())?;
    let assigned = PhoneNumber::parse(&digits, None)
        .ok()
        .filter(PhoneNumber::is_valid);
    Some(match assigned {
        Some(number) => number.format_as(PhoneNumberFormat::E164).into_owned(),
        None => digits,
    })
}

/// The number as somebody in this country writes it, with or without the country's code. `None`
/// for what is no number there.
pub(super) fn normalise_in(text: &str, country: Option<&Country>) -> Option<String> {
    let text = text.trim();
    if text.starts_with('+') {
        return normalise(text);
    }
    let digits = plain_digits(text)?;
    let region = country.and_then(|country| Region::from_code(country.as_str()).ok());
    let Some(region) = region else {
        // What is dialled before a country's code nearly everywhere.
        return normalise(&format!("+{}", digits.strip_prefix("00")?));
    };
    let number = PhoneNumber::parse(&digits, Some(region)).ok()?;
    let number = number.is_valid().then_some(number)?;
    normalise(&number.format_as(PhoneNumberFormat::E164))
}

/// How a mobile number of a country is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Example {
    /// The country's code: `+44`.
    pub code: String,
    /// A number as it is written within the country: `07400 123456`.
    pub national: String,
    /// The same for the rest of the world: `+44 7400 123456`.
    pub international: String,
}

/// How a mobile number of this country is written.
#[must_use]
pub fn example(country: &Country) -> Option<Example> {
    let region = Region::from_code(country.as_str()).ok()?;
    let mobile = PhoneNumberType::Mobile;
    let number = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, mobile);
    let number = number.ok()?;
    let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
    Some(Example {
        code: format!("+{code}"),
        national: number.format_as(PhoneNumberFormat::National).into_owned(),
        international: number
            .format_as(PhoneNumberFormat::International)
            .into_owned(),
    })
}

/// The plus and the digits of a number in full international form.
fn digits(text: &str) -> Option<String> {
    let number = plain_digits(text.strip_prefix('+')?)?;
    let count = number.len();
    // No country code begins with a zero.
    let fits = (8..=15).contains(&count) && !number.starts_with('0');
    fits.then(|| format!("+{number}"))
}

/// The digits of a text that has nothing else but what people put between digits.
fn plain_digits(text: &str) -> Option<String> {
    let mut number = String::new();
    for character in text.chars() {
        match character {
            '0'..='9' => number.push(character),
            ' ' | '\u{a0}' | '\u{202f}' | '-' | '\u{2010}'..='\u{2013}' | '.' | '/' | '(' | ')' => {
            }
            _ => return None,
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{example, normalise, normalise_in};

    proptest! {
        #[test]
        fn punctuation_makes_no_difference(
            digits in "[1-9][0-9]{7,14}",
            marks in prop::collection::vec("[ ().\u{2010}\u{a0}/-]{0,2}", 15),
        ) {
            let marked: String = digits.chars().zip(&marks).flat_map(|(digit, mark)| {
                std::iter::once(digit).chain(mark.chars())
            }).collect();
            prop_assert_eq!(normalise(&format!("+{marked}")), normalise(&format!("+{digits}")));
        }
    }

    #[test]
    fn spellings_of_one_number_are_one() {
        for text in [
            "+44 20 7946 0958",
            "+442079460958",
            "+44 (0)20 7946-0958",
            " +44.20.7946.0958 ",
        ] {
            assert_eq!(normalise(text).as_deref(), Some("+442079460958"), "{text}");
        }
    }

    #[test]
    fn a_number_that_no_country_assigns_is_kept_as_its_digits() {
        for text in ["+44 123 1234 1234", "+4412312341234", "+44-123-1234-1234"] {
            assert_eq!(normalise(text).as_deref(), Some("+4412312341234"), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_in_international_form() {
        for text in [
            "",
            "+",
            "020 7946 0958",
            "0044 20 7946 0958",
            "+44 20 79",
            "+1234567890123456",
            "+3367a829916",
            "+44 20 7946 0958 ext. 5",
            "+44 20 7946 0958;ext=5",
            "++442079460958",
            "+0442079460958",
            "+\u{ff14}\u{ff14}2079460958",
            "tel:+442079460958",
        ] {
            assert_eq!(normalise(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_number_without_a_code_is_read_where_it_was_written() {
        let within = |country: &str, text| {
            let country = country.parse().expect("a country");
            normalise_in(text, Some(&country))
        };
        for text in ["020 7946 0958", "+44 20 7946 0958", "0044 (0)20 7946 0958"] {
            assert_eq!(
                within("GB", text).as_deref(),
                Some("+442079460958"),
                "{text}"
            );
        }
        assert_eq!(within("ES", "612 345 678").as_deref(), Some("+34612345678"));
        assert_eq!(
            within("US", "011 34 612345678").as_deref(),
            Some("+34612345678")
        );
        for text in [
            "",
            "12",
            "020 7946 0958 ext. 5",
            "ana",
            "0".repeat(5000).as_str(),
        ] {
            assert_eq!(within("GB", text), None, "{text}");
        }
        assert_eq!(
            normalise_in("0034 612345678", None).as_deref(),
            Some("+34612345678")
        );
        assert_eq!(normalise_in("612345678", None), None);
    }

    #[test]
    fn an_example_is_a_number_of_its_country() {
        let country = "GB".parse().expect("a country");
        let example = example(&country).expect("there is one");
        assert_eq!(example.code, "+44");
        let read = normalise_in(&example.national, Some(&country));
        assert_eq!(read, normalise(&example.international));
        assert!(read.is_some());
    }
}
