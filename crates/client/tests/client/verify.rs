//! `Client::verify`.

use std::time::Duration;

use countersign_client::{Client, InvalidClient, Session, VerifyError};
use countersign_testkit::TestApp;
use reqwest::{Method, StatusCode};

fn client(app: &TestApp) -> Client {
    Client::new(&app.node().url).unwrap()
}

#[track_caller]
fn assert_refused(answer: &Result<Session, VerifyError>) {
    assert!(matches!(answer, Err(VerifyError::Refused)), "{answer:?}");
}

#[tokio::test]
async fn a_live_session_is_its_users() {
    let app = TestApp::start().await;
    let (authentication, token) = app.client().signed_in().await;
    let session = client(&app).verify(&token).await.unwrap();
    let answer = app.client().verify(&token).await.json();
    let text = |member: &str| answer[member].as_str().unwrap().to_owned();
    assert_eq!(session.id.to_string(), text("id"));
    assert_eq!(session.device_id.to_string(), text("device_id"));
    let times = [session.expires_at, session.auth_time];
    let told = ["expires_at", "auth_time"].map(|member| text(member).parse().unwrap());
    assert_eq!(times, told);
    assert_eq!(session.amr, ["password"]);
    let user = &session.user;
    assert_eq!(user.id.to_string(), answer["user"]["id"]);
    assert_eq!(user.identity("username"), Some(TestApp::USERNAME));
    assert_eq!(user.identity("email"), None);
    assert_eq!(user.partner, "default");
    let id = authentication.text_of("id");
    assert_eq!(session.authentication_id.to_string(), id);
    assert!(session.auth_time < session.expires_at);
    // It goes into JSON and back, for whoever passes it on.
    let json = serde_json::to_string(&session).unwrap();
    assert_eq!(serde_json::from_str::<Session>(&json).unwrap(), session);
    // Addresses and numbers are kept out of logs.
    assert!(!format!("{session:?}").contains(TestApp::USERNAME));
}

#[tokio::test]
async fn an_ended_session_is_nobodys() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let client = client(&app);
    client.verify(&token).await.unwrap();
    let bearer = format!("Bearer {token}");
    let ended = app.client();
    let ended = ended.with(Method::DELETE, "/v1/sessions", &bearer).await;
    ended.expect(StatusCode::NO_CONTENT);
    assert_refused(&client.verify(&token).await);
}

#[tokio::test]
async fn an_expired_session_is_nobodys() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let client = client(&app);
    app.advance(Duration::from_secs(15 * 60 - 1)).await;
    client.verify(&token).await.unwrap();
    app.advance(Duration::from_secs(1)).await;
    assert_refused(&client.verify(&token).await);
}

#[tokio::test]
async fn another_token_is_nobodys() {
    let app = TestApp::start().await;
    let (authentication, token) = app.client().signed_in().await;
    let client = client(&app);
    let cut = &token[..token.len() - 1];
    let long = "x".repeat(4096);
    let authentication = authentication.text_of("token");
    for token in ["junk", cut, &long, &authentication] {
        assert_refused(&client.verify(token).await);
    }
}

/// What can be no token is refused by a client that nobody answers.
#[tokio::test]
async fn what_is_no_token_is_refused_without_asking() {
    let client = Client::new("http://127.0.0.1:1").unwrap();
    let long = "x".repeat(4097);
    for token in ["", " ", "a b", "a\r\nx: y", "a\0", "a\u{7f}", "ñ", &long] {
        assert_refused(&client.verify(token).await);
    }
    let asked = client.verify("a").await;
    assert!(matches!(asked, Err(VerifyError::Unavailable(_))));
}

#[test]
fn an_address_that_is_none_says_what_would_be_one() {
    for (url, why) in [
        ("", "relative URL without a base"),
        ("127.0.0.1:8080", "relative URL without a base"),
        ("localhost:8080", "neither http:// nor https://"),
        ("ftp://localhost", "neither http:// nor https://"),
        ("http://", "empty host"),
        ("http://ana:hunter2@localhost", "a user name or a password"),
        ("http://localhost/?a=b", "a query or a fragment"),
        ("http://localhost/#a", "a query or a fragment"),
    ] {
        let error = Client::new(url).unwrap_err();
        assert!(matches!(error, InvalidClient::Url(_)), "{url}");
        let error = error.to_string();
        assert!(error.contains(why), "{url}: {error}");
        assert!(error.ends_with("; write http://127.0.0.1:8080"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
