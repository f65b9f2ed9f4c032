//! The breaker: where nobody uses the codes, few are sent.

use std::time::Duration;

use countersign_domain::audit::Action;
use countersign_domain::partner::Slug;
use countersign_domain::sms::{BUCKET, Counts, SmsRefusal};
use countersign_service::LogInRefusal;
use countersign_testkit::{Mood, TestApp};
use reqwest::StatusCode;

use crate::known_devices::begin_with;
use crate::password_resets::{ask, reset};
use crate::sms_budget::{begin, british, budget, noted, settings};

const MINUTE: Duration = Duration::from_secs(60);

async fn app() -> TestApp {
    TestApp::priced(settings("1000", "1000"), Some(budget("0.05"))).await
}

/// Sends codes that nobody uses.
async fn pump(app: &TestApp, numbers: std::ops::Range<u32>) {
    for number in numbers {
        begin(app.service(), british(number)).await.unwrap();
    }
}

/// Logs in with a code, as people do.
async fn log_in(app: &TestApp, number: u32) {
    app.signed_in_by_sms(&british(number)).await;
}

async fn refused(app: &TestApp, number: u32) -> Duration {
    match begin(app.service(), british(number)).await {
        Err(LogInRefusal::Sms(SmsRefusal::BreakerOpen(wait))) => wait,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_opens_lets_probes_through_and_closes_by_itself() {
    let app = app().await;
    pump(&app, 0..30).await;
    // As long as they may still be used they tell nothing.
    app.advance(10 * MINUTE).await;
    pump(&app, 30..31).await;
    app.advance(10 * MINUTE).await;

    let answer = app.client().begin(&british(100)).await;
    let answer = answer.expect_error(429, "rate_limited");
    assert_eq!(answer.headers["retry-after"], "300");
    assert_eq!(
        noted(&app, Action::SmsBreakerOpened).await,
        ["GB, 0 of 30 codes used"]
    );
    assert_eq!(refused(&app, 101).await, 5 * MINUTE);
    // Another country's users come in as before.
    let spanish = app.client().begin("+34612345678").await;
    spanish.expect(StatusCode::CREATED);

    // One in five minutes, and the probes are used.
    for probe in 0..8 {
        app.advance(5 * MINUTE).await;
        log_in(&app, 200 + probe).await;
        assert_eq!(refused(&app, 300).await, 5 * MINUTE);
    }
    assert_eq!(noted(&app, Action::SmsBreakerOpened).await.len(), 1);
    assert!(noted(&app, Action::SmsBreakerClosed).await.is_empty());
    app.advance(16 * MINUTE).await;
    for number in 400..420 {
        log_in(&app, number).await;
    }
    assert_eq!(noted(&app, Action::SmsBreakerClosed).await.len(), 1);

    // What it was opened for counts no more; what comes now does.
    app.advance(20 * MINUTE).await;
    log_in(&app, 500).await;
    pump(&app, 600..680).await;
    app.advance(20 * MINUTE).await;
    refused(&app, 700).await;
    assert_eq!(noted(&app, Action::SmsBreakerOpened).await.len(), 2);
}

/// Or whoever asks first for each probe would keep the owners out.
#[tokio::test]
async fn a_known_device_passes_it_and_is_counted_and_paid_for() {
    let app = TestApp::priced(settings("1.60", "1.60"), Some(budget("0.05"))).await;
    let client = app.client();
    let owner = british(1);
    let (before, _) = app.signed_in_by_sms(&owner).await;
    let token = before.text_of("token");
    pump(&app, 100..129).await;
    app.advance(20 * MINUTE).await;
    refused(&app, 200).await;
    app.advance(BUCKET).await;

    let stranger = client.begin(&british(300)).await;
    stranger.expect(StatusCode::CREATED);
    for stranger in [british(301), owner.clone()] {
        let refused = client.begin(&stranger).await;
        refused.expect_error(429, "rate_limited");
    }
    let again = begin_with(&client, &owner, &token).await;
    let id = again.expect(StatusCode::CREATED).text_of("id");
    let code = app.code_for(&owner).await.unwrap();
    client.answer(&id, &code).await.expect(StatusCode::OK);

    // The probe and this one; and both are paid.
    app.advance(20 * MINUTE).await;
    let (operator, partner) = (app.operator().await, Slug::default_partner());
    let shown = operator.show_sms(&partner).await.unwrap();
    let seen = shown.breakers[0].seen.recent;
    assert_eq!(seen, Counts { sent: 2, used: 1 });
    let spent = begin_with(&client, &owner, &token).await;
    spent.expect_error(429, "rate_limited");
    let events = noted(&app, Action::SmsBudgetReached).await;
    assert_eq!(events, ["sms_country_daily_budget, at a message to GB"]);
}

#[tokio::test]
async fn people_who_use_their_codes_never_meet_it() {
    let app = app().await;
    for round in 0..6 {
        for number in 0..10 {
            log_in(&app, round * 10 + number).await;
        }
        pump(&app, 900 + round * 3..903 + round * 3).await;
        app.advance(15 * MINUTE).await;
    }
    assert!(noted(&app, Action::SmsBreakerOpened).await.is_empty());
}

#[tokio::test]
async fn people_who_reset_their_passwords_never_meet_it() {
    let app = app().await;
    let client = app.client();
    for number in 0..30 {
        app.add_user(&format!("phone:{}", british(number)), None)
            .await;
        let asked = ask(&client, "phone", &british(number)).await;
        asked.expect(StatusCode::ACCEPTED);
        let code = app.code_for(&british(number)).await.unwrap();
        let done = reset(&client, &code, "seven lemons on a bicycle").await;
        done.expect(StatusCode::NO_CONTENT);
    }
    app.advance(20 * MINUTE).await;
    pump(&app, 100..120).await;
    assert!(noted(&app, Action::SmsBreakerOpened).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_ask_at_once_one_is_the_probe() {
    let app = app().await;
    let other = app.another_node().await;
    pump(&app, 0..30).await;
    app.advance(20 * MINUTE).await;
    refused(&app, 100).await;
    app.advance(5 * MINUTE).await;
    let asked = (0..40).map(|number| {
        let node = if number % 2 == 0 {
            app.service()
        } else {
            &other.service
        };
        let node = node.clone();
        tokio::spawn(async move { begin(&node, british(200 + number)).await })
    });
    let mut sent = 0;
    for answer in asked.collect::<Vec<_>>() {
        sent += usize::from(answer.await.unwrap().is_ok());
    }
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn the_operator_sees_and_resets_it() {
    let app = app().await;
    let (operator, partner) = (app.operator().await, Slug::default_partner());
    pump(&app, 0..30).await;
    app.advance(20 * MINUTE).await;
    assert!(operator.reset_sms(&partner, None).await.unwrap().is_empty());
    refused(&app, 100).await;

    let shown = operator.show_sms(&partner).await.unwrap();
    assert_eq!(shown.spent.len(), 2);
    let breaker = &shown.breakers[0];
    assert_eq!(breaker.country.as_str(), "GB");
    assert!(breaker.breaker.opened_at.is_some());

    let spain = "ES".parse().unwrap();
    let other = operator.reset_sms(&partner, Some(&spain)).await.unwrap();
    assert!(other.is_empty());
    let closed = operator.reset_sms(&partner, None).await.unwrap();
    assert_eq!(closed.len(), 1);
    assert_eq!(noted(&app, Action::SmsBreakerReset).await, ["GB"]);
    pump(&app, 200..220).await;
}

/// Thirty codes of which none is used, while providers do this. Whether the breaker opens when
/// somebody comes again.
async fn opens_where(mood: Mood) -> bool {
    let app = app().await;
    app.gate.set(mood);
    for number in 0..30 {
        begin(app.service(), british(number)).await.unwrap();
    }
    app.service().deliver().await.unwrap();
    app.gate.set(Mood::Open);
    app.advance(20 * MINUTE).await;
    app.service().deliver().await.unwrap();
    let asked = begin(app.service(), british(100)).await;
    matches!(asked, Err(LogInRefusal::Sms(SmsRefusal::BreakerOpen(_))))
}

#[tokio::test]
async fn codes_that_no_provider_took_tell_nothing() {
    assert!(!opens_where(Mood::Later).await, "none took them in time");
    assert!(!opens_where(Mood::Unknown).await, "none answered for them");
    assert!(
        opens_where(Mood::Never).await,
        "made-up numbers do not hide"
    );
    assert!(opens_where(Mood::Open).await, "they were sent");
}
