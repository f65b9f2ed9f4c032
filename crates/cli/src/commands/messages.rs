//! What messages are written and sent with, as configured.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use countersign_service::delivery::mail::{InvalidMailSettings, MailSettings, Mailbox, Mailer};
use countersign_service::delivery::writing::Writer;

use crate::Error;
use crate::config::{Config, ConfigError};

/// More than all authorities that a system knows.
const LONGEST_CA_FILE: u64 = 1024 * 1024;

/// What writes messages, with the operator's words and templates.
pub(super) fn writer(config: &Config) -> Result<Writer, Error> {
    let from = config.mail.as_ref().map(|mail| &mail.from);
    let domain = |from: &Mailbox| from.email.domain().to_owned();
    let nameless = from.map(|from| from.name.clone().unwrap_or_else(|| domain(from)));
    let writer = Writer::load(config.templates.as_deref(), nameless);
    writer.map_err(|error| format!("templates.folder: {error}").into())
}

/// What hands mail over, where a server for it is set up.
pub(super) fn mailer(config: &Config) -> Result<Option<Mailer>, Error> {
    let Some(mail) = &config.mail else {
        return Ok(None);
    };
    let authorities = mail.ca_file.as_deref().map(ca_file).transpose()?;
    let mailer = Mailer::new(MailSettings {
        host: mail.host.clone(),
        port: mail.port,
        encryption: mail.encryption,
        authorities,
        credentials: mail.credentials(&config.data_dir)?,
        from: mail.from.clone(),
        reply_to: mail.reply_to.clone(),
        hello: mail.hello.clone(),
        time_out: mail.time_out,
        connections: mail.connections,
    });
    let mailer = mailer.map_err(|error| match (&error, &mail.ca_file) {
        (InvalidMailSettings::NoAuthorities, Some(path)) => {
            wrong("mail.ca_file", path, &error.to_string())
        }
        _ => ConfigError::about("mail.host", &mail.host, error.to_string()),
    });
    Ok(Some(mailer?))
}

fn ca_file(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let read = || {
        let mut pem = Vec::new();
        let file = File::open(path)?;
        file.take(LONGEST_CA_FILE).read_to_end(&mut pem)?;
        Ok(pem)
    };
    read().map_err(|error: std::io::Error| {
        wrong("mail.ca_file", path, &format!("cannot be read: {error}"))
    })
}

fn wrong(key: &str, path: &Path, advice: &str) -> ConfigError {
    ConfigError::about(key, &path.display().to_string(), advice.to_owned())
}
