//! `countersign sms`.

use countersign_domain::partner::Slug;
use countersign_domain::sms::Country;
use countersign_service::Failure;
use countersign_service::operator::{PartnerRefusal, ShownBreaker, ShownSms};
use serde_json::{Value, json};

use super::output::{NOTHING, print, second, table};
use super::{open_existing, operator};
use crate::Error;
use crate::arguments::SmsCommand;
use crate::config::Config;

pub(super) async fn run(command: SmsCommand, config: &Config, json: bool) -> Result<(), Error> {
    let operator = operator(config, open_existing(config)?).await?;
    match command {
        SmsCommand::Show { partner } => {
            let slugs = match partner {
                Some(slug) => vec![slug.parse::<Slug>()?],
                None => operator.partner_slugs().await?,
            };
            let mut shown = Vec::new();
            for slug in slugs {
                shown.push(operator.show_sms(&slug).await.map_err(explain)?);
            }
            let currency = &config.sms.currency;
            print(json, &text(&shown, currency), || {
                let partners: Vec<_> = shown.iter().map(object).collect();
                json!({ "currency": currency, "partners": partners })
            })
        }
        SmsCommand::Reset { partner, country } => {
            let slug: Slug = partner.slug.parse()?;
            let country = country.map(|country| country.parse::<Country>());
            let country = country.transpose()?;
            let closed = operator.reset_sms(&slug, country.as_ref()).await;
            let closed = closed.map_err(explain)?;
            let names: Vec<_> = closed.iter().map(Country::as_str).collect();
            let text = match &*names {
                [] => "No breaker was open.".to_owned(),
                names => format!("Closed: {}.", names.join(", ")),
            };
            print(json, &text, || json!({ "closed": names }))
        }
    }
}

fn explain(failure: Failure<PartnerRefusal>) -> Error {
    match failure {
        Failure::Refused(refusal @ PartnerRefusal::Unknown(_)) => {
            format!("{refusal}; `countersign partner list` names those there are").into()
        }
        Failure::Refused(refusal) => refusal.into(),
        Failure::Overloaded(_) => "this machine is too busy; try again".into(),
        Failure::Store(error) => error.into(),
    }
}

fn text(shown: &[ShownSms], currency: &str) -> String {
    let mut spent = Vec::new();
    let mut breakers = Vec::new();
    for of in shown {
        for row in &of.spent {
            let (all, country) = match &row.country {
                Some(country) => (false, country.as_str()),
                None => (true, "all"),
            };
            let budget = of.budgets.map(|(daily, one)| if all { daily } else { one });
            spent.push(vec![
                of.partner.to_string(),
                country.to_owned(),
                row.sent.to_string(),
                row.spent.to_string(),
                budget.map_or(NOTHING.to_owned(), |budget| budget.to_string()),
                row.full_at.map_or(NOTHING.to_owned(), second),
            ]);
        }
        breakers.extend(of.breakers.iter().map(|breaker| line(of, breaker)));
    }
    let spent = match &*spent {
        [] => "Nothing was spent on SMS today.".to_owned(),
        spent => {
            let cost = format!("COST {currency}");
            let titles = [
                "PARTNER",
                "COUNTRY",
                "SENT",
                &cost,
                "BUDGET",
                "REFUSED SINCE",
            ];
            table(&titles, spent)
        }
    };
    let titles = ["PARTNER", "COUNTRY", "BREAKER", "SINCE", "SENT", "USED"];
    let breakers = match &*breakers {
        [] => "No breaker was ever open.".to_owned(),
        breakers => table(&titles, breakers),
    };
    format!("{spent}\n\n{breakers}")
}

fn line(of: &ShownSms, shown: &ShownBreaker) -> Vec<String> {
    let opened_at = shown.breaker.opened_at;
    let (state, since) = match opened_at {
        Some(opened_at) => ("open", opened_at),
        None => ("closed", shown.breaker.counted_from),
    };
    vec![
        of.partner.to_string(),
        shown.country.to_string(),
        state.to_owned(),
        second(since),
        shown.seen.recent.sent.to_string(),
        shown.seen.recent.used.to_string(),
    ]
}

fn object(shown: &ShownSms) -> Value {
    let spent = shown.spent.iter().map(|row| {
        json!({
            "country": row.country.as_ref().map(Country::as_str),
            "sent": row.sent,
            "cost": row.spent.to_string(),
            "refused_since": row.full_at.map(|at| at.to_string()),
        })
    });
    let breakers = shown.breakers.iter().map(|of| {
        json!({
            "country": of.country.as_str(),
            "open": of.breaker.opened_at.is_some(),
            "opened_at": of.breaker.opened_at.map(|at| at.to_string()),
            "sent": of.seen.recent.sent,
            "used": of.seen.recent.used,
        })
    });
    json!({
        "partner": shown.partner.as_str(),
        "daily_budget": shown.budgets.map(|(daily, _)| daily.to_string()),
        "country_daily_budget": shown.budgets.map(|(_, country)| country.to_string()),
        "spent": spent.collect::<Vec<_>>(),
        "breakers": breakers.collect::<Vec<_>>(),
    })
}
