//! `countersign limits`.

use countersign_domain::partner::Slug;

use super::output::{print, print_changed};
use super::user::{explain, parse};
use super::{open_existing, operator};
use crate::Error;
use crate::arguments::{Limits, Name, Partner};
use crate::config::Config;

mod text;

pub(super) async fn run(command: Limits, config: &Config, json: bool) -> Result<(), Error> {
    let operator = operator(config, open_existing(config)?).await?;
    match command {
        Limits::Show {
            user: Some(user),
            partner,
        } => {
            let slug = partner.unwrap_or_else(|| Slug::DEFAULT.to_owned());
            let partner = Partner { slug };
            let name = Name { user, partner };
            let shown = operator.show_limits(&parse(&name)?).await;
            let shown = shown.map_err(|failure| explain(&name.user, failure))?;
            print(json, &text::lines(&shown), || text::object(&shown))
        }
        Limits::Show {
            user: None,
            partner,
        } => {
            let mut slugs = operator.partner_slugs().await?;
            if let Some(partner) = partner {
                slugs.retain(|slug| slug.as_str() == partner);
                if slugs.is_empty() {
                    let advice = "`countersign partner list` shows those there are";
                    return Err(format!("there is no partner {partner}; {advice}").into());
                }
            }
            let mut partners = Vec::new();
            for slug in slugs {
                let settings = operator.partners.settings(&slug);
                partners.push((slug, settings.map(|settings| settings.limits)));
            }
            let held = || text::held_objects(&partners, &config.limits);
            print(json, &text::held(&partners, &config.limits), held)
        }
        Limits::Clear(name) => {
            let cleared = operator.clear_limits(&parse(&name)?).await;
            let cleared = cleared.map_err(|failure| explain(&name.user, failure))?;
            let done = "Cleared. What was switched off is on again.";
            print_changed(json, cleared, (done, "Nothing was counted."))
        }
    }
}
