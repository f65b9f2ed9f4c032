//! What partners set: ranges, JSON, and changes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use countersign_domain::partner::{InvalidPatch, InvalidSettings, OwnSettings, PartnerSettings};
use rstest::rstest;
use serde_json::{Value, json};

fn own(settings: Value) -> OwnSettings {
    serde_json::from_value(settings).unwrap()
}

fn many(count: usize, one: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(one).collect()
}

fn origins(count: usize) -> Vec<String> {
    many(count, |n| format!("https://t{n}.example"))
}

fn flows(count: usize) -> Value {
    let flows = (0..count).map(|n| (format!("f{n}"), json!({"url": "https://market.example/"})));
    flows.collect::<serde_json::Map<_, _>>().into()
}

const FORCED: &str = r#"{"sell": {"url": "https://market.example/", "force": true}}"#;

fn forced() -> Value {
    serde_json::from_str(FORCED).unwrap()
}

#[rstest]
#[case(json!({"authentication_life_seconds": 30 * 86_400}), None)]
#[case(json!({"authentication_life_seconds": 30 * 86_400 + 1}), Some(InvalidSettings::AuthenticationLife))]
#[case(json!({"authentication_life_seconds": 365 * 86_400, "exchange_requires_pin": true}), None)]
#[case(json!({"authentication_life_seconds": 365 * 86_400 + 1, "exchange_requires_pin": true}), Some(InvalidSettings::AuthenticationLife))]
#[case(json!({"session_life_seconds": 3_600}), None)]
#[case(json!({"session_life_seconds": 3_601}), Some(InvalidSettings::SessionLife))]
#[case(json!({"session_life_seconds": 0}), Some(InvalidSettings::SessionLife))]
#[case(json!({"password_min_length": 7}), Some(InvalidSettings::PasswordMinLength))]
#[case(json!({"code_life_seconds": 601}), Some(InvalidSettings::CodeLife))]
#[case(json!({"one_time_token_life_seconds": 9}), Some(InvalidSettings::OneTimeTokenLife))]
#[case(json!({"one_time_token_life_seconds": 10}), None)]
#[case(json!({"one_time_token_life_seconds": 600}), None)]
#[case(json!({"one_time_token_life_seconds": 601}), Some(InvalidSettings::OneTimeTokenLife))]
#[case(json!({"one_time_token_life_seconds": u64::MAX}), Some(InvalidSettings::OneTimeTokenLife))]
#[case(json!({"return_origins": origins(16)}), None)]
#[case(json!({"return_origins": origins(17)}), Some(InvalidSettings::ReturnOrigins))]
#[case(json!({"return_origins": ["https://a.example", "https://A.example/"]}), Some(InvalidSettings::ReturnOrigins))]
#[case(json!({"public_urls": origins(8)}), None)]
#[case(json!({"public_urls": origins(9)}), Some(InvalidSettings::PublicUrls))]
#[case(json!({"public_urls": ["https://a.example/b", "https://a.example/b/"]}), Some(InvalidSettings::PublicUrls))]
#[case(json!({"flows": flows(64)}), None)]
#[case(json!({"flows": flows(65)}), Some(InvalidSettings::Flows))]
#[case(json!({"flows": forced()}), Some(InvalidSettings::ForcedFlows))]
#[case(json!({"limits": {"code_pause_seconds": 3_600, "codes_per_hour": 100}}), None)]
#[case(json!({"limits": {"code_pause_seconds": 3_601}}), Some(InvalidSettings::Limits))]
#[case(json!({"limits": {"codes_per_hour": 0}}), Some(InvalidSettings::Limits))]
#[case(json!({"limits": {"codes_per_day": 201}}), Some(InvalidSettings::Limits))]
#[case(json!({"limits": {"password_guesses_per_hour": 10_001}}), Some(InvalidSettings::Limits))]
#[case(json!({"limits": {"sends_per_minute": 0}}), Some(InvalidSettings::Limits))]
#[case(json!({"flows": forced(), "login_url": "https://tickets.example/login"}), None)]
fn settings_have_ranges(#[case] settings: Value, #[case] expected: Option<InvalidSettings>) {
    let settings = own(settings);
    let invalid = PartnerSettings::default().with(&settings).err();
    assert_eq!(invalid, expected);
    if let Some(invalid) = invalid {
        let without = settings.without(invalid);
        assert!(PartnerSettings::default().with(&without).is_ok());
    }
}

#[test]
fn only_what_is_too_much_gives_way() {
    let settings = own(json!({
        "trust": false,
        "return_origins": origins(17),
        "flows": {"sell": {"url": "https://market.example/", "force": true},
                  "buy": {"url": "https://market.example/"}},
    }));
    let without = settings
        .without(InvalidSettings::ReturnOrigins)
        .without(InvalidSettings::ForcedFlows);
    let expected = json!({
        "trust": false,
        "return_origins": origins(16),
        "flows": {"buy": {"url": "https://market.example/"}},
    });
    assert_eq!(without, own(expected));
}

