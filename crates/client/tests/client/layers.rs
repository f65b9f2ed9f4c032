//! Who passes the layers.

use countersign_testkit::{Answer, TestApp};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::application::Application;

#[tokio::test]
async fn who_is_signed_in_passes_and_is_known() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let application = Application::of(&app).await;
    for path in ["/api", "/anybody", "/sell/2738"] {
        let answer = application.get_with(path, &token).await;
        assert_eq!(answer.expect(StatusCode::OK).text, TestApp::USERNAME);
    }
}

#[tokio::test]
async fn nobody_passes_only_where_no_session_is_required() {
    let app = TestApp::start().await;
    let application = Application::of(&app).await;
    for headers in [&[][..], &[("authorization", "Bearer junk")]] {
        for path in ["/api", "/sell/2738"] {
            assert_nobody(application.get(path, headers).await);
        }
        let answer = application.get("/anybody", headers).await;
        assert_eq!(answer.expect(StatusCode::OK).text, "nobody");
    }
}

#[tokio::test]
async fn who_signs_out_is_out_at_once() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let application = Application::of(&app).await;
    let answer = application.get_with("/api", &token).await;
    answer.expect(StatusCode::OK);
    let bearer = format!("Bearer {token}");
    let client = app.client();
    let ended = client.with(Method::DELETE, "/v1/sessions", &bearer).await;
    ended.expect(StatusCode::NO_CONTENT);
    assert_nobody(application.get_with("/api", &token).await);
    let answer = application.get_with("/anybody", &token).await;
    assert_eq!(answer.text, "nobody");
}

#[tokio::test]
async fn another_partners_user_is_nobody() {
    let app = TestApp::start().await;
    app.add_partner("northstar").await;
    let (_, token) = app.client().signed_in().await;
    let application = Application::of(&app).await;
    assert_nobody(application.get_with("/northstar", &token).await);
    let answer = application.get_with("/northstar-if-any", &token).await;
    assert_eq!(answer.expect(StatusCode::OK).text, "nobody");
}

#[tokio::test]
async fn the_partners_own_user_passes() {
    let app = TestApp::start().await;
    app.add_partner("northstar").await;
    let token = northstars_session(&app).await;
    let application = Application::of(&app).await;
    for path in ["/northstar", "/northstar-if-any"] {
        let answer = application.get_with(path, &token).await;
        assert_eq!(answer.expect(StatusCode::OK).text, "ana@northstar.example");
    }
}

/// Clients of both read one format.
#[tokio::test]
async fn nobody_is_answered_as_countersign_answers() {
    let app = TestApp::start().await;
    let application = Application::of(&app).await;
    let ours = application.get_with("/api", "css_junk").await;
    let theirs = app.client().verify("css_junk").await;
    for name in ["content-type", "www-authenticate", "cache-control"] {
        assert_eq!(ours.headers[name], theirs.headers[name]);
    }
    let (ours, mut theirs) = (ours.json(), theirs.json());
    theirs.as_object_mut().unwrap().remove("request_id");
    assert_eq!(ours, theirs);

    // Who brought no token is told of no error (RFC 6750, section 3.1).
    let without = application.get("/api", &[]).await;
    assert_eq!(without.headers["www-authenticate"], "Bearer");
    assert_eq!(without.json(), ours);
}

#[tokio::test]
async fn a_handler_that_no_layer_is_around_answers_500() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let application = Application::of(&app).await;
    for path in ["/no-layer", "/no-layer-if-any"] {
        let answer = application.get_with(path, &token).await;
        let answer = answer.expect(StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.text, "", "{path}");
    }
}

/// A session of one of Northstar's users.
async fn northstars_session(app: &TestApp) -> String {
    use countersign_domain::api_key::Scope;
    let key = app
        .api_key("northstar", &[Scope::Mint, Scope::Redeem])
        .await;
    let minted = app.client().mint(&key, "ana@northstar.example").await;
    let token = minted.expect(StatusCode::OK).text_of("data");
    let redeemed = app.client().redeem(&key, &token, None).await;
    let redeemed: Value = redeemed.expect(StatusCode::OK).json();
    redeemed["session"]["token"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_nobody(answer: Answer) {
    let answer = answer.expect(StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json()["error_code"], "invalid_session");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert!(!answer.headers.contains_key("location"));
}
