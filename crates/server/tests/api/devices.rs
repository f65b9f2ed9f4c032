//! `/v1/devices`: where a user is signed in.

use std::time::Duration;

use countersign_domain::limits::Limits;
use countersign_testkit::{Answer, Client, TestApp, password_log_in};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const UNLIMITED: Limits = Limits {
    dry_run: true,
    ..TestApp::LOOSE
};

async fn list(client: &Client, session: &str) -> Vec<Value> {
    let bearer = format!("Bearer {session}");
    let answer = client.with(Method::GET, "/v1/devices", &bearer).await;
    let answer = answer.expect(StatusCode::OK).json();
    answer["devices"].as_array().unwrap().clone()
}

async fn sign_out(client: &Client, id: &str, session: &str) -> Answer {
    let path = format!("/v1/devices/{id}");
    client
        .with(Method::DELETE, &path, &format!("Bearer {session}"))
        .await
}

#[tokio::test]
async fn a_user_sees_where_they_are_signed_in() {
    let app = TestApp::start().await;
    let client = app.client();
    let mut body = password_log_in(TestApp::PASSWORD);
    body["device"] = json!(null);
    let request = client
        .request(Method::POST, "/v1/tokens")
        .header("user-agent", "curl/8.5.0");
    client
        .send(request.json(&body))
        .await
        .expect(StatusCode::CREATED);
    app.advance(Duration::from_secs(10)).await;
    let (authentication, session) = client.signed_in().await;

    let devices = list(&client, &session).await;
    assert_eq!(devices.len(), 2);
    let described = json!({
        "id": authentication.json()["device_id"],
        "name": "iPhone6,2 (iOS 14.0)",
        "make": "iPhone",
        "model": "iPhone6,2",
        "os_name": "iOS",
        "os_version": "14.0",
        "created_at": authentication.json()["created_at"],
        "last_seen_at": authentication.json()["created_at"],
        "current": true,
    });
    assert_eq!(devices[0], described);
    assert_eq!(devices[1]["name"], "curl");
    assert_eq!(devices[1]["current"], false);
}

#[tokio::test]
async fn an_exchange_is_when_a_device_was_last_seen() {
    let app = TestApp::start().await;
    let client = app.client();
    let token = client.log_in().await.text_of("token");
    app.advance(Duration::from_secs(60)).await;
    let opened = client.exchange(&token).await;
    let session = opened.text_of("token");
    let seen = || async { list(&client, &session).await[0]["last_seen_at"].clone() };
    assert_eq!(seen().await, opened.text_of("created_at"));
    // And so it is when it has been written, for another node as well.
    app.service().write_last_seen().await.unwrap();
    let other = app.another_node().await;
    let devices = list(&Client::new(other.url.clone()), &session).await;
    assert_eq!(devices[0]["last_seen_at"], opened.text_of("created_at"));
}

#[tokio::test]
async fn a_device_is_signed_out_from_another() {
    let app = TestApp::start().await;
    let client = app.client();
    let (other, other_session) = client.signed_in().await;
    let (_, session) = client.signed_in().await;
    let id = other.text_of("device_id");
    sign_out(&client, &id, &session)
        .await
        .expect(StatusCode::NO_CONTENT);
    client
        .verify(&other_session)
        .await
        .expect_error(401, "invalid_session");
    client
        .exchange(&other.text_of("token"))
        .await
        .expect_error(401, "invalid_token");
    client.verify(&session).await.expect(StatusCode::OK);
    assert_eq!(list(&client, &session).await.len(), 1);
    // A lost answer may be asked for again.
    sign_out(&client, &id, &session)
        .await
        .expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn another_users_device_is_no_device() {
    let app = TestApp::start().await;
    let client = app.client();
    let (mine, _) = client.signed_in().await;
    let (_, session) = app.signed_in_by_sms("+44 123 1234 1234").await;
    for id in [mine.text_of("device_id"), "nonsense".to_owned()] {
        sign_out(&client, &id, &session)
            .await
            .expect_error(404, "not_found");
    }
    assert_eq!(list(&client, &session).await.len(), 1);
    client
        .exchange(&mine.text_of("token"))
        .await
        .expect(StatusCode::CREATED);
}

#[tokio::test]
async fn signing_out_everywhere_else_keeps_the_one_that_asks() {
    let app = TestApp::start().await;
    let client = app.client();
    let (other, other_session) = client.signed_in().await;
    let (mine, session) = client.signed_in().await;
    let bearer = format!("Bearer {session}");
    let answer = client
        .with(Method::POST, "/v1/sessions/revoke-all", &bearer)
        .await;
    answer.expect(StatusCode::NO_CONTENT);
    client
        .verify(&other_session)
        .await
        .expect_error(401, "invalid_session");
    client
        .exchange(&other.text_of("token"))
        .await
        .expect_error(401, "invalid_token");
    client.verify(&session).await.expect(StatusCode::OK);
    client
        .exchange(&mine.text_of("token"))
        .await
        .expect(StatusCode::CREATED);
}

/// Whoever signs in without end fills neither the list nor the memory of who reads it.
#[tokio::test]
async fn a_user_is_signed_in_on_a_hundred_devices_at_most() {
    let app = TestApp::limited(UNLIMITED).await;
    let client = app.client();
    let phone = "+44 123 1234 1234";
    let (first, first_session) = app.signed_in_by_sms(phone).await;
    app.clock.advance(Duration::from_millis(1));
    let (second, _) = app.signed_in_by_sms(phone).await;
    let mut last = String::new();
    for _ in 0..99 {
        app.clock.advance(Duration::from_millis(1));
        last = app.signed_in_by_sms(phone).await.1;
    }
    assert_eq!(list(&client, &last).await.len(), 100);
    // It opens no session any more, and the last that it has runs out by itself.
    client.verify(&first_session).await.expect(StatusCode::OK);
    client
        .exchange(&first.text_of("token"))
        .await
        .expect_error(401, "invalid_token");
    client
        .exchange(&second.text_of("token"))
        .await
        .expect(StatusCode::CREATED);
    // Whoever ends all of the user ends that one, too.
    let revoke_all = "/v1/sessions/revoke-all";
    let bearer = format!("Bearer {last}");
    let revoked = client.with(Method::POST, revoke_all, &bearer).await;
    revoked.expect(StatusCode::NO_CONTENT);
    let ended = client.verify(&first_session).await;
    ended.expect_error(401, "invalid_session");
}

/// Nor the feed: who signs in on one more costs nobody anything.
#[tokio::test]
async fn a_device_that_makes_room_is_told_to_nobody() {
    let app = TestApp::limited(UNLIMITED).await;
    for _ in 0..103 {
        app.signed_in_by_sms("+44 123 1234 1234").await;
    }
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let rows = "SELECT COUNT(*) FROM feed";
    let rows: i64 = database.query_row(rows, [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}
