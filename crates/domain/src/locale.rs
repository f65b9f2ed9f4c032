//! Languages, as people's pages are written in them.

use std::str::FromStr;

use crate::sms::Country;
use crate::text::as_text;

/// A language with, where it matters, its script and region: `es`, `es-419`, `zh-Hant-TW`. Of
/// BCP 47 (RFC 5646, section 2.1) only these three subtags, in their usual case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Locale(Box<str>);

/// The text is no locale.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a locale is a language and, where it matters, a script and a region: es, pt-BR, es-419")]
pub struct InvalidLocale;

impl Locale {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its language alone.
    #[must_use]
    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The country of its region, where it names one: `MX` of `es-MX`, none of `es-419`.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        let (_, last) = self.0.rsplit_once('-')?;
        last.parse().ok()
    }

    /// The locale with its last subtag left out: `es` of `es-MX` (RFC 4647, section 3.4).
    #[must_use]
    pub fn wider(&self) -> Option<Self> {
        let (wider, _) = self.0.rsplit_once('-')?;
        Some(Self(wider.into()))
    }

    /// The locale that an `Accept-Language` field asks for first, where it asks for any (RFC
    /// 9110, section 12.5.4). What cannot be read in it is passed over: a client's field is no
    /// reason to refuse it.
    #[must_use]
    pub fn preferred(accept_language: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for element in accept_language.split(',').take(MOST_RANGES) {
            let mut parts = element.split(';');
            let range = parts.next().unwrap_or_default().trim_ascii();
            let weight = match parts.next() {
                None => Some(HEAVIEST),
                Some(parameter) => weight(parameter.trim_ascii()),
            };
            let (Some(weight), None, Ok(locale)) = (weight, parts.next(), range.parse()) else {
                continue;
            };
            // Of two with the same weight the first: a 0 says "not this one".
            if weight > best.as_ref().map_or(0, |(weight, _)| *weight) {
                best = Some((weight, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }
}

/// The elements of an `Accept-Language` field that are looked at.
const MOST_RANGES: usize = 32;
/// The weight of an element that names none, in thousandths.
const HEAVIEST: u16 = 1000;

/// A weight in thousandths: `q=0.8`, at most three decimals (RFC 9110, section 12.4.2).
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let digits = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !name.eq_ignore_ascii_case("q") || !digits || !["0", "1"].contains(&whole) {
        return None;
    }
    let thousandths = format!("{whole}{decimals:0<3}").parse().ok()?;
    (thousandths <= HEAVIEST).then_some(thousandths)
}

impl Default for Locale {
    /// English.
    fn default() -> Self {
        Self("en".into())
    }
}

impl FromStr for Locale {
    type Err = InvalidLocale;

    fn from_str(text: &str) -> Result<Self, InvalidLocale> {
        let letters = |tag: &str, count| {
            tag.len() == count && tag.chars().all(|letter| letter.is_ascii_alphabetic())
        };
        let digits = |tag: &str| tag.len() == 3 && tag.chars().all(|digit| digit.is_ascii_digit());
        let mut tags = text.split('-').peekable();
        let language = tags.next().filter(|tag| letters(tag, 2) || letters(tag, 3));
        let mut locale = language.ok_or(InvalidLocale)?.to_ascii_lowercase();
        if let Some(script) = tags.next_if(|tag| letters(tag, 4)) {
            let (first, others) = script.split_at(1);
            locale.push('-');
            locale.push_str(&first.to_ascii_uppercase());
            locale.push_str(&others.to_ascii_lowercase());
        }
        if let Some(region) = tags.next_if(|tag| letters(tag, 2) || digits(tag)) {
            locale.push('-');
            locale.push_str(&region.to_ascii_uppercase());
        }
        if tags.next().is_some() {
            return Err(InvalidLocale);
        }
        Ok(Self(locale.into()))
    }
}

as_text!(Locale);

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("en", "en")]
    #[case("ES-419", "es-419")]
    #[case("pt-br", "pt-BR")]
    #[case("ZH-hANT-tw", "zh-Hant-TW")]
    #[case("gsw", "gsw")]
    #[case("sr-latn", "sr-Latn")]
    fn a_locale_has_one_spelling(#[case] text: &str, #[case] spelt: &str) {
        assert_eq!(text.parse().as_ref().map(Locale::as_str), Ok(spelt));
    }

    #[rstest]
    fn refuses_what_is_no_locale(
        #[values(
            "",
            "e",
            "engl",
            "e1",
            "en-",
            "-en",
            "en--US",
            "en_US",
            "en-US-x-a",
            "en-US-Latn",
            "en-1",
            "en-12345",
            "es-41a",
            "é",
            "en US",
            "en-US-GB",
            "de-1996"
        )]
        text: &str,
    ) {
        assert_eq!(text.parse::<Locale>(), Err(InvalidLocale));
    }

    #[rstest]
    #[case("es", Some("es"))]
    #[case("pt-BR, pt;q=0.9, en;q=0.8", Some("pt-BR"))]
    #[case("en;q=0.8,es-419;q=0.9", Some("es-419"))]
    #[case("en;q=0.5, es;q=0.5", Some("en"))]
    #[case("*, es;q=0.1", Some("es"))]
    #[case("de;q=0, es;q=0.001", Some("es"))]
    #[case("es ; Q=1.000 , en", Some("es"))]
    #[case("en;q=0.9;x=1, es;q=0.1", Some("es"))]
    #[case(
        "de;q=1.001, de;q=0.1234, de;q=.5, de;q=-1, de;q=, de;v=1, es;q=0.1",
        Some("es")
    )]
    #[case("x-klingon, i-default, en_US, es", Some("es"))]
    #[case("", None)]
    #[case("*", None)]
    #[case(",,;,=;q", None)]
    #[case("en;q=0", None)]
    #[case("\u{e9}\u{0}\u{202e}", None)]
    fn the_heaviest_language_is_asked_for(#[case] field: &str, #[case] locale: Option<&str>) {
        let preferred = Locale::preferred(field);
        assert_eq!(preferred.as_ref().map(Locale::as_str), locale, "{field:?}");
    }

    #[test]
    fn a_long_field_is_read_to_a_bound() {
        let many = |count: usize| format!("{}es", "*,".repeat(count));
        assert!(Locale::preferred(&many(MOST_RANGES - 1)).is_some());
        assert!(Locale::preferred(&many(MOST_RANGES)).is_none());
    }

    #[rstest]
    #[case("es-MX", Some("MX"))]
    #[case("zh-Hant-TW", Some("TW"))]
    #[case("es-419", None)]
    #[case("sr-Latn", None)]
    #[case("es", None)]
    fn a_locale_may_be_of_a_country(#[case] locale: Locale, #[case] country: Option<&str>) {
        let found = locale.country();
        assert_eq!(found.as_ref().map(Country::as_str), country);
    }

    #[test]
    fn a_locale_widens_to_its_language() {
        let locale: Locale = "zh-Hant-TW".parse().unwrap();
        let wider: Vec<_> = std::iter::successors(Some(locale), Locale::wider).collect();
        let wider: Vec<_> = wider.iter().map(Locale::as_str).collect();
        assert_eq!(wider, ["zh-Hant-TW", "zh-Hant", "zh"]);
    }
}
