//! The values of all keys: what the layers set, parsed, and the defaults of the rest.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use countersign_domain::sms::Money;
use countersign_service::delivery::mail::Mailbox;
use ipnet::IpNet;
use zeroize::Zeroizing;

use super::error::{Origin, Problem};
use super::key_file::{Kept, MasterKey, SecretText};
use super::keys::{KEYS, Key};
use super::kind::Value;
use super::layers::{Layers, Setting};

/// The parsed values by key; those without a default may be missing.
pub(super) struct Values(BTreeMap<&'static str, Entry>);

struct Entry {
    value: Value,
    /// The value as it was written; nothing for a secret.
    shown: Option<String>,
    origin: Origin,
}

/// Parses what the layers set, and the defaults of what they leave out.
pub(super) fn parse(mut layers: Layers, dev: bool) -> Result<Values, Vec<Problem>> {
    let mut values = BTreeMap::new();
    let mut problems = Vec::new();
    for key in KEYS {
        let Some(setting) = layers.remove(key.name).or_else(|| default(key, dev)) else {
            continue;
        };
        let Setting { text, origin } = setting;
        let shown = (!key.kind.may_be_secret()).then(|| text.to_string());
        match key.kind.parse(&text) {
            Ok(value) => {
                values.insert(
                    key.name,
                    Entry {
                        value,
                        shown,
                        origin,
                    },
                );
            }
            Err(advice) => problems.push(Problem {
                subject: key.name.to_owned(),
                value: shown,
                origin: Some(origin),
                advice,
            }),
        }
    }
    if problems.is_empty() {
        Ok(Values(values))
    } else {
        Err(problems)
    }
}

fn default(key: &Key, dev: bool) -> Option<Setting> {
    let text = key.dev_default.filter(|_| dev).or(key.default)?;
    let text = Zeroizing::new(text.to_owned());
    Some(Setting {
        text,
        origin: Origin::Default,
    })
}

/// The accessors of each type panic where the table says another: every test would see it.
impl Values {
    pub(super) fn path(&self, key: &str) -> Option<PathBuf> {
        self.0.get(key).map(|entry| match &entry.value {
            Value::Path(path) => path.clone(),
            _ => unreachable!("{key} is no path"),
        })
    }

    pub(super) fn address(&self, key: &str) -> SocketAddr {
        match self.0[key].value {
            Value::Address(address) => address,
            _ => unreachable!("{key} is no address"),
        }
    }

    pub(super) fn duration(&self, key: &str) -> Duration {
        match self.0[key].value {
            Value::Duration(duration) => duration,
            _ => unreachable!("{key} is no duration"),
        }
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        match self.0[key].value {
            Value::Flag(flag) => flag,
            _ => unreachable!("{key} is no flag"),
        }
    }

    pub(super) fn number(&self, key: &str) -> u32 {
        match self.0[key].value {
            Value::Number(number) => number,
            _ => unreachable!("{key} is no number"),
        }
    }

    pub(super) fn networks(&self, key: &str) -> Vec<IpNet> {
        match &self.0[key].value {
            Value::Networks(networks) => networks.clone(),
            _ => unreachable!("{key} is no list of networks"),
        }
    }

    pub(super) fn text(&self, key: &str) -> &str {
        match &self.0[key].value {
            Value::Text(text) => text,
            _ => unreachable!("{key} is no text"),
        }
    }

    /// The text of a key without a default, if it is set.
    pub(super) fn maybe_text(&self, key: &str) -> Option<&str> {
        self.has(key).then(|| self.text(key))
    }

    /// The amount of a key, if it is set.
    pub(super) fn amount(&self, key: &str) -> Option<Money> {
        self.0.get(key).map(|entry| match &entry.value {
            Value::Amount(amount) => *amount,
            _ => unreachable!("{key} is no amount"),
        })
    }

    /// Whether the key is set at all.
    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// That the value of `key` is wrong, and what would be right.
    pub(super) fn problem(&self, key: &str, advice: impl Into<String>) -> Problem {
        let entry = &self.0[key];
        Problem {
            subject: key.to_owned(),
            value: entry.shown.clone(),
            origin: Some(entry.origin.clone()),
            advice: advice.into(),
        }
    }

    /// The mailbox that `key` names, if it is set.
    pub(super) fn mailbox(&self, key: &str) -> Option<Mailbox> {
        self.0.get(key).map(|entry| match &entry.value {
            Value::Mailbox(mailbox) => mailbox.clone(),
            _ => unreachable!("{key} is no mailbox"),
        })
    }

    /// Where the master key comes from, if it is given.
    pub(super) fn master_key(&self) -> Option<MasterKey> {
        self.kept("master_key", "master_key_file", |value| match value {
            Value::MasterKey(key) => key.clone(),
            _ => unreachable!("it is a master key"),
        })
    }

    /// Where the secret of `key` comes from, or else of the file that `file_key` names, if it
    /// is given.
    pub(super) fn secret(&self, key: &'static str, file_key: &'static str) -> Option<SecretText> {
        self.kept(key, file_key, |value| match value {
            Value::Secret(secret) => secret.clone(),
            _ => unreachable!("{key} is no secret"),
        })
    }

    fn kept<T>(
        &self,
        key: &'static str,
        file_key: &'static str,
        secret: impl FnOnce(&Value) -> T,
    ) -> Option<Kept<T>> {
        if let Some(Entry { value, origin, .. }) = self.0.get(key) {
            return Some(Kept::Given {
                key,
                secret: secret(value),
                origin: origin.clone(),
            });
        }
        let path = self.path(file_key)?;
        Some(Kept::InFile {
            key: file_key,
            path,
            origin: self.0[file_key].origin.clone(),
        })
    }
}
