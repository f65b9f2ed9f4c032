//! A device that its user logged in on before is counted by itself, and stays what it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use countersign_domain::device::DeviceDescription;
use countersign_domain::limits::{Limits, NodeLimits};
use countersign_domain::partner::Slug;
use countersign_domain::{Caller, Secret};
use countersign_service::{Failure, LogIn, LogInRefusal, Proof};
use countersign_testkit::{Answer, Client, TestApp, password_log_in};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::challenges::shape;
use crate::limits::{NORMALISED, PHONE, by_default, fail_fifty_codes, from, guess, retry_after};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Logs in with a password on a device that has this token.
async fn with_token(client: &Client, password: &str, token: &str) -> Answer {
    let mut body = password_log_in(password);
    body["device"] = json!({ "token": token });
    client.post("/v1/tokens", &body).await
}

/// Begins a log-in by SMS on a device that has this token.
pub(crate) async fn begin_with(client: &Client, phone: &str, token: &str) -> Answer {
    let body = json!({
        "device": { "token": token },
        "identity": { "type": "phone", "value": phone },
        "authenticator": "sms",
    });
    client.post("/v1/tokens", &body).await
}

async fn devices(client: &Client, token: &str) -> Vec<Value> {
    let session = client.exchange(token).await.text_of("token");
    let bearer = format!("Bearer {session}");
    let answer = client.with(Method::GET, "/v1/devices", &bearer).await;
    answer.json()["devices"].as_array().unwrap().clone()
}

/// A log-in of the user that every application has.
fn password(password: &str, device_token: Option<&str>) -> LogIn {
    LogIn {
        partner: Slug::default_partner(),
        identity: "username:my_username".parse().unwrap(),
        proof: Proof::Password(Secret::new(password.to_owned())),
        pin: None,
        description: DeviceDescription::default(),
        locale: None,
        device_token: device_token.map(|token| Secret::new(token.to_owned())),
    }
}

/// A stranger's guess, past HTTP.
async fn strange(app: &TestApp, caller: &Caller) -> Option<LogInRefusal> {
    let log_in = password("wrong password", None);
    match app.service().log_in(caller, log_in).await {
        Err(Failure::Refused(refusal)) => Some(refusal),
        Err(failure) => panic!("{failure}"),
        Ok(_) => None,
    }
}

#[tokio::test]
async fn ten_thousand_foreign_failures_lock_no_known_device_out() {
    let app = by_default().await;
    let client = app.client();
    let token = client.log_in().await.text_of("token");
    let (mut compared, mut off) = (0, 0);
    for round in 0..10 {
        for guess in 0..1000 {
            let address = format!("198.51.{round}.{}", guess % 250);
            match strange(&app, &from(&app, &address)).await {
                Some(LogInRefusal::InvalidCredentials) => compared += 1,
                Some(LogInRefusal::TooMany(_)) => {}
                Some(LogInRefusal::SwitchedOff) => off += 1,
                other => panic!("{other:?}"),
            }
        }
        let known = with_token(&client, TestApp::PASSWORD, &token).await;
        known.expect(StatusCode::CREATED);
        app.advance(HOUR).await;
    }
    assert_eq!(compared, 50, "then it is off for strangers");
    assert!(off > 4000, "{off}");
    let stranger = client.log_in().await;
    stranger.expect_error(401, "authenticator_switched_off");
}

#[tokio::test]
async fn a_known_device_stays_the_device_that_it_was() {
    let app = TestApp::start().await;
    let client = app.client();
    let first = client.log_in().await;
    let again = with_token(&client, TestApp::PASSWORD, &first.text_of("token")).await;
    let again = again.expect(StatusCode::CREATED);
    assert_eq!(again.text_of("device_id"), first.text_of("device_id"));
    assert_ne!(again.text_of("id"), first.text_of("id"));
    let listed = devices(&client, &again.text_of("token")).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["os_version"], "14.0", "nothing was said of it");

    let mut body = password_log_in(TestApp::PASSWORD);
    body["device"]["token"] = json!(again.text_of("token"));
    body["device"]["os_version"] = json!("15.1");
    let newer = client.post("/v1/tokens", &body).await;
    assert_eq!(newer.text_of("device_id"), first.text_of("device_id"));
    let listed = devices(&client, &newer.text_of("token")).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["os_version"], "15.1");
    assert_eq!(listed[0]["name"], "iPhone6,2 (iOS 15.1)");
}

