//! Phone numbers.

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat};

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

/// The plus and the digits of a number in full international form.
fn digits(text: &str) -> Option<String> {
    let rest = text.strip_prefix('+')?;
    let mut number = String::from("+");
    for character in rest.chars() {
        match character {
            '0'..='9' => number.push(character),
            ' ' | '\u{a0}' | '\u{202f}' | '-' | '\u{2010}'..='\u{2013}' | '.' | '/' | '(' | ')' => {
            }
            _ => return None,
        }
    }
    let count = number.len() - 1;
    // No country code begins with a zero.
    ((8..=15).contains(&count) && !number.starts_with("+0")).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::normalise;

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
}
