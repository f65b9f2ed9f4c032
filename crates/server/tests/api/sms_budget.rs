//! What SMS cost: never more than may be spent, and nobody can tell who is known by it.

use std::ops::ControlFlow;
use std::time::Duration;

use countersign_domain::audit::Action;
use countersign_domain::authentication::Channel;
use countersign_domain::device::DeviceDescription;
use countersign_domain::partner::{PartnerSettings, SignUp, Slug};
use countersign_domain::sms::{Budget, Money, Prices, SmsRefusal, segments};
use countersign_service::audit::Filter;
use countersign_service::{Failure, LogIn, LogInRefusal, Proof, Service};
use countersign_testkit::{Client, TestApp};
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

use crate::challenges::shape;
use crate::password_resets::ask;

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// What every SMS costs here.
pub(crate) fn budget(price: &str) -> Budget {
    Budget {
        prices: Prices::flat(money(price)),
        daily: None,
    }
}

/// Settings of a partner with people in Great Britain and Spain that may spend so much in all,
/// and on each of them.
pub(crate) fn settings(daily: &str, country: &str) -> PartnerSettings {
    PartnerSettings {
        sign_up: SignUp::Open,
        country: Some("FR".parse().unwrap()),
        sms_countries: vec!["GB".parse().unwrap(), "ES".parse().unwrap()],
        sms_daily_budget: money(daily),
        sms_country_daily_budget: money(country),
        limits: TestApp::LOOSE,
        ..PartnerSettings::default()
    }
}

/// A mobile number in Great Britain, one of a million.
pub(crate) fn british(number: u32) -> String {
    format!("+447400{number:06}")
}

/// One in Spain.
fn spanish(number: u32) -> String {
    format!("+34612{number:06}")
}

/// What the default partner has spent today: in all, and how many messages that were.
async fn spent(app: &TestApp) -> (Money, i64) {
    let (operator, partner) = (app.operator().await, Slug::default_partner());
    let spent = operator.show_sms(&partner).await.unwrap().spent;
    let all = spent.iter().find(|spent| spent.country.is_none());
    all.map_or((Money::ZERO, 0), |all| (all.spent, all.sent))
}

/// How many entries of the audit have this action, and what they say.
pub(crate) async fn noted(app: &TestApp, action: Action) -> Vec<String> {
    let filter = Filter {
        action: Some(action.as_str().to_owned()),
        ..Filter::default()
    };
    let mut details = Vec::new();
    let auditor = app.auditor();
    let each = |shown: countersign_service::audit::Shown| {
        let entry = shown.entry.unwrap();
        assert!(entry.partner.is_some());
        details.push(entry.detail.unwrap_or_default());
        ControlFlow::Continue(())
    };
    auditor.list(&filter, 1000, each).await.unwrap();
    details
}

/// Asks the service itself for a code, past HTTP.
pub(crate) async fn begin(service: &Service, number: String) -> Result<(), LogInRefusal> {
    let caller = countersign_domain::Caller::local(service.request_id(service.uptime()));
    let log_in = LogIn {
        partner: Slug::default_partner(),
        identity: format!("phone:{number}").parse().unwrap(),
        proof: Proof::Code(Channel::Sms),
        pin: None,
        description: DeviceDescription::default(),
        locale: None,
        device_token: None,
    };
    match service.log_in(&caller, log_in).await {
        Ok(_) => Ok(()),
        Err(Failure::Refused(refusal)) => Err(refusal),
        Err(failure) => panic!("{failure}"),
    }
}

/// Asks for a code for each number, 64 at once, of each service in turn. How many were sent;
/// the others must have been told that the budget is spent.
async fn begin_all(services: &[Service], numbers: impl Iterator<Item = String>) -> usize {
    let mut sent = 0;
    let mut judge = |answer: Result<(), LogInRefusal>| match answer {
        Ok(()) => sent += 1,
        Err(LogInRefusal::Sms(SmsRefusal::BudgetSpent(wait))) => assert!(!wait.is_zero()),
        Err(refusal) => panic!("{refusal}"),
    };
    let mut tasks = JoinSet::new();
    for (service, number) in services.iter().cycle().zip(numbers) {
        let service = service.clone();
        tasks.spawn(async move { begin(&service, number).await });
        if tasks.len() >= 64 {
            judge(tasks.join_next().await.unwrap().unwrap());
        }
    }
    tasks.join_all().await.into_iter().for_each(judge);
    sent
}

