//! Log-ins in two steps.

use std::time::Duration;

use countersign_domain::partner::{PartnerSettings, SignUp};
use countersign_testkit::{Answer, TestApp};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::log_in::assert_token_object;

const PHONE: &str = "+44 123 1234 1234";
const NORMALISED: &str = "+4412312341234";

fn wrong(code: &str) -> String {
    let digit = if code.starts_with('0') { "1" } else { "0" };
    format!("{digit}{}", &code[1..])
}

async fn send_again(app: &TestApp, id: &str) -> Answer {
    let path = format!("/v1/tokens/{id}/code");
    app.client()
        .send(app.client().request(Method::POST, &path))
        .await
}

#[tokio::test]
async fn the_code_signs_in_and_creates_the_user() {
    let app = TestApp::start().await;
    let begun = app.client().begin(PHONE).await.expect(StatusCode::CREATED);
    assert_token_object(&begun.json(), false);
    let id = begun.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let done = app.client().answer(&id, &code).await.expect(StatusCode::OK);
    assert_token_object(&done.json(), true);
    for member in ["id", "device_id", "created_at"] {
        assert_eq!(begun.json()[member], done.json()[member], "{member}");
    }
    let session = app
        .client()
        .exchange(&done.text_of("token"))
        .await
        .text_of("token");
    let who = app
        .client()
        .verify(&session)
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(
        who["user"]["identities"],
        json!([{ "type": "phone", "value": NORMALISED }])
    );
    assert_eq!(who["user"]["partner"], "default");
    assert_eq!(who["amr"], json!(["sms"]));
    assert_eq!(who["authentication_id"], json!(id));

    // Whatever the spelling, the next log-in is the same user's.
    let again = app.client().begin("+4412312341234").await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let token = app.client().answer(&again, &code).await.text_of("token");
    let session = app.client().exchange(&token).await.text_of("token");
    let same = app.client().verify(&session).await.json();
    assert_eq!(who["user"]["id"], same["user"]["id"]);
    assert_ne!(who["device_id"], same["device_id"]);
}

