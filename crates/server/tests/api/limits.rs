//! How often codes are sent and how often anybody may guess.

use std::task::{Context, Waker};
use std::time::Duration;

use countersign_domain::audit::Reason;
use countersign_domain::limits::Limits;
use countersign_domain::partner::{PartnerSettings, SignUp, Slug};
use countersign_domain::{Caller, Secret};
use countersign_service::{LogIn, Proof};
use countersign_testkit::{Answer, Client, TestApp, password_log_in};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::audit::entries;
use crate::challenges::shape;

pub(crate) const PHONE: &str = "+44 20 7946 0001";
pub(crate) const NORMALISED: &str = "+442079460001";
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const NO_PAUSE: Limits = Limits {
    code_pause: Duration::ZERO,
    ..TestApp::LOOSE
};

/// What holds where nobody sets anything: `Limits::default()`.
pub(crate) async fn by_default() -> TestApp {
    TestApp::limited(Limits::default()).await
}

pub(crate) async fn guess(client: &Client, username: &str, password: &str) -> Answer {
    let mut body = password_log_in(password);
    body["identity"]["value"] = json!(username);
    client.post("/v1/tokens", &body).await
}

/// Sends `count` requests at once, over all these clients: how many passed, how many were over
/// the limit. Where there are too many for the threads that hash, some are neither.
async fn at_once(
    count: usize,
    clients: &[Client],
    ask: impl AsyncFn(Client) -> Answer + Clone + 'static,
) -> (usize, usize) {
    let tasks = tokio::task::LocalSet::new();
    let answers = tasks.run_until(async {
        let asked: Vec<_> = (0..count)
            .map(|n| {
                let (ask, client) = (ask.clone(), clients[n % clients.len()].clone());
                tokio::task::spawn_local(async move { ask(client).await })
            })
            .collect();
        let (mut passed, mut limited) = (0, 0);
        for answer in asked {
            let answer = answer.await.unwrap();
            match answer.status.as_u16() {
                429 => {
                    answer.expect_error(429, "rate_limited");
                    limited += 1;
                }
                503 => drop(answer.expect_error(503, "overloaded")),
                _ => passed += 1,
            }
        }
        (passed, limited)
    });
    answers.await
}

/// How many guesses of an identity are counted, over all authenticators and devices.
async fn failures(app: &TestApp, identity: &str) -> i64 {
    let operator = app.operator().await;
    let shown = operator.show_limits(&TestApp::name_of(identity)).await;
    let guesses = shown.unwrap().identities.remove(0).guesses;
    guesses.iter().map(|guesses| guesses.failures).sum()
}

