//! `POST /v1/tokens`, in one step.

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::partner::{PartnerSettings, Slug};
use countersign_domain::{Secret, SystemEntropy};
use countersign_service::operator::NewUser;
use countersign_service::{PasswordCost, Passwords};
use countersign_testkit::{TestApp, password_log_in};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// The members of a log-in's answer, and what they look like.
pub(crate) fn assert_token_object(object: &Value, with_token: bool) {
    for member in ["id", "device_id"] {
        let id = object[member].as_str().unwrap();
        assert_eq!(id.len(), 36, "{member} is a UUID: {id}");
    }
    for member in ["created_at", "updated_at", "expires_at"] {
        let time = object[member].as_str().unwrap();
        assert_eq!(time.len(), 27, "{member} has microseconds: {time}");
        assert!(time.ends_with('Z'), "{member} is in UTC: {time}");
    }
    assert_eq!(object["status"], "created");
    assert_eq!(object["token"].is_string(), with_token);
    assert!(object["error_code"].is_null() && object["error_message"].is_null());
}

#[tokio::test]
async fn a_right_password_gets_an_authentication_token() {
    let app = TestApp::start().await;
    let answer = app.client().log_in().await.expect(StatusCode::CREATED);
    assert_token_object(&answer.json(), true);
    assert!(answer.text_of("token").starts_with("csa_"));
    app.client()
        .exchange(&answer.text_of("token"))
        .await
        .expect(StatusCode::CREATED);
}

#[tokio::test]
async fn every_log_in_is_a_new_one() {
    let app = TestApp::start().await;
    let mut body = password_log_in(TestApp::PASSWORD);
    let first = app.client().post("/v1/tokens", &body).await.json();
    // What a client claims of ids and standing is not adopted.
    for member in [
        "id",
        "device_id",
        "user_id",
        "token",
        "created_at",
        "expires_at",
    ] {
        body[member] = first[member].clone();
    }
    body["verified"] = json!(true);
    body["role"] = json!("admin");
    body["used"] = json!(false);
    body["device"]["id"] = first["device_id"].clone();
    let second = app
        .client()
        .post("/v1/tokens", &body)
        .await
        .expect(StatusCode::CREATED)
        .json();
    for member in ["id", "device_id", "token"] {
        assert_ne!(first[member], second[member], "{member}");
    }
}