#[test]
fn an_own_answer_about_pins_gives_way_to_defaults_that_need_them() {
    let defaults = PartnerSettings {
        exchange_requires_pin: true,
        authentication_life: std::time::Duration::from_secs(365 * 86_400),
        ..PartnerSettings::default()
    };
    let settings = own(json!({"exchange_requires_pin": false}));
    let invalid = defaults.with(&settings).unwrap_err();
    assert_eq!(invalid, InvalidSettings::AuthenticationLife);
    assert!(defaults.with(&settings.without(invalid)).is_ok());
}

/// Every setting, none as it is by default.
fn everything() -> Value {
    json!({
        "trust": false,
        "force": false,
        "sign_up": "open",
        "password": false,
        "sms": false,
        "email": false,
        "session_life_seconds": 600,
        "authentication_life_seconds": 86_400,
        "exchange_requires_pin": true,
        "password_min_length": 20,
        "code_life_seconds": 120,
        "one_time_token_life_seconds": 30,
        "login_url": "https://tickets.example/login?a=b",
        "return_origins": ["https://tickets.example"],
        "public_urls": ["https://market.example/auth"],
        "flows": {"sell": {"url": "https://market.example/sell/{event_id}", "force": true}},
        "name": "Northstar Tickets",
        "colour": "#1f6feb",
        "reset_url": "https://market.example/new-password",
        "logo": "https://tickets.example/logo.svg",
        "locale": "es-419",
        "country": "ES",
        "sms_countries": ["ES", "PT"],
        "sms_daily_budget": "120.50",
        "sms_country_daily_budget": "60.00",
        "limits": {"dry_run": true, "code_pause_seconds": 90, "codes_per_hour": 3, "codes_per_day": 6,
                   "password_guesses_per_hour": 20, "code_guesses_per_hour": 10,
                   "sends_per_minute": 100, "guesses_per_minute": 200},
    })
}

#[test]
fn every_setting_is_kept_and_holds() {
    let settings = own(everything());
    assert_eq!(serde_json::to_value(&settings).unwrap(), everything());
    let members = everything();
    let mut members = members.as_object().unwrap().keys().collect::<Vec<_>>();
    let mut known = OwnSettings::MEMBERS.to_vec();
    members.sort();
    known.sort_unstable();
    assert_eq!(members, known);

    let defaults = PartnerSettings::default();
    let whole = defaults.with(&settings).unwrap();
    for member in known {
        let patch = json!({ member: null });
        let less = settings.patched(&patch).unwrap();
        // A forced flow cannot do without the login URL.
        let Ok(less) = defaults.with(&less) else {
            assert_eq!(member, "login_url");
            continue;
        };
        assert_ne!(less, whole, "{member}");
    }
}

#[test]
fn nothing_set_is_an_empty_object() {
    let nothing = OwnSettings::default();
    assert_eq!(serde_json::to_value(&nothing).unwrap(), json!({}));
    let defaults = PartnerSettings::default();
    assert_eq!(defaults.with(&nothing), Ok(defaults));
}

#[rstest]
#[case(json!({}), json!({"a": 1}))]
#[case(json!({"trust": null}), json!({"a": 1}))]
fn a_change_of_nothing_changes_nothing(#[case] patch: Value, #[case] _other: Value) {
    let settings = own(json!({"force": false}));
    assert_eq!(settings.patched(&patch), Ok(settings));
}

#[test]
fn flows_are_changed_one_by_one() {
    let settings = own(json!({
        "sms": false,
        "return_origins": ["https://a.example", "https://b.example"],
        "flows": {
            "buy": {"url": "https://market.example/buy", "force": false},
            "sell": {"url": "https://market.example/sell"},
        },
    }));
    let patch = json!({
        "sms": null,
        "email": false,
        "return_origins": ["https://c.example"],
        "flows": {
            "buy": {"force": null},
            "sell": null,
            "give": {"url": "https://market.example/give/{id}", "force": false},
        },
    });
    let expected = json!({
        "email": false,
        "return_origins": ["https://c.example"],
        "flows": {
            "buy": {"url": "https://market.example/buy"},
            "give": {"url": "https://market.example/give/{id}", "force": false},
        },
    });
    assert_eq!(settings.patched(&patch), Ok(own(expected)));
    let none = settings.patched(&json!({"flows": null})).unwrap();
    assert_eq!(none.flows, None);
}

