//! `[sms]`: providers, routes, prices and budgets.

use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign_domain::Secret;
use countersign_domain::sms::Money;
use countersign_service::delivery::sms::{ProviderName, Routes, Sender};

use super::ConfigError;
use super::error::Problem;
use super::key_file::SecretText;
use super::values::Values;

/// How SMS are sent, and what they may cost.
#[derive(Debug)]
pub(crate) struct Sms {
    /// Which providers for which numbers; `None` where no provider is set up.
    pub(crate) routes: Option<Routes>,
    /// How long a provider may take.
    pub(crate) time_out: Duration,
    /// Twilio, where it is set up.
    pub(crate) twilio: Option<Twilio>,
    /// The webhook, where it is set up.
    pub(crate) webhook: Option<Webhook>,
    /// What a message costs; there wherever a provider is.
    pub(crate) price: Option<Money>,
    /// A file of what it costs where that is something else.
    pub(crate) prices: Option<PathBuf>,
    /// In what amounts are.
    pub(crate) currency: String,
    /// What all may cost in a day.
    pub(crate) daily_budget: Option<Money>,
}

/// `[sms.twilio]`.
#[derive(Debug)]
pub(crate) struct Twilio {
    pub(crate) base_url: String,
    pub(crate) account_sid: String,
    pub(crate) api_key_sid: Option<String>,
    pub(crate) sender: Sender,
    secret: SecretText,
}

/// `[sms.webhook]`.
#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) allow_private: bool,
    secret: SecretText,
}

impl Twilio {
    /// The secret, read only when it is asked for.
    ///
    /// # Errors
    /// If its file cannot be read, may be read by others or lies inside the data folder.
    pub(crate) fn secret(&self, data_dir: &Path) -> Result<Secret<String>, ConfigError> {
        self.secret.read(data_dir).map_err(ConfigError::from)
    }
}

impl Webhook {
    /// The secrets, read only when they are asked for.
    ///
    /// # Errors
    /// As [`Twilio::secret`].
    pub(crate) fn secret(&self, data_dir: &Path) -> Result<Secret<String>, ConfigError> {
        self.secret.read(data_dir).map_err(ConfigError::from)
    }
}

/// What each provider needs, so that half a provider is refused. A secret may be in a file.
const TWILIO: [&str; 7] = [
    "sms.twilio.account_sid",
    "sms.twilio.secret",
    "sms.twilio.secret_file",
    "sms.twilio.from",
    "sms.twilio.messaging_service_sid",
    "sms.twilio.api_key_sid",
    "sms.twilio.base_url",
];
const WEBHOOK: [&str; 3] = [
    "sms.webhook.url",
    "sms.webhook.secret",
    "sms.webhook.secret_file",
];
/// The installation's budget is kept in a few parts, so a message must be small beside it.
const LEAST_MESSAGES: u32 = 100;

/// Puts the values where they belong, once [`disagreements`] has found none.
pub(super) fn resolve(values: &Values) -> Sms {
    let twilio = twilio(values);
    let webhook = webhook(values);
    let named = |there: bool, name| there.then_some(name);
    let set_up = [
        named(twilio.is_some(), ProviderName::Twilio),
        named(webhook.is_some(), ProviderName::Webhook),
    ];
    let set_up: Vec<_> = set_up.into_iter().flatten().collect();
    let all = || Routes::all_by(set_up.clone());
    let routes = values.maybe_text("sms.routes");
    let routes = routes.and_then(|text| text.parse().ok());
    Sms {
        routes: (!set_up.is_empty()).then(|| routes.unwrap_or_else(all)),
        time_out: values.duration("sms.time_out"),
        twilio,
        webhook,
        price: values.amount("sms.price"),
        prices: values.path("sms.prices"),
        currency: values.text("sms.currency").to_owned(),
        daily_budget: values.amount("sms.daily_budget"),
    }
}

fn twilio(values: &Values) -> Option<Twilio> {
    let text = |key| values.maybe_text(key).map(str::to_owned);
    let service = text("sms.twilio.messaging_service_sid").map(Sender::MessagingService);
    Some(Twilio {
        base_url: values.text("sms.twilio.base_url").to_owned(),
        account_sid: text("sms.twilio.account_sid")?,
        api_key_sid: text("sms.twilio.api_key_sid"),
        sender: service.or_else(|| text("sms.twilio.from").map(Sender::From))?,
        secret: values.secret("sms.twilio.secret", "sms.twilio.secret_file")?,
    })
}

