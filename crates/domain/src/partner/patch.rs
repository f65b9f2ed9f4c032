//! Changing what a partner sets itself.

use serde_json::{Map, Value};

use super::own_settings::OwnSettings;

/// Why a change of settings is none. The messages name the member and say what would be right;
/// of what was given they repeat at most the names.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidPatch {
    /// It is no object.
    #[error("write the settings as an object; null takes one back")]
    NoObject,
    /// There is no such setting.
    #[error("{0} is no setting of a partner")]
    Unknown(Box<str>),
    /// A setting has a value that it cannot have.
    #[error("{member}: {right}")]
    Member {
        /// Which one, such as `flows.sell.url`.
        member: Box<str>,
        /// What would be right.
        right: Box<str>,
    },
}

impl OwnSettings {
    /// These settings changed as a merge patch says (RFC 7396): what it names is set, null
    /// takes back, flows are changed one by one. Whether the outcome is in range is for
    /// [`PartnerSettings::with`](super::PartnerSettings::with) to say.
    ///
    /// # Errors
    /// [`InvalidPatch`].
    pub fn patched(&self, patch: &Value) -> Result<Self, InvalidPatch> {
        let Value::Object(changes) = patch else {
            return Err(InvalidPatch::NoObject);
        };
        let known = |name: &&String| Self::MEMBERS.contains(&name.as_str());
        if let Some(unknown) = changes.keys().find(|name| !known(name)) {
            return Err(InvalidPatch::Unknown(presentable(unknown)));
        }
        let mut settings = serde_json::to_value(self).expect("plain data always serialises");
        merge(&mut settings, patch);
        serde_path_to_error::deserialize(settings).map_err(|error| {
            let path = error.path().to_string();
            let right = right(&path, &error.into_inner().to_string());
            InvalidPatch::Member {
                member: presentable(&path),
                right: right.into(),
            }
        })
    }
}

/// RFC 7396, section 2.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), change);
        }
    }
}

/// What would be right there. Our types say it themselves; where the sort of value is wrong
/// already, serde would repeat the value.
fn right(path: &str, error: &str) -> String {
    const OF_SERDE: [&str; 6] = [
        "invalid type",
        "invalid value",
        "invalid length",
        "unknown variant",
        "unknown field",
        "missing field",
    ];
    if !OF_SERDE.iter().any(|start| error.starts_with(start)) {
        return error.to_owned();
    }
    let member = path.split(['.', '[']).next().unwrap_or_default();
    let right = match member {
        "trust" | "force" | "password" | "sms" | "email" | "exchange_requires_pin" => {
            "write true or false"
        }
        "sign_up" => "write \"open\" or \"closed\"",
        "password_min_length" => "write a number of characters",
        "return_origins" => "write a list of origins, such as [\"https://tickets.example\"]",
        "public_urls" => "write a list of URLs, such as [\"https://market.example/auth\"]",
        "sms_countries" => "write a list of countries, such as [\"GB\", \"ES\"]",
        "sms_daily_budget" | "sms_country_daily_budget" => {
            "write an amount of money as a text, such as \"25.00\""
        }
        "flows" => {
            "write an object by name, such as \
             {\"sell\": {\"url\": \"https://market.example/sell/{event_id}\"}}, each with url \
             and, where it differs from the others, force: true or false"
        }
        "limits" => {
            "write an object of whole numbers, such as {\"codes_per_hour\": 3}, and dry_run: true \
             or false; it has dry_run, code_pause_seconds, codes_per_hour, codes_per_day, \
             password_guesses_per_hour, code_guesses_per_hour, sends_per_minute and \
             guesses_per_minute"
        }
        _ if member.ends_with("_seconds") => "write a whole number of seconds",
        _ => "write a text",
    };
    right.to_owned()
}

/// A name as given, if it may be shown; otherwise what it is in.
fn presentable(path: &str) -> Box<str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.[]".contains(c);
    if path.len() <= 100 && !path.is_empty() && path.chars().all(plain) {
        return path.into();
    }
    let start = path.split(['.', '[']).next().unwrap_or_default();
    if OwnSettings::MEMBERS.contains(&start) {
        return start.into();
    }
    "a member".into()
}
