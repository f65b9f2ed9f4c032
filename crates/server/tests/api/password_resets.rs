//! A password is reset with a code, once, by who has the address.

use std::time::Duration;

use countersign_domain::partner::PartnerSettings;
use countersign_domain::token::ResetCode;
use countersign_domain::{Secret, SystemEntropy};
use countersign_service::operator::NewUser;
use countersign_testkit::{Answer, Client, TestApp};
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::audit::entries;
use crate::challenges::shape;
use crate::races::leave;
use crate::vouching::{ALL, REFUSED, number, set, vouch_for};

const EMAIL: &str = "ana@x.example";
const PHONE: &str = "+44 123 1234 1234";
const OLD: &str = "a good password";
const NEW: &str = "seven lemons on a bicycle";
const LIFE: Duration = Duration::from_secs(15 * 60);
const MOMENT: Duration = Duration::from_micros(1);

/// Asks for a code for an address of a user of the default partner.
pub(crate) async fn ask(client: &Client, kind: &str, value: &str) -> Answer {
    let body = json!({ "identity": { "type": kind, "value": value } });
    client.post("/v1/password-resets", &body).await
}

pub(crate) async fn reset(client: &Client, code: &str, password: &str) -> Answer {
    let body = json!({ "code": code, "password": password });
    client.post("/v1/password-resets/redeem", &body).await
}

async fn log_in(client: &Client, password: &str) -> Answer {
    let body = json!({
        "identity": { "type": "email", "value": EMAIL },
        "authenticator": "password", "secret": password,
    });
    client.post("/v1/tokens", &body).await
}

async fn add(app: &TestApp, identities: &[&str], password: Option<&str>, proved: bool) {
    let identities: Vec<_> = identities
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let password = password.map(|password| Secret::new(password.to_owned()));
    let new = NewUser {
        partner: &"default".parse().unwrap(),
        identities: &identities,
        password: password.as_ref(),
        proved,
    };
    app.operator().await.add_user(&new).await.unwrap();
}

/// An application with a user who has a password and an address of its own.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    add(
        &app,
        &["username:ana", "email:ana@x.example"],
        Some(OLD),
        true,
    )
    .await;
    app
}

/// The code that is sent to the user.
pub(crate) async fn code(app: &TestApp) -> String {
    let asked = ask(&app.client(), "email", EMAIL).await;
    asked.expect(StatusCode::ACCEPTED);
    app.code_for(EMAIL).await.unwrap()
}