#[tokio::test]
async fn what_is_no_token_of_this_users_device_is_passed_over() {
    let app = by_default().await;
    let client = app.client();
    app.add_user("username:other", Some("a good password"))
        .await;
    let mut other = password_log_in("a good password");
    other["identity"]["value"] = json!("other");
    let foreign = client.post("/v1/tokens", &other).await;
    let own = client.log_in().await;
    let token = own.text_of("token");
    let mut flipped = token.clone();
    let last = if flipped.pop() == Some('0') { '1' } else { '0' };
    flipped.push(last);
    let session = client.exchange(&token).await.text_of("token");
    let none = client.log_in().await;
    for worthless in [
        foreign.text_of("token"),
        flipped,
        session,
        String::new(),
        "x".repeat(3000),
        countersign_domain::token::AuthenticationToken::generate(
            own.text_of("id").parse().unwrap(),
            &countersign_domain::SystemEntropy::default(),
        )
        .expose()
        .to_owned(),
    ] {
        let answer = with_token(&client, TestApp::PASSWORD, &worthless).await;
        assert_eq!(shape(&answer), shape(&none), "{worthless}");
        for device in [&own, &foreign] {
            assert_ne!(answer.text_of("device_id"), device.text_of("device_id"));
        }
    }
    // Nor does another's token make guesses cheaper.
    for _ in 0..10 {
        with_token(&client, "wrong password", &foreign.text_of("token"))
            .await
            .expect_error(401, "invalid_credentials");
    }
    client.log_in().await.expect_error(429, "rate_limited");
    let wrong = with_token(&client, TestApp::PASSWORD, &foreign.text_of("token")).await;
    wrong.expect_error(429, "rate_limited");
    let right = with_token(&client, TestApp::PASSWORD, &token).await;
    right.expect(StatusCode::CREATED);
    let wrong_type = json!({
        "device": { "token": 1 },
        "identity": { "type": "username", "value": "my_username" },
        "authenticator": "password",
        "secret": TestApp::PASSWORD,
    });
    let wrong_type = client.post("/v1/tokens", &wrong_type).await;
    wrong_type.expect_error(400, "malformed");
}

#[tokio::test]
async fn a_dead_token_makes_a_device_known_until_the_device_is_deleted() {
    let app = TestApp::start().await;
    let client = app.client();
    let first = client.log_in().await;
    let (token, device) = (first.text_of("token"), first.text_of("device_id"));
    let path = format!("/v1/tokens/{}", first.text_of("id"));
    let basic = format!("Basic {token}");
    let signed_out = client.with(Method::DELETE, &path, &basic).await;
    signed_out.expect(StatusCode::NO_CONTENT);
    let again = with_token(&client, TestApp::PASSWORD, &token).await;
    assert_eq!(again.text_of("device_id"), device, "signed out");
    app.advance(Duration::from_secs(31 * 24 * 60 * 60)).await;
    let expired = again.text_of("token");
    client
        .exchange(&expired)
        .await
        .expect_error(401, "invalid_token");
    let again = with_token(&client, TestApp::PASSWORD, &expired).await;
    assert_eq!(again.text_of("device_id"), device, "expired");

    let session = client.exchange(&again.text_of("token")).await;
    let bearer = format!("Bearer {}", session.text_of("token"));
    let path = format!("/v1/devices/{device}");
    let deleted = client.with(Method::DELETE, &path, &bearer).await;
    deleted.expect(StatusCode::NO_CONTENT);
    for token in [token, expired, again.text_of("token")] {
        let anew = with_token(&client, TestApp::PASSWORD, &token).await;
        assert_ne!(anew.text_of("device_id"), device, "deleted");
    }
    // The operator deletes them as well.
    let anew = client.log_in().await;
    let device = anew.text_of("device_id");
    let operator = app.operator().await;
    let id = device.parse().unwrap();
    operator.end_device(&app.user_name(), id).await.unwrap();
    let again = with_token(&client, TestApp::PASSWORD, &anew.text_of("token")).await;
    assert_ne!(again.text_of("device_id"), device);
}

