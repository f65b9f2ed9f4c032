//! The layers: file, environment and flags, each winning over the one before.

mod file;
mod nearest;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Flags;
use super::error::{Origin, Problem};
use super::keys::{CONFIG_VARIABLE, KEYS, Key, PREFIX};

/// A value that a layer sets, not yet parsed.
pub(super) struct Setting {
    /// Zeroizing, because one of them is the master key.
    pub(super) text: Zeroizing<String>,
    pub(super) origin: Origin,
}

/// What the layers set together, by the key's name.
pub(super) type Layers = BTreeMap<&'static str, Setting>;

/// Reads all layers, or says everything that is wrong with them.
pub(super) fn collect(
    flags: &Flags,
    environment: impl Iterator<Item = (OsString, OsString)>,
    default_file: &Path,
) -> Result<Layers, Vec<Problem>> {
    let mut problems = Vec::new();
    let variables = ours(environment, &mut problems);
    let mut layers = Layers::new();
    if let Some((path, named_by)) = file_to_read(flags, &variables, default_file) {
        file::read(&path, named_by, &mut layers, &mut problems);
    }
    add_variables(variables, &mut layers, &mut problems);
    add_flags(flags, &mut layers, &mut problems);
    if problems.is_empty() {
        Ok(layers)
    } else {
        Err(problems)
    }
}

/// The variables that are meant for us.
fn ours(
    environment: impl Iterator<Item = (OsString, OsString)>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Zeroizing<String>> {
    let mut variables = BTreeMap::new();
    for (name, value) in environment {
        let name = name.to_string_lossy().into_owned();
        if !name.starts_with(PREFIX) {
            continue;
        }
        match value.into_string() {
            Ok(value) if is_foreign(&name, &value) => {}
            Ok(value) => {
                variables.insert(name, Zeroizing::new(value));
            }
            Err(_) => problems.push(Problem {
                subject: name,
                value: None,
                origin: Some(Origin::Environment),
                advice: "its value is not UTF-8; write it in UTF-8".to_owned(),
            }),
        }
    }
    variables
}

/// Whether somebody else sets this variable: Kubernetes does, in every pod, for each service
/// of the namespace, and a service's name may well begin with `countersign`.
fn is_foreign(name: &str, value: &str) -> bool {
    // It tells the end-to-end tests, which start this program, where the program is.
    if name == "COUNTERSIGN_BIN" {
        return true;
    }
    let rest = &name[PREFIX.len() - 1..];
    rest.contains("_SERVICE_HOST")
        || rest.contains("_SERVICE_PORT")
        || rest.contains("_PORT_")
        || rest == "_PORT"
        || (rest.ends_with("_PORT") && value.contains("://"))
}

/// The file to read, and who named it. The default one may be missing, a named one may not.
fn file_to_read(
    flags: &Flags,
    variables: &BTreeMap<String, Zeroizing<String>>,
    default_file: &Path,
) -> Option<(PathBuf, Option<Origin>)> {
    if let Some(path) = &flags.config {
        return Some((path.clone(), Some(Origin::Flag("--config"))));
    }
    if let Some(path) = variables.get(CONFIG_VARIABLE) {
        let origin = Origin::Variable(CONFIG_VARIABLE.to_owned());
        return Some((path.as_str().into(), Some(origin)));
    }
    // Not `is_file`: a file that we may not look at must be an error, not left out.
    let there = !matches!(default_file.try_exists(), Ok(false));
    there.then(|| (default_file.to_owned(), None))
}

fn add_variables(
    variables: BTreeMap<String, Zeroizing<String>>,
    layers: &mut Layers,
    problems: &mut Vec<Problem>,
) {
    for (name, text) in variables {
        if name == CONFIG_VARIABLE {
            continue;
        }
        if let Some(key) = KEYS.iter().find(|key| key.variable() == name) {
            let origin = Origin::Variable(name);
            layers.insert(key.name, Setting { text, origin });
        } else {
            problems.push(Problem {
                advice: nearest::variable(&name),
                subject: name,
                // It may be a secret under a wrong name.
                value: None,
                origin: Some(Origin::Environment),
            });
        }
    }
}

fn add_flags(flags: &Flags, layers: &mut Layers, problems: &mut Vec<Problem>) {
    for key in KEYS {
        let Some(flag) = key.flag else { continue };
        let Some(value) = flag_value(flags, key) else {
            continue;
        };
        let origin = Origin::Flag(flag);
        match value.into_string() {
            Ok(text) => {
                let text = Zeroizing::new(text);
                layers.insert(key.name, Setting { text, origin });
            }
            Err(value) => problems.push(Problem {
                subject: key.name.to_owned(),
                value: Some(value.to_string_lossy().into_owned()),
                origin: Some(origin),
                advice: "it is not UTF-8; write it in UTF-8".to_owned(),
            }),
        }
    }
}

fn flag_value(flags: &Flags, key: &Key) -> Option<OsString> {
    let text = match key.name {
        "data_dir" => return flags.data_dir.clone().map(OsString::from),
        "database_url" => &flags.database_url,
        "listen" => &flags.listen,
        "private_listen" => &flags.private_listen,
        "log.format" => &flags.log_format,
        other => unreachable!("the table gives {other} a flag that `Flags` lacks"),
    };
    text.clone().map(OsString::from)
}
