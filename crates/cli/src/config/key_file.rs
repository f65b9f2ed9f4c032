//! The master key: where it comes from, and that nobody else can have it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use countersign_domain::Secret;
use zeroize::Zeroizing;

use super::error::{Origin, Problem};
use super::kind::{self, Kind};

/// Longer than any spelling of a key, and short should somebody name a disk.
const LONGEST_FILE: u64 = 1024;

/// Where the master key comes from.
#[derive(Debug)]
pub(super) enum MasterKey {
    /// The operator gave none.
    Missing,
    /// From the environment or the configuration file.
    Given {
        key: Secret<[u8; 32]>,
        origin: Origin,
    },
    /// In a file of its own.
    InFile { path: PathBuf, origin: Origin },
}

impl MasterKey {
    /// The key, if there is one and it is kept well.
    pub(super) fn read(&self, data_dir: &Path) -> Result<Option<Secret<[u8; 32]>>, Problem> {
        match self {
            Self::Missing => Ok(None),
            Self::Given { key, origin } => {
                if let Origin::File { path, .. } = origin {
                    let result = open_guarded(path, data_dir, || no_key(path));
                    result.map_err(|advice| problem("master_key", None, origin, advice))?;
                }
                Ok(Some(key.clone()))
            }
            Self::InFile { path, origin } => read_file(path, data_dir)
                .map(Some)
                .map_err(|advice| problem("master_key_file", Some(path), origin, advice)),
        }
    }
}

/// A secret that is a text, and where it comes from.
#[derive(Debug)]
pub(crate) enum SecretText {
    /// From the environment or the configuration file.
    Given {
        key: &'static str,
        secret: Secret<String>,
        origin: Origin,
    },
    /// In a file of its own.
    InFile {
        key: &'static str,
        path: PathBuf,
        origin: Origin,
    },
}

impl SecretText {
    /// The secret, if it is kept well.
    pub(super) fn read(&self, data_dir: &Path) -> Result<Secret<String>, Problem> {
        match self {
            Self::Given {
                key,
                secret,
                origin,
            } => {
                if let Origin::File { path, .. } = origin {
                    let result = open_guarded(path, data_dir, || NOT_THERE.to_owned());
                    result.map_err(|advice| problem(key, None, origin, advice))?;
                }
                Ok(secret.clone())
            }
            Self::InFile { key, path, origin } => {
                let read = || {
                    let file = open_guarded(path, data_dir, || NOT_THERE.to_owned())?;
                    let mut text = Zeroizing::new(String::new());
                    let read = file.take(LONGEST_FILE).read_to_string(&mut text);
                    read.map_err(|error| format!("cannot be read: {error}"))?;
                    Ok(Secret::new(text.trim_ascii().to_owned()))
                };
                read().map_err(|advice: String| problem(key, Some(path), origin, advice))
            }
        }
    }
}

const NOT_THERE: &str = "there is no such file";

fn problem(key: &str, path: Option<&PathBuf>, origin: &Origin, advice: String) -> Problem {
    Problem {
        subject: key.to_owned(),
        value: path.map(|path| path.display().to_string()),
        origin: Some(origin.clone()),
        advice,
    }
}

fn read_file(path: &Path, data_dir: &Path) -> Result<Secret<[u8; 32]>, String> {
    let file = open_guarded(path, data_dir, || no_key(path))?;
    let mut text = Zeroizing::new(String::new());
    file.take(LONGEST_FILE)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot be read: {error}"))?;
    kind::master_key(&text)
        .ok_or_else(|| format!("holds no key; it should hold {}", Kind::MasterKey.right()))
}

fn no_key(path: &Path) -> String {
    let shown = path.display();
    format!(
        "there is no such file; `(umask 077; head -c 32 /dev/urandom | base64 > {shown})` makes \
         one"
    )
}

/// Opens a file that holds a key or a secret, if it is its owner's alone and outside the data folder.
fn open_guarded(
    path: &Path,
    data_dir: &Path,
    not_there: impl Fn() -> String,
) -> Result<File, String> {
    let shown = path.display();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => not_there(),
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
