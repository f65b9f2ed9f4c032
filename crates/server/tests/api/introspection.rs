//! `POST /v1/introspect`: RFC 7662.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::Timestamp;
use countersign_domain::api_key::Scope;
use countersign_testkit::{Answer, TestApp};
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::json;

const PATH: &str = "/v1/introspect";

/// An application with a key that may introspect, and a live session.
async fn with_key() -> (TestApp, String, String) {
    let app = TestApp::start().await;
    let key = app.api_key("default", &[Scope::Introspect]).await;
    app.service().poll_feed().await.unwrap();
    let (_, session) = app.client().signed_in().await;
    (app, key, session)
}

async fn introspect(app: &TestApp, authorization: &str, form: &[(&str, &str)]) -> Answer {
    let client = app.client();
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = client.request(Method::POST, PATH).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    client
        .send(request.header("authorization", authorization))
        .await
}

fn inactive() -> serde_json::Value {
    json!({ "active": false })
}

#[tokio::test]
async fn a_live_session_is_active_and_says_whose_it_is() {
    let (app, key, session) = with_key().await;
    let verified = app.client().verify(&session).await.json();
    let form = [("token", &*session), ("token_type_hint", "access_token")];
    let answer = introspect(&app, &format!("Bearer {key}"), &form).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let answer = answer.expect(StatusCode::OK).json();
    let seconds = |name: &str| {
        let text = verified[name].as_str().unwrap();
        text.parse::<Timestamp>().unwrap().as_micros() / 1_000_000
    };
    let expected = json!({
        "active": true,
        "token_type": "Bearer",
        "sub": verified["user"]["id"],
        "username": TestApp::USERNAME,
        "client_id": "default",
        "jti": verified["id"],
        "iat": seconds("expires_at") - 15 * 60,
        "exp": seconds("expires_at"),
        "auth_time": seconds("auth_time"),
        "amr": ["password"],
        "user": verified["user"],
        "device_id": verified["device_id"],
        "authentication_id": verified["authentication_id"],
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn the_caller_shows_its_key_in_any_of_oauths_ways() {
    let (app, key, session) = with_key().await;
    let basic = |user: &str| format!("Basic {}", STANDARD.encode(format!("{user}:{key}")));
    for authorization in [
        key.clone(),
        format!("bearer {key}"),
        basic("northstar"),
        basic(""),
        basic("x").replace("Basic ", "BASIC  "),
    ] {
        let answer = introspect(&app, &authorization, &[("token", &session)]).await;
        assert_eq!(answer.expect(StatusCode::OK).json()["active"], true);
    }
    for authorization in [
        String::new(),
        "Basic".to_owned(),
        "Basic x".to_owned(),
        format!("Basic {key}"),
        format!("Basic {}", STANDARD.encode(&key)),
        format!("Basic {}", STANDARD.encode(format!("{key}:"))),
        format!("Basic {}", STANDARD.encode(format!("x:{key}:"))),
        format!("Bearer {session}"),
    ] {
        let answer = introspect(&app, &authorization, &[("token", &session)]).await;
        answer.expect_error(401, "invalid_api_key");
    }
}

#[tokio::test]
async fn basic_is_for_introspection_alone() {
    let app = TestApp::start().await;
    let key = app.api_key("default", &[Scope::Mint]).await;
    app.service().poll_feed().await.unwrap();
    let basic = format!("Basic {}", STANDARD.encode(format!("x:{key}")));
    let refused = app
        .client()
        .with(Method::GET, "/v1/keys/self", &basic)
        .await;
    refused.expect_error(401, "invalid_api_key");
}

#[tokio::test]
async fn of_anything_else_nothing_is_said() {
    let (app, key, session) = with_key().await;
    let (authentication, ended) = app.client().signed_in().await;
    let bearer = format!("Bearer {ended}");
    let end = app
        .client()
        .with(Method::DELETE, "/v1/sessions", &bearer)
        .await;
    end.expect(StatusCode::NO_CONTENT);
    let token = authentication.text_of("token");
    for text in [
        "x",
        &ended,
        &token,
        &key,
        &format!("{session}x"),
        "css_",
        "\u{f1}",
    ] {
        let answer = introspect(&app, &key, &[("token", text)]).await;
        assert_eq!(answer.expect(StatusCode::OK).json(), inactive(), "{text}");
    }
    app.advance(Duration::from_secs(15 * 60)).await;
    let answer = introspect(&app, &key, &[("token", &session)]).await;
    assert_eq!(answer.expect(StatusCode::OK).json(), inactive());
}

#[tokio::test]
async fn of_another_partners_session_nothing_is_said() {
    let (app, _, session) = with_key().await;
    app.add_partner("b").await;
    let key = app.api_key("b", &[Scope::Introspect]).await;
    app.service().poll_feed().await.unwrap();
    let answer = introspect(&app, &key, &[("token", &session)]).await;
    assert_eq!(answer.expect(StatusCode::OK).json(), inactive());
}

#[tokio::test]
async fn a_key_needs_the_scope() {
    let (app, _, session) = with_key().await;
    let others = [Scope::Mint, Scope::Links, Scope::Redeem, Scope::Revoke];
    let key = app.api_key("default", &others).await;
    app.service().poll_feed().await.unwrap();
    let answer = introspect(&app, &key, &[("token", &session)]).await;
    answer.expect_error(403, "insufficient_scope");
    let operator = app.operator_key().await;
    let answer = introspect(&app, &operator, &[("token", &session)]).await;
    answer.expect_error(403, "insufficient_scope");
}

#[rstest]
#[case::none(&[("token_type_hint", "access_token")], 400, "invalid_parameter")]
#[case::empty(&[("token", "")], 400, "invalid_parameter")]
#[case::twice(&[("token", "a"), ("token", "a")], 400, "malformed")]
#[tokio::test]
async fn a_token_is_there_once(
    #[case] form: &[(&str, &str)],
    #[case] status: u16,
    #[case] code: &str,
) {
    let (app, key, _) = with_key().await;
    introspect(&app, &key, form)
        .await
        .expect_error(status, code);
}

#[tokio::test]
async fn whose_key_is_no_good_is_told_so_first() {
    let (app, _, _) = with_key().await;
    let key = app.api_key("default", &[Scope::Mint]).await;
    app.service().poll_feed().await.unwrap();
    let answer = introspect(&app, &key, &[]).await;
    answer.expect_error(403, "insufficient_scope");
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let (app, key, session) = with_key().await;
    let client = app.client();
    let json = client
        .post_as(&key, PATH, &json!({ "token": session }))
        .await;
    let refused = json.expect_error(415, "unsupported_media_type");
    assert!(
        refused
            .text_of("detail")
            .contains("application/x-www-form-urlencoded")
    );
    let long = "x".repeat(17 * 1024);
    let answer = introspect(&app, &key, &[("token", &long)]).await;
    answer.expect_error(413, "body_too_large");
}

#[tokio::test]
async fn a_browser_is_refused() {
    let (app, key, session) = with_key().await;
    let client = app.client();
    let request = client
        .request(Method::POST, PATH)
        .header("authorization", &key);
    let request = request.header("origin", "https://market.example");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer = client.send(request.body(format!("token={session}"))).await;
    answer.expect_error(403, "browser_refused");
}

#[tokio::test]
async fn what_cannot_be_known_is_not_said_to_be_inactive() {
    let (app, key, session) = with_key().await;
    app.set_away(true);
    app.clock.advance(Duration::from_millis(1001));
    let answer = introspect(&app, &key, &[("token", &session)]).await;
    answer.expect_error(503, "unavailable");
}
