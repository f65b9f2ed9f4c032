//! `countersign key`: API keys.

use std::io::{IsTerminal, Write, stderr, stdout};

use countersign_domain::api_key::{ApiKey, Grant, InvalidGrant, Scope};
use countersign_domain::id::ApiKeyId;
use countersign_domain::partner::Slug;
use countersign_domain::token::ApiKeyText;
use countersign_service::Failure;
use countersign_service::operator::{CreatedKey, KeyChangeRefusal, NewKey, Operator};
use serde_json::json;

use super::output::{print, print_changed};
use super::{open_existing, operator};
use crate::Error;
use crate::arguments::{ApiKeyCommand, NewApiKey};
use crate::config::{self, Config};

mod text;

pub(super) async fn run(command: ApiKeyCommand, config: &Config, json: bool) -> Result<(), Error> {
    match command {
        ApiKeyCommand::Create(arguments) => {
            let new = new_key(&arguments)?;
            let operator = operator(config, open_existing(config)?).await?;
            let created = operator.create_api_key(new).await;
            hand_out(&created.map_err(explain)?, json)
        }
        ApiKeyCommand::List { partner, all } => {
            let partner = partner.map(|slug| slug.parse()).transpose()?;
            let operator = operator(config, open_existing(config)?).await?;
            let keys = list(&operator, partner.as_ref(), all).await?;
            let objects = || keys.iter().map(text::object).collect::<Vec<_>>();
            let text = text::of(&keys, partner.as_ref(), all);
            print(json, &text, || json!({ "keys": objects() }))
        }
        ApiKeyCommand::Revoke { id } => {
            let id = key_id(&id)?;
            let operator = operator(config, open_existing(config)?).await?;
            let revoked = operator.revoke_api_key(id).await.map_err(explain)?;
            let done = "Revoked. It is refused within a second, and so is what it minted.";
            print_changed(json, revoked, (done, "It was revoked already."))
        }
    }
}

/// The key that is asked for.
fn new_key(arguments: &NewApiKey) -> Result<NewKey, Error> {
    let partner: Option<Slug> = arguments.partner.as_deref().map(str::parse).transpose()?;
    let scopes = arguments.scopes.iter().map(|word| {
        let scope: Result<Scope, _> = word.trim().parse();
        scope.map_err(|unknown| format!("--scopes {}: {unknown}", word.escape_debug()))
    });
    let scopes = scopes.collect::<Result<Vec<_>, _>>()?;
    let grant = Grant::new(partner, scopes).map_err(|invalid| match invalid {
        InvalidGrant::NoPartner => format!("{invalid} with --partner SLUG"),
        InvalidGrant::Admin => {
            format!("{invalid}; leave --partner out, or take admin out of --scopes")
        }
        InvalidGrant::Nothing => invalid.to_string(),
    })?;
    let life = arguments.expires_in.as_deref().map(|text| {
        let right = "--expires-in: write a whole number and a unit (s, m, h or d), such as 90d";
        config::duration(text).ok_or(right)
    });
    Ok(NewKey {
        grant,
        name: arguments.name.clone(),
        life: life.transpose()?,
    })
}

/// Prints the key alone, so that a script can keep it as it is.
fn hand_out(created: &CreatedKey, json: bool) -> Result<(), Error> {
    let (key, text) = (&created.key, created.text.expose());
    let written = if json {
        let object = json!({
            "key": text,
            "id": key.id.to_string(),
            "name": key.name,
            "partner": key.grant.partner().map(Slug::as_str),
            "scopes": text::scopes(key),
            "created_at": key.created_at.to_string(),
            "expires_at": key.expires_at.map(|at| at.to_string()),
        });
        writeln!(stdout(), "{object}")
    } else {
        writeln!(stdout(), "{text}")
    };
    // Nobody else will ever have it.
    written.map_err(|error| {
        let id = key.id;
        format!(
            "the key was created but cannot be printed ({error}); `countersign key revoke {id}`"
        )
    })?;
    if !json && stderr().is_terminal() {
        eprintln!(
            "Keep it where its backend finds it, and nobody else: it is shown this once. Its id \
             is {}.",
            key.id
        );
    }
    Ok(())
}

async fn list(
    operator: &Operator,
    partner: Option<&Slug>,
    all: bool,
) -> Result<Vec<ApiKey>, Error> {
    let mut keys = operator.api_keys(partner).await.map_err(explain)?;
    if all {
        for slug in operator.partner_slugs().await? {
            keys.extend(operator.api_keys(Some(&slug)).await.map_err(explain)?);
        }
    }
    Ok(keys)
}

/// The id of a key. Who holds but the key is told its id: a key in a command is in the
/// shell's history and in everybody's list of processes.
fn key_id(text: &str) -> Result<ApiKeyId, Error> {
    if let Ok(key) = ApiKeyText::parse(text) {
        let id = key.id();
        return Err(
            format!("that is a key itself; its id is {id}: `countersign key revoke {id}`").into(),
        );
    }
    text.parse().map_err(|_| {
        "an API key's id looks like 0199f2c4-6f1e-7d3a-9b1c-2f4e5a6b7c8d; `countersign key list \
         --all` shows those there are"
            .into()
    })
}

fn explain(failure: Failure<KeyChangeRefusal>) -> Error {
    match failure {
        Failure::Refused(refusal @ KeyChangeRefusal::UnknownPartner(_)) => {
            format!("{refusal}; `countersign partner list` names those there are").into()
        }
        Failure::Refused(refusal @ KeyChangeRefusal::NotFound) => {
            format!("{refusal}; `countersign key list --all` shows those there are").into()
        }
        Failure::Refused(refusal @ KeyChangeRefusal::TooMany) => {
            format!("{refusal}: `countersign key revoke ID`").into()
        }
        Failure::Refused(refusal) => refusal.into(),
        Failure::Overloaded(_) => "this machine is too busy; try again".into(),
        Failure::Store(error) => error.into(),
    }
}
