//! What the operator has set: file < environment < flags, checked as a whole.
//!
//! Each key is described once, in [`keys`]. From that table come the reading of the layers
//! ([`layers`]), the parsing of values ([`kind`], [`values`]), the refusal of unknown keys
//! and the reference in `docs/operate`. [`resolve`] then turns the values into a [`Config`]
//! and checks what concerns more than one key.

mod error;
mod key_file;
mod keys;
mod kind;
mod layers;
#[cfg(test)]
mod reference;
mod resolve;
mod sms;
#[cfg(test)]
mod tests;
mod values;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign_domain::Secret;
use countersign_domain::audit::Policy;
use countersign_domain::limits::NodeLimits;
use countersign_domain::partner::PartnerSettings;
use countersign_service::delivery::mail::{Encryption, Mailbox};
use ipnet::IpNet;

pub(crate) use self::error::ConfigError;
use self::key_file::{MasterKey, SecretText};
pub(crate) use self::kind::{duration, spelled};
use self::sms::Sms;

/// The file that is read where neither a flag nor the environment names one.
const DEFAULT_FILE: &str = "countersign.toml";

/// What the command line says; it wins over the environment and the file.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    /// `--config`: the configuration file, which must then exist.
    pub(crate) config: Option<PathBuf>,
    /// `--data-dir`, the key `data_dir`.
    pub(crate) data_dir: Option<PathBuf>,
    /// `--database-url`, the key `database_url`.
    pub(crate) database_url: Option<String>,
    /// `--log-format`, the key `log.format`.
    pub(crate) log_format: Option<String>,
    /// `--listen`, the key `listen`.
    pub(crate) listen: Option<String>,
    /// `--private-listen`, the key `private_listen`.
    pub(crate) private_listen: Option<String>,
    /// `--dev`: changes a few defaults and keeps the server on this machine.
    pub(crate) dev: bool,
}

/// The configuration, typed and valid.
#[derive(Debug)]
pub(crate) struct Config {
    /// Whether the server runs for development: open to this machine alone.
    pub(crate) dev: bool,
    /// The folder that holds the data.
    pub(crate) data_dir: PathBuf,
    /// Where the database is.
    pub(crate) database: Database,
    /// Where the API and the pages listen.
    pub(crate) listen: SocketAddr,
    /// Where health answers listen.
    pub(crate) private_listen: SocketAddr,
    /// What is logged, and how.
    pub(crate) log: Log,
    /// The limits of connections.
    pub(crate) server: Server,
    /// What a partner gets where it sets nothing itself.
    pub(crate) defaults: PartnerSettings,
    /// What a node takes, over all partners.
    pub(crate) limits: NodeLimits,
    /// What hashing a password costs, and which are refused.
    pub(crate) passwords: Passwords,
    /// How the audit is kept.
    pub(crate) audit: Policy,
    /// The server that mail is handed to, where there is one.
    pub(crate) mail: Option<Mail>,
    /// The folder with words and templates in place of those in the binary.
    pub(crate) templates: Option<PathBuf>,
    /// How SMS are sent, and what they may cost.
    pub(crate) sms: Sms,
    master_key: Option<MasterKey>,
}

impl Config {
    /// The key under which key material is encrypted, if the operator gave one.
    ///
    /// It is read only when asked for, so that a command that needs no key does not fail
    /// for the want of it.
    ///
    /// # Errors
    /// If the key's file cannot be read, may be read by others, lies inside the data
    /// folder or holds no key.
    pub(crate) fn master_key(&self) -> Result<Option<Secret<[u8; 32]>>, ConfigError> {
        let read = |key: &MasterKey| key.read(&self.data_dir);
        let key = self.master_key.as_ref().map(read).transpose();
        key.map_err(ConfigError::from)
    }
}

/// The server that mail is handed to.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encryption: Encryption,
    /// Authorities that alone are believed.
    pub(crate) ca_file: Option<PathBuf>,
    /// The name to log in with.
    pub(crate) username: Option<String>,
    password: Option<SecretText>,
    pub(crate) from: Mailbox,
    pub(crate) reply_to: Option<Mailbox>,
    /// What we call ourselves (EHLO).
    pub(crate) hello: String,
    /// For handing over one mail.
    pub(crate) time_out: Duration,
    /// Connections at once.
    pub(crate) connections: usize,
}

impl Mail {
    /// The name and the password to log in with, if the operator gave them. The password's file
    /// is read now.
    ///
    /// # Errors
    /// If the file cannot be read, may be read by others, lies inside the data folder or holds
    /// no password.
    pub(crate) fn credentials(
        &self,
        data_dir: &Path,
    ) -> Result<Option<(String, Secret<String>)>, ConfigError> {
        let read = |password: &SecretText| password.read(data_dir);
        let password = self.password.as_ref().map(read).transpose()?;
        Ok(self.username.clone().zip(password))
    }
}

/// The database, by engine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Database {
    /// The embedded engine, in this file.
    Sqlite(PathBuf),
}

/// What is logged, and how.
#[derive(Debug)]
pub(crate) struct Log {
    /// The form of a line.
    pub(crate) format: LogFormat,
    /// Filter directives; they have been parsed once and are valid.
    pub(crate) level: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// [`Human`](Self::Human) on a terminal, [`Json`](Self::Json) otherwise.
    Auto,
    /// For people.
    Human,
    /// A JSON object a line.
    Json,
}

/// How long a client may take, and how many may come at once.
#[derive(Debug)]
pub(crate) struct Server {
    /// For sending a request's headers.
    pub(crate) header_time: Duration,
    /// From a request's last header to its answer.
    pub(crate) request_time: Duration,
    /// How long requests under way may take after the order to stop.
    pub(crate) drain_time: Duration,
    /// Connections at once.
    pub(crate) connections: usize,
    /// Connections at once from one address.
    pub(crate) connections_per_address: usize,
    /// The proxies in front.
    pub(crate) trusted_proxies: Vec<IpNet>,
}

/// What hashing a password costs, and which are refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Passwords {
    /// Argon2id's memory, in KiB.
    pub(crate) memory_kib: u32,
    /// Argon2id's passes over that memory.
    pub(crate) iterations: u32,
    /// The filter of leaked passwords, if there is one.
    pub(crate) breached_filter: Option<PathBuf>,
    threads: Option<NonZero<usize>>,
}

impl Passwords {
    /// How many passwords are hashed at once: as set, or one for each core.
    pub(crate) fn threads(&self) -> NonZero<usize> {
        self.threads
            .or_else(|| std::thread::available_parallelism().ok())
            .unwrap_or(NonZero::<usize>::MIN)
    }
}

/// Reads the layers and checks them. Nothing is read but the configuration file.
///
/// # Errors
/// With everything that is wrong, not only the first of it.
pub(crate) fn load(
    flags: &Flags,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Config, ConfigError> {
    load_from(flags, environment, Path::new(DEFAULT_FILE))
}

/// The same with this file in place of the usual one.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_from(
    flags: &Flags,
    environment: impl Iterator<Item = (OsString, OsString)>,
    default_file: &Path,
) -> Result<Config, ConfigError> {
    let layers = layers::collect(flags, environment, default_file)?;
    let values = values::parse(layers, flags.dev)?;
    Ok(resolve::resolve(values, flags.dev)?)
}