async fn in_outbox(service: &Service) -> usize {
    service.deliver().await.unwrap();
    service.delivery().outbox().unwrap().messages().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_random_numbers_cost_no_more_than_the_cap() {
    let mut app = TestApp::priced(settings("50", "5"), Some(budget("0.05"))).await;
    app.node_limits.sends_per_minute = 1_000_000;
    let node = app.another_node().await;
    // 7919 is prime: the numbers are a million's, scattered.
    let numbers = (0..10_000).map(|n| british(n * 7919 % 1_000_000));
    let sent = begin_all(std::slice::from_ref(&node.service), numbers).await;
    assert_eq!((sent, in_outbox(&node.service).await), (100, 100));
    assert_eq!(spent(&app).await, (money("5"), 100));

    let refused = app.client().begin(&british(1)).await;
    let refused = refused.expect_error(429, "rate_limited");
    let wait: u64 = refused.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=3600).contains(&wait), "{wait}");
    let events = noted(&app, Action::SmsBudgetReached).await;
    assert_eq!(events, ["sms_country_daily_budget, at a message to GB"]);

    // Another country's users come in as before.
    app.client()
        .begin(&spanish(1))
        .await
        .expect(StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_send_at_once_never_spend_more_than_the_cap() {
    let app = TestApp::priced(settings("1", "50"), Some(budget("0.03"))).await;
    let (two, three) = (app.another_node().await, app.another_node().await);
    let services = [
        app.service().clone(),
        two.service.clone(),
        three.service.clone(),
    ];
    let sent = begin_all(&services, (0..400).map(british)).await;
    assert_eq!(sent, 33);
    let mut messages = 0;
    for service in &services {
        messages += in_outbox(service).await;
    }
    assert_eq!(messages, 33);
    assert_eq!(spent(&app).await, (money("0.99"), 33));
    let events = noted(&app, Action::SmsBudgetReached).await;
    assert_eq!(events, ["sms_daily_budget, at a message to GB"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_partners_together_spend_no_more_than_the_installation_may() {
    let sms = Budget {
        daily: Some(money("1")),
        ..budget("0.05")
    };
    let app = TestApp::priced(settings("50", "50"), Some(sms)).await;
    app.add_partner("northstar").await;
    let other = json!({ "country": "GB", "sign_up": "open", "sms_daily_budget": "1000" });
    let northstar: Slug = "northstar".parse().unwrap();
    let operator = app.operator().await;
    operator.set_partner(&northstar, &other).await.unwrap();
    app.service().poll_feed().await.unwrap();

    let begin = async |client: &Client, partner: &str, number: u32| {
        let body = json!({
            "partner": partner,
            "identity": { "type": "phone", "value": british(number) },
            "authenticator": "sms",
        });
        client.post("/v1/tokens", &body).await.status
    };
    let client = app.client();
    let mut sent = [0; 2];
    for number in 0..30 {
        for (sent, partner) in sent.iter_mut().zip(["default", "northstar"]) {
            *sent += usize::from(begin(&client, partner, number).await == StatusCode::CREATED);
        }
    }
    assert!(sent.iter().all(|sent| *sent > 0), "{sent:?}");
    assert_eq!(
        (sent[0] + sent[1], in_outbox(app.service()).await),
        (20, 20)
    );
    let events = noted(&app, Action::SmsBudgetReached).await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(events[0].contains("installation"), "{events:?}");
}

#[tokio::test]
async fn each_segment_is_paid_whoever_has_the_number() {
    let page = "https://entradas.mercado.example/auth";
    let long = "N".repeat(64);
    for (name, of_code, of_reset) in [
        ("Northstar", 1, 1),
        // Outside the alphabet of GSM, and long.
        ("Полярная звезда", 2, 3),
        (&long, 1, 2),
    ] {
        let named = PartnerSettings {
            name: Some(name.parse().unwrap()),
            public_urls: vec![page.parse().unwrap()],
            sign_up: SignUp::Closed,
            ..settings("50", "50")
        };
        let app = TestApp::priced(named, Some(budget("0.05"))).await;
        let (client, known, unknown) = (app.client(), british(1), british(2));
        app.add_user(&format!("phone:{known}"), None).await;
        let mut costs = Vec::new();
        for number in [&known, &unknown] {
            client.begin(number).await.expect(StatusCode::CREATED);
            costs.push(spent(&app).await.0);
            let asked = ask(&client, "phone", number).await;
            asked.expect(StatusCode::ACCEPTED);
            costs.push(spent(&app).await.0);
        }
        let both = of_code + of_reset;
        let sums = [of_code, both, both + of_code, both + both];
        let price = money("0.05");
        assert_eq!(costs, sums.map(|count| price.times(count)), "{name}");

        // As they were written.
        in_outbox(app.service()).await;
        let written = app.service().delivery().outbox().unwrap().messages();
        let counts = written.iter().map(|sms| segments(sms.body.expose()).count);
        let mut counts: Vec<_> = counts.collect();
        counts.sort_unstable();
        assert_eq!(counts, [of_code, of_reset], "{name}");
    }
}

#[tokio::test]
async fn a_new_day_has_a_budget_of_its_own() {
    let app = TestApp::priced(settings("50", "0.05"), Some(budget("0.05"))).await;
    let client = app.client();
    for day in 0..3 {
        client
            .begin(&british(day))
            .await
            .expect(StatusCode::CREATED);
        assert_eq!(spent(&app).await, (money("0.05"), 1));
        client
            .begin(&british(day))
            .await
            .expect_error(429, "rate_limited");
        app.advance(DAY).await;
    }
    let events = noted(&app, Action::SmsBudgetReached).await;
    assert_eq!(events.len(), 3, "one a day: {events:?}");
}

#[tokio::test]
async fn the_partners_own_country_may_have_all_of_its_budget() {
    let at_home = PartnerSettings {
        country: Some("GB".parse().unwrap()),
        ..settings("0.50", "0.10")
    };
    let app = TestApp::priced(at_home, Some(budget("0.05"))).await;
    let client = app.client();
    for number in 0..2 {
        client
            .begin(&spanish(number))
            .await
            .expect(StatusCode::CREATED);
    }
    let abroad = client.begin(&spanish(2)).await;
    abroad.expect_error(429, "rate_limited");
    for number in 0..8 {
        client
            .begin(&british(number))
            .await
            .expect(StatusCode::CREATED);
    }
    let home = client.begin(&british(8)).await;
    home.expect_error(429, "rate_limited");
    assert_eq!(spent(&app).await, (money("0.50"), 10));
}

#[tokio::test]
async fn what_is_refused_leaves_no_trace() {
    let app = TestApp::priced(settings("0.1", "50"), Some(budget("0.05"))).await;
    let client = app.client();
    let id = client.begin(&british(1)).await.text_of("id");
    client.begin(&british(2)).await.expect(StatusCode::CREATED);
    assert_eq!(spent(&app).await, (money("0.10"), 2));
    app.advance(Duration::from_secs(60)).await;

    let again = format!("/v1/tokens/{id}/code");
    let refused = client.post(&again, &json!({})).await;
    refused.expect_error(429, "rate_limited");
    assert_eq!(spent(&app).await, (money("0.10"), 2));
    assert_eq!(in_outbox(app.service()).await, 2);
    // The code that was sent is good as before.
    let code = app.code_for(&british(1)).await.unwrap();
    client.answer(&id, &code).await.expect(StatusCode::OK);

    // A price above the cap is never paid.
    let dear = TestApp::priced(settings("50", "0.04"), Some(budget("0.05"))).await;
    let refused = dear.client().begin(&british(1)).await;
    refused.expect_error(429, "rate_limited");
    assert_eq!(spent(&dear).await, (Money::ZERO, 0));
    assert_eq!(noted(&dear, Action::SmsBudgetReached).await.len(), 1);
}

#[tokio::test]
async fn sms_go_to_the_countries_that_the_partner_names() {
    let app = TestApp::priced(settings("50", "50"), Some(budget("0.05"))).await;
    let jersey = "+447797712345";
    for (number, sent) in [
        (british(1).as_str(), true),
        (spanish(1).as_str(), true),
        (jersey, false),
        ("+12125550123", false),
        // No country assigns it, or whoever is called is paid for it.
        ("+4412312341234", false),
        ("+449012345678", false),
        ("+870773111632", false),
    ] {
        let answer = app.client().begin(number).await;
        if sent {
            answer.expect(StatusCode::CREATED);
        } else {
            answer.expect_error(400, "country_not_allowed");
        }
    }
    assert_eq!(spent(&app).await, (money("0.10"), 2));

    // Nothing is named by default, and where nothing is charged for, everything goes.
    let nowhere = TestApp::priced(PartnerSettings::default(), Some(budget("0.05"))).await;
    let refused = nowhere.client().begin(&british(1)).await;
    refused.expect_error(400, "country_not_allowed");
    let free = TestApp::start().await;
    for number in ["+4412312341234", jersey, "+12125550123"] {
        free.client()
            .begin(number)
            .await
            .expect(StatusCode::CREATED);
    }
}

#[tokio::test]
async fn a_budget_tells_nothing_of_who_is_known() {
    let closed = PartnerSettings {
        sign_up: SignUp::Closed,
        ..settings("50", "0.30")
    };
    let app = TestApp::priced(closed, Some(budget("0.05"))).await;
    let (known, locked, unknown) = (british(1), british(2), british(3));
    for number in [&known, &locked] {
        app.add_user(&format!("phone:{number}"), None).await;
    }
    let name = TestApp::name_of(&format!("phone:{locked}"));
    app.operator().await.lock_user(&name).await.unwrap();

    // Two of each are sent or seem so, at a price; then none is.
    let mut seen: Vec<Vec<_>> = Vec::new();
    for round in 0..3 {
        for number in [&known, &locked, &unknown] {
            let before = (spent(&app).await, app.service().store_work());
            let answer = app.client().begin(number).await;
            let worked = app.service().store_work().since(before.1);
            let cost = spent(&app).await.0.as_micros() - before.0.0.as_micros();
            let status = answer.status;
            // The first that is refused in a day writes that it was.
            let noting = round == 2 && *number == known;
            let worked = (!noting).then_some(worked);
            seen.push(vec![format!(
                "{round} {status} {cost} {:?}",
                shape(&answer)
            )]);
            if let Some(worked) = worked {
                seen.last_mut().unwrap().push(format!("{worked:?}"));
            }
        }
    }
    for round in seen.chunks(3) {
        assert_eq!(round[1], round[2], "locked and unknown");
        assert_eq!(round[0][0], round[1][0], "known and locked");
        if round[0].len() == round[1].len() {
            assert_eq!(round[0][1], round[1][1], "known and locked");
        }
    }
    assert!(
        seen[0][0].contains("201") && seen[8][0].contains("429"),
        "{seen:#?}"
    );
    assert_eq!(in_outbox(app.service()).await, 2, "the known one's alone");
}

#[tokio::test]
async fn what_was_spent_long_ago_is_swept() {
    let app = TestApp::priced(settings("50", "50"), Some(budget("0.05"))).await;
    app.client()
        .begin(&british(1))
        .await
        .expect(StatusCode::CREATED);
    let rows = || {
        let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
        let count = |table: &str| -> i64 {
            let sql = format!("SELECT COUNT(*) FROM {table}");
            database.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        (count("sms_spend"), count("sms_codes"))
    };
    assert_eq!(rows(), (2, 1));
    app.advance(DAY * 4).await;
    app.service().sweep().await.unwrap();
    assert_eq!(rows(), (2, 1));
    app.advance(DAY).await;
    app.service().sweep().await.unwrap();
    assert_eq!(rows(), (2, 0));
    app.advance(DAY * 31).await;
    app.service().sweep().await.unwrap();
    assert_eq!(rows(), (0, 0));
}