fn webhook(values: &Values) -> Option<Webhook> {
    Some(Webhook {
        url: values.maybe_text("sms.webhook.url")?.to_owned(),
        allow_private: values.flag("sms.webhook.allow_private"),
        secret: values.secret("sms.webhook.secret", "sms.webhook.secret_file")?,
    })
}

/// What is right by itself and wrong together.
pub(super) fn disagreements(values: &Values) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut wrong = |key: &str, advice: String| problems.push(values.problem(key, advice));
    half(values, &TWILIO[..6], &mut wrong);
    half(values, &WEBHOOK, &mut wrong);
    let both = "sms.twilio.messaging_service_sid";
    if values.has("sms.twilio.from") && values.has(both) {
        wrong(both, "`from` is set too; set only one of them".to_owned());
    }
    for (key, prefix) in [
        ("account_sid", "AC"),
        ("api_key_sid", "SK"),
        ("messaging_service_sid", "MG"),
    ] {
        let key = format!("sms.twilio.{key}");
        let Some(sid) = values.maybe_text(&key) else {
            continue;
        };
        let digits = sid.strip_prefix(prefix).unwrap_or_default();
        if digits.len() != 32 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            wrong(&key, format!("write `{prefix}` and 32 hexadecimal digits"));
        }
    }
    routes_and_prices(values, &mut wrong);
    problems
}

/// Refuses a provider of which something is missing: a secret, or what else it needs.
fn half(values: &Values, keys: &[&str], wrong: &mut impl FnMut(&str, String)) {
    let Some(set) = keys.iter().find(|key| values.has(key)) else {
        return;
    };
    let section = set.rsplit_once('.').map_or("", |(section, _)| section);
    let (secret, file) = (
        format!("{section}.secret"),
        format!("{section}.secret_file"),
    );
    if values.has(&secret) && values.has(&file) {
        wrong(
            &file,
            "`secret` is set too; set only one of them".to_owned(),
        );
    }
    let mut needs = vec![vec![keys[0].to_owned()], vec![secret, file]];
    if section == "sms.twilio" {
        needs.push(vec![keys[3].to_owned(), keys[4].to_owned()]);
    }
    for need in needs {
        if !need.iter().any(|key| values.has(key)) {
            let need = need.join("` or `");
            wrong(set, format!("it needs `{need}` as well"));
        }
    }
}

fn routes_and_prices(values: &Values, wrong: &mut impl FnMut(&str, String)) {
    let (twilio, webhook) = (twilio(values), webhook(values));
    if let Some(routes) = values.maybe_text("sms.routes") {
        match routes.parse::<Routes>() {
            Err(error) => wrong("sms.routes", error.to_string()),
            Ok(routes) => {
                let there = |name: &ProviderName| match name {
                    ProviderName::Twilio => twilio.is_some(),
                    ProviderName::Webhook => webhook.is_some(),
                };
                if let Some(missing) = routes.providers().find(|name| !there(name)) {
                    let advice =
                        format!("{missing} is not set up; set the keys of `[sms.{missing}]`");
                    wrong("sms.routes", advice);
                }
            }
        }
    }
    let price = values.amount("sms.price");
    if price == Some(Money::ZERO) {
        let advice = "what costs nothing has no bound; write what a message costs";
        wrong("sms.price", advice.to_owned());
    }
    let provider = [
        twilio.map(|_| "sms.twilio.account_sid"),
        webhook.map(|_| "sms.webhook.url"),
    ];
    if let (Some(key), None) = (provider.into_iter().flatten().next(), price) {
        let advice = "set `sms.price` as well, so that SMS have a budget";
        wrong(key, advice.to_owned());
    }
    let least = price.map(|price| price.times(LEAST_MESSAGES));
    if let (Some(budget), Some(least)) = (values.amount("sms.daily_budget"), least)
        && budget < least
    {
        let advice = format!("write at least {least}, a hundred times `sms.price`");
        wrong("sms.daily_budget", advice);
    }
}
