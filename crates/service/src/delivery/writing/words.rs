//! The words of messages, in every language there is.

use std::collections::BTreeMap;

use countersign_domain::locale::Locale;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource};
use unic_langid::{CharacterDirection, LanguageIdentifier};

use super::Unwritten;
use super::facts::Facts;

/// What every language has, by its name in the binary.
const EMBEDDED: [(&str, &str); 3] = [
    ("en", include_str!("../../../texts/en.ftl")),
    ("es", include_str!("../../../texts/es.ftl")),
    ("pt", include_str!("../../../texts/pt.ftl")),
];

/// With what the name of a message ends that is no part of a mail.
const SMS: &str = "-sms";
/// With what the name of a message begins that is part of every mail.
const EVERY_MAIL: &str = "mail-";

/// The words, by language. English is always among them.
pub(super) struct Words(BTreeMap<Locale, Language>);

/// The words of one language.
pub(super) struct Language {
    locale: Locale,
    bundle: FluentBundle<FluentResource>,
    /// Where each message stands: its file and line, the last that says it.
    places: BTreeMap<String, (String, usize)>,
}

/// A file of words.
pub(super) struct File {
    pub(super) name: String,
    pub(super) locale: Locale,
    pub(super) text: String,
}

/// The words of one mail.
pub(super) struct MailWords {
    pub(super) subject: String,
    /// By their names, with `_` for `-`: what templates call them.
    pub(super) all: BTreeMap<String, String>,
}

impl Words {
    /// What is in the binary.
    pub(super) fn embedded() -> Self {
        Self::with(Vec::new()).expect("the words in the binary are valid, as tests show")
    }

    /// That with the messages of `files` in place of those of the same name.
    pub(super) fn with(files: Vec<File>) -> Result<Self, Unwritten> {
        let embedded = EMBEDDED.into_iter().map(|(locale, text)| File {
            name: format!("{locale}.ftl"),
            locale: locale.parse().expect("a name in the table is a locale"),
            text: text.to_owned(),
        });
        let files: Vec<_> = embedded.chain(files).collect();
        let mut languages = BTreeMap::new();
        for File { locale, .. } in &files {
            if !languages.contains_key(locale) {
                languages.insert(locale.clone(), Language::new(locale, &files)?);
            }
        }
        let words = Self(languages);
        words.check_complete()?;
        Ok(words)
    }

    pub(super) fn locales(&self) -> impl Iterator<Item = &Locale> {
        self.0.keys()
    }

    /// The first language of `asked` that there is, in its own or a wider form; else English.
    pub(super) fn in_language(&self, asked: &[Option<&Locale>]) -> &Language {
        let mut there = asked
            .iter()
            .flatten()
            .filter_map(|locale| self.find(locale));
        let english = Locale::default();
        &self.0[there.next().unwrap_or(&english)]
    }

    /// The narrowest form of `locale` that there is.
    pub(super) fn find(&self, locale: &Locale) -> Option<&Locale> {
        let mut there = widening(locale).filter_map(|form| self.0.get(&form));
        there.next().map(Language::locale)
    }

    /// Says every message of a language with these facts, also those that no template uses.
    pub(super) fn check(&self, locale: &Locale, facts: &Facts) -> Result<(), Unwritten> {
        let language = &self.0[locale];
        for id in language.places.keys() {
            language.say(id, facts)?;
        }
        Ok(())
    }

    /// A language that lacks a message would mix two languages in one mail. What an operator
    /// adds to English of their own is theirs to add elsewhere: templates that use it tell.
    fn check_complete(&self) -> Result<(), Unwritten> {
        let (_, english) = EMBEDDED[0];
        for language in self.0.values() {
            let mut needed = messages("", english).map(|(id, _)| id);
            if let Some(id) = needed.find(|id| !language.has(id)) {
                let places = language.places.values();
                let (file, _) = places.last().cloned().unwrap_or_default();
                return Err(Unwritten {
                    file,
                    line: None,
                    detail: format!(
                        "it lacks the message {id}; a language that is not in the binary needs \
                         every message that English has"
                    ),
                });
            }
        }
        Ok(())
    }
}

/// A locale and its wider forms, the narrowest first.
fn widening(locale: &Locale) -> impl Iterator<Item = Locale> + use<> {
    std::iter::successors(Some(locale.clone()), Locale::wider)
}

