//! That every page can be said in every language.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// The messages of a language and the facts that each uses.
fn messages(files: [&str; FILES]) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in files.iter().flat_map(|file| file.lines()) {
        if line.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let (id, _) = line.split_once('=').expect("a message has a text");
            current = id.trim().to_owned();
            let again = messages.insert(current.clone(), BTreeSet::new());
            assert!(again.is_none(), "{current} is there twice");
        }
        let names = line.split('$').skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
            rest[..end.unwrap_or(rest.len())].to_owned()
        });
        if let Some(facts) = messages.get_mut(&current) {
            facts.extend(names);
        }
    }
    messages
}

fn english() -> BTreeMap<String, BTreeSet<String>> {
    let [(.., files), ..] = TEXTS;
    messages(files)
}

#[test]
fn every_language_says_the_same_with_the_same_facts() {
    let [(.., english), others @ ..] = TEXTS;
    let english = messages(english);
    for (language, _, files) in others {
        let there = messages(files);
        let missing: Vec<_> = english
            .keys()
            .filter(|id| !there.contains_key(*id))
            .collect();
        let more: Vec<_> = there
            .keys()
            .filter(|id| !english.contains_key(*id))
            .collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "{language}: {missing:?} {more:?}"
        );
        for (id, facts) in &english {
            assert_eq!(&there[id], facts, "{language}: {id}");
        }
    }
}

#[test]
fn every_message_is_written_in_its_own_language() {
    let text = |words: &Words, id: &str| {
        let facts: Vec<_> = english()[id]
            .iter()
            .map(|name| (&*name.clone().leak(), Fact::Number(7)))
            .collect();
        words.say_with(id, &facts)
    };
    let [first, others @ ..] = &*LANGUAGES;
    for id in english().keys() {
        let said = text(first, id);
        // A word or two may be the same in two languages.
        for words in others {
            let there = text(words, id);
            assert!(!there.is_empty());
            assert!(
                there != said || said.split_whitespace().count() < 3,
                "{}: {id} is English: {there}",
                words.language
            );
        }
    }
}

/// The texts of all sources and templates of the pages.
fn sources() -> String {
    texts_of(&["src/pages", "templates"])
}

/// Those of the sources alone.
fn rust() -> String {
    texts_of(&["src/pages"])
}

fn texts_of(folders: &[&str]) -> String {
    fn below(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of this crate") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                below(&path, found);
            } else if !path.ends_with("words/tests.rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in folders {
        below(&root.join(folder), &mut found);
    }
    let texts = found
        .iter()
        .map(|path| fs::read_to_string(path).expect("a text"));
    texts.collect::<Vec<_>>().join("\n")
}

/// What is put together from the name of a kind of trouble and these.
const PARTS: [&str; 3] = ["-heading", "-next", "-button"];

#[test]
fn what_is_written_is_said_somewhere() {
    let sources = sources();
    for id in english().keys() {
        let said = |id: &str| sources.contains(&format!("\"{id}\""));
        let part = PARTS.iter().find_map(|part| id.strip_suffix(part));
        assert!(said(id) || part.is_some_and(said), "nothing says {id}");
    }
}

#[test]
fn what_is_said_is_written() {
    let (sources, there) = (sources(), english());
    let calls = ["say(\"", "say_of(\"", "say_with(\""];
    let mut said = 0;
    for call in calls {
        for rest in sources.split(call).skip(1) {
            let id = rest.split('"').next().unwrap_or_default();
            assert!(there.contains_key(id), "{id} has no words");
            said += 1;
        }
    }
    assert!(said > 50, "{said}");
}

/// With what the names of messages begin that are chosen before they are said.
const FAMILIES: [&str; 7] = [
    "account-",
    "address-",
    "code-",
    "forgotten-",
    "otp-",
    "wait-",
    "way-",
];

#[test]
fn what_is_chosen_to_be_said_is_written() {
    let (sources, there) = (rust(), english());
    let mut chosen = 0;
    // Every second piece is a literal, but for a quotation mark within one.
    for literal in sources.split('"').skip(1) {
        let plain = |c: char| c.is_ascii_lowercase() || c == '-';
        let of_family = FAMILIES.iter().any(|family| literal.starts_with(family));
        if of_family && literal.chars().all(plain) {
            assert!(there.contains_key(literal), "{literal} has no words");
            chosen += 1;
        }
    }
    assert!(chosen > 30, "{chosen}");
}

#[test]
fn every_trouble_says_what_happened_and_what_to_do() {
    let there = english();
    let kinds = include_str!("../trouble.rs").split("(StatusCode::").skip(1);
    let kinds = kinds.filter_map(|rest| rest.split('"').nth(1));
    let kinds: BTreeSet<_> = kinds.collect();
    assert!(kinds.len() > 10, "{kinds:?}");
    for kind in kinds {
        for part in PARTS {
            assert!(there.contains_key(&format!("{kind}{part}")), "{kind}{part}");
        }
    }
}

#[test]
fn the_first_language_that_there_is_speaks() {
    let locale = |text: &str| text.parse::<Locale>().expect("a locale");
    let [german, argentine, brazilian] = [locale("de"), locale("es-AR"), locale("pt-BR")];
    for (asked, language) in [
        (vec![], "en"),
        (vec![None, None], "en"),
        (vec![Some(&german)], "en"),
        (vec![Some(&argentine), Some(&brazilian)], "es"),
        (vec![None, Some(&brazilian)], "pt"),
        (vec![Some(&german), Some(&argentine)], "es"),
    ] {
        assert_eq!(Words::in_language(&asked).language, language, "{asked:?}");
    }
}