#[tokio::test]
async fn an_email_code_does_the_same() {
    let app = TestApp::start().await;
    let body = json!({
        "identity": { "type": "email", "value": " Ana@Example.COM" },
        "authenticator": "email",
    });
    let begun = app
        .client()
        .post("/v1/tokens", &body)
        .await
        .expect(StatusCode::CREATED);
    let code = app.code_for("ana@example.com").await.unwrap();
    // As people paste them.
    let code = format!(" {} {} ", &code[..3], &code[3..]);
    app.client()
        .answer(&begun.text_of("id"), &code)
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn the_pin_of_step_one_must_be_repeated() {
    let app = TestApp::start().await;
    let begin = async |pin: Option<&str>| {
        let mut body = json!({
            "identity": { "type": "phone", "value": PHONE },
            "authenticator": "sms",
        });
        if let Some(pin) = pin {
            body["pin"] = json!(pin);
        }
        app.client().post("/v1/tokens", &body).await.text_of("id")
    };
    let answer = async |id: &str, pin: Option<&str>| {
        let mut body = json!({ "secret": app.code_for(NORMALISED).await.unwrap() });
        if let Some(pin) = pin {
            body["pin"] = json!(pin);
        }
        app.client()
            .post(&format!("/v1/tokens/{id}/secret"), &body)
            .await
    };
    let id = begin(Some("1234")).await;
    for pin in [Some("1235"), Some(""), Some("12"), None] {
        answer(&id, pin).await.expect_error(401, "invalid_secret");
    }
    answer(&id, Some("1234")).await.expect(StatusCode::OK);
    let id = begin(None).await;
    answer(&id, Some("1234"))
        .await
        .expect_error(401, "invalid_secret");
    answer(&id, None).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn five_wrong_codes_end_it() {
    let app = TestApp::start().await;
    let id = app.client().begin(PHONE).await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    for _ in 0..5 {
        let answer = app.client().answer(&id, &wrong(&code)).await;
        answer.expect_error(401, "invalid_secret");
    }
    app.client()
        .answer(&id, &code)
        .await
        .expect_error(401, "too_many_attempts");
    // Nor does another code help.
    app.advance(Duration::from_secs(60)).await;
    send_again(&app, &id).await.expect_error(404, "not_found");
}

#[tokio::test]
async fn a_code_is_of_its_own_challenge_alone() {
    let app = TestApp::start().await;
    let first = app.client().begin(PHONE).await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let mut second = app.client().begin(PHONE).await.text_of("id");
    while app.code_for(NORMALISED).await.unwrap() == code {
        second = app.client().begin(PHONE).await.text_of("id");
    }
    app.client()
        .answer(&second, &code)
        .await
        .expect_error(401, "invalid_secret");
    app.client()
        .answer(&first, &code)
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn a_code_expires_when_its_challenge_said() {
    let app = TestApp::start().await;
    let life = Duration::from_secs(5 * 60);
    let begun = app.client().begin(PHONE).await;
    let code = app.code_for(NORMALISED).await.unwrap();
    app.advance(life).await;
    let id = begun.text_of("id");
    app.client()
        .answer(&id, &code)
        .await
        .expect_error(401, "secret_expired");

    let begun = app.client().begin(PHONE).await;
    let code = app.code_for(NORMALISED).await.unwrap();
    app.advance(life - Duration::from_micros(1)).await;
    app.client()
        .answer(&begun.text_of("id"), &code)
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn an_earlier_code_stays_good_when_another_is_sent() {
    let app = TestApp::start().await;
    let id = app.client().begin(PHONE).await.text_of("id");
    let first = app.code_for(NORMALISED).await.unwrap();
    let soon = send_again(&app, &id)
        .await
        .expect_error(429, "rate_limited");
    assert_eq!(soon.headers["retry-after"], "60");
    app.advance(Duration::from_secs(60)).await;
    send_again(&app, &id).await.expect(StatusCode::ACCEPTED);
    app.client()
        .answer(&id, &first)
        .await
        .expect(StatusCode::OK);
    // Once used, none of them is good.
    let second = app.code_for(NORMALISED).await.unwrap();
    app.client()
        .answer(&id, &second)
        .await
        .expect_error(401, "invalid_secret");
    send_again(&app, &id).await.expect_error(404, "not_found");
}

#[tokio::test]
async fn sending_again_does_not_reset_the_count() {
    let app = TestApp::start().await;
    let id = app.client().begin(PHONE).await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    for _ in 0..4 {
        app.client()
            .answer(&id, &wrong(&code))
            .await
            .expect_error(401, "invalid_secret");
    }
    app.advance(Duration::from_secs(60)).await;
    send_again(&app, &id).await.expect(StatusCode::ACCEPTED);
    app.client().answer(&id, &wrong(&code)).await;
    let code = app.code_for(NORMALISED).await.unwrap();
    app.client()
        .answer(&id, &code)
        .await
        .expect_error(401, "too_many_attempts");
}

#[tokio::test]
async fn a_challenge_sends_five_codes_at_most() {
    let app = TestApp::start().await;
    let id = app.client().begin(PHONE).await.text_of("id");
    for _ in 0..4 {
        app.advance(Duration::from_secs(60)).await;
        send_again(&app, &id).await.expect(StatusCode::ACCEPTED);
    }
    app.advance(Duration::from_secs(60)).await;
    send_again(&app, &id)
        .await
        .expect_error(429, "rate_limited");
}

#[tokio::test]
async fn where_sign_up_is_closed_nothing_is_sent_and_nobody_can_tell() {
    let closed = PartnerSettings {
        sign_up: SignUp::Closed,
        password_min_length: 8,
        ..PartnerSettings::default()
    };
    let app = TestApp::with(closed).await;
    app.add_user(&format!("phone:{PHONE}"), None).await;

    let real = app.client().begin(PHONE).await.expect(StatusCode::CREATED);
    let decoy = app
        .client()
        .begin("+44 123 1234 9999")
        .await
        .expect(StatusCode::CREATED);
    assert_eq!(shape(&real), shape(&decoy));
    assert_eq!(app.code_for("+4412312349999").await, None);

    let code = wrong(&app.code_for(NORMALISED).await.unwrap());
    for answers in 0..6 {
        let to_real = app.client().answer(&real.text_of("id"), &code).await;
        let to_decoy = app.client().answer(&decoy.text_of("id"), &code).await;
        assert_eq!(shape(&to_real), shape(&to_decoy), "answer {answers}");
    }
    app.advance(Duration::from_secs(60)).await;
    let real = send_again(&app, &real.text_of("id")).await;
    let decoy = send_again(&app, &decoy.text_of("id")).await;
    assert_eq!(shape(&real), shape(&decoy));
}

#[tokio::test]
async fn a_decoy_is_sent_again_like_a_real_one() {
    let app = TestApp::start().await;
    app.signed_in_by_sms(PHONE).await;
    let code = app.code_for(NORMALISED).await.unwrap();
    let name = TestApp::name_of(&format!("phone:{PHONE}"));
    app.operator().await.lock_user(&name).await.unwrap();
    let decoy = app
        .client()
        .begin(PHONE)
        .await
        .expect(StatusCode::CREATED)
        .text_of("id");
    assert_eq!(
        app.code_for(NORMALISED).await.unwrap(),
        code,
        "nothing new was sent"
    );
    app.advance(Duration::from_secs(60)).await;
    send_again(&app, &decoy).await.expect(StatusCode::ACCEPTED);
    assert_eq!(
        app.code_for(NORMALISED).await.unwrap(),
        code,
        "nothing new was sent"
    );
}

/// Whoever waits as long as they were told has waited long enough.
#[tokio::test]
async fn a_wait_is_told_in_whole_seconds_and_never_too_short() {
    let app = TestApp::start().await;
    let id = app.client().begin(PHONE).await.text_of("id");
    app.advance(Duration::from_millis(500)).await;
    let soon = send_again(&app, &id).await;
    let soon = soon.expect_error(429, "rate_limited");
    assert_eq!(soon.headers["retry-after"], "60");
    app.advance(Duration::from_secs(60)).await;
    send_again(&app, &id).await.expect(StatusCode::ACCEPTED);
}

#[tokio::test]
async fn nothing_is_sent_again_to_who_was_locked_since() {
    let app = TestApp::start().await;
    app.add_user(&format!("phone:{PHONE}"), None).await;
    let id = app.client().begin(PHONE).await.text_of("id");
    let name = TestApp::name_of(&format!("phone:{PHONE}"));
    app.operator().await.lock_user(&name).await.unwrap();
    app.advance(Duration::from_secs(60)).await;
    send_again(&app, &id).await.expect(StatusCode::ACCEPTED);
    app.service().deliver().await.unwrap();
    let outbox = app.service().delivery().outbox().unwrap();
    assert_eq!(outbox.messages().len(), 1);
}

#[tokio::test]
async fn locking_deleting_and_a_new_password_end_a_challenge() {
    for event in ["lock", "lock and unlock", "delete", "set password"] {
        let app = TestApp::start().await;
        let operator = app.operator().await;
        app.add_user(&format!("phone:{PHONE}"), None).await;
        let name = TestApp::name_of(&format!("phone:{PHONE}"));
        let id = app.client().begin(PHONE).await.text_of("id");
        let code = app.code_for(NORMALISED).await.unwrap();
        match event {
            "lock" => drop(operator.lock_user(&name).await.unwrap()),
            "lock and unlock" => {
                operator.lock_user(&name).await.unwrap();
                operator.unlock_user(&name).await.unwrap();
            }
            "delete" => operator.delete_user(&name).await.unwrap(),
            _ => {
                let password = countersign_domain::Secret::new("another password".to_owned());
                operator.set_password(&name, &password).await.unwrap();
            }
        }
        let answer = app.client().answer(&id, &code).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{event}");
        answer.expect_error(401, "invalid_secret");
    }
}

/// One that was begun before the user existed is the user's as well, once there is one.
#[tokio::test]
async fn what_ends_a_users_challenges_ends_those_from_before_it_was_one() {
    for event in ["lock and unlock", "delete", "set password"] {
        let app = TestApp::start().await;
        let operator = app.operator().await;
        let before = app.client().begin(PHONE).await.text_of("id");
        let code = app.code_for(NORMALISED).await.unwrap();
        app.signed_in_by_sms(PHONE).await;
        let name = TestApp::name_of(&format!("phone:{PHONE}"));
        match event {
            "lock and unlock" => {
                operator.lock_user(&name).await.unwrap();
                operator.unlock_user(&name).await.unwrap();
            }
            "delete" => operator.delete_user(&name).await.unwrap(),
            _ => {
                let password = countersign_domain::Secret::new("another password".to_owned());
                operator.set_password(&name, &password).await.unwrap();
            }
        }
        let answer = app.client().answer(&before, &code).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{event}");
    }
}

#[tokio::test]
async fn what_is_no_challenge_takes_no_code() {
    let app = TestApp::start().await;
    let (authentication, _) = app.client().signed_in().await;
    for id in [
        &authentication.text_of("id"),
        "id",
        "0",
        "00000000-0000-0000-0000-000000000000",
        "%00",
        "%ff",
    ] {
        app.client()
            .answer(id, "123456")
            .await
            .expect_error(401, "invalid_secret");
        send_again(&app, id).await.expect_error(404, "not_found");
    }
}

/// What of an answer a stranger could tell apart: all but the values that are random.
pub(crate) fn shape(answer: &Answer) -> (StatusCode, Vec<(String, String)>, usize, Vec<String>) {
    let headers = answer.headers.iter().map(|(name, value)| {
        let random = name == "x-request-id" || name == "date";
        let value = value.to_str().unwrap().to_owned();
        (
            name.to_string(),
            if random {
                value.len().to_string()
            } else {
                value
            },
        )
    });
    let members = match serde_json::from_str(&answer.text) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let members = members.iter().map(|(name, value)| match name.as_str() {
        "error_code" | "detail" | "status" => format!("{name}: {value}"),
        _ => name.clone(),
    });
    (
        answer.status,
        headers.collect(),
        answer.text.len(),
        members.collect(),
    )
}

/// Begins a log-in by e-mail, and returns the language it was begun in.
async fn language(app: &TestApp, field: Option<&str>, member: Option<&str>) -> Option<String> {
    let mut body = json!({
        "identity": { "type": "email", "value": "ana@example.com" },
        "authenticator": "email",
    });
    if let Some(member) = member {
        body["locale"] = json!(member);
    }
    let client = app.client();
    let mut request = client.request(Method::POST, "/v1/tokens").json(&body);
    if let Some(field) = field {
        request = request.header("accept-language", field);
    }
    let answer = client.send(request).await.expect(StatusCode::CREATED);
    let id = answer.text_of("id").parse().unwrap();
    let challenge = app.operator().await.store.challenge(id).await.unwrap();
    challenge.unwrap().locale.map(|locale| locale.to_string())
}

#[tokio::test]
async fn the_language_is_what_the_client_says_or_else_accepts() {
    let app = TestApp::start().await;
    for (field, member, expected) in [
        (None, None, None),
        (Some("es-MX,es;q=0.9,en;q=0.8"), None, Some("es-MX")),
        (Some("en;q=0.1, pt;q=0.2"), None, Some("pt")),
        (Some("es"), Some("pt-br"), Some("pt-BR")),
        (None, Some("es-419"), Some("es-419")),
        (Some("*"), None, None),
        (Some("\u{fffd};;,q=2"), None, None),
    ] {
        let language = language(&app, field, member).await;
        assert_eq!(language.as_deref(), expected, "{field:?} {member:?}");
        app.advance(std::time::Duration::from_secs(3600)).await;
    }
}

#[tokio::test]
async fn a_language_that_is_none_is_refused() {
    let app = TestApp::start().await;
    for wrong in [
        json!("english"),
        json!(""),
        json!("es_MX"),
        json!(1),
        json!("es\u{0}"),
    ] {
        let body = json!({
            "identity": { "type": "email", "value": "ana@example.com" },
            "authenticator": "email",
            "locale": wrong,
        });
        let answer = app.client().post("/v1/tokens", &body).await;
        answer.expect_error(400, "malformed");
        assert!(app.code_for("ana@example.com").await.is_none(), "{wrong}");
    }
}