pub(crate) fn retry_after(answer: &Answer) -> u64 {
    answer.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

async fn send_again(app: &TestApp, id: &str) -> Answer {
    let client = app.client();
    let path = format!("/v1/tokens/{id}/code");
    client.send(client.request(Method::POST, &path)).await
}

#[tokio::test]
async fn codes_are_a_minute_apart_five_in_an_hour_and_ten_in_a_day() {
    let app = by_default().await;
    let client = app.client();
    // However it is written, it is the same number.
    let spellings = [PHONE, NORMALISED, "+44 (20) 7946-0001", " +44.20.7946.0001"];
    let (mut sent, mut hours) = (0, 0);
    for minute in 0..(24 * 60 + 1) {
        let answer = client.begin(spellings[minute % 4]).await;
        if answer.status == StatusCode::CREATED {
            sent += 1;
            let soon = client.begin(spellings[sent % 4]).await;
            assert!(retry_after(&soon.expect_error(429, "rate_limited")) >= 60);
        } else {
            let wait = retry_after(&answer.expect_error(429, "rate_limited"));
            // Waiting as long as it says is enough, and not a second too long.
            app.advance(Duration::from_secs(wait - 1)).await;
            client.begin(PHONE).await.expect_error(429, "rate_limited");
            app.advance(Duration::from_secs(1)).await;
            hours += 1;
            if hours == 3 {
                break;
            }
            continue;
        }
        if hours == 0 {
            assert!(sent <= 5, "in the first hour");
        }
        app.advance(MINUTE).await;
    }
    // Five in the first hour, five in the second, and then as the first ones are a day old.
    assert_eq!(sent, 15);
}

#[tokio::test]
async fn a_code_sent_again_counts_with_those_of_other_log_ins() {
    let app = by_default().await;
    let first = app.client().begin(PHONE).await.text_of("id");
    app.advance(MINUTE).await;
    let second = app.client().begin(PHONE).await.text_of("id");
    // Of the first log-in the last one is a minute ago, of the number it is not.
    let soon = send_again(&app, &first)
        .await
        .expect_error(429, "rate_limited");
    assert_eq!(retry_after(&soon), 60);
    app.advance(MINUTE).await;
    for id in [&first, &second, &first] {
        send_again(&app, id).await.expect(StatusCode::ACCEPTED);
        app.advance(MINUTE).await;
    }
    send_again(&app, &second)
        .await
        .expect_error(429, "rate_limited");
}

/// A late first message must not strand anyone.
#[tokio::test]
async fn an_earlier_code_stays_good_until_a_newer_one_is_used() {
    for newest in [false, true] {
        let app = by_default().await;
        let id = app.client().begin(PHONE).await.text_of("id");
        let first = app.code_for(NORMALISED).await.unwrap();
        app.advance(Duration::from_secs(299)).await;
        send_again(&app, &id).await.expect(StatusCode::ACCEPTED);
        let second = app.code_for(NORMALISED).await.unwrap();
        let (used, other) = if newest {
            (&second, &first)
        } else {
            (&first, &second)
        };
        let client = app.client();
        client.answer(&id, used).await.expect(StatusCode::OK);
        let late = client.answer(&id, other).await;
        late.expect_error(401, "invalid_secret");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_share_what_an_identity_may_and_a_restart_forgets_nothing() {
    let app = TestApp::limited(Limits {
        code_pause: Duration::ZERO,
        ..Limits::default()
    })
    .await;
    let (_others, clients) = app.three_nodes().await;
    let begin = async |client: Client| client.begin(PHONE).await;
    assert_eq!(at_once(30, &clients, begin).await, (5, 25));
    let wrong = async |client: Client| guess(&client, "my_username", "wrong password").await;
    let (passed, limited) = at_once(30, &clients, wrong).await;
    assert!((1..=10).contains(&passed), "{passed}");
    // What found no thread was given back, and another may have had it.
    assert!(limited <= 20, "{limited}");
    let mut left = 10 - failures(&app, "username:my_username").await;
    while left > 0 {
        let wrong = guess(&clients[1], "my_username", "wrong password").await;
        wrong.expect_error(401, "invalid_credentials");
        left -= 1;
    }

    let started = app.another_node().await;
    let client = Client::new(started.url.clone());
    client.begin(PHONE).await.expect_error(429, "rate_limited");
    guess(&client, "my_username", TestApp::PASSWORD)
        .await
        .expect_error(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_guesses_at_once_get_no_more_comparisons_than_the_limit() {
    let app = by_default().await;
    let wrong = async |client: Client| guess(&client, "my_username", "wrong password").await;
    let clients = [app.client()];
    let (compared, limited) = at_once(1000, &clients, wrong).await;
    assert!((1..=10).contains(&compared), "{compared}");
    assert!(limited >= 900, "{limited}");
    let counted = failures(&app, "username:my_username").await;
    assert_eq!(usize::try_from(counted).unwrap(), compared);
    // Codes as well, over all log-ins.
    let app = TestApp::limited(Limits {
        code_guesses_per_hour: 7,
        ..NO_PAUSE
    })
    .await;
    let mut compared = 0;
    for _ in 0..3 {
        let id = app.client().begin(PHONE).await.text_of("id");
        let answer = async move |client: Client| client.answer(&id, "no code").await;
        compared += at_once(6, &[app.client()], answer).await.0;
    }
    // The sixth of a log-in is told that it takes no more, without being compared.
    assert_eq!(failures(&app, &format!("phone:{PHONE}")).await, 7);
    assert!((7..=9).contains(&compared), "{compared}");
}

#[tokio::test]
async fn a_guess_counts_though_its_client_leaves() {
    let app = by_default().await;
    let service = app.service().clone();
    let caller = app.caller();
    for _ in 0..4 {
        let log_in = LogIn {
            partner: Slug::default_partner(),
            identity: "username:my_username".parse().unwrap(),
            proof: Proof::Password(Secret::new("wrong password".to_owned())),
            pin: None,
            description: countersign_domain::device::DeviceDescription::default(),
            locale: None,
            device_token: None,
        };
        let mut left = std::pin::pin!(service.log_in(&caller, log_in));
        let waker = Waker::noop();
        assert!(
            left.as_mut()
                .poll(&mut Context::from_waker(waker))
                .is_pending()
        );
    }
    service.finish_all().await;
    assert_eq!(failures(&app, "username:my_username").await, 4);
}

#[tokio::test]
async fn a_limit_is_answered_alike_whoever_it_meets() {
    let app = TestApp::with(PartnerSettings {
        sign_up: SignUp::Closed,
        password_min_length: 8,
        limits: Limits {
            password_guesses_per_hour: 2,
            ..Limits::default()
        },
        ..PartnerSettings::default()
    })
    .await;
    let operator = app.operator().await;
    for name in ["known", "locked"] {
        let digit = if name == "known" { 1 } else { 2 };
        app.add_user(&format!("username:{name}"), Some("a good password"))
            .await;
        app.add_user(&format!("phone:+44 20 7946 000{digit}"), None)
            .await;
    }
    for locked in ["username:locked", "phone:+44 20 7946 0002"] {
        let locked = TestApp::name_of(locked);
        operator.lock_user(&locked).await.unwrap();
    }
    let client = app.client();
    let mut all = Vec::new();
    for (name, digit) in [("known", 1), ("locked", 2), ("nobody", 3)] {
        let mut shapes = Vec::new();
        for _ in 0..4 {
            shapes.push(shape(&guess(&client, name, "wrong password").await));
        }
        let phone = format!("+44 20 7946 000{digit}");
        let begun = client.begin(&phone).await.expect(StatusCode::CREATED);
        shapes.push(shape(&client.begin(&phone).await));
        shapes.push(shape(&send_again(&app, &begun.text_of("id")).await));
        all.push(shapes);
    }
    assert_eq!(all[0][3].0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(all[0][4].0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}

#[tokio::test]
async fn a_right_password_ends_the_row_and_gets_its_own_place_back() {
    let app = TestApp::limited(Limits {
        password_guesses_per_hour: 9,
        ..Limits::default()
    })
    .await;
    let client = app.client();
    for _ in 0..3 {
        for _ in 0..2 {
            guess(&client, "my_username", "wrong password")
                .await
                .expect_error(401, "invalid_credentials");
        }
        client.log_in().await.expect(StatusCode::CREATED);
    }
    // Were the wrong ones forgotten, whoever guesses would see that somebody came in.
    assert_eq!(failures(&app, "username:my_username").await, 0);
    for _ in 0..3 {
        guess(&client, "my_username", "wrong password").await;
    }
    let limited = client.log_in().await.expect_error(429, "rate_limited");
    assert_eq!(retry_after(&limited), 60 * 60 / 9);
    app.advance(7 * MINUTE).await;
    client.log_in().await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn fifty_wrong_passwords_in_a_row_switch_the_password_off() {
    let app = TestApp::start().await;
    let (others, clients) = app.three_nodes().await;
    let client = app.client();
    for client in clients.iter().cycle().take(50) {
        for name in ["my_username", "nobody"] {
            guess(client, name, "wrong password")
                .await
                .expect_error(401, "invalid_credentials");
        }
    }
    app.advance(24 * HOUR).await;
    for client in &clients {
        let known = guess(client, "my_username", TestApp::PASSWORD).await;
        let unknown = guess(client, "nobody", TestApp::PASSWORD).await;
        assert_eq!(shape(&known), shape(&unknown));
        known.expect_error(401, "authenticator_switched_off");
    }

    app.service().settle_audit().await.unwrap();
    for other in &others {
        other.service.settle_audit().await.unwrap();
    }
    let all = entries(&app).await;
    let switched = all
        .iter()
        .filter(|entry| entry.action == "authenticator_switched_off");
    let mut users: Vec<_> = switched.map(|entry| entry.user.is_some()).collect();
    users.sort_unstable();
    assert_eq!(users, [true], "once; of nobody it is counted");

    let password = Secret::new("another password".to_owned());
    let operator = app.operator().await;
    let name = app.user_name();
    operator.set_password(&name, &password).await.unwrap();
    guess(&client, "my_username", "another password")
        .await
        .expect(StatusCode::CREATED);
    let nobody = TestApp::name_of("username:nobody");
    assert!(operator.clear_limits(&nobody).await.unwrap());
    assert!(!operator.clear_limits(&nobody).await.unwrap());
    guess(&client, "nobody", TestApp::PASSWORD)
        .await
        .expect_error(401, "invalid_credentials");
}

/// Guesses fifty codes wrong, over ten log-ins.
pub(crate) async fn fail_fifty_codes(app: &TestApp, phone: &str) {
    for _ in 0..10 {
        let id = app.client().begin(phone).await.text_of("id");
        for _ in 0..5 {
            let wrong = app.client().answer(&id, "no code").await;
            wrong.expect_error(401, "invalid_secret");
        }
    }
}

#[tokio::test]
async fn a_new_code_does_not_reset_what_failed_in_a_row() {
    let app = TestApp::start().await;
    app.add_user(&format!("phone:{PHONE}"), None).await;
    let waiting = app.client().begin(PHONE).await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let others = "+44 20 7946 0009";
    for phone in [PHONE, others] {
        fail_fifty_codes(&app, phone).await;
    }
    let client = app.client();
    let (known, unknown) = (client.begin(PHONE).await, client.begin(others).await);
    assert_eq!(shape(&known), shape(&unknown));
    known.expect_error(401, "authenticator_switched_off");
    // Nor is a code taken that was sent before.
    let late = client.answer(&waiting, &code).await;
    late.expect_error(401, "authenticator_switched_off");
    // And the number is not off for whoever else has it at another partner.
    app.add_partner("other").await;
    let operator = app.operator().await;
    let open = json!({ "sign_up": "open", "limits": null });
    let other: Slug = "other".parse().unwrap();
    operator.set_partner(&other, &open).await.unwrap();
    app.service().poll_feed().await.unwrap();
    let body = json!({
        "identity": { "type": "phone", "value": PHONE },
        "authenticator": "sms",
        "partner": "other",
    });
    let begun = client.post("/v1/tokens", &body).await;
    begun.expect(StatusCode::CREATED);

    let name = TestApp::name_of(&format!("phone:{PHONE}"));
    assert!(operator.clear_limits(&name).await.unwrap());
    client.begin(PHONE).await.expect(StatusCode::CREATED);
    let all = entries(&app).await;
    let cleared = all.iter().find(|entry| entry.action == "limits_cleared");
    let cleared = cleared.expect("it is in the audit");
    assert!(cleared.user.is_some());
}

#[tokio::test]
async fn a_partners_word_switches_on_again() {
    let app = TestApp::start().await;
    let scopes = [
        countersign_domain::api_key::Scope::Mint,
        countersign_domain::api_key::Scope::Redeem,
    ];
    let key = app.api_key("default", &scopes).await;
    let client = app.client();
    let email = "ana@example.com";
    let begin = async || {
        let body = json!({
            "identity": { "type": "email", "value": email },
            "authenticator": "email",
        });
        client.post("/v1/tokens", &body).await
    };
    for _ in 0..10 {
        let id = begin().await.text_of("id");
        for _ in 0..5 {
            client.answer(&id, "no code").await;
        }
    }
    begin()
        .await
        .expect_error(401, "authenticator_switched_off");
    let token = client.mint(&key, email).await.text_of("data");
    let redeemed = client.redeem(&key, &token, None).await;
    redeemed.expect(StatusCode::OK);
    begin().await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_dry_run_counts_and_refuses_nothing_but_what_a_log_in_takes() {
    let app = TestApp::limited(Limits {
        dry_run: true,
        password_guesses_per_hour: 1,
        codes_per_hour: 1,
        sends_per_minute: 1,
        guesses_per_minute: 1,
        ..Limits::default()
    })
    .await;
    let client = app.client();
    for _ in 0..4 {
        guess(&client, "my_username", "wrong password")
            .await
            .expect_error(401, "invalid_credentials");
    }
    client.log_in().await.expect(StatusCode::CREATED);
    client.begin(PHONE).await.expect(StatusCode::CREATED);
    let id = client.begin(PHONE).await.text_of("id");
    for _ in 0..5 {
        let wrong = client.answer(&id, "no code").await;
        wrong.expect_error(401, "invalid_secret");
    }
    let sixth = client.answer(&id, "no code").await;
    sixth.expect_error(401, "too_many_attempts");
    // Nor does one log-in send more than it does otherwise.
    let id = client.begin(PHONE).await.text_of("id");
    let soon = send_again(&app, &id).await;
    soon.expect_error(429, "rate_limited");
    for _ in 0..4 {
        app.advance(MINUTE).await;
        let again = send_again(&app, &id).await;
        again.expect(StatusCode::ACCEPTED);
    }
    app.advance(MINUTE).await;
    let sixth = send_again(&app, &id).await;
    sixth.expect_error(429, "rate_limited");
    app.service().write_refusal_counts().await.unwrap();
    let all = entries(&app).await;
    let would = Reason::WouldBeLimited.as_str();
    let counted = all
        .iter()
        .find(|entry| entry.reason.as_deref() == Some(would));
    assert!(counted.is_some(), "{all:?}");
}

#[tokio::test]
async fn a_dry_run_switches_nothing_off() {
    let app = TestApp::limited(Limits {
        dry_run: true,
        ..TestApp::LOOSE
    })
    .await;
    let client = app.client();
    for _ in 0..60 {
        let wrong = guess(&client, "my_username", "wrong password").await;
        wrong.expect_error(401, "invalid_credentials");
    }
    client.log_in().await.expect(StatusCode::CREATED);
    app.signed_in_by_sms(PHONE).await;
    fail_fifty_codes(&app, PHONE).await;
    app.service().deliver().await.unwrap();
    app.signed_in_by_sms(PHONE).await;
    app.service().write_refusal_counts().await.unwrap();
    let all = entries(&app).await;
    let would = Reason::WouldBeLimited.as_str();
    let counted = all
        .iter()
        .find(|entry| entry.reason.as_deref() == Some(would));
    // The wrong passwords after the fiftieth and the right one, the log-in and its code.
    let counted = counted.and_then(|entry| entry.detail.as_deref());
    assert_eq!(counted, Some("13 log_in"));
}

#[tokio::test]
async fn what_one_partners_users_are_refused_is_nothing_to_anothers() {
    let app = by_default().await;
    app.add_partner("other").await;
    let operator = app.operator().await;
    let set = json!({
        "sign_up": "open",
        "limits": { "sends_per_minute": 3, "codes_per_hour": 1, "code_pause_seconds": 0 },
    });
    let other: Slug = "other".parse().unwrap();
    operator.set_partner(&other, &set).await.unwrap();
    app.service().poll_feed().await.unwrap();
    let client = app.client();
    let begin = async |phone: String| {
        let body = json!({
            "identity": { "type": "phone", "value": phone },
            "authenticator": "sms",
            "partner": "other",
        });
        client.post("/v1/tokens", &body).await.status.as_u16()
    };
    let number = |n: u32| format!("+44 20 7946 010{n}");
    assert_eq!(begin(number(0)).await, 201);
    assert_eq!(begin(number(0)).await, 429, "its own limit of one");
    assert_eq!(begin(number(1)).await, 201);
    assert_eq!(begin(number(2)).await, 201, "what is refused takes nothing");
    assert_eq!(begin(number(3)).await, 429, "three of all its users");
    client.begin(&number(0)).await.expect(StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_compared_for_want_of_a_thread_does_not_count() {
    let app = TestApp::limited(TestApp::LOOSE).await;
    let client = app.client();
    let log_ins = (0..49 * 3).map(|n| {
        let client = client.clone();
        let name = ["one", "two", "three"][n % 3];
        tokio::spawn(async move { guess(&client, name, "wrong password").await })
    });
    let (mut compared, mut overloaded) = (0, 0);
    for log_in in log_ins.collect::<Vec<_>>() {
        match log_in.await.unwrap().status.as_u16() {
            401 => compared += 1,
            503 => overloaded += 1,
            status => panic!("{status}"),
        }
    }
    assert!(overloaded > 0);
    let mut counted = 0;
    for name in ["username:one", "username:two", "username:three"] {
        counted += failures(&app, name).await;
    }
    assert_eq!(counted, compared);
}

#[tokio::test]
async fn a_limit_that_refuses_somebody_known_is_in_the_audit() {
    let app = TestApp::limited(Limits {
        password_guesses_per_hour: 1,
        ..Limits::default()
    })
    .await;
    let client = app.client();
    for name in ["my_username", "my_username", "nobody", "nobody"] {
        guess(&client, name, "wrong password").await;
    }
    let all = entries(&app).await;
    let limited = all
        .iter()
        .filter(|entry| entry.reason.as_deref() == Some(Reason::RateLimited.as_str()));
    assert_eq!(limited.count(), 1);
}

/// Somebody who asks from this address.
pub(crate) fn from(app: &TestApp, address: &str) -> Caller {
    Caller {
        address: address.parse().ok(),
        ..app.caller()
    }
}
