//! Limits and what is counted, as a person or a script reads them.

use std::time::Duration;

use countersign_domain::Timestamp;
use countersign_domain::id::DeviceId;
use countersign_domain::limits::{Limits, NodeLimits, OwnLimits};
use countersign_domain::partner::Slug;
use countersign_service::operator::{CountedGuesses, CountedSends, ShownLimits};
use serde_json::{Value, json};

use crate::commands::output::{NOTHING, second, table};

/// A day, in which codes are counted.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is counted, as lines.
pub(super) fn lines(shown: &ShownLimits) -> String {
    let mut rows = Vec::new();
    for one in &shown.identities {
        let name = || format!("{}:{}", one.identity.kind(), one.identity.value());
        for sends in &one.sends {
            let count = sent_today(sends, shown.at);
            let what = format!("{count} sent within a day");
            let next = next(sends.sent.wait(&shown.limits.sends(), shown.at), shown.at);
            rows.push(vec![name(), what, device(sends.device), next]);
        }
        for guesses in &one.guesses {
            let by = guesses.authenticator.as_str();
            let what = format!("{by}: {} failed in a row", guesses.failures);
            let next = if guesses.switched_off() {
                format!("switched off, or until {}", second(guesses.until))
            } else {
                next(guess_wait(guesses, shown), shown.at)
            };
            rows.push(vec![name(), what, device(guesses.device), next]);
        }
    }
    if rows.is_empty() {
        return "Nothing is counted.".to_owned();
    }
    table(&["IDENTITY", "COUNTED", "DEVICE", "NEXT"], &rows)
}

/// The same as JSON.
pub(super) fn object(shown: &ShownLimits) -> Value {
    let identities = shown.identities.iter().map(|one| {
        let sends = one.sends.iter().map(|sends| {
            json!({
                "device_id": sends.device.map(|id| id.to_string()),
                "sent_at": sends.sent.moments().iter().map(ToString::to_string).collect::<Vec<_>>(),
                "next_at": at(sends.sent.wait(&shown.limits.sends(), shown.at), shown.at),
            })
        });
        let guesses = one.guesses.iter().map(|guesses| {
            json!({
                "device_id": guesses.device.map(|id| id.to_string()),
                "authenticator": guesses.authenticator.as_str(),
                "failures": guesses.failures,
                "switched_off": guesses.switched_off(),
                "next_at": at(guess_wait(guesses, shown), shown.at),
                "forgotten_at": guesses.until.to_string(),
            })
        });
        json!({
            "type": one.identity.kind().as_str(),
            "value": one.identity.value(),
            "sends": sends.collect::<Vec<_>>(),
            "guesses": guesses.collect::<Vec<_>>(),
        })
    });
    json!({
        "partner": shown.partner.as_str(),
        "limits": OwnLimits::all_of(&shown.limits),
        "identities": identities.collect::<Vec<_>>(),
    })
}

/// What holds, for each partner and for a node, as lines.
pub(super) fn held(partners: &[(Slug, Option<Limits>)], node: &NodeLimits) -> String {
    let titles = [
        "PARTNER",
        "PAUSE",
        "CODES/H",
        "CODES/D",
        "PASSWORDS/H",
        "GUESSES/H",
        "SENDS/MIN",
        "GUESSES/MIN",
        "DRY RUN",
    ];
    let rows = partners.iter().map(|(slug, limits)| {
        let Some(limits) = limits else {
            let unread = std::iter::repeat_n(NOTHING.to_owned(), titles.len() - 1);
            return [slug.to_string()].into_iter().chain(unread).collect();
        };
        vec![
            slug.to_string(),
            format!("{}s", limits.code_pause.as_secs()),
            limits.codes_per_hour.to_string(),
            limits.codes_per_day.to_string(),
            limits.password_guesses_per_hour.to_string(),
            limits.code_guesses_per_hour.to_string(),
            limits.sends_per_minute.to_string(),
            limits.guesses_per_minute.to_string(),
            limits.dry_run.to_string(),
        ]
    });
    let table = table(&titles, &rows.collect::<Vec<_>>());
    format!(
        "{table}\n\nOne address on one node: {} messages and {} guesses in an hour.\n\
         One node: {} messages and {} guesses in a minute.",
        node.address_sends_per_hour,
        node.address_guesses_per_hour,
        node.sends_per_minute,
        node.guesses_per_minute
    )
}

/// The same as JSON.
pub(super) fn held_objects(partners: &[(Slug, Option<Limits>)], node: &NodeLimits) -> Value {
    let partners = partners.iter().map(|(slug, limits)| {
        json!({
            "slug": slug.as_str(),
            "limits": limits.as_ref().map(OwnLimits::all_of),
        })
    });
    json!({
        "partners": partners.collect::<Vec<_>>(),
        "node": {
            "address_sends_per_hour": node.address_sends_per_hour,
            "address_guesses_per_hour": node.address_guesses_per_hour,
            "sends_per_minute": node.sends_per_minute,
            "guesses_per_minute": node.guesses_per_minute,
        },
    })
}

fn sent_today(sends: &CountedSends, now: Timestamp) -> usize {
    let since = now.minus(DAY);
    sends
        .sent
        .moments()
        .iter()
        .filter(|at| **at > since)
        .count()
}

fn guess_wait(guesses: &CountedGuesses, shown: &ShownLimits) -> Duration {
    let rate = shown.limits.guesses(guesses.authenticator);
    let taken = rate.take(guesses.full.as_micros(), shown.at.as_micros());
    taken.err().unwrap_or_default()
}

fn device(id: Option<DeviceId>) -> String {
    id.map_or_else(|| NOTHING.to_owned(), |id| id.to_string())
}

fn next(wait: Duration, now: Timestamp) -> String {
    if wait.is_zero() {
        return "now".to_owned();
    }
    second(now.plus(wait))
}

fn at(wait: Duration, now: Timestamp) -> String {
    now.plus(wait).to_string()
}
