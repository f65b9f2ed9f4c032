use countersign_domain::partner::OwnSettings;
use serde_json::{Value, json};

use super::super::text::spelt;
use super::{of, unknown};

fn patch(settings: &[&str]) -> Result<Value, String> {
    let settings: Vec<_> = settings.iter().map(|&text| text.to_owned()).collect();
    of(&settings)
}

#[test]
fn a_setting_is_read_as_what_it_is() {
    for (settings, expected) in [
        (&["trust=false"][..], json!({ "trust": false })),
        (&["sign_up=open"], json!({ "sign_up": "open" })),
        (&["name=A = B"], json!({ "name": "A = B" })),
        (
            &["session_life=10m"],
            json!({ "session_life_seconds": 600 }),
        ),
        (
            &["one_time_token_life=60s"],
            json!({ "one_time_token_life_seconds": 60 }),
        ),
        (
            &["authentication_life=30d"],
            json!({ "authentication_life_seconds": 2_592_000 }),
        ),
        (
            &["code_life_seconds=90"],
            json!({ "code_life_seconds": 90 }),
        ),
        (
            &["password_min_length=12"],
            json!({ "password_min_length": 12 }),
        ),
        (
            &["return_origins=https://a.example, https://b.example"],
            json!({ "return_origins": ["https://a.example", "https://b.example"] }),
        ),
        (
            &[
                "flows.sell.url=https://m.example/sell?x=1",
                "flows.sell.force=true",
                "flows.buy=",
            ],
            json!({ "flows": {
                "sell": { "url": "https://m.example/sell?x=1", "force": true },
                "buy": null,
            } }),
        ),
        (
            &[
                "login_url=",
                "session_life=",
                "flows=",
                "trust=",
                "return_origins=",
            ],
            json!({
                "login_url": null, "session_life_seconds": null, "flows": null, "trust": null,
                "return_origins": null,
            }),
        ),
        (
            &["flows.sell.force="],
            json!({ "flows": { "sell": { "force": null } } }),
        ),
        (&[], json!({})),
    ] {
        assert_eq!(patch(settings), Ok(expected), "{settings:?}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_what_would_be_right() {
    for (settings, expected) in [
        (&["trust"][..], "KEY=VALUE"),
        (&["=x"], "there is no setting"),
        (&["sign-up=open"], "did you mean `sign_up`?"),
        (&["color=#fff000"], "did you mean `colour`?"),
        (&["session_live=10m"], "did you mean `session_life`?"),
        (
            &["flow.sell.url=https://a"],
            "did you mean `flows.NAME.url`?",
        ),
        (
            &["redirect=https://a"],
            ". There are trust, force, sign_up,",
        ),
        (&["trust.x=true"], "there is no setting trust.x"),
        (&["session_life=600"], "such as 15m"),
        (&["session_life=soon"], "such as 15m"),
        (&["flows.sell=https://a"], "flows.NAME.url=https://"),
        (&["flows=sell"], "flows.NAME.url=https://"),
        (&["flows.sell.uri=https://a"], "flows.NAME.url=https://"),
        (&["flows.sell.url="], "a flow has a url"),
        (&["flows.Sell.url=https://a"], "lower-case letters"),
        (&["flows..url=https://a"], "lower-case letters"),
        (&["trust=true", "trust=false"], "another KEY=VALUE"),
        (
            &["session_life=10m", "session_life_seconds=600"],
            "another KEY=VALUE",
        ),
        (&["flows=", "flows.sell.url=https://a"], "another KEY=VALUE"),
        (
            &["flows.sell.url=https://a", "flows.sell="],
            "another KEY=VALUE",
        ),
    ] {
        let refused = patch(settings).expect_err("a refusal");
        assert!(refused.contains(expected), "{settings:?}: {refused}");
    }
}

/// What is not of its sort is refused by the settings, which say what would be right.
#[test]
fn a_value_of_another_sort_is_refused_by_the_settings() {
    for (setting, expected) in [
        ("trust=yes", "trust: write true or false"),
        ("sign_up=maybe", "sign_up: write \"open\" or \"closed\""),
        (
            "code_life_seconds=5m",
            "code_life_seconds: write a whole number of seconds",
        ),
        (
            "password_min_length=-1",
            "password_min_length: write a number",
        ),
        ("return_origins=https://a.example,", "return_origins[1]: "),
        (
            "login_url=market.example",
            "login_url: a URL here begins with https://",
        ),
        ("flows.sell.force=true", "flows"),
        (
            "flows.sell.url=https://m.example/{}",
            "flows.sell.url: a placeholder is {name}",
        ),
    ] {
        let patch = patch(&[setting]).expect("it can be read");
        let refused = OwnSettings::default()
            .patched(&patch)
            .expect_err("a refusal");
        assert!(
            refused.to_string().contains(expected),
            "{setting}: {refused}"
        );
    }
}

#[test]
fn every_setting_can_be_written_as_it_is_shown() {
    let whole = json!({
        "trust": false, "force": true, "sign_up": "open", "password": true, "sms": false,
        "email": true, "session_life_seconds": 600, "authentication_life_seconds": 86_400,
        "exchange_requires_pin": false, "password_min_length": 12, "code_life_seconds": 90,
        "one_time_token_life_seconds": 60, "login_url": "https://a.example/in?x=1",
        "reset_url": "https://m.example/new-password?from=mail",
        "return_origins": ["https://a.example", "https://b.example"],
        "public_urls": ["https://m.example/auth"],
        "flows": {
            "buy": { "url": "https://m.example/buy" },
            "sell": { "url": "https://m.example/sell/{event_id}", "force": true },
        },
        "name": "A, B = C", "colour": "#1f6feb", "logo": "https://a.example/logo.svg",
        "locale": "pt-BR", "country": "BR", "sms_countries": ["BR", "PT"],
        "sms_daily_budget": "120.50", "sms_country_daily_budget": "60.00",
        "locale": "pt-BR",
        "limits": {"dry_run": true, "code_pause_seconds": 90, "codes_per_hour": 3, "codes_per_day": 6,
                   "password_guesses_per_hour": 20, "code_guesses_per_hour": 10,
                   "sends_per_minute": 100, "guesses_per_minute": 200},
    });
    for member in OwnSettings::MEMBERS {
        assert!(whole.get(member).is_some(), "{member} is in this test");
    }
    let whole = OwnSettings::default().patched(&whole).expect("settings");
    let written = spelt(&whole)
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"));
    let patch = of(&written.collect::<Vec<_>>()).expect("it can be read");
    assert_eq!(OwnSettings::default().patched(&patch), Ok(whole.clone()));

    // And taken back.
    let back = OwnSettings::MEMBERS
        .iter()
        .map(|member| format!("{member}="));
    let patch = of(&back.collect::<Vec<_>>()).expect("it can be read");
    assert_eq!(whole.patched(&patch), Ok(OwnSettings::default()));
}

#[test]
fn every_setting_is_listed() {
    let said = unknown("x");
    for member in OwnSettings::MEMBERS {
        let name = member.strip_suffix("_seconds").unwrap_or(member);
        assert!(said.contains(name), "{name}: {said}");
    }
}