#[tokio::test]
async fn a_code_sets_another_password_once_and_signs_nobody_in() {
    let app = start().await;
    let client = app.client();
    let asked = ask(&client, "email", "Ana@X.Example").await;
    let asked = asked.expect(StatusCode::ACCEPTED);
    assert_eq!(asked.text, "");
    let code = app.code_for(EMAIL).await.unwrap();
    assert!(code.starts_with("csr_"), "{code}");
    let done = reset(&client, &code, NEW)
        .await
        .expect(StatusCode::NO_CONTENT);
    assert_eq!(done.text, "");
    for header in ["set-cookie", "authorization", "location"] {
        assert!(!done.headers.contains_key(header));
    }
    assert_eq!(number(&app, "SELECT COUNT(*) FROM authentications"), 0);
    log_in(&client, OLD)
        .await
        .expect_error(401, "invalid_credentials");
    log_in(&client, NEW).await.expect(StatusCode::CREATED);
    for password in [NEW, "another password"] {
        let again = reset(&client, &code, password).await;
        again.expect_error(401, "invalid_reset_code");
    }
    log_in(&client, NEW).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn it_goes_by_sms_as_well_and_gives_a_password_to_who_has_none() {
    let app = TestApp::start().await;
    app.signed_in_by_sms(PHONE).await;
    let client = app.client();
    let asked = ask(&client, "phone", "+44 (123) 1234-1234").await;
    asked.expect(StatusCode::ACCEPTED);
    let code = app.code_for("+4412312341234").await.unwrap();
    let done = reset(&client, &code, NEW).await;
    done.expect(StatusCode::NO_CONTENT);
    let body = json!({
        "identity": { "type": "phone", "value": PHONE },
        "authenticator": "password", "secret": NEW,
    });
    let logged_in = client.post("/v1/tokens", &body).await;
    logged_in.expect(StatusCode::CREATED);
}

/// In one unit of work, whatever it is of the user's that could still open anything.
#[tokio::test]
async fn it_ends_all_that_the_user_had() {
    let app = start().await;
    let key = app.api_key("default", &ALL).await;
    app.service().poll_feed().await.unwrap();
    let client = app.client();
    let token = log_in(&client, OLD).await.text_of("token");
    let session = client.exchange(&token).await.text_of("token");
    let one_time = vouch_for(&client, &key, EMAIL).await;
    let challenge = json!({
        "identity": { "type": "email", "value": EMAIL }, "authenticator": "email",
    });
    let challenge = client.post("/v1/tokens", &challenge).await.text_of("id");
    let log_in_code = app.code_for(EMAIL).await.unwrap();
    let (first, second) = (code(&app).await, code(&app).await);
    app.advance(MOMENT).await;

    let done = reset(&client, &first, NEW).await;
    done.expect(StatusCode::NO_CONTENT);
    let verified = client.verify(&session).await;
    verified.expect_error(401, "invalid_session");
    let exchanged = client.exchange(&token).await;
    exchanged.expect_error(401, "invalid_token");
    let redeemed = client.redeem(&key, &one_time, None).await;
    redeemed.expect_error(401, REFUSED);
    let answered = client.answer(&challenge, &log_in_code).await;
    answered.expect_error(401, "invalid_secret");
    let again = reset(&client, &second, "another password").await;
    again.expect_error(401, "invalid_reset_code");
    log_in(&client, NEW).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_newer_code_leaves_the_older_good_until_one_is_used() {
    let app = start().await;
    let (first, second) = (code(&app).await, code(&app).await);
    assert_ne!(first, second);
    let done = reset(&app.client(), &first, NEW).await;
    done.expect(StatusCode::NO_CONTENT);
    let other = reset(&app.client(), &second, "another password").await;
    other.expect_error(401, "invalid_reset_code");
}

#[tokio::test]
async fn a_code_lives_for_fifteen_minutes() {
    let app = start().await;
    let (client, code) = (app.client(), code(&app).await);
    app.advance(LIFE - MOMENT).await;
    let refused = reset(&client, &code, "short").await;
    refused.expect_error(422, "password_refused");
    app.advance(MOMENT).await;
    let over = reset(&client, &code, NEW).await;
    over.expect_error(401, "invalid_reset_code");
    log_in(&client, OLD).await.expect(StatusCode::CREATED);
}

/// The code is not used up by it, and only who has one learns what a password must be.
#[rstest]
#[case("short1!", "too_short")]
#[case(&"vkq zmw xgj hrb ".repeat(65)[..1025], "too_long")]
#[case("princess99", "common")]
#[case("kwzkwzkwzkwz", "repeated")]
#[case("12345678901234", "run")]
#[case("ana@x.example!!", "personal")]
#[tokio::test]
async fn a_refused_password_leaves_the_code_good(#[case] password: &str, #[case] reason: &str) {
    let app = start().await;
    let (client, code) = (app.client(), code(&app).await);
    let refused = reset(&client, &code, password).await;
    let refused = refused.expect_error(422, "password_refused");
    assert_eq!(refused.json()["reason"], reason, "{}", refused.text);
    assert!(!refused.text.contains(password), "{}", refused.text);
    let made_up = ResetCode::generate(
        ResetCode::parse(&code).unwrap().id(),
        &SystemEntropy::default(),
    );
    let wrong = reset(&client, made_up.expose(), password).await;
    wrong.expect_error(401, "invalid_reset_code");
    log_in(&client, OLD).await.expect(StatusCode::CREATED);
    let done = reset(&client, &code, NEW).await;
    done.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_limits_of_a_password_are_where_they_are_said_to_be() {
    let settings = PartnerSettings {
        limits: TestApp::LOOSE,
        ..PartnerSettings::default()
    };
    let app = TestApp::with(settings).await;
    add(&app, &["email:ana@x.example"], None, true).await;
    let client = app.client();
    let odd = "vkq zmw xgj hrb tyf dlp ".repeat(43);
    for (length, status) in [(14, 422), (15, 204), (64, 204), (1024, 204), (1025, 422)] {
        let text = format!("{}q", &odd[..length - 1]);
        let answer = reset(&client, &code(&app).await, &text).await;
        assert_eq!(answer.status, status, "{length}: {}", answer.text);
        if status == 204 {
            log_in(&client, &text).await.expect(StatusCode::CREATED);
            let cut = log_in(&client, &text[..length - 1]).await;
            cut.expect_error(401, "invalid_credentials");
        }
    }
    // 600 characters, and in UTF-8 more than can be hashed.
    let wide = "\u{44f}".repeat(600);
    let answer = reset(&client, &code(&app).await, &wide).await;
    let answer = answer.expect_error(422, "password_refused");
    assert_eq!(answer.json()["reason"], "too_long");
    // One text in two spellings.
    let composed = "caf\u{e9} mit sieben zitronen";
    let done = reset(&client, &code(&app).await, composed).await;
    done.expect(StatusCode::NO_CONTENT);
    let decomposed = "cafe\u{301} mit sieben zitronen";
    log_in(&client, decomposed)
        .await
        .expect(StatusCode::CREATED);
}

#[tokio::test]
async fn any_character_changed_makes_it_no_code() {
    let app = start().await;
    let (client, code) = (app.client(), code(&app).await);
    for index in 0..code.len() {
        let other = if &code[index..=index] == "0" {
            "1"
        } else {
            "0"
        };
        let mut changed = code.clone();
        changed.replace_range(index..=index, other);
        let answer = reset(&client, &changed, NEW).await;
        answer.expect_error(401, "invalid_reset_code");
    }
    for wrong in [
        "",
        "csr_",
        &code[1..],
        &format!("{code}0"),
        &format!(" {code}"),
        &code.to_lowercase(),
    ] {
        let answer = reset(&client, wrong, NEW).await;
        answer.expect_error(401, "invalid_reset_code");
    }
    let done = reset(&client, &code, NEW).await;
    done.expect(StatusCode::NO_CONTENT);
}

/// What ends a user's log-ins ends the codes on their way to it.
#[tokio::test]
async fn it_ends_when_the_user_changes() {
    for change in [
        "lock",
        "lock and unlock",
        "password",
        "delete",
        "delete and add",
    ] {
        let app = start().await;
        let (client, code) = (app.client(), code(&app).await);
        let operator = app.operator().await;
        let user = TestApp::name_of("username:ana");
        match change {
            "lock" => drop(operator.lock_user(&user).await.unwrap()),
            "lock and unlock" => {
                operator.lock_user(&user).await.unwrap();
                operator.unlock_user(&user).await.unwrap();
            }
            "password" => {
                let password = Secret::new("another password".to_owned());
                operator.set_password(&user, &password).await.unwrap();
            }
            _ => operator.delete_user(&user).await.unwrap(),
        }
        if change == "delete and add" {
            add(&app, &["email:ana@x.example"], Some(OLD), true).await;
        }
        let answer = reset(&client, &code, NEW).await;
        answer.expect_error(401, "invalid_reset_code");
        let answer = log_in(&client, NEW).await;
        answer.expect_error(401, "invalid_credentials");
    }
}

/// An address that nobody proved takes over no account of who proved another.
#[tokio::test]
async fn only_an_address_of_ones_own_gets_a_code() {
    let app = TestApp::start().await;
    let client = app.client();
    // Nothing proved: the code is the first proof, and what was set before is gone with it.
    add(
        &app,
        &["username:new", "email:new@x.example"],
        Some(OLD),
        false,
    )
    .await;
    // Signed in by phone, and the operator noted an address that may be mistyped.
    add(
        &app,
        &["phone:+44 123 1234 1234", "email:typo@x.example"],
        Some(OLD),
        false,
    )
    .await;
    app.advance(MOMENT).await;
    app.signed_in_by_sms(PHONE).await;

    for address in ["new@x.example", "typo@x.example"] {
        let asked = ask(&client, "email", address).await;
        asked.expect(StatusCode::ACCEPTED);
    }
    assert_eq!(app.code_for("typo@x.example").await, None);
    let code = app.code_for("new@x.example").await.unwrap();
    let done = reset(&client, &code, NEW).await;
    done.expect(StatusCode::NO_CONTENT);
    let proved = "SELECT COUNT(*) FROM identities WHERE value = 'new@x.example' AND proved_at > 0";
    assert_eq!(number(&app, proved), 1);
}

/// Nor does it where the other was proved while the code was on its way.
#[tokio::test]
async fn a_code_ends_where_another_address_is_proved_first() {
    let app = TestApp::start().await;
    let client = app.client();
    add(
        &app,
        &["phone:+44 123 1234 1234", "email:typo@x.example"],
        None,
        false,
    )
    .await;
    ask(&client, "email", "typo@x.example")
        .await
        .expect(StatusCode::ACCEPTED);
    let code = app.code_for("typo@x.example").await.unwrap();
    app.signed_in_by_sms(PHONE).await;
    let answer = reset(&client, &code, NEW).await;
    answer.expect_error(401, "invalid_reset_code");
}

#[tokio::test]
async fn asking_tells_nothing_of_the_user() {
    let app = TestApp::start().await;
    add(&app, &["email:known@x.example"], Some(OLD), true).await;
    add(&app, &["email:locked@x.example"], Some(OLD), true).await;
    add(&app, &["email:without@x.example"], None, true).await;
    add(
        &app,
        &["username:a", "email:unproved@x.example"],
        None,
        false,
    )
    .await;
    let locked = TestApp::name_of("email:locked@x.example");
    app.operator().await.lock_user(&locked).await.unwrap();

    let mut seen = Vec::new();
    for name in ["known", "locked", "without", "unproved", "nobody"] {
        let before = app.service().store_work();
        let asked = ask(&app.client(), "email", &format!("{name}@x.example")).await;
        let work = app.service().store_work().since(before);
        seen.push((shape(&asked.expect(StatusCode::ACCEPTED)), work));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
    app.service().deliver().await.unwrap();
    let sent = app.service().delivery().outbox().unwrap().messages();
    assert_eq!(sent.len(), 3, "to known, without and unproved");
    let rows = "SELECT COUNT(*) FROM password_resets";
    assert_eq!(number(&app, rows), 5, "a row for each, decoys too");
}

#[tokio::test]
async fn redeeming_tells_nothing_of_the_code() {
    let app = start().await;
    let client = app.client();
    let mut shapes = Vec::new();
    let (used, expired) = (code(&app).await, code(&app).await);
    let done = reset(&client, &used, NEW).await;
    done.expect(StatusCode::NO_CONTENT);
    let ended = code(&app).await;
    let user = TestApp::name_of("username:ana");
    app.operator().await.lock_user(&user).await.unwrap();
    let unknown = ResetCode::generate(
        "0199f2c4-6f1e-7d3a-9b1c-2f4e5a6b7c8d".parse().unwrap(),
        &SystemEntropy::default(),
    );
    for code in [&used, &expired, &ended, unknown.expose(), "x"] {
        let answer = reset(&client, code, "another password").await;
        shapes.push(shape(&answer.expect_error(401, "invalid_reset_code")));
    }
    app.advance(LIFE).await;
    let answer = reset(&client, &ended, "another password").await;
    shapes.push(shape(&answer.expect_error(401, "invalid_reset_code")));
    assert!(
        shapes.windows(2).all(|pair| pair[0] == pair[1]),
        "{shapes:#?}"
    );
}

#[rstest]
#[case(json!({}), "malformed")]
#[case(json!({ "identity": ["email", EMAIL] }), "malformed")]
#[case(json!({ "identity": { "type": "email" } }), "malformed")]
#[case(json!({ "identity": { "type": "email", "value": EMAIL }, "locale": "no language" }), "malformed")]
#[case(json!({ "identity": { "type": "email", "value": EMAIL }, "locale": 7 }), "malformed")]
#[case(json!({ "identity": { "type": "email", "value": "ana" } }), "invalid_identity")]
#[case(json!({ "identity": { "type": "fax", "value": "1" } }), "invalid_identity")]
#[case(json!({ "identity": { "type": "username", "value": "ana" } }), "invalid_identity")]
#[case(json!({ "identity": { "type": "user_id", "value": "7" } }), "invalid_identity")]
#[case(json!({ "identity": { "type": "email", "value": EMAIL }, "partner": "nobody" }), "unknown_partner")]
#[case(json!({ "identity": { "type": "email", "value": EMAIL }, "partner": "No Slug" }), "unknown_partner")]
#[tokio::test]
async fn a_request_that_is_none_is_refused(#[case] body: Value, #[case] error: &str) {
    let app = TestApp::start().await;
    let answer = app.client().post("/v1/password-resets", &body).await;
    answer.expect_error(400, error);
}

#[tokio::test]
async fn bodies_are_read_as_everywhere() {
    let app = TestApp::start().await;
    let client = app.client();
    for path in ["/v1/password-resets", "/v1/password-resets/redeem"] {
        let form = client.request(Method::POST, path).body("code=1&password=2");
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        client
            .send(form)
            .await
            .expect_error(415, "unsupported_media_type");
        let twice = client
            .request(Method::POST, path)
            .body(r#"{"code":"1","code":"2"}"#);
        let twice = twice.header("content-type", "application/json");
        client.send(twice).await.expect_error(400, "malformed");
        let get = client.send(client.request(Method::GET, path)).await;
        get.expect_error(405, "method_not_allowed");
    }
    for body in [
        json!({ "code": "x" }),
        json!({ "password": NEW }),
        json!({ "code": 1, "password": NEW }),
    ] {
        let answer = client.post("/v1/password-resets/redeem", &body).await;
        answer.expect_error(400, "malformed");
    }
}

#[tokio::test]
async fn a_partner_can_switch_it_off() {
    for off in ["password", "email"] {
        let app = start().await;
        let (client, code) = (app.client(), code(&app).await);
        set(&app, "default", json!({ off: false })).await;
        let answer = ask(&client, "email", EMAIL).await;
        answer.expect_error(400, "authenticator_unavailable");
        let answer = reset(&client, &code, NEW).await;
        if off == "password" {
            answer.expect_error(400, "authenticator_unavailable");
            // It was not used up by that.
            set(&app, "default", json!({ off: true })).await;
            let done = reset(&client, &code, NEW).await;
            done.expect(StatusCode::NO_CONTENT);
        } else {
            answer.expect(StatusCode::NO_CONTENT);
        }
    }
}

/// Who has the same address at another partner is somebody else.
#[tokio::test]
async fn a_code_of_one_partner_is_none_of_another() {
    let app = start().await;
    app.add_partner("other").await;
    let client = app.client();
    let body = json!({ "identity": { "type": "email", "value": EMAIL }, "partner": "other" });
    let asked = client.post("/v1/password-resets", &body).await;
    asked.expect(StatusCode::ACCEPTED);
    assert_eq!(app.code_for(EMAIL).await, None, "nobody has it there");

    let theirs = NewUser {
        partner: &"other".parse().unwrap(),
        identities: &["email:ana@x.example".parse().unwrap()],
        password: Some(&Secret::new("their very own password".to_owned())),
        proved: true,
    };
    app.operator().await.add_user(&theirs).await.unwrap();
    let asked = client.post("/v1/password-resets", &body).await;
    asked.expect(StatusCode::ACCEPTED);
    let code = app.code_for(EMAIL).await.unwrap();
    let done = reset(&client, &code, NEW).await;
    done.expect(StatusCode::NO_CONTENT);
    log_in(&client, OLD).await.expect(StatusCode::CREATED);
    log_in(&client, NEW)
        .await
        .expect_error(401, "invalid_credentials");
}

/// Of 64 who bring it at once one sets a password. Who waits too long for a hash is told to
/// come back, and by then it is used.
#[tokio::test(flavor = "multi_thread")]
async fn of_64_who_bring_a_code_at_once_one_sets_a_password() {
    let app = start().await;
    let (client, code) = (app.client(), code(&app).await);
    let (_others, clients) = app.three_nodes().await;
    let resets = clients.iter().cycle().take(64).enumerate();
    let resets = resets.map(|(number, client)| {
        let (client, code) = (client.clone(), code.clone());
        let password = format!("seven lemons on bicycle {number}");
        tokio::spawn(async move { (reset(&client, &code, &password).await, password) })
    });
    let mut winners = Vec::new();
    for answer in resets.collect::<Vec<_>>() {
        let (answer, password) = answer.await.unwrap();
        match answer.status {
            StatusCode::NO_CONTENT => winners.push(password),
            StatusCode::SERVICE_UNAVAILABLE => {
                answer.expect_error(503, "overloaded");
                let again = reset(&client, &code, &password).await;
                again.expect_error(401, "invalid_reset_code");
            }
            _ => drop(answer.expect_error(401, "invalid_reset_code")),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    for client in &clients {
        let logged_in = log_in(client, &winners[0]).await;
        logged_in.expect(StatusCode::CREATED);
    }
}

#[tokio::test]
async fn it_is_done_though_its_client_left_at_once() {
    let app = start().await;
    let code = code(&app).await;
    let (code, new) = (Secret::new(code), Secret::new(NEW.to_owned()));
    let caller = app.caller();
    leave(app.service().reset_password(&caller, &code, &new));
    app.service().finish_all().await;
    log_in(&app.client(), NEW).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn what_is_decided_is_in_the_audit() {
    let app = start().await;
    let client = app.client();
    let (first, second) = (code(&app).await, code(&app).await);
    ask(&client, "email", "nobody@x.example").await;
    let mut expected = Vec::new();
    for (code, password, decision) in [
        (&first, "princess99", "refused password_refused common"),
        (&first, NEW, "done - email"),
        (&first, NEW, "refused used -"),
        (&second, NEW, "refused user_changed -"),
    ] {
        reset(&client, code, password).await;
        expected.push(decision.to_owned());
        app.advance(Duration::from_millis(2)).await;
    }
    reset(&client, "csr_x", NEW).await;
    let entries = entries(&app).await;
    let of_resets = entries
        .iter()
        .filter(|entry| entry.action == "reset_password");
    let decisions = of_resets.map(|entry| {
        assert!(entry.user.is_some());
        assert_eq!(entry.partner.as_deref(), Some("default"));
        assert_eq!(entry.subject.as_deref(), Some("password_reset"));
        let reason = entry.reason.as_deref().unwrap_or("-");
        let detail = entry.detail.as_deref().unwrap_or("-");
        format!("{} {reason} {detail}", entry.outcome)
    });
    let mut decisions: Vec<_> = decisions.collect();
    decisions.sort();
    expected.sort();
    assert_eq!(decisions, expected);
}

#[tokio::test]
async fn it_is_swept_when_it_is_long_dead() {
    let app = start().await;
    app.advance(Duration::from_secs(2 * 60 * 60)).await;
    let code = code(&app).await;
    ask(&app.client(), "email", "nobody@x.example").await;
    app.advance(LIFE - MOMENT).await;
    app.service().sweep().await.unwrap();
    let done = reset(&app.client(), &code, NEW).await;
    done.expect(StatusCode::NO_CONTENT);
    app.advance(Duration::from_secs(3 * 60 * 60)).await;
    app.service().sweep().await.unwrap();
    assert_eq!(number(&app, "SELECT COUNT(*) FROM password_resets"), 0);
}
