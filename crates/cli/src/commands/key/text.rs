//! API keys, as a person or a script reads them.

use countersign_domain::api_key::ApiKey;
use countersign_domain::partner::Slug;
use serde_json::{Value, json};

use crate::commands::output;

/// A table of keys, or that there are none.
pub(super) fn of(keys: &[ApiKey], partner: Option<&Slug>, all: bool) -> String {
    match (keys, partner) {
        ([], _) if all => return "There are no API keys.".to_owned(),
        ([], Some(partner)) => return format!("The partner {partner} has no API keys."),
        ([], None) => {
            return "The operator has no API keys. --partner SLUG lists a partner's, --all every \
                    one."
                .to_owned();
        }
        _ => {}
    }
    let titles = [
        "ID",
        "PARTNER",
        "NAME",
        "SCOPES",
        "CREATED",
        "EXPIRES",
        "LAST USED",
        "REVOKED",
    ];
    let rows = keys.iter().map(|key| {
        let moment = |at: Option<_>| at.map_or(output::NOTHING.to_owned(), output::second);
        let partner = key.grant.partner().map_or(output::NOTHING, Slug::as_str);
        let name = if key.name.is_empty() {
            output::NOTHING
        } else {
            &key.name
        };
        vec![
            key.id.to_string(),
            partner.to_owned(),
            name.to_owned(),
            scopes(key).join(","),
            output::second(key.created_at),
            moment(key.expires_at),
            moment(key.last_used_at),
            moment(key.revoked_at),
        ]
    });
    output::table(&titles, &rows.collect::<Vec<_>>())
}

/// A key, without its text.
pub(super) fn object(key: &ApiKey) -> Value {
    json!({
        "id": key.id.to_string(),
        "name": key.name,
        "partner": key.grant.partner().map(Slug::as_str),
        "scopes": scopes(key),
        "created_at": key.created_at.to_string(),
        "expires_at": key.expires_at.map(|at| at.to_string()),
        "last_used_at": key.last_used_at.map(|at| at.to_string()),
        "revoked_at": key.revoked_at.map(|at| at.to_string()),
    })
}

/// The words of its scopes.
pub(super) fn scopes(key: &ApiKey) -> Vec<&'static str> {
    key.grant
        .scopes()
        .iter()
        .map(|scope| scope.as_str())
        .collect()
}