#[tokio::test]
async fn a_known_device_has_its_own_count_and_its_own_switch_off() {
    let app = by_default().await;
    let client = app.client();
    let token = client.log_in().await.text_of("token");
    let mut failed = 0;
    while failed < 50 {
        let wrong = with_token(&client, "wrong password", &token).await;
        if wrong.status == StatusCode::TOO_MANY_REQUESTS {
            let wait = retry_after(&wrong);
            assert!((1..=360).contains(&wait), "{wait}");
            // Who is no known device is none the worse for it.
            app.advance(HOUR).await;
            continue;
        }
        wrong.expect_error(401, "invalid_credentials");
        failed += 1;
    }
    app.advance(HOUR).await;
    let off = with_token(&client, TestApp::PASSWORD, &token).await;
    off.expect_error(401, "authenticator_switched_off");
    client.log_in().await.expect(StatusCode::CREATED);
    // By itself a password does not prove anew where it was switched off.
    let off = with_token(&client, TestApp::PASSWORD, &token).await;
    off.expect_error(401, "authenticator_switched_off");
}

#[tokio::test]
async fn who_uses_up_the_codes_of_a_day_keeps_no_known_device_out() {
    let app = TestApp::limited(Limits {
        codes_per_hour: 10,
        code_pause: Duration::ZERO,
        ..Limits::default()
    })
    .await;
    let client = app.client();
    let (first, _) = app.signed_in_by_sms(PHONE).await;
    let token = first.text_of("token");
    for _ in 0..9 {
        client.begin(PHONE).await.expect(StatusCode::CREATED);
    }
    client.begin(PHONE).await.expect_error(429, "rate_limited");
    app.service().deliver().await.unwrap();
    let begun = begin_with(&client, PHONE, &token).await;
    let begun = begun.expect(StatusCode::CREATED);
    assert_eq!(begun.text_of("device_id"), first.text_of("device_id"));
    let code = app.code_for(NORMALISED).await.unwrap();
    let done = client.answer(&begun.text_of("id"), &code).await;
    let done = done.expect(StatusCode::OK);
    assert_eq!(done.text_of("device_id"), first.text_of("device_id"));
    assert_eq!(devices(&client, &done.text_of("token")).await.len(), 1);
    // It has ten a day itself, and no more.
    for _ in 0..9 {
        let begun = begin_with(&client, PHONE, &token).await;
        begun.expect(StatusCode::CREATED);
    }
    let eleventh = begin_with(&client, PHONE, &token).await;
    eleventh.expect_error(429, "rate_limited");
}

#[tokio::test]
async fn a_log_in_on_a_known_device_ends_when_the_device_is_deleted() {
    let app = TestApp::start().await;
    let client = app.client();
    let (first, session) = app.signed_in_by_sms(PHONE).await;
    let begun = begin_with(&client, PHONE, &first.text_of("token")).await;
    let code = app.code_for(NORMALISED).await.unwrap();
    let path = format!("/v1/devices/{}", first.text_of("device_id"));
    let bearer = format!("Bearer {session}");
    let deleted = client.with(Method::DELETE, &path, &bearer).await;
    deleted.expect(StatusCode::NO_CONTENT);
    let late = client.answer(&begun.text_of("id"), &code).await;
    late.expect_error(401, "invalid_secret");
}

/// Switches the password off for strangers.
async fn switch_off(app: &TestApp) {
    for _ in 0..50 {
        let wrong = strange(app, &app.caller()).await;
        assert_eq!(wrong, Some(LogInRefusal::InvalidCredentials));
    }
}

