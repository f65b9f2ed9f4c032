//! How often a reset code is sent.

use std::time::Duration;

use countersign_domain::limits::Limits;
use countersign_testkit::{Answer, Client, TestApp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::challenges::shape;
use crate::limits::{NORMALISED, PHONE, by_default, retry_after};
use crate::limits_of_addresses::behind_a_proxy;
use crate::password_resets::{ask, reset};

const MINUTE: Duration = Duration::from_secs(60);

/// Asks for a code for a phone number, on a device that says this of itself.
async fn ask_on(client: &Client, device: Value) -> Answer {
    let body = json!({
        "device": device,
        "identity": { "type": "phone", "value": PHONE },
    });
    client.post("/v1/password-resets", &body).await
}

#[tokio::test]
async fn they_count_together_with_the_codes_of_log_ins() {
    let app = by_default().await;
    app.add_user(&format!("phone:{PHONE}"), None).await;
    let client = app.client();
    for number in 0..5 {
        let sent = if number % 2 == 0 {
            let asked = ask(&client, "phone", PHONE).await;
            asked.expect(StatusCode::ACCEPTED)
        } else {
            client.begin(PHONE).await.expect(StatusCode::CREATED)
        };
        drop(sent);
        for soon in [
            ask(&client, "phone", PHONE).await,
            client.begin(PHONE).await,
        ] {
            let wait = retry_after(&soon.expect_error(429, "rate_limited"));
            assert_eq!(wait, if number < 4 { 60 } else { 56 * 60 });
        }
        app.advance(MINUTE).await;
    }
    let sixth = ask(&client, "phone", PHONE).await;
    let wait = retry_after(&sixth.expect_error(429, "rate_limited"));
    assert_eq!(wait, 55 * 60, "until the first is an hour old");
    app.advance(Duration::from_secs(wait)).await;
    let later = ask(&client, "phone", PHONE).await;
    later.expect(StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_limit_is_answered_alike_whoever_has_the_address() {
    let app = by_default().await;
    for name in ["known", "locked"] {
        app.add_user(&format!("email:{name}@x.example"), None).await;
    }
    let locked = TestApp::name_of("email:locked@x.example");
    app.operator().await.lock_user(&locked).await.unwrap();
    let mut seen = Vec::new();
    for name in ["known", "locked", "nobody"] {
        let address = format!("{name}@x.example");
        let first = ask(&app.client(), "email", &address).await;
        first.expect(StatusCode::ACCEPTED);
        let before = app.service().store_work();
        let limited = ask(&app.client(), "email", &address).await;
        let work = app.service().store_work().since(before);
        seen.push((shape(&limited.expect_error(429, "rate_limited")), work));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}

#[tokio::test]
async fn an_address_asks_for_no_more_of_them_than_of_other_codes() {
    let mut app = TestApp::start().await;
    let (_node, client) = behind_a_proxy(&mut app).await;
    for (number, forwarded, status) in [
        (0, "203.0.113.9", 202),
        (1, "203.0.113.9", 202),
        (2, "203.0.113.9", 429),
        (2, "203.0.113.10", 202),
    ] {
        let body = json!({
            "identity": { "type": "email", "value": format!("ana{number}@x.example") },
        });
        let request = client.request(Method::POST, "/v1/password-resets");
        let request = request.json(&body).header("x-forwarded-for", forwarded);
        let answer = client.send(request).await;
        assert_eq!(answer.status, status, "{number} from {forwarded}");
        if status == 429 {
            answer.expect_error(429, "rate_limited");
        }
    }
}

#[tokio::test]
async fn who_uses_up_those_of_a_day_keeps_no_known_device_from_a_reset() {
    let app = TestApp::limited(Limits {
        codes_per_hour: 10,
        code_pause: Duration::ZERO,
        ..Limits::default()
    })
    .await;
    let client = app.client();
    let (first, _) = app.signed_in_by_sms(PHONE).await;
    let (other, _) = app.signed_in_by_sms("+44 20 7946 0009").await;
    for _ in 0..9 {
        let asked = ask(&client, "phone", PHONE).await;
        asked.expect(StatusCode::ACCEPTED);
    }
    for stranger in [
        json!(null),
        json!({}),
        json!({ "token": null }),
        json!({ "token": "csa_x" }),
        json!({ "token": other.text_of("token") }),
    ] {
        let limited = ask_on(&client, stranger).await;
        limited.expect_error(429, "rate_limited");
    }
    for no_device in [json!([first.text_of("token")]), json!({ "token": 1 })] {
        let malformed = ask_on(&client, no_device).await;
        malformed.expect_error(400, "malformed");
    }
    app.service().deliver().await.unwrap();
    let own = json!({ "token": first.text_of("token") });
    let asked = ask_on(&client, own.clone()).await;
    asked.expect(StatusCode::ACCEPTED);
    let code = app.code_for(NORMALISED).await.unwrap();
    // It has ten a day itself, and no more.
    for _ in 0..9 {
        let asked = ask_on(&client, own.clone()).await;
        asked.expect(StatusCode::ACCEPTED);
    }
    let eleventh = ask_on(&client, own.clone()).await;
    eleventh.expect_error(429, "rate_limited");
    let done = reset(&client, &code, "seven lemons on a bicycle").await;
    done.expect(StatusCode::NO_CONTENT);
    // Another password leaves no device known: from here on it is a stranger's.
    let stranger = ask_on(&client, own).await;
    stranger.expect_error(429, "rate_limited");
}
