//! What SMS are sent with, and what they may cost.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use countersign_domain::SystemClock;
use countersign_domain::sms::{Budget, Money, Prices};
use countersign_service::delivery::sms::{Texter, TexterSettings, TwilioSettings, WebhookSettings};

use crate::Error;
use crate::config::Config;

/// Bytes that are read of prices: those of all prefixes of the world take less.
const MOST: u64 = 1024 * 1024;

/// What sends SMS, where a provider of them is set up.
pub(super) fn texter(config: &Config) -> Result<Option<Texter>, Error> {
    let (sms, data_dir) = (&config.sms, &config.data_dir);
    let Some(routes) = &sms.routes else {
        return Ok(None);
    };
    let twilio = match &sms.twilio {
        Some(twilio) => Some(TwilioSettings {
            base_url: twilio.base_url.clone(),
            account_sid: twilio.account_sid.clone(),
            api_key_sid: twilio.api_key_sid.clone(),
            secret: twilio.secret(data_dir)?,
            sender: twilio.sender.clone(),
        }),
        None => None,
    };
    let webhook = match &sms.webhook {
        Some(webhook) => {
            let secrets = webhook.secret(data_dir)?.expose().parse();
            let invalid = |error| format!("sms.webhook.secret: {error}");
            Some(WebhookSettings {
                url: webhook.url.clone(),
                secrets: secrets.map_err(invalid)?,
                allow_private: webhook.allow_private,
            })
        }
        None => None,
    };
    let settings = TexterSettings {
        routes: routes.clone(),
        twilio,
        webhook,
        time_out: sms.time_out,
    };
    Ok(Some(Texter::new(settings, Arc::new(SystemClock))?))
}

/// What SMS may cost, where they cost anything.
pub(super) fn budget(config: &Config) -> Result<Option<Budget>, Error> {
    let sms = &config.sms;
    let Some(price) = sms.price.filter(|_| sms.routes.is_some()) else {
        return Ok(None);
    };
    Ok(Some(Budget {
        prices: match &sms.prices {
            Some(path) => prices(path, price)?,
            None => Prices::flat(price),
        },
        daily: sms.daily_budget,
    }))
}

/// Reads `prefix,price` from each line; a first line that says so, empty ones and those that
/// begin with `#` are left out.
fn prices(path: &Path, default: Money) -> Result<Prices, Error> {
    let shown = path.display();
    let file = File::open(path);
    let file = file.map_err(|error| format!("sms.prices: cannot read {shown}: {error}"))?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(file.take(MOST));
    let mut prices = Prices::flat(default);
    for line in reader.records() {
        let line = line.map_err(|error| format!("sms.prices: {shown}: {error}"))?;
        let number = line.position().map_or(0, csv::Position::line);
        let wrong =
            |why: &dyn std::fmt::Display| format!("sms.prices: {shown}, line {number}: {why}");
        match (line.get(0), line.get(1), line.len()) {
            (Some("prefix"), Some("price"), 2) if number == 1 => {}
            (Some(prefix), Some(price), 2) => {
                let price = price.parse::<Money>().map_err(|error| wrong(&error))?;
                prices = prices.with(prefix, price).map_err(|error| wrong(&error))?;
            }
            _ => return Err(wrong(&"write a prefix, a comma and a price, such as 44,0.04").into()),
        }
    }
    Ok(prices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Prices, String> {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("prices.csv");
        std::fs::write(&path, text).expect("a new file");
        prices(&path, Money::whole(1)).map_err(|error| error.to_string())
    }

    #[test]
    fn prices_are_read_line_by_line() {
        let prices = read("prefix,price\n44,0.04\n# the Channel Islands\n\n447797, 0.2\n");
        let prices = prices.expect("prices");
        let price = |number| prices.of(number).to_string();
        assert_eq!(price("+442079460958"), "0.04");
        assert_eq!(price("+447797712345"), "0.20");
        assert_eq!(price("+34612345678"), "1.00");
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, right) in [
            ("44,0.04\ngb,1\n", "line 2"),
            ("44\n", "such as 44,0.04"),
            ("44,0.04\n44,0.05\n", "two prices for 44"),
            ("44,free\n", "an amount is digits"),
            ("44,0\n", "more than 0"),
        ] {
            let error = read(text).expect_err("a refusal");
            assert!(error.contains(right), "{text}: {error}");
        }
    }
}