#[tokio::test]
async fn any_identity_of_a_user_goes_with_the_password() {
    let app = TestApp::start().await;
    let identities = [
        "username:Ana",
        "email:Ana@Example.com",
        "phone:+44 123 1234 1234",
        "user_id:u-1",
    ];
    let parsed: Vec<_> = identities
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let password = Secret::new("a long enough password".to_owned());
    let operator = app.operator().await;
    operator
        .add_user(&NewUser {
            partner: &Slug::default_partner(),
            identities: &parsed,
            password: Some(&password),
            proved: false,
        })
        .await
        .unwrap();
    for (kind, value) in [
        ("username", "ANA"),
        ("email", " ana@EXAMPLE.com"),
        ("phone", "+44 (123) 1234-1234"),
        ("user_id", "u-1"),
    ] {
        let body = json!({
            "identity": { "type": kind, "value": value },
            "authenticator": "password",
            "secret": "a long enough password",
        });
        app.client()
            .post("/v1/tokens", &body)
            .await
            .expect(StatusCode::CREATED);
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let app = TestApp::start().await;
    for wrong in [
        "MyPa$$w0rd ",
        "mypa$$w0rd",
        "",
        &"x".repeat(1024),
        &"x".repeat(1025),
        &"x".repeat(8000),
    ] {
        let answer = app
            .client()
            .post("/v1/tokens", &password_log_in(wrong))
            .await;
        answer.expect_error(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn an_authentication_ends_when_it_said_it_would() {
    let app = TestApp::start().await;
    let answer = app.client().log_in().await;
    let token = answer.text_of("token");
    let life = app.settings.authentication_life;
    assert_eq!(life, Duration::from_secs(30 * 24 * 60 * 60));
    app.advance(life - Duration::from_micros(1)).await;
    let last = app
        .client()
        .exchange(&token)
        .await
        .expect(StatusCode::CREATED);
    // A session does not outlive its authentication.
    assert_eq!(last.text_of("expires_at"), answer.text_of("expires_at"));
    app.advance(Duration::from_micros(1)).await;
    app.client()
        .exchange(&token)
        .await
        .expect_error(401, "invalid_token");
    let path = format!("/v1/tokens/{}", answer.text_of("id"));
    let shown = app
        .client()
        .with(Method::GET, &path, &format!("Basic {token}"))
        .await;
    assert_eq!(shown.expect(StatusCode::OK).text_of("status"), "expired");
}

#[tokio::test]
async fn with_a_required_pin_an_authentication_may_live_for_a_year() {
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let app = TestApp::with(PartnerSettings {
        exchange_requires_pin: true,
        authentication_life: year,
        password_min_length: 8,
        ..PartnerSettings::default()
    })
    .await;
    let mut body = password_log_in(TestApp::PASSWORD);
    app.client()
        .post("/v1/tokens", &body)
        .await
        .expect_error(400, "invalid_pin");
    body["pin"] = json!("1234");
    let answer = app
        .client()
        .post("/v1/tokens", &body)
        .await
        .expect(StatusCode::CREATED);
    let token = answer.text_of("token");
    app.advance(year - Duration::from_secs(1)).await;
    app.client()
        .exchange(&token)
        .await
        .expect_error(401, "pin_required");
    let exchange = || async {
        let request = app.client().request(Method::POST, "/v1/sessions");
        let request = request.header("authorization", format!("Basic {token}"));
        app.client()
            .send(request.json(&json!({ "pin": "1234" })))
            .await
    };
    exchange().await.expect(StatusCode::CREATED);
    app.advance(Duration::from_secs(1)).await;
    exchange().await.expect_error(401, "invalid_token");
}

#[tokio::test]
async fn what_cannot_be_a_log_in_says_what_would_be_one() {
    let app = TestApp::start().await;
    let base = password_log_in(TestApp::PASSWORD);
    for (pointer, value, code) in [
        ("/authenticator", json!("totp"), "authenticator_unavailable"),
        ("/authenticator", json!("sms"), "invalid_identity"),
        ("/identity/type", json!("fax"), "invalid_identity"),
        ("/identity/value", json!(""), "invalid_identity"),
        ("/identity/value", json!("a b"), "invalid_identity"),
        ("/identity/value", json!("a\u{200b}b"), "invalid_identity"),
        ("/pin", json!("12"), "invalid_pin"),
        ("/pin", json!("12345678901234"), "invalid_pin"),
        ("/pin", json!("12a4"), "invalid_pin"),
        ("/pin", json!(1234), "malformed"),
        ("/partner", json!("nobody"), "unknown_partner"),
        ("/partner", json!("No Such"), "unknown_partner"),
        ("/device", json!("iPhone"), "malformed"),
        ("/device", json!([]), "malformed"),
        ("/identity", json!(["username", "my_username"]), "malformed"),
        ("/identity", json!("username:my_username"), "malformed"),
        ("/device/make", json!("x".repeat(129)), "malformed"),
        ("/device/model", json!("a\u{0}b"), "malformed"),
        ("/secret", json!(null), "malformed"),
        ("/secret", json!(["MyPa$$w0rd"]), "malformed"),
        ("/identity", json!(null), "malformed"),
    ] {
        let mut body = base.clone();
        if pointer == "/pin" || pointer == "/partner" {
            body[&pointer[1..]] = value;
        } else {
            *body.pointer_mut(pointer).unwrap() = value;
        }
        let answer = app.client().post("/v1/tokens", &body).await;
        let answer = answer.expect_error(400, code);
        assert!(!answer.text.contains("MyPa$$w0rd"), "{}", answer.text);
        assert!(!answer.text.contains("struct"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_partner_can_switch_an_authenticator_off() {
    for off in ["password", "sms", "email"] {
        let app = TestApp::with(PartnerSettings {
            password: off != "password",
            sms: off != "sms",
            email: off != "email",
            password_min_length: 8,
            ..PartnerSettings::default()
        })
        .await;
        let code = |authenticator, kind, value| {
            json!({
                "identity": { "type": kind, "value": value },
                "authenticator": authenticator,
            })
        };
        for (authenticator, body) in [
            ("password", password_log_in(TestApp::PASSWORD)),
            ("sms", code("sms", "phone", "+44 123 1234 1234")),
            ("email", code("email", "email", "ana@example.com")),
        ] {
            let answer = app.client().post("/v1/tokens", &body).await;
            if authenticator == off {
                answer.expect_error(400, "authenticator_unavailable");
            } else {
                answer.expect(StatusCode::CREATED);
            }
        }
    }
}

#[tokio::test]
async fn a_password_set_anew_ends_what_the_old_one_began() {
    let app = TestApp::start().await;
    let (authentication, session) = app.client().signed_in().await;
    let operator = app.operator().await;
    let new = Secret::new("another password".to_owned());
    operator.set_password(&app.user_name(), &new).await.unwrap();
    app.service().poll_feed().await.unwrap();
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
    let token = authentication.text_of("token");
    app.client()
        .exchange(&token)
        .await
        .expect_error(401, "invalid_token");
    app.client()
        .log_in()
        .await
        .expect_error(401, "invalid_credentials");
    let body = password_log_in("another password");
    app.client()
        .post("/v1/tokens", &body)
        .await
        .expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_hash_of_other_costs_is_made_anew_at_the_next_log_in() {
    let app = TestApp::start().await;
    let mut operator = app.operator().await;
    let cost = PasswordCost {
        memory_kib: 20_000,
        iterations: 2,
        threads: 1,
    };
    operator.passwords = Passwords::new(cost, Arc::new(SystemEntropy::default())).unwrap();
    let identity = "username:old".parse().unwrap();
    let password = Secret::new("an old password".to_owned());
    operator
        .add_user(&NewUser {
            partner: &Slug::default_partner(),
            identities: &[identity],
            password: Some(&password),
            proved: false,
        })
        .await
        .unwrap();
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let hash = || -> String {
        let select = "SELECT password_hash FROM users u JOIN identities i ON i.user_id = u.id
                      WHERE i.value = 'old'";
        database.query_row(select, [], |row| row.get(0)).unwrap()
    };
    assert!(hash().contains("m=20000"), "{}", hash());
    let mut body = password_log_in("not the old password");
    body["identity"]["value"] = json!("old");
    app.client()
        .post("/v1/tokens", &body)
        .await
        .expect_error(401, "invalid_credentials");
    assert!(hash().contains("m=20000"), "{}", hash());
    body["secret"] = json!("an old password");
    for _ in 0..2 {
        app.client()
            .post("/v1/tokens", &body)
            .await
            .expect(StatusCode::CREATED);
        assert!(hash().contains("m=19456"), "{}", hash());
    }
}

/// A user belongs to one partner: the same identity is somebody else at another.
#[tokio::test]
async fn a_partners_user_is_nobody_at_another_partner() {
    let app = TestApp::start().await;
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let settings = r#"{"sign_up":"open","password_min_length":8}"#;
    let insert =
        "INSERT INTO partners (slug, settings, created_at, updated_at) VALUES ('other', ?1, 0, 0)";
    database.execute(insert, [settings]).unwrap();
    let news = "INSERT INTO feed (kind, at) VALUES ('partners', 0)";
    database.execute(news, []).unwrap();
    app.service().poll_feed().await.unwrap();

    let mut body = password_log_in(TestApp::PASSWORD);
    body["partner"] = json!("other");
    app.client()
        .post("/v1/tokens", &body)
        .await
        .expect_error(401, "invalid_credentials");

    let mut users = Vec::new();
    for partner in ["default", "other"] {
        let body = json!({
            "partner": partner,
            "identity": { "type": "phone", "value": "+44 123 1234 1234" },
            "authenticator": "sms",
        });
        let id = app.client().post("/v1/tokens", &body).await.text_of("id");
        let code = app.code_for("+4412312341234").await.unwrap();
        let token = app.client().answer(&id, &code).await.text_of("token");
        let session = app.client().exchange(&token).await.text_of("token");
        let who = app.client().verify(&session).await.json();
        assert_eq!(who["user"]["partner"], partner);
        users.push(who["user"]["id"].clone());
    }
    assert_ne!(users[0], users[1]);
}

/// What cannot be kept is not refused but unknown: nobody is told that their password is wrong.
#[tokio::test]
async fn what_cannot_be_written_is_unavailable() {
    let app = TestApp::start().await;
    let client = app.client();
    let begun = client.begin("+44 123 1234 1234").await.text_of("id");
    let code = app.code_for("+4412312341234").await.unwrap();
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let rename = |from: &str, to: &str| {
        let rename = format!("ALTER TABLE {from} RENAME TO {to}");
        database.execute_batch(&rename).unwrap();
    };
    rename("devices", "gone");
    let refused = client.log_in().await.expect_error(503, "unavailable");
    assert_eq!(refused.headers["retry-after"], "1");
    assert!(!refused.text.contains("devices"), "{}", refused.text);
    let refused = client.answer(&begun, &code).await;
    refused.expect_error(503, "unavailable");
    rename("gone", "devices");
    client.log_in().await.expect(StatusCode::CREATED);
    // The code was not used up by what came to nothing.
    client.answer(&begun, &code).await.expect(StatusCode::OK);
}
