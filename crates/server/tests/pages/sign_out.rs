//! `sign-out`.

use countersign_testkit::{Browser, TestApp};
use reqwest::StatusCode;

use crate::sign_in::sign_in_by_hand;
use crate::site::{MARKET, market};

const PAGE: &str = "/auth/sign-out?return_to=%2Fsell";

async fn signed_in() -> (TestApp, Browser, String) {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    sign_in_by_hand(&app, &mut browser).await;
    browser.open("/auth/sign-in").await.location();
    let session = browser.cookies["__Host-countersign-session"].clone();
    (app, browser, session)
}

#[tokio::test]
async fn it_asks_and_then_ends_the_authentication_and_the_cookies() {
    let (app, mut browser, session) = signed_in().await;
    let token = browser.cookies["__Host-countersign"].clone();
    let ask = browser.open(PAGE).await.expect(StatusCode::OK);
    app.client().verify(&session).await.expect(StatusCode::OK);
    let held = browser.cookies.clone();
    let done = browser.submit(&ask, &[]).await;
    assert_eq!(done.location(), PAGE);
    assert_eq!(browser.cookies.len(), 1);
    let client = app.client();
    client
        .exchange(&token)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    client
        .verify(&session)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    let shown = browser.open(PAGE).await.expect(StatusCode::OK);
    assert!(shown.text().contains("You are signed out"));
    assert!(shown.html.contains("href=\"/sell\""));
    // The answer was lost, and the browser sends it again with what it holds.
    browser.cookies = held;
    assert_eq!(browser.submit(&ask, &[]).await.location(), PAGE);
    assert_eq!(browser.cookies.len(), 1);
}

#[tokio::test]
async fn a_session_that_stands_alone_ends_too() {
    let (app, mut browser, session) = signed_in().await;
    let token = browser.cookies.remove("__Host-countersign").unwrap();
    let ask = browser.open(PAGE).await.expect(StatusCode::OK);
    browser.submit(&ask, &[]).await.location();
    let client = app.client();
    client
        .verify(&session)
        .await
        .expect(StatusCode::UNAUTHORIZED);
    client.exchange(&token).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_place_that_is_not_the_applications_is_refused_before_anything_ends() {
    let (app, mut browser, session) = signed_in().await;
    let ask = browser.open(PAGE).await;
    let form = ask.form();
    let path = "/auth/sign-out?return_to=https%3A%2F%2Fevil.example%2F";
    let shown = browser.post(path, &form).await;
    shown.expect(StatusCode::BAD_REQUEST);
    app.client().verify(&session).await.expect(StatusCode::OK);
}