impl Language {
    /// The words of `locale`: its files and those of its wider forms, the narrower and the
    /// later winning.
    fn new(locale: &Locale, files: &[File]) -> Result<Self, Unwritten> {
        let identifier: LanguageIdentifier = locale
            .as_str()
            .parse()
            .expect("a locale is a language identifier (Unicode TR 35, section 3.2)");
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        // Isolating marks are for pages; in an SMS they cost half of its characters.
        bundle.set_use_isolating(false);
        let builtins = bundle.add_builtins();
        builtins.expect("a new bundle has no functions of the same names");
        let mut places = BTreeMap::new();
        let forms: Vec<_> = widening(locale).collect();
        for form in forms.iter().rev() {
            for file in files.iter().filter(|file| file.locale == *form) {
                bundle.add_resource_overriding(resource(file)?);
                places.extend(messages(&file.name, &file.text));
            }
        }
        Ok(Self {
            locale: locale.clone(),
            bundle,
            places,
        })
    }

    pub(super) fn locale(&self) -> &Locale {
        &self.locale
    }

    fn has(&self, id: &str) -> bool {
        let message = self.bundle.get_message(id);
        message.is_some_and(|message| message.value().is_some())
    }

    /// The words of a mail.
    pub(super) fn of_mail(&self, facts: &Facts) -> Result<MailWords, Unwritten> {
        let template = facts.template.as_str();
        let ours = |id: &&String| {
            let begins = id.starts_with(EVERY_MAIL)
                || id
                    .strip_prefix(template)
                    .is_some_and(|rest| rest.starts_with('-'));
            begins && !id.ends_with(SMS)
        };
        let mut all = BTreeMap::new();
        for id in self.places.keys().filter(ours) {
            all.insert(id.replace('-', "_"), self.say(id, facts)?);
        }
        let subject = self.say(&format!("{template}-subject"), facts)?;
        Ok(MailWords { subject, all })
    }

    /// The text of an SMS.
    pub(super) fn of_sms(&self, facts: &Facts) -> Result<String, Unwritten> {
        self.say(&format!("{}{SMS}", facts.template.as_str()), facts)
    }

    /// One message.
    fn say(&self, id: &str, facts: &Facts) -> Result<String, Unwritten> {
        let wrong = |detail: String| {
            let place = self.places.get(id).cloned();
            let (file, line) = place.unwrap_or_else(|| (self.locale.to_string(), 0));
            Unwritten {
                file,
                line: Some(line),
                detail: format!("the message {id} {detail}"),
            }
        };
        let message = self.bundle.get_message(id);
        let pattern = message.and_then(|message| message.value());
        let pattern = pattern.ok_or_else(|| wrong("has no text".to_owned()))?;
        let mut arguments = FluentArgs::new();
        arguments.set("name", facts.name.as_str());
        arguments.set("code", facts.code.expose().as_str());
        arguments.set("minutes", facts.minutes);
        let mut errors = Vec::new();
        let said = self
            .bundle
            .format_pattern(pattern, Some(&arguments), &mut errors);
        match errors.first() {
            None => Ok(said.into_owned()),
            Some(error) => Err(wrong(format!(
                "cannot be said: {}; it may use $name, $code and $minutes",
                cause(error)
            ))),
        }
    }
}

/// What kind of thing went wrong, without the values.
fn cause(error: &FluentError) -> String {
    match error {
        FluentError::ResolverError(error) => error.to_string(),
        FluentError::ParserError(error) => error.to_string(),
        FluentError::Overriding { id, .. } => format!("{id} is there twice"),
    }
}

fn resource(file: &File) -> Result<FluentResource, Unwritten> {
    FluentResource::try_new(file.text.clone()).map_err(|(_, errors)| {
        let first = errors.first();
        let position = first.map_or(0, |error| error.pos.start);
        let before = file.text.bytes().take(position);
        Unwritten {
            file: file.name.clone(),
            line: Some(before.filter(|byte| *byte == b'\n').count() + 1),
            detail: first.map_or_else(String::new, |error| error.kind.to_string()),
        }
    })
}

/// The messages of a file, and where each stands. A message begins at the start of a line with
/// its name, which begins with a letter (Fluent syntax 1.0, `Message`).
fn messages<'a>(
    file: &'a str,
    text: &'a str,
) -> impl Iterator<Item = (String, (String, usize))> + use<'a> {
    let letter = |line: &str| line.starts_with(|first: char| first.is_ascii_alphabetic());
    let lines = text.lines().zip(1..);
    lines
        .filter(move |(line, _)| letter(line))
        .filter_map(|(line, number)| {
            let (id, _) = line.split_once('=')?;
            Some((id.trim_end().to_owned(), (file.to_owned(), number)))
        })
}

/// How a locale is written: `rtl` from right to left, else `ltr`.
pub(super) fn direction(locale: &Locale) -> &'static str {
    let identifier = locale.as_str().parse::<LanguageIdentifier>();
    match identifier.map(|identifier| identifier.character_direction()) {
        Ok(CharacterDirection::RTL) => "rtl",
        _ => "ltr",
    }
}
