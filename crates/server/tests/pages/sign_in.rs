//! `sign-in`.

use countersign_testkit::TestApp;
use reqwest::StatusCode;
use serde_json::json;

use crate::site::{MARKET, market};

#[tokio::test]
async fn who_is_not_signed_in_goes_to_the_partners_login_and_is_to_come_back_here() {
    let app = market().await;
    let login = json!({ "login_url": "https://tickets.example/login?lang=en" });
    app.set_partner("default", login).await;
    let mut browser = app.browser(MARKET);
    let shown = browser
        .open("/auth/sign-in?return_to=%2Fsell%2F2738%3Fx%3D1")
        .await;
    let location = shown.location();
    let back = "https://tickets.example/login?lang=en&returnTo=https%3A%2F%2Fmarket.example%2Fauth%2Freturn%2Fcsp_";
    assert!(location.starts_with(back), "{location}");
}

#[tokio::test]
async fn who_is_signed_in_goes_on_with_a_session_that_lives() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    sign_in_by_hand(&app, &mut browser).await;
    let shown = browser
        .open("/auth/sign-in?return_to=%2Fsell%2F2738%3Fx%3D1")
        .await;
    assert_eq!(shown.location(), "/sell/2738?x=1");
    let session = browser.cookies["__Host-countersign-session"].clone();
    app.client().verify(&session).await.expect(StatusCode::OK);
}

/// Puts an authentication token into a browser, as if it had signed in long ago.
pub(crate) async fn sign_in_by_hand(app: &TestApp, browser: &mut countersign_testkit::Browser) {
    let token = app.client().log_in().await.text_of("token");
    browser
        .cookies
        .insert("__Host-countersign".to_owned(), token);
}
