//! What Countersign is told before the demo begins: who its partners are.

use std::collections::BTreeMap;

use countersign_domain::api_key::{Grant, Scope};
use countersign_domain::partner::{Flow, OwnSettings, SignUp, Slug};
use countersign_domain::token::ApiKeyText;
use countersign_service::operator::{NewKey, Operator};

use super::sites::{NORTHSTAR, Origins, RIVERSIDE};
use crate::Error;

/// Adds both partners; the API key with which Northstar asks.
pub(super) async fn add(operator: &Operator, origins: &Origins) -> Result<ApiKeyText, Error> {
    let (northstar, riverside): (Slug, Slug) = (NORTHSTAR.parse()?, RIVERSIDE.parse()?);
    let explain = |failure: &dyn std::fmt::Display| Error::from(failure.to_string());
    for (slug, settings) in [
        (&northstar, with_accounts(origins)?),
        (&riverside, without_accounts(origins)?),
    ] {
        let added = operator.add_partner(slug, &settings).await;
        added.map_err(|failure| explain(&failure))?;
    }
    let key = NewKey {
        grant: Grant::new(Some(northstar), [Scope::Links, Scope::Mint, Scope::Revoke])?,
        name: "Northstar Tickets".to_owned(),
        life: None,
    };
    let created = operator.create_api_key(key).await;
    Ok(created.map_err(|failure| explain(&failure))?.text)
}

/// Northstar has a login of its own: its people come by a link (Login Trust), or are sent there
/// to sign in (Login Force).
fn with_accounts(origins: &Origins) -> Result<OwnSettings, Error> {
    let sell = Flow {
        url: format!("{}/sell/{{ticket}}", origins.market).parse()?,
        force: None,
    };
    Ok(OwnSettings {
        // What people read on the hosted pages, where it is what they sign in to and out of.
        name: Some("Encore for Northstar".parse()?),
        colour: Some("#2f3fb3".parse()?),
        trust: Some(true),
        force: Some(true),
        login_url: Some(format!("{}/login", origins.northstar).parse()?),
        return_origins: Some(vec![origins.northstar.parse()?]),
        public_urls: Some(vec![format!("{}/auth", origins.market).parse()?]),
        flows: Some(BTreeMap::from([("sell".parse()?, sell)])),
        password: Some(false),
        sms: Some(false),
        email: Some(false),
        ..OwnSettings::default()
    })
}

/// Riverside Hall has no accounts: whoever has the address on a ticket proves it with a code.
fn without_accounts(origins: &Origins) -> Result<OwnSettings, Error> {
    Ok(OwnSettings {
        name: Some("Encore for Riverside Hall".parse()?),
        colour: Some("#0b6e63".parse()?),
        public_urls: Some(vec![format!("{}/auth", origins.riverside).parse()?]),
        sign_up: Some(SignUp::Open),
        trust: Some(false),
        force: Some(false),
        email: Some(true),
        sms: Some(false),
        password: Some(false),
        ..OwnSettings::default()
    })
}
