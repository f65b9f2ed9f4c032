//! Languages, as people's pages are written in them.

use std::str::FromStr;

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
}
