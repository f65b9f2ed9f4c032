//! The PIN at an exchange.

use countersign_testkit::{Answer, TestApp, password_log_in};
use reqwest::{Method, StatusCode};
use serde_json::json;

async fn log_in(app: &TestApp) -> Answer {
    let mut body = password_log_in(TestApp::PASSWORD);
    body["pin"] = json!("1234");
    app.client()
        .post("/v1/tokens", &body)
        .await
        .expect(StatusCode::CREATED)
}

async fn exchange(app: &TestApp, token: &str, pin: &str) -> Answer {
    let request = app.client().request(Method::POST, "/v1/sessions");
    let request = request.header("authorization", format!("Basic {token}"));
    app.client()
        .send(request.json(&json!({ "pin": pin })))
        .await
}

#[tokio::test]
async fn five_wrong_ones_in_a_row_end_the_authentication() {
    let app = TestApp::start().await;
    let authentication = log_in(&app).await;
    let token = authentication.text_of("token");
    let opened = exchange(&app, &token, "1234")
        .await
        .expect(StatusCode::CREATED);
    let session = opened.text_of("token");
    let who = app.client().verify(&session).await.json();
    assert_eq!(who["amr"], json!(["password", "pin"]));
    for _ in 0..4 {
        exchange(&app, &token, "4321")
            .await
            .expect_error(401, "invalid_pin");
    }
    // A right one begins the count anew.
    exchange(&app, &token, "1234")
        .await
        .expect(StatusCode::CREATED);
    for wrong in ["4321", "", "12345678901234567890", "1234 ", "\u{661}234"] {
        exchange(&app, &token, wrong)
            .await
            .expect_error(401, "invalid_pin");
    }
    exchange(&app, &token, "1234")
        .await
        .expect_error(401, "invalid_token");
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
    let path = format!("/v1/tokens/{}", authentication.text_of("id"));
    let shown = app
        .client()
        .with(Method::GET, &path, &format!("Basic {token}"))
        .await;
    assert_eq!(shown.text_of("status"), "revoked");
}

#[tokio::test]
async fn where_none_is_required_none_is_needed() {
    let app = TestApp::start().await;
    let token = log_in(&app).await.text_of("token");
    app.client()
        .exchange(&token)
        .await
        .expect(StatusCode::CREATED);
    let without = app.client().log_in().await.text_of("token");
    exchange(&app, &without, "1234")
        .await
        .expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_thousand_right_ones_at_once_all_succeed() {
    let app = TestApp::start().await;
    let token = log_in(&app).await.text_of("token");
    for _ in 0..4 {
        exchange(&app, &token, "4321")
            .await
            .expect_error(401, "invalid_pin");
    }
    let client = app.client();
    let exchanges = (0..1000).map(|_| {
        let request = client.request(Method::POST, "/v1/sessions");
        let request = request.header("authorization", format!("Basic {token}"));
        let request = request.json(&json!({ "pin": "1234" }));
        let client = client.clone();
        tokio::spawn(async move { client.send(request).await.status })
    });
    for exchange in exchanges.collect::<Vec<_>>() {
        assert_eq!(exchange.await.unwrap(), StatusCode::CREATED);
    }
}

#[tokio::test]
async fn a_thousand_wrong_ones_at_once_get_five_comparisons() {
    let app = TestApp::start().await;
    let token = log_in(&app).await.text_of("token");
    let client = app.client();
    let guesses = (0..1000).map(|guess| {
        let request = client.request(Method::POST, "/v1/sessions");
        let request = request.header("authorization", format!("Basic {token}"));
        let request = request.json(&json!({ "pin": format!("{:04}", 5000 + guess) }));
        let client = client.clone();
        tokio::spawn(async move { client.send(request).await.text_of("error_code") })
    });
    let mut compared = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.unwrap().as_str() {
            "invalid_pin" => compared += 1,
            other => assert_eq!(other, "invalid_token"),
        }
    }
    assert_eq!(compared, 5);
}

/// Only who has the token and the PIN learns that the user is locked.
#[tokio::test]
async fn a_wrong_one_tells_nothing_of_the_user() {
    let app = TestApp::start().await;
    let token = log_in(&app).await.text_of("token");
    app.operator()
        .await
        .lock_user(&app.user_name())
        .await
        .unwrap();
    exchange(&app, &token, "1234")
        .await
        .expect_error(400, "account_unusable");
    for _ in 0..5 {
        exchange(&app, &token, "4321")
            .await
            .expect_error(401, "invalid_pin");
    }
    exchange(&app, &token, "1234")
        .await
        .expect_error(401, "invalid_token");
}
