//! Partners, as a person or a script reads them.

use std::time::Duration;

use countersign_domain::partner::OwnSettings;
use countersign_service::operator::ShownPartner;
use serde_json::{Map, Value, json};

use crate::commands::output::NOTHING;
use crate::config::spelled;

/// What a partner sets itself and what holds, as lines. A setting is written as
/// `partner set` takes it.
pub(super) fn lines(shown: &ShownPartner) -> String {
    let mut lines = vec![
        format!("slug        {}", shown.slug),
        format!("created at  {}", shown.created_at),
        format!("updated at  {}", shown.updated_at),
        String::new(),
    ];
    let (Some(own), Some(settings)) = (&shown.own, &shown.settings) else {
        lines.push("Its settings cannot be read: a newer version wrote them, or [defaults] is out of range.".to_owned());
        return lines.join("\n");
    };
    let (own, held) = (spelt(own), spelt(&OwnSettings::all_of(settings)));
    lines.push("What holds; * is set by the partner itself, the rest by default:".to_owned());
    for member in OwnSettings::MEMBERS {
        let own: Vec<_> = of(&own, member).collect();
        let held: Vec<_> = of(&held, member).collect();
        let mark = if own.is_empty() { ' ' } else { '*' };
        if held.is_empty() {
            lines.push(format!("{mark} {}={NOTHING}", short(member)));
        }
        lines.extend(held.iter().map(|(key, value)| {
            let own = own.iter().any(|(set, _)| set == key);
            format!("{} {key}={value}", if own { '*' } else { ' ' })
        }));
        for (key, value) in own.iter().filter(|setting| !held.contains(setting)) {
            lines.push(format!(
                "! {key}={value} is out of range, and does not hold"
            ));
        }
    }
    lines.join("\n")
}

/// The same as JSON, in the form of a merge patch. What holds has every member.
pub(super) fn object(shown: &ShownPartner) -> Value {
    let settings = shown.settings.as_ref().map(|settings| {
        let mut members = members(&OwnSettings::all_of(settings));
        for member in OwnSettings::MEMBERS {
            members.entry(*member).or_insert(Value::Null);
        }
        members
    });
    json!({
        "slug": shown.slug.as_str(),
        "created_at": shown.created_at.to_string(),
        "updated_at": shown.updated_at.to_string(),
        "settings": shown.own.as_ref().map(members),
        "effective": settings,
    })
}

fn members(settings: &OwnSettings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(members)) => members,
        _ => unreachable!("settings are an object of plain data"),
    }
}

/// Settings as `KEY` and `VALUE`, in order. An empty list or set of flows is none.
pub(super) fn spelt(settings: &OwnSettings) -> Vec<(String, String)> {
    let mut spelt = Vec::new();
    for (member, value) in members(settings) {
        match value {
            Value::Object(limits) if member == "limits" => {
                let limits = limits.into_iter();
                spelt.extend(limits.map(|(name, value)| {
                    let (name, value) = duration_or_word(&name, &value);
                    (format!("limits.{name}"), value)
                }));
            }
            Value::Object(flows) => {
                for (name, flow) in flows {
                    let parts = ["url", "force"].into_iter();
                    let parts = parts.filter_map(|part| Some((part, flow.get(part)?)));
                    spelt.extend(
                        parts.map(|(part, value)| (format!("flows.{name}.{part}"), word(value))),
                    );
                }
            }
            Value::Array(list) if list.is_empty() => {}
            Value::Array(list) => {
                let list: Vec<_> = list.iter().map(word).collect();
                spelt.push((member, list.join(",")));
            }
            value => spelt.push(duration_or_word(&member, &value)),
        }
    }
    spelt
}

/// A setting and its value, a duration with its unit.
fn duration_or_word(member: &str, value: &Value) -> (String, String) {
    let seconds = value.as_u64().filter(|_| member.ends_with("_seconds"));
    let life = seconds.map(|seconds| spelled(Duration::from_secs(seconds)));
    (
        short(member).to_owned(),
        life.unwrap_or_else(|| word(value)),
    )
}

fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn short(member: &str) -> &str {
    member.strip_suffix("_seconds").unwrap_or(member)
}

/// Those of one member.
fn of<'a>(
    spelt: &'a [(String, String)],
    member: &str,
) -> impl Iterator<Item = &'a (String, String)> {
    let name = short(member).to_owned();
    spelt
        .iter()
        .filter(move |(key, _)| key.split('.').next() == Some(&*name))
}
