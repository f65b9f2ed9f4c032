//! `[sms]`.

use super::{Setup, names};

const TWILIO: &str = "[sms.twilio]\naccount_sid = 'AC0123456789abcdef0123456789abcdef'\n\
                      secret = 'hunter2hunter2'\nfrom = '+15005550006'\n";
const WEBHOOK: &str = "[sms.webhook]\nurl = 'https://sms.example/send'\n\
                       secret = 'whsec_aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg=='\n";

fn setup(sms: &str, more: &str) -> Setup {
    Setup::new().file(&format!("[sms]\n{sms}\n{more}"))
}

#[test]
fn nothing_set_sends_none() {
    let sms = Setup::new().loaded().sms;
    assert!(sms.routes.is_none() && sms.twilio.is_none() && sms.webhook.is_none());
    assert_eq!(sms.currency, "EUR");
}

#[test]
fn without_routes_every_number_goes_by_what_is_set_up() {
    let both = setup("price = '0.05'", &format!("{TWILIO}{WEBHOOK}"));
    let config = both.loaded();
    let expected = "*=twilio,webhook".parse().expect("routes");
    assert_eq!(config.sms.routes, Some(expected));
    let twilio = config.sms.twilio.expect("it is set up");
    let secret = twilio.secret(&config.data_dir).expect("it is guarded");
    assert_eq!(secret.expose(), "hunter2hunter2");

    let one = setup("price = '0.05'\nroutes = '44=twilio'", TWILIO);
    let expected = "44=twilio".parse().expect("routes");
    assert_eq!(one.loaded().sms.routes, Some(expected));
}

#[test]
fn half_a_provider_is_refused() {
    for (toml, parts) in [
        (
            "[sms.twilio]\nfrom = '+1500'",
            &["sms.twilio.from", "account_sid", "secret_file"][..],
        ),
        (
            "[sms.webhook]\nurl = 'https://a.example'",
            &["sms.webhook.url", "secret_file"],
        ),
        (
            "[sms.webhook]\nsecret_file = 'a'",
            &["secret_file", "sms.webhook.url"],
        ),
    ] {
        names(&setup("price = '1'", toml).refused(), parts);
    }
    let sender = TWILIO.replace("from = '+15005550006'\n", "");
    let refused = setup("price = '1'", &sender).refused();
    names(&refused, &["sms.twilio.from", "messaging_service_sid"]);
    let sid = TWILIO.replace("AC0123", "XX0123");
    names(
        &setup("price = '1'", &sid).refused(),
        &["account_sid", "32 hexadecimal"],
    );
    let twice = format!("{TWILIO}secret_file = 'a'\n");
    names(
        &setup("price = '1'", &twice).refused(),
        &["secret_file", "only one"],
    );
}

#[test]
fn sms_without_a_price_or_with_a_budget_too_small_are_refused() {
    names(&setup("", TWILIO).refused(), &["account_sid", "sms.price"]);
    names(
        &setup("price = '0'", TWILIO).refused(),
        &["sms.price", "no bound"],
    );
    let small = setup("price = '0.05'\ndaily_budget = '4.99'", TWILIO);
    names(&small.refused(), &["sms.daily_budget", "at least 5.00"]);
    setup("price = '0.05'\ndaily_budget = '5'", TWILIO).loaded();
}

#[test]
fn a_route_by_what_is_not_set_up_is_refused() {
    let refused = setup("price = '1'\nroutes = '*=twilio,webhook'", TWILIO).refused();
    names(&refused, &["sms.routes", "webhook is not set up"]);
    let refused = setup("price = '1'\nroutes = 'gb=twilio'", TWILIO).refused();
    names(&refused, &["sms.routes", "44=twilio,webhook"]);
}

#[test]
fn secrets_are_guarded_and_never_shown() {
    let setup = Setup::new();
    let open = setup.write("twilio.secret", "hunter2hunter2\n", 0o644);
    let toml = TWILIO.replace(
        "secret = 'hunter2hunter2'",
        &format!("secret_file = {open:?}"),
    );
    let setup = setup.file(&format!("[sms]\nprice = '1'\n{toml}"));
    let config = setup.loaded();
    let twilio = config.sms.twilio.expect("it is set up");
    let refused = twilio
        .secret(&config.data_dir)
        .expect_err("others may read it");
    names(
        &refused.to_string(),
        &["sms.twilio.secret_file", "chmod 600"],
    );

    let setup = Setup::new();
    let toml = format!("[sms]\nprice = '1'\n{TWILIO}");
    setup.write("countersign.toml", &toml, 0o644);
    let config = setup.loaded();
    let twilio = config.sms.twilio.as_ref().expect("it is set up");
    let refused = twilio
        .secret(&config.data_dir)
        .expect_err("others may read it");
    names(&refused.to_string(), &["sms.twilio.secret", "chmod 600"]);
    let shown = format!("{config:?} {refused}");
    assert!(!shown.contains("hunter2"), "{shown}");
}