/// Whoever had the password for a while has tokens that were good then.
#[tokio::test]
async fn another_password_leaves_no_device_known() {
    let app = TestApp::start().await;
    let client = app.client();
    let token = client.log_in().await.text_of("token");
    let operator = app.operator().await;
    let other = Secret::new("another password".to_owned());
    operator
        .set_password(&app.user_name(), &other)
        .await
        .unwrap();
    app.service().poll_feed().await.unwrap();
    switch_off(&app).await;
    let off = with_token(&client, "another password", &token).await;
    off.expect_error(401, "authenticator_switched_off");
}

/// Each known device has guesses of its own: nobody makes as many as they like.
#[tokio::test]
async fn the_ten_newest_devices_are_known() {
    let app = TestApp::start().await;
    let client = app.client();
    let mut tokens = Vec::new();
    for _ in 0..11 {
        tokens.push(client.log_in().await.text_of("token"));
        app.advance(Duration::from_millis(1)).await;
    }
    switch_off(&app).await;
    let oldest = with_token(&client, TestApp::PASSWORD, &tokens[0]).await;
    oldest.expect_error(401, "authenticator_switched_off");
    for token in &tokens[1..] {
        let known = with_token(&client, TestApp::PASSWORD, token).await;
        known.expect(StatusCode::CREATED);
    }
}

#[tokio::test]
async fn a_known_device_gives_no_guesses_to_its_address() {
    let app = TestApp::start().await;
    let client = app.client();
    let token = client.log_in().await.text_of("token");
    let address = from(&app, "198.51.100.7");
    let mut compared = 0;
    for number in 0..310 {
        let wrong = LogIn {
            identity: format!("username:somebody{number}").parse().unwrap(),
            ..password("wrong password", None)
        };
        match app.service().log_in(&address, wrong).await {
            Err(Failure::Refused(LogInRefusal::InvalidCredentials)) => compared += 1,
            Err(Failure::Refused(LogInRefusal::TooMany(_))) => {}
            other => panic!("{other:?}"),
        }
        if number % 10 == 0 {
            let right = password(TestApp::PASSWORD, Some(&token));
            app.service().log_in(&address, right).await.unwrap();
        }
    }
    assert_eq!(compared, 300);
}

/// All known devices of a person have one inbox.
#[tokio::test]
async fn known_devices_share_the_codes_of_a_day() {
    let app = TestApp::limited(Limits {
        codes_per_hour: 10,
        code_pause: Duration::ZERO,
        ..Limits::default()
    })
    .await;
    let client = app.client();
    let (one, _) = app.signed_in_by_sms(PHONE).await;
    let (two, _) = app.signed_in_by_sms(PHONE).await;
    let tokens = [one.text_of("token"), two.text_of("token")];
    for number in 0..10 {
        let begun = begin_with(&client, PHONE, &tokens[number % 2]).await;
        begun.expect(StatusCode::CREATED);
    }
    for token in &tokens {
        let eleventh = begin_with(&client, PHONE, token).await;
        eleventh.expect_error(429, "rate_limited");
    }
}

/// A code that came back proves the address, whatever was guessed of it meanwhile.
#[tokio::test]
async fn a_code_on_a_known_device_switches_codes_on_for_others() {
    let app = TestApp::limited(TestApp::LOOSE).await;
    let client = app.client();
    let (first, _) = app.signed_in_by_sms(PHONE).await;
    for _ in 0..10 {
        let id = client.begin(PHONE).await.text_of("id");
        for _ in 0..5 {
            client.answer(&id, "no code").await;
        }
    }
    let off = client.begin(PHONE).await;
    off.expect_error(401, "authenticator_switched_off");
    app.service().deliver().await.unwrap();
    let begun = begin_with(&client, PHONE, &first.text_of("token")).await;
    let code = app.code_for(NORMALISED).await.unwrap();
    let done = client.answer(&begun.text_of("id"), &code).await;
    done.expect(StatusCode::OK);
    client.begin(PHONE).await.expect(StatusCode::CREATED);
}

