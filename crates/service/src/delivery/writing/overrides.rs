//! What an operator replaces: files in a folder, read and tried once, at the start.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::layout::{EMBEDDED, Layout};
use super::words::{File, Words};
use super::{Edition, Unwritten};

/// Longer than any file of words or template should be.
const LONGEST: u64 = 256 * 1024;

const MAIL: &str = "mail";
const TEXTS: &str = "texts";

/// An operator's file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {what}", path.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct InvalidOverride {
    path: PathBuf,
    line: Option<usize>,
    what: String,
}

impl InvalidOverride {
    fn new(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            line: None,
            what: what.into(),
        }
    }

    fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::new(path, format!("cannot be read: {error}"))
    }

    fn of(folder: &Path, Unwritten { file, line, detail }: Unwritten) -> Self {
        Self {
            path: folder.join(file),
            line,
            what: detail,
        }
    }
}

/// Reads what is in the folder, and writes every message with samples.
pub(super) fn load(folder: &Path) -> Result<Edition, InvalidOverride> {
    if !folder.is_dir() {
        let what = "there is no such folder; make it, or leave `templates.folder` out";
        return Err(InvalidOverride::new(folder, what));
    }
    let invalid = |unwritten| InvalidOverride::of(folder, unwritten);
    let edition = Edition {
        words: Words::with(texts(folder)?).map_err(invalid)?,
        layout: Layout::with(templates(folder)?).map_err(invalid)?,
    };
    edition.check().map_err(invalid)?;
    Ok(edition)
}

fn templates(folder: &Path) -> Result<Vec<(String, String)>, InvalidOverride> {
    let mut templates = Vec::new();
    for path in files_in(&folder.join(MAIL))? {
        let name = format!("{MAIL}/{}", file_name(&path));
        if !EMBEDDED.iter().any(|(known, _)| *known == name) {
            let known: Vec<_> = EMBEDDED.iter().map(|(name, _)| *name).collect();
            let what = format!("it replaces nothing; there are {}", known.join(", "));
            return Err(InvalidOverride::new(path, what));
        }
        templates.push((name, text(&path)?));
    }
    Ok(templates)
}

fn texts(folder: &Path) -> Result<Vec<File>, InvalidOverride> {
    let mut texts = Vec::new();
    for path in files_in(&folder.join(TEXTS))? {
        let name = file_name(&path);
        let locale = name.strip_suffix(".ftl").and_then(|name| name.parse().ok());
        let what = "name it after its language, such as `es.ftl` or `pt-PT.ftl`";
        let locale = locale.ok_or_else(|| InvalidOverride::new(&path, what))?;
        texts.push(File {
            name: format!("{TEXTS}/{name}"),
            locale,
            text: text(&path)?,
        });
    }
    Ok(texts)
}

/// The files of a folder that may be missing, in the order of their names. Hidden ones are
/// those of editors and of Kubernetes.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, InvalidOverride> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(InvalidOverride::unreadable(folder, &error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| InvalidOverride::unreadable(folder, &error))?;
        let path = entry.path();
        if !file_name(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn text(path: &Path) -> Result<String, InvalidOverride> {
    let unreadable = |error: io::Error| InvalidOverride::unreadable(path, &error);
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    let mut bounded = file.take(LONGEST + 1);
    bounded.read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LONGEST {
        let what = format!("it is longer than {} KiB", LONGEST / 1024);
        return Err(InvalidOverride::new(path, what));
    }
    Ok(text)
}
