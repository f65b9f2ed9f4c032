//! A partner's settings, as the API's description says them. They are read and written by the
//! domain, which knows each.

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// What a partner sets. All may be left out: then the installation's defaults hold.
#[derive(ToSchema)]
#[schema(as = PartnerSettings)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct SettingsDocument {
    /// Whether users may come by a link (Login Trust).
    trust: Option<bool>,
    /// Whether users who are not signed in are sent to the partner's login (Login Force).
    force: Option<bool>,
    /// `open` or `closed`: whether a code log-in of an unknown identity creates its user.
    #[schema(example = "closed")]
    sign_up: Option<String>,
    /// Whether users may log in with a password.
    password: Option<bool>,
    /// Whether users may log in with a code by SMS.
    sms: Option<bool>,
    /// Whether users may log in with a code by e-mail.
    email: Option<bool>,
    /// 60 to 3,600.
    session_life_seconds: Option<u64>,
    /// An hour to 30 days; to 365 where `exchange_requires_pin` is true.
    authentication_life_seconds: Option<u64>,
    /// Whether an exchange must carry the PIN chosen at log-in.
    exchange_requires_pin: Option<bool>,
    /// 8 to 128 characters.
    password_min_length: Option<usize>,
    /// 60 to 600.
    code_life_seconds: Option<u64>,
    /// 10 to 600.
    one_time_token_life_seconds: Option<u64>,
    /// Where the partner's users sign in.
    #[schema(example = "https://northstar.example/login")]
    login_url: Option<String>,
    /// The application's page on which its users set a new password: the link in a message.
    #[schema(example = "https://market.example/new-password")]
    reset_url: Option<String>,
    /// The origins that the partner's users come from with a link; at most 16.
    #[schema(example = json!(["https://northstar.example"]))]
    return_origins: Option<Vec<String>>,
    /// Where the application mounts the hosted pages for this partner; at most 8.
    #[schema(example = json!(["https://market.example/auth"]))]
    public_urls: Option<Vec<String>>,
    /// Where links lead, by name; at most 64.
    flows: Option<BTreeMap<String, FlowDocument>>,
    /// What people read for the partner's name.
    #[schema(example = "North Star Tickets")]
    name: Option<String>,
    /// The colour of its pages.
    #[schema(example = "#1d4ed8")]
    colour: Option<String>,
    /// The picture on its pages.
    #[schema(example = "https://northstar.example/logo.svg")]
    logo: Option<String>,
    /// The language of its pages and messages where the person's own is not known.
    #[schema(example = "es")]
    locale: Option<String>,
    /// The partner's own country, by its two letters (ISO 3166).
    #[schema(example = "ES")]
    country: Option<String>,
    /// The countries whose numbers SMS are sent to; the partner's own alone where it is left
    /// out.
    #[schema(example = json!(["ES", "PT"]))]
    sms_countries: Option<Vec<String>>,
    /// What SMS may cost in a day, by UTC, in the operator's currency.
    #[schema(example = "50.00")]
    sms_daily_budget: Option<String>,
    /// What SMS to any country but the partner's own may cost in a day.
    #[schema(example = "10.00")]
    sms_country_daily_budget: Option<String>,
    /// How often something may be asked for or guessed.
    limits: Option<LimitsDocument>,
}

/// How often something may be asked for or guessed. What is left out holds by default.
#[derive(ToSchema)]
#[schema(as = Limits)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct LimitsDocument {
    /// Whether what is over a limit is counted and let through.
    dry_run: Option<bool>,
    /// Between two codes to one identity: 0 to 3,600.
    code_pause_seconds: Option<u64>,
    /// Codes to one identity: 1 to 100.
    codes_per_hour: Option<u32>,
    /// The same in a day: 1 to 200.
    codes_per_day: Option<u32>,
    /// Wrong passwords for one identity: 1 to 10,000.
    password_guesses_per_hour: Option<u32>,
    /// Wrong codes for one identity, over all its log-ins: 1 to 10,000.
    code_guesses_per_hour: Option<u32>,
    /// Messages that one node sends for the partner: 1 to 1,000,000.
    sends_per_minute: Option<u32>,
    /// Guesses that one node takes for the partner: 1 to 1,000,000.
    guesses_per_minute: Option<u32>,
}

/// A flow: a named destination in the application.
#[derive(ToSchema)]
#[schema(as = Flow)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct FlowDocument {
    /// Its URL; `{name}` in a segment of the path or a value of the query is filled in by the
    /// link.
    #[schema(example = "https://market.example/sell/{event_id}")]
    url: String,
    /// Whether users who are not signed in must come through the partner's login; left out,
    /// as for the partner's other flows.
    force: Option<bool>,
}

#[cfg(test)]
mod tests {
    use countersign_domain::partner::OwnSettings;
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn every_setting_is_described() {
        let schema = serde_json::to_value(SettingsDocument::schema()).expect("a schema");
        let described = schema["properties"].as_object().expect("properties");
        let mut members = OwnSettings::MEMBERS.to_vec();
        members.sort_unstable();
        let mut described: Vec<_> = described.keys().map(String::as_str).collect();
        described.sort_unstable();
        assert_eq!(described, members);
    }
}