/// Strangers use up what a partner or a node takes in a minute.
#[tokio::test]
async fn a_flood_is_nothing_to_who_has_a_token() {
    for of_the_node in [false, true] {
        let mut limits = Limits {
            code_pause: Duration::ZERO,
            ..Limits::default()
        };
        let mut node_limits = NodeLimits::default();
        let (sends, guesses) = if of_the_node {
            let node = &mut node_limits;
            (&mut node.sends_per_minute, &mut node.guesses_per_minute)
        } else {
            (&mut limits.sends_per_minute, &mut limits.guesses_per_minute)
        };
        (*sends, *guesses) = (1, 1);
        let mut app = TestApp::limited(limits).await;
        app.node_limits = node_limits;
        let node = app.another_node().await;
        let client = Client::new(node.url.clone());
        let mut body = password_log_in(TestApp::PASSWORD);
        body["pin"] = json!("1234");
        let with_pin = client.post("/v1/tokens", &body).await.text_of("token");
        let begun = client.begin(PHONE).await.text_of("id");
        let code = app.code_for(NORMALISED).await.unwrap();
        app.advance(MINUTE).await;
        let by_sms = client.answer(&begun, &code).await.text_of("token");
        app.advance(MINUTE).await;

        for (stranger, status) in [("one", 401), ("two", 429)] {
            let answer = guess(&client, stranger, "wrong password").await;
            assert_eq!(answer.status, status, "{}", answer.text);
        }
        for (stranger, status) in [("+44 20 7946 0008", 201), ("+44 20 7946 0009", 429)] {
            let answer = client.begin(stranger).await;
            assert_eq!(answer.status, status, "{}", answer.text);
        }
        let (basic, pin) = (format!("Basic {with_pin}"), json!({ "pin": "1234" }));
        for _ in 0..3 {
            let opened = client.post_as(&basic, "/v1/sessions", &pin).await;
            opened.expect(StatusCode::CREATED);
            let known = with_token(&client, TestApp::PASSWORD, &with_pin).await;
            known.expect(StatusCode::CREATED);
            let begun = begin_with(&client, PHONE, &by_sms).await;
            let begun = begun.expect(StatusCode::CREATED).text_of("id");
            let code = app.code_for(NORMALISED).await.unwrap();
            let known = client.answer(&begun, &code).await;
            known.expect(StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn fifty_wrong_codes_of_strangers_lock_no_known_device_out() {
    let app = TestApp::start().await;
    let client = app.client();
    let (first, _) = app.signed_in_by_sms(PHONE).await;
    fail_fifty_codes(&app, PHONE).await;
    let stranger = client.begin(PHONE).await;
    stranger.expect_error(401, "authenticator_switched_off");
    app.service().deliver().await.unwrap();
    let begun = begin_with(&client, PHONE, &first.text_of("token")).await;
    let begun = begun.expect(StatusCode::CREATED).text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let known = client.answer(&begun, &code).await.expect(StatusCode::OK);
    assert_eq!(known.text_of("device_id"), first.text_of("device_id"));
}

/// They are told to come back; the device that is known is not.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_fill_the_queue_of_hashes_keep_no_known_device_out() {
    let app = TestApp::start().await;
    let client = app.client();
    let token = client.log_in().await.text_of("token");
    let over = Arc::new(AtomicBool::new(false));
    let flood = (0..150).map(|stranger| {
        let (client, over) = (client.clone(), Arc::clone(&over));
        tokio::spawn(async move {
            let mut overloaded = 0;
            // Each of somebody else, or limits would answer.
            for number in 0.. {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let name = format!("stranger{stranger}-{number}");
                let answer = guess(&client, &name, "wrong password").await;
                match answer.status {
                    StatusCode::SERVICE_UNAVAILABLE => {
                        answer.expect_error(503, "overloaded");
                        overloaded += 1;
                    }
                    _ => drop(answer.expect_error(401, "invalid_credentials")),
                }
            }
            overloaded
        })
    });
    let flood: Vec<_> = flood.collect();
    let mut known = Vec::new();
    for _ in 0..10 {
        let answer = with_token(&client, TestApp::PASSWORD, &token).await;
        known.push(answer.status.as_u16());
    }
    over.store(true, Ordering::Relaxed);
    let mut overloaded = 0;
    for stranger in flood {
        overloaded += stranger.await.unwrap();
    }
    assert!(overloaded > 0);
    assert_eq!(known, [201; 10]);
}
