//! Secrets: where each comes from, and that nobody else can have it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use countersign_domain::Secret;
use zeroize::Zeroizing;

use super::error::{Origin, Problem};
use super::kind::{self, Kind};

/// Longer than any spelling of a key or a password, and short should somebody name a disk.
const LONGEST_FILE: u64 = 1024;

/// Where a secret comes from.
#[derive(Debug)]
pub(crate) enum Kept<T> {
    /// From the environment or the configuration file.
    Given {
        key: &'static str,
        secret: T,
        origin: Origin,
    },
    /// In a file of its own.
    InFile {
        key: &'static str,
        path: PathBuf,
        origin: Origin,
    },
}

/// Where the master key comes from.
pub(crate) type MasterKey = Kept<Secret<[u8; 32]>>;
/// Where a secret that is a text comes from.
pub(crate) type SecretText = Kept<Secret<String>>;

impl MasterKey {
    /// The key, if it is kept well.
    pub(super) fn read(&self, data_dir: &Path) -> Result<Secret<[u8; 32]>, Problem> {
        let right = || format!("holds no key; it should hold {}", Kind::MasterKey.right());
        let parse = |text: &str| kind::master_key(text).ok_or_else(right);
        self.kept_well(data_dir, no_key, parse)
    }
}

impl SecretText {
    /// The text, if it is kept well.
    pub(super) fn read(&self, data_dir: &Path) -> Result<Secret<String>, Problem> {
        self.kept_well(data_dir, no_file, |text| {
            let text = text.trim();
            let good = kind::one_line(text).then(|| Secret::new(text.to_owned()));
            good.ok_or_else(|| "holds no secret; it should be alone on one line".to_owned())
        })
    }
}

impl<T: Clone> Kept<T> {
    fn kept_well(
        &self,
        data_dir: &Path,
        not_there: fn(&Path) -> String,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, Problem> {
        match self {
            Self::Given {
                key,
                secret,
                origin,
            } => {
                if let Origin::File { path, .. } = origin {
                    let result = open_guarded(path, data_dir, not_there);
                    result.map_err(|advice| problem(key, None, origin, advice))?;
                }
                Ok(secret.clone())
            }
            Self::InFile { key, path, origin } => {
                let read = text_of(path, data_dir, not_there).and_then(|text| parse(&text));
                read.map_err(|advice| problem(key, Some(path), origin, advice))
            }
        }
    }
}

fn problem(key: &str, path: Option<&PathBuf>, origin: &Origin, advice: String) -> Problem {
    Problem {
        subject: key.to_owned(),
        value: path.map(|path| path.display().to_string()),
        origin: Some(origin.clone()),
        advice,
    }
}

fn text_of(
    path: &Path,
    data_dir: &Path,
    not_there: fn(&Path) -> String,
) -> Result<Zeroizing<String>, String> {
    let file = open_guarded(path, data_dir, not_there)?;
    let mut text = Zeroizing::new(String::new());
    file.take(LONGEST_FILE)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot be read: {error}"))?;
    Ok(text)
}

fn no_key(path: &Path) -> String {
    let shown = path.display();
    format!(
        "there is no such file; `(umask 077; head -c 32 /dev/urandom | base64 > {shown})` makes \
         one"
    )
}

fn no_file(_: &Path) -> String {
    "there is no such file".to_owned()
}

/// Opens a file that holds a secret, if it is its owner's alone and outside the data folder.
fn open_guarded(
    path: &Path,
    data_dir: &Path,
    not_there: fn(&Path) -> String,
) -> Result<File, String> {
    let shown = path.display();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => not_there(path),
        _ => format!("cannot be read: {error}"),
    };
    let file = File::open(path).map_err(unreadable)?;
    // Of the open file, not of the path, which may mean another file by now.
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("it is no file".to_owned());
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(format!(
            "others may read or change {shown}; run `chmod 600 {shown}`"
        ));
    }
    if lies_inside(path, data_dir).map_err(unreadable)? {
        return Err(format!(
            "{shown} lies inside the data folder {}, so that a copy of the folder would betray \
             everything; move it elsewhere",
            data_dir.display()
        ));
    }
    Ok(file)
}

/// Whether the file is in the folder, whatever links lead there.
fn lies_inside(file: &Path, folder: &Path) -> io::Result<bool> {
    match fs::canonicalize(folder) {
        Ok(folder) => Ok(fs::canonicalize(file)?.starts_with(folder)),
        // What is in no folder yet cannot be inside it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
