//! The values of all keys: what the layers set, parsed, and the defaults of the rest.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use zeroize::Zeroizing;

use super::error::{Origin, Problem};
use super::key_file::MasterKey;
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

    /// Where the master key comes from.
    pub(super) fn master_key(&self) -> MasterKey {
        if let Some(Entry {
            value: Value::MasterKey(key),
            origin,
            ..
        }) = self.0.get("master_key")
        {
            return MasterKey::Given {
                key: key.clone(),
                origin: origin.clone(),
            };
        }
        match self.path("master_key_file") {
            Some(path) => {
                let origin = self.0["master_key_file"].origin.clone();
                MasterKey::InFile { path, origin }
            }
            None => MasterKey::Missing,
        }
    }
}