#[rstest]
#[case(json!([]), "write the settings as an object; null takes one back")]
#[case(json!(null), "write the settings as an object; null takes one back")]
#[case(json!("trust"), "write the settings as an object; null takes one back")]
#[case(json!({"colors": "#fff"}), "colors is no setting of a partner")]
#[case(json!({"colors": null}), "colors is no setting of a partner")]
#[case(json!({"a\u{202e}\u{1b}[2J": 1}), "a member is no setting of a partner")]
#[case(json!({"trust": "hunter2"}), "trust: write true or false")]
#[case(json!({"trust": {"hunter2": 1}}), "trust: write true or false")]
#[case(json!({"sign_up": "hunter2"}), "sign_up: write \"open\" or \"closed\"")]
#[case(json!({"session_life_seconds": -1}), "session_life_seconds: write a whole number of seconds")]
#[case(json!({"session_life_seconds": 1.5}), "session_life_seconds: write a whole number of seconds")]
#[case(json!({"password_min_length": "hunter2"}), "password_min_length: write a number of characters")]
#[case(json!({"name": ["hunter2"]}), "name: write a text")]
#[case(json!({"return_origins": "hunter2"}), "return_origins: write a list of origins, such as [\"https://tickets.example\"]")]
#[case(json!({"colour": "red"}), "colour: a colour is # and six hexadecimal digits, such as #1f6feb")]
#[case(json!({"country": "Spain"}), "country: a country is two letters, such as GB or ES (ISO 3166)")]
#[case(json!({"sms_countries": "GB"}), "sms_countries: write a list of countries, such as [\"GB\", \"ES\"]")]
#[case(json!({"sms_daily_budget": 25}), "sms_daily_budget: write an amount of money as a text, such as \"25.00\"")]
#[case(json!({"sms_daily_budget": "-1"}), "sms_daily_budget: an amount is digits and, after a point, up to six more, such as 25 or 0.0075; at most 1000000000")]
#[case(json!({"locale": "english"}), "locale: a locale is a language and, where it matters, a script and a region: es, pt-BR, es-419")]
#[case(json!({"login_url": "http://tickets.example"}), "login_url: a URL here begins with https://; http:// is for localhost and loopback addresses")]
#[case(json!({"return_origins": ["https://a.example", "https://b.example/c"]}), "return_origins[1]: an origin is a scheme, a host and a port alone, such as https://market.example")]
#[case(json!({"flows": {"sell": {"url": "https://{a}.example"}}}), "flows.sell.url: placeholders stand only in a segment of the path or in a value of the query")]
fn a_refusal_names_the_member_and_says_what_is_right(#[case] patch: Value, #[case] text: &str) {
    let refusal = OwnSettings::default().patched(&patch).unwrap_err();
    assert_eq!(refusal.to_string(), text);
}

#[rstest]
#[case(json!({"flows": {"sell": {}}}))]
#[case(json!({"flows": {"sell": 1}}))]
#[case(json!({"flows": {"sell": {"url": "https://a.example/", "hunter2": 1}}}))]
#[case(json!({"flows": {"sell": {"url": "https://a.example/", "force": "hunter2"}}}))]
#[case(json!({"flows": {"Hunter2 \u{202e}": {"url": "https://a.example/"}}}))]
#[case(json!({"flows": ["hunter2"]}))]
#[case(json!({"name": "hunter2 \u{202e}"}))]
#[case(json!({"logo": "hunter2"}))]
#[case(json!({"reset_url": "hunter2"}))]
#[case(json!({"public_urls": ["https://a.example/?hunter2"]}))]
fn a_refusal_repeats_no_value(#[case] patch: Value) {
    let refusal = OwnSettings::default().patched(&patch).unwrap_err();
    let member = patch.as_object().unwrap().keys().next().unwrap();
    let text = refusal.to_string();
    assert!(text.starts_with(member.as_str()), "{text}");
    let value = text.to_lowercase().replace("flows.sell.hunter2", "");
    assert!(!value.contains("hunter2") && text.is_ascii(), "{text}");
    assert!(matches!(refusal, InvalidPatch::Member { .. }));
}

#[test]
fn what_a_newer_version_wrote_is_not_read_in_part() {
    let newer = r#"{"trust": false, "hue": 3}"#;
    assert!(serde_json::from_str::<OwnSettings>(newer).is_err());
}

#[rstest]
#[case::nothing(json!({}), &[])]
#[case::the_own_country_alone(json!({"country": "ES"}), &["ES"])]
#[case::those_it_names(json!({"country": "ES", "sms_countries": ["PT"]}), &["PT"])]
#[case::nowhere(json!({"country": "ES", "sms_countries": []}), &[])]
fn sms_go_to_the_partners_own_country_unless_it_says_otherwise(
    #[case] set: Value,
    #[case] expected: &[&str],
) {
    let settings = PartnerSettings::default().with(&own(set)).unwrap();
    let countries = settings.sms_countries.iter();
    let countries: Vec<_> = countries.map(|country| country.as_str()).collect();
    assert_eq!(countries, expected);
}

#[test]
fn a_country_that_is_there_twice_is_refused_and_gives_way() {
    let settings = own(json!({"sms_countries": ["ES", "PT", "ES"]}));
    let defaults = PartnerSettings::default();
    let invalid = defaults.with(&settings).unwrap_err();
    assert_eq!(invalid, InvalidSettings::SmsCountries);
    assert_eq!(
        settings.without(invalid),
        own(json!({"sms_countries": ["ES", "PT"]}))
    );
}
