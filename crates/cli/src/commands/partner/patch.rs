//! Settings as a shell writes them, `KEY=VALUE`, turned into a merge patch (RFC 7396).
//!
//! What a value must be is for the settings themselves to say: one that is not of its sort
//! goes into the patch as a text, and is refused there.

use countersign_domain::limits::OwnLimits;
use countersign_domain::partner::{FlowName, OwnSettings};
use serde_json::{Map, Value};

use crate::config;
use crate::nearest::nearest;

#[cfg(test)]
mod tests;

const SECONDS: &str = "_seconds";
const FLOW: &str = "a flow is set by flows.NAME.url=https://… and, where it differs from the \
                    others, flows.NAME.force=true or false; `flows.NAME=` takes it back";

/// The merge patch that these settings make.
///
/// # Errors
/// With what would be right.
pub(super) fn of(settings: &[String]) -> Result<Value, String> {
    let mut patch = Map::new();
    for setting in settings {
        let (key, value) = setting.split_once('=').ok_or_else(|| {
            let word = setting.escape_debug();
            format!(
                "`{word}` is no KEY=VALUE; write such as sign_up=open, or sign_up= for the default"
            )
        })?;
        set(&mut patch, key, value)?;
    }
    Ok(Value::Object(patch))
}

fn set(patch: &mut Map<String, Value>, key: &str, value: &str) -> Result<(), String> {
    match key.split('.').collect::<Vec<_>>()[..] {
        ["flows"] if value.is_empty() => insert(patch, "flows", Value::Null, key),
        ["flows", name] if value.is_empty() => insert(
            members(patch, "flows", key)?,
            flow(name, key)?,
            Value::Null,
            key,
        ),
        ["flows", name, part @ ("url" | "force")] => {
            let value = match (part, value) {
                ("url", "") => return Err(format!("{key}: a flow has a url; {FLOW}")),
                ("url", url) => Value::from(url),
                (_, flag) => flag_or_text(flag),
            };
            let flow = members(members(patch, "flows", key)?, flow(name, key)?, key)?;
            insert(flow, part, value, key)
        }
        ["limits"] if value.is_empty() => insert(patch, "limits", Value::Null, key),
        ["limits", name] => {
            let (name, value) = limit(name, value, key)?;
            insert(members(patch, "limits", key)?, &name, value, key)
        }
        ["limits", ..] => Err(unknown_limit(key)),
        ["flows", ..] => Err(format!("{}: {FLOW}", key.escape_debug())),
        [member] if OwnSettings::MEMBERS.contains(&member) => {
            insert(patch, member, plain(member, value), key)
        }
        [life] if OwnSettings::MEMBERS.contains(&&*format!("{life}{SECONDS}")) => {
            let seconds = seconds(life, value)?;
            insert(patch, &format!("{life}{SECONDS}"), seconds, key)
        }
        _ => Err(unknown(key)),
    }
}

/// The name and the value of a limit.
fn limit(name: &str, value: &str, key: &str) -> Result<(String, Value), String> {
    let life = format!("{name}{SECONDS}");
    if OwnLimits::MEMBERS.contains(&&*life) {
        return Ok((life, seconds(key, value)?));
    }
    match name {
        "dry_run" => Ok((name.to_owned(), flag_or_text(value))),
        _ if !OwnLimits::MEMBERS.contains(&name) => Err(unknown_limit(key)),
        _ if value.is_empty() => Ok((name.to_owned(), Value::Null)),
        _ => Ok((name.to_owned(), number_or_text(value))),
    }
}

fn unknown_limit(key: &str) -> String {
    let members = OwnLimits::MEMBERS.iter();
    let names = members.map(|name| {
        let name = name.strip_suffix(SECONDS).unwrap_or(name);
        format!("limits.{name}")
    });
    let names = names.collect::<Vec<_>>().join(", ");
    format!(
        "there is no limit {}. There are {names}",
        key.escape_debug()
    )
}

/// A duration with a unit, in seconds.
fn seconds(key: &str, value: &str) -> Result<Value, String> {
    match (value, config::duration(value)) {
        ("", _) => Ok(Value::Null),
        (_, Some(duration)) => Ok(duration.as_secs().into()),
        (_, None) => Err(format!(
            "{key}: write a whole number and a unit (s, m, h or d), such as 15m"
        )),
    }
}

/// The value of a setting that is no flow and no duration with a unit.
fn plain(member: &str, value: &str) -> Value {
    match member {
        _ if value.is_empty() => Value::Null,
        "trust" | "force" | "password" | "sms" | "email" | "exchange_requires_pin" => {
            flag_or_text(value)
        }
        "return_origins" | "public_urls" | "sms_countries" => {
            value.split(',').map(str::trim).collect()
        }
        "password_min_length" => number_or_text(value),
        _ if member.ends_with(SECONDS) => number_or_text(value),
        _ => value.into(),
    }
}

fn flag_or_text(value: &str) -> Value {
    match value {
        "" => Value::Null,
        "true" => true.into(),
        "false" => false.into(),
        text => text.into(),
    }
}

fn number_or_text(value: &str) -> Value {
    value
        .parse::<u64>()
        .map_or_else(|_| value.into(), Value::from)
}

/// The name of a flow, checked: in a merge patch a wrong one could also be one to take back.
fn flow<'a>(name: &'a str, key: &str) -> Result<&'a str, String> {
    let checked: Result<FlowName, _> = name.parse();
    let invalid = |error| format!("{}: {error}", key.escape_debug());
    checked.map(|_| name).map_err(invalid)
}

/// The members of the object of this name.
fn members<'a>(
    patch: &'a mut Map<String, Value>,
    name: &str,
    key: &str,
) -> Result<&'a mut Map<String, Value>, String> {
    let object = patch.entry(name).or_insert_with(|| Map::new().into());
    object.as_object_mut().ok_or_else(|| twice(key))
}

fn insert(
    patch: &mut Map<String, Value>,
    name: &str,
    value: Value,
    key: &str,
) -> Result<(), String> {
    match patch.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(twice(key)),
    }
}

fn twice(key: &str) -> String {
    format!("{key}: what it sets is set by another KEY=VALUE as well; leave one of them out")
}

/// What to say of a setting that does not exist.
pub(super) fn unknown(key: &str) -> String {
    let all = || OwnSettings::MEMBERS.iter().copied();
    let names = || all().map(|member| member.strip_suffix(SECONDS).unwrap_or(member));
    let first = key.split('.').next().unwrap_or_default();
    let meant = match nearest(first, names().chain(all())) {
        Some("flows") => "; did you mean `flows.NAME.url`?".to_owned(),
        Some("limits") => "; did you mean `limits.NAME`?".to_owned(),
        Some(name) => format!("; did you mean `{name}`?"),
        None => ".".to_owned(),
    };
    let names = names().flat_map(|name| match name {
        "flows" => vec!["flows.NAME.url", "flows.NAME.force"],
        "limits" => vec!["limits.NAME"],
        name => vec![name],
    });
    let names = names.collect::<Vec<_>>().join(", ");
    format!(
        "there is no setting {}{meant} There are {names}",
        key.escape_debug()
    )
}
