//! The words of the pages, in every language there is: Fluent files in the binary.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use countersign_domain::locale::Locale;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// How many files a language has.
const FILES: usize = 6;

/// The files of a language, by what they are about.
macro_rules! texts {
    ($language:literal) => {
        [
            include_str!(concat!("../../texts/", $language, "/frame.ftl")),
            include_str!(concat!("../../texts/", $language, "/sign-in.ftl")),
            include_str!(concat!("../../texts/", $language, "/enter.ftl")),
            include_str!(concat!("../../texts/", $language, "/otp.ftl")),
            include_str!(concat!("../../texts/", $language, "/account.ftl")),
            include_str!(concat!("../../texts/", $language, "/trouble.ftl")),
        ]
    };
}

/// Every language, the kind of it that is written, and its files. English is the first: it is
/// spoken where nothing else is asked for.
const TEXTS: [(&str, &str, [&str; FILES]); 3] = [
    ("en", "en", texts!("en")),
    ("es", "es-419", texts!("es")),
    ("pt", "pt-BR", texts!("pt")),
];

static LANGUAGES: LazyLock<[Words; 3]> =
    LazyLock::new(|| TEXTS.map(|(language, locale, files)| Words::new(language, locale, files)));

/// The words of one language.
pub(crate) struct Words {
    language: &'static str,
    /// The kind that is written, which pages say of themselves.
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    fn new(language: &'static str, locale: &str, files: [&str; FILES]) -> Self {
        let identifier: LanguageIdentifier = locale.parse().expect("it stands in the table");
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        // A name or an address keeps its own direction by `<bdi>`, not by marks in the text.
        bundle.set_use_isolating(false);
        for file in files {
            let resource = FluentResource::try_new(file.to_owned());
            let resource = resource.map_err(|(_, errors)| errors);
            let resource = resource.expect("the words in the binary are valid, as tests show");
            let added = bundle.add_resource(resource);
            added.expect("no word is there twice, as tests show");
        }
        Self {
            language,
            locale: locale.parse().expect("it stands in the table"),
            bundle,
        }
    }

    /// The words in the first of these languages that there is; else in English.
    pub(crate) fn in_language(asked: &[Option<&Locale>]) -> &'static Self {
        let mut there = asked.iter().flatten().filter_map(|locale| {
            let mut all = LANGUAGES.iter();
            all.find(|words| words.language == locale.language())
        });
        there.next().unwrap_or(&LANGUAGES[0])
    }

    /// The kind of the language that is written.
    pub(crate) fn locale(&self) -> &Locale {
        &self.locale
    }

    /// A message with these facts.
    pub(crate) fn say_with(&self, id: &str, facts: &[(&'static str, Fact<'_>)]) -> String {
        let pattern = self.bundle.get_message(id).and_then(|it| it.value());
        let Some(pattern) = pattern else {
            // A test says every message in every language.
            tracing::error!(id, language = self.language, "a word is missing");
            return id.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for (name, fact) in facts {
            match fact {
                Fact::Text(text) => arguments.set(*name, *text),
                Fact::Number(number) => arguments.set(*name, *number),
            }
        }
        let mut errors = Vec::new();
        let said = self
            .bundle
            .format_pattern(pattern, Some(&arguments), &mut errors);
        if !errors.is_empty() {
            tracing::error!(id, language = self.language, "a word lacks a fact");
        }
        said.into_owned()
    }
}

/// What a message says beside its words.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fact<'a> {
    Text(&'a str),
    Number(u64),
}

impl<'a> From<&'a str> for Fact<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Fact<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Fact<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}
