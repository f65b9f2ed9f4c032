//! Entries as a person or a script reads them.

use countersign_domain::audit::{Entry, Reason};
use countersign_service::audit::{Report, Shown};
use serde_json::{Value, json};

const CHANGED: &str = "CHANGED: this is not as it was written; run `countersign audit verify`";

/// A line.
pub(super) fn of(shown: &Shown, json: bool) -> String {
    if json {
        return object(shown).to_string();
    }
    let Some(entry) = &shown.entry else {
        return CHANGED.to_owned();
    };
    let mut line = format!("{}  {}  by {}", entry.at, decision(entry), actor(entry));
    let user = entry.user.map(|user| user.to_string());
    for (name, value) in [
        ("partner", &entry.partner),
        ("user", &user),
        ("detail", &entry.detail),
        ("request", &Some(entry.request.to_string())),
    ] {
        if let Some(value) = value {
            line.push_str(&format!("  {name} {value}"));
        }
    }
    if !shown.genuine {
        line.push_str("  ");
        line.push_str(CHANGED);
    }
    line
}

/// A few lines, with what the reason means.
pub(super) fn explained(shown: &Shown) -> String {
    let Some(entry) = &shown.entry else {
        return CHANGED.to_owned();
    };
    let mut lines = vec![format!("{}  {}", entry.at, decision(entry))];
    if let Some(word) = &entry.reason {
        let unknown = "A newer version wrote this; ask that one.";
        let reason = Reason::from_word(word);
        lines.push(reason.map_or(unknown, Reason::explanation).to_owned());
    }
    let user = entry.user.map(|user| user.to_string());
    let seal = shown
        .seal
        .map_or("none yet".to_owned(), |seal| seal.to_string());
    for (name, value) in [
        ("by", &Some(actor(entry))),
        ("from", &entry.address),
        ("partner", &entry.partner),
        ("user", &user),
        ("about", &subject(entry)),
        ("detail", &entry.detail),
        ("request", &Some(entry.request.to_string())),
        ("entry", &Some(entry.id.to_string())),
        ("seal", &Some(seal)),
    ] {
        if let Some(value) = value {
            lines.push(format!("  {name:<8}{value}"));
        }
    }
    if !shown.genuine {
        lines.push(CHANGED.to_owned());
    }
    lines.join("\n")
}

/// An entry as JSON.
pub(super) fn object(shown: &Shown) -> Value {
    let Some(entry) = &shown.entry else {
        return json!({ "genuine": false, "seal": shown.seal });
    };
    let reason = entry.reason.as_deref().and_then(Reason::from_word);
    json!({
        "id": entry.id.to_string(),
        "request_id": entry.request.to_string(),
        "at": entry.at.to_string(),
        "action": entry.action,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "explanation": reason.map(Reason::explanation),
        "actor": entry.actor,
        "actor_id": entry.actor_id.map(|id| id.to_string()),
        "partner": entry.partner,
        "user_id": entry.user.map(|id| id.to_string()),
        "subject": entry.subject,
        "subject_id": entry.subject_id.map(|id| id.to_string()),
        "detail": entry.detail,
        "address": entry.address,
        "genuine": shown.genuine,
        "seal": shown.seal,
    })
}

/// How much was looked at.
pub(super) fn counted(report: &Report) -> String {
    let from = match report.first {
        Some(first) if first > 1 => format!(", the first of them number {first}"),
        _ => String::new(),
    };
    let mut lines = vec![
        format!("entries   {}", report.entries),
        format!("seals     {}{from}", report.seals),
        format!("unsealed  {}", report.unsealed),
    ];
    lines.extend(report.head.map(|head| format!("head      {head}")));
    lines.join("\n")
}

fn decision(entry: &Entry) -> String {
    match &entry.reason {
        Some(reason) => format!("{} {}: {reason}", entry.action, entry.outcome),
        None => format!("{} {}", entry.action, entry.outcome),
    }
}

fn actor(entry: &Entry) -> String {
    match entry.actor_id {
        Some(id) => format!("{} {id}", entry.actor),
        None => entry.actor.clone(),
    }
}

fn subject(entry: &Entry) -> Option<String> {
    let (kind, id) = (entry.subject.as_ref()?, entry.subject_id?);
    Some(format!("{kind} {id}"))
}
