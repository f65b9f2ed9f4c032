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
pub(super) enum Kept<T> {
    /// The operator gave none.
    Missing,
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
pub(super) type MasterKey = Kept<Secret<[u8; 32]>>;
/// Where a password comes from.
pub(super) type Password = Kept<Secret<String>>;

impl MasterKey {
    /// The key, if there is one and it is kept well.
    pub(super) fn read(&self, data_dir: &Path) -> Result<Option<Secret<[u8; 32]>>, Problem> {
        let right = || format!("holds no key; it should hold {}", Kind::MasterKey.right());
        self.kept_well(data_dir, |text| kind::master_key(text).ok_or_else(right))
    }
}

impl Password {
    /// The password, if there is one and it is kept well.
    pub(super) fn read(&self, data_dir: &Path) -> Result<Option<Secret<String>>, Problem> {
        self.kept_well(data_dir, |text| {
            let text = text.trim();
            let good = kind::one_line(text).then(|| Secret::new(text.to_owned()));
            good.ok_or_else(|| "holds no password; it should be alone on one line".to_owned())
        })
    }
}

impl<T: Clone> Kept<T> {
    fn kept_well(
        &self,
        data_dir: &Path,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Problem> {
        match self {
            Self::Missing => Ok(None),
            Self::Given {
                key,
                secret,
                origin,
            } => {
                if let Origin::File { path, .. } = origin {
                    let result = open_guarded(path, data_dir);
                    result.map_err(|advice| problem(key, None, origin, advice))?;
                }
                Ok(Some(secret.clone()))
            }
            Self::InFile { key, path, origin } => {
                let read = text_of(path, data_dir).and_then(|text| parse(&text));
                read.map(Some)
                    .map_err(|advice| problem(key, Some(path), origin, advice))
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

fn text_of(path: &Path, data_dir: &Path) -> Result<Zeroizing<String>, String> {
    let file = open_guarded(path, data_dir)?;
    let mut text = Zeroizing::new(String::new());
    file.take(LONGEST_FILE)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot be read: {error}"))?;
    Ok(text)
}

/// Opens a file that holds a secret, if it is its owner's alone and outside the data folder.
fn open_guarded(path: &Path, data_dir: &Path) -> Result<File, String> {
    let shown = path.display();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!(
            "there is no such file; `(umask 077; head -c 32 /dev/urandom | base64 > {shown})` \
             makes one"
        ),
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
