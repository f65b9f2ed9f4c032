//! `countersign partner`.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use countersign_domain::partner::{InvalidPatch, OwnSettings, Slug};
use countersign_service::Failure;
use countersign_service::operator::PartnerRefusal;
use countersign_store::Migrate;
use serde_json::{Value, json};

use super::output::{print, print_changed};
use super::{open, open_existing, operator};
use crate::Error;
use crate::arguments::PartnerCommand;
use crate::config::Config;

mod patch;
mod text;

/// Bytes that are read of a merge patch: more than all settings together take.
const MOST: u64 = 1024 * 1024;

pub(super) async fn run(command: PartnerCommand, config: &Config, json: bool) -> Result<(), Error> {
    match command {
        PartnerCommand::Add {
            slug,
            mut settings,
            set,
            json_patch,
        } => {
            let slug: Slug = slug.parse()?;
            settings.extend(set);
            let patch = merge_patch(&settings, json_patch.as_deref())?;
            let own = OwnSettings::default().patched(&patch);
            let own = own.map_err(|invalid| explain(Failure::Refused(invalid.into())))?;
            let operator = operator(config, open(config, Migrate::OnlyNew)?).await?;
            operator.add_partner(&slug, &own).await.map_err(explain)?;
            let text = format!(
                "Added. Its backend needs an API key: `countersign key create --partner {slug}`"
            );
            print(json, &text, || json!({ "slug": slug.as_str() }))
        }
        PartnerCommand::Set {
            slug,
            settings,
            json_patch,
        } => {
            let slug: Slug = slug.parse()?;
            let patch = merge_patch(&settings, json_patch.as_deref())?;
            let operator = operator(config, open_existing(config)?).await?;
            let changed = operator.set_partner(&slug, &patch).await.map_err(explain)?;
            let done = "Set. It holds within a second.";
            print_changed(json, changed, (done, "It was so already."))
        }
        PartnerCommand::List => {
            let operator = operator(config, open_existing(config)?).await?;
            let slugs = operator.partner_slugs().await?;
            let slugs: Vec<_> = slugs.iter().map(Slug::as_str).collect();
            let objects = || {
                slugs
                    .iter()
                    .map(|slug| json!({ "slug": slug }))
                    .collect::<Vec<_>>()
            };
            print(json, &slugs.join("\n"), || json!({ "partners": objects() }))
        }
        PartnerCommand::Show { slug } => {
            let slug: Slug = slug.parse()?;
            let operator = operator(config, open_existing(config)?).await?;
            let shown = operator.show_partner(&slug).await.map_err(explain)?;
            print(json, &text::lines(&shown), || text::object(&shown))
        }
    }
}

/// The changes, as settings on the command line or in a file say them.
fn merge_patch(settings: &[String], file: Option<&Path>) -> Result<Value, Error> {
    let Some(path) = file else {
        return Ok(patch::of(settings)?);
    };
    let mut text = String::new();
    let read = if path == Path::new("-") {
        stdin().take(MOST).read_to_string(&mut text)
    } else {
        File::open(path).and_then(|file| file.take(MOST).read_to_string(&mut text))
    };
    let path = path.display();
    read.map_err(|error| format!("--json-patch: cannot read {path}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| {
        let right = r#"write an object, such as {"sign_up": "open", "login_url": null}"#;
        format!("--json-patch: {path} is no JSON ({error}); {right}").into()
    })
}

/// What a refusal means, and what to do.
fn explain(failure: Failure<PartnerRefusal>) -> Error {
    match failure {
        Failure::Refused(PartnerRefusal::Patch(InvalidPatch::Unknown(name))) => {
            patch::unknown(&name).into()
        }
        Failure::Refused(refusal @ PartnerRefusal::Unknown(_)) => {
            format!("{refusal}; `countersign partner list` names those there are").into()
        }
        Failure::Refused(PartnerRefusal::Taken(slug)) => format!(
            "there is a partner {slug} already; `countersign partner set {slug} KEY=VALUE` \
             changes it"
        )
        .into(),
        Failure::Refused(refusal) => refusal.into(),
        Failure::Overloaded(_) => "this machine is too busy; try again".into(),
        Failure::Store(error) => error.into(),
    }
}
