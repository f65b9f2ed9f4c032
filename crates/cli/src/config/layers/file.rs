//! The configuration file.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use super::super::error::{Origin, Problem};
use super::super::keys::{self, SECTIONS};
use super::super::kind::Kind;
use super::{Layers, Setting, nearest};

/// Adds what the file sets. `named_by` is who named it, if anyone did.
pub(super) fn read(
    path: &Path,
    named_by: Option<Origin>,
    layers: &mut Layers,
    problems: &mut Vec<Problem>,
) {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) => {
            let advice = match error.kind() {
                ErrorKind::NotFound => "there is no such file".to_owned(),
                _ => format!("cannot be read: {error}"),
            };
            return problems.push(about_file(path, named_by, advice));
        }
    };
    let table = match DeTable::parse(&text) {
        Ok(table) => table,
        Err(error) => {
            // The error's own `Display` would show the line, and with it perhaps a secret.
            let line = error.span().map_or(1, |span| line_at(&text, span.start));
            let origin = Origin::File {
                path: path.to_owned(),
                line,
            };
            let advice = format!("is not valid TOML: {}", error.message().trim_end());
            return problems.push(about_file(path, Some(origin), advice));
        }
    };
    let mut reader = Reader {
        path,
        text: &text,
        layers,
        problems,
    };
    reader.table("", table.get_ref());
}

fn about_file(path: &Path, origin: Option<Origin>, advice: String) -> Problem {
    Problem {
        subject: path.display().to_string(),
        value: None,
        origin,
        advice,
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    layers: &'a mut Layers,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    /// Reads a table whose keys are below `prefix`.
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = match prefix {
                "" => key.get_ref().to_string(),
                prefix => format!("{prefix}.{}", key.get_ref()),
            };
            let line = line_at(self.text, key.span().start);
            let origin = Origin::File {
                path: self.path.to_owned(),
                line,
            };
            self.entry(name, value, origin);
        }
    }

    fn entry(&mut self, name: String, value: &Spanned<DeValue<'_>>, origin: Origin) {
        let section = SECTIONS.iter().any(|(section, _)| *section == name);
        match (keys::find(&name), value.get_ref()) {
            (None, DeValue::Table(inner)) if section || !inner.is_empty() => {
                self.table(&name, inner);
            }
            (None, _) if section => {
                let advice = format!("it is a section; write `[{name}]`, and its keys below it");
                self.refuse(name, None, origin, advice);
            }
            // An unknown key's value is not shown: it may be a secret under a wrong name.
            (None, _) => {
                let advice = nearest::key(&name);
                self.refuse(name, None, origin, advice);
            }
            (Some(key), value) => match text_of(&key.kind, value) {
                Some(text) => {
                    let text = Zeroizing::new(text);
                    self.layers.insert(key.name, Setting { text, origin });
                }
                None => {
                    let advice = format!("write {}{}", key.kind.right(), form(&key.kind));
                    let shown = scalar(value).filter(|_| !key.kind.may_be_secret());
                    self.refuse(name, shown, origin, advice);
                }
            },
        }
    }

    fn refuse(&mut self, subject: String, value: Option<String>, origin: Origin, advice: String) {
        self.problems.push(Problem {
            subject,
            value,
            origin: Some(origin),
            advice,
        });
    }
}

/// The value as the environment would write it, if it has the type that the kind wants.
fn text_of(kind: &Kind, value: &DeValue<'_>) -> Option<String> {
    let fits = match kind {
        Kind::Flag => value.is_bool(),
        Kind::Number { .. } => value.is_integer(),
        _ => value.is_str(),
    };
    scalar(value).filter(|_| fits)
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        // In decimal, whatever the base in the file; what is too large for us stays as it is.
        DeValue::Integer(number) => Some(
            i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| number.as_str().to_owned(), |number| number.to_string()),
        ),
        _ => None,
    }
}

/// How TOML wants the kind to be written.
fn form(kind: &Kind) -> &'static str {
    match kind {
        Kind::Flag | Kind::Number { .. } => ", without quotes",
        _ => ", in quotes",
    }
}

fn line_at(text: &str, position: usize) -> usize {
    text.bytes()
        .take(position)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}
