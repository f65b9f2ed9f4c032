//! A browser's session renews itself from its authentication, until that ends.

use std::time::Duration;

use countersign_testkit::{Browser, TestApp};
use reqwest::StatusCode;
use serde_json::json;

use crate::sign_in::sign_in_by_hand;
use crate::site::{MARKET, market};

const AUTHENTICATION: &str = "__Host-countersign";
const SESSION: &str = "__Host-countersign-session";
const SIGN_IN: &str = "/auth/sign-in?return_to=%2Fsell";

async fn signed_in() -> (TestApp, Browser) {
    let app = market().await;
    let login = json!({ "login_url": "https://tickets.example/login" });
    app.set_partner("default", login).await;
    let mut browser = app.browser(MARKET);
    sign_in_by_hand(&app, &mut browser).await;
    browser.open(SIGN_IN).await.location();
    (app, browser)
}

fn is_away(location: &str) -> bool {
    location.starts_with("https://tickets.example/login")
}

#[tokio::test]
async fn a_session_that_lives_is_kept_and_one_that_ended_is_renewed() {
    let (app, mut browser) = signed_in().await;
    let first = browser.cookies[SESSION].clone();
    let shown = browser.open(SIGN_IN).await;
    assert!(!shown.headers.contains_key("set-cookie"));
    app.clock.advance(Duration::from_secs(16 * 60));
    let verified = app.client().verify(&first).await;
    verified.expect(StatusCode::UNAUTHORIZED);
    assert_eq!(browser.open(SIGN_IN).await.location(), "/sell");
    let second = browser.cookies[SESSION].clone();
    assert_ne!(second, first);
    app.client().verify(&second).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn the_cookie_of_a_session_lives_as_long_as_the_session() {
    let (app, mut browser) = signed_in().await;
    app.clock.advance(Duration::from_secs(16 * 60));
    let shown = browser.open(SIGN_IN).await;
    let line = shown.headers["set-cookie"].to_str().unwrap();
    assert!(line.contains("; Max-Age=900"), "{line}");
}

#[tokio::test]
async fn an_authentication_that_ended_is_nobodys_and_its_cookies_go() {
    for revoked in [true, false] {
        let (app, mut browser) = signed_in().await;
        if revoked {
            let (_, session) = app.client().signed_in().await;
            let client = app.client();
            let caller = app.caller();
            let service = app.service();
            service.sign_out_others(&caller, &session).await.unwrap();
            drop(client);
        } else {
            app.clock.advance(Duration::from_secs(3_660 * 86_400));
        }
        assert!(is_away(&browser.open(SIGN_IN).await.location()));
        assert!(!browser.cookies.contains_key(AUTHENTICATION), "{revoked}");
        assert!(!browser.cookies.contains_key(SESSION), "{revoked}");
    }
}

#[tokio::test]
async fn who_is_locked_is_told_and_comes_back_when_unlocked() {
    let (app, mut browser) = signed_in().await;
    let operator = app.operator().await;
    operator.lock_user(&app.user_name()).await.unwrap();
    app.service().poll_feed().await.unwrap();
    let shown = browser.open(SIGN_IN).await;
    assert_eq!(shown.status, StatusCode::FORBIDDEN);
    assert!(browser.cookies.contains_key(AUTHENTICATION));
    operator.unlock_user(&app.user_name()).await.unwrap();
    app.service().poll_feed().await.unwrap();
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.open(SIGN_IN).await.location(), "/sell");
}

#[tokio::test]
async fn what_is_another_partners_makes_nobody_of_a_browser() {
    let (app, browser) = signed_in().await;
    app.add_partner("other").await;
    let own = json!({ "public_urls": ["https://other.example/auth"] });
    app.set_partner("other", own).await;
    for held in [
        &[SESSION][..],
        &[AUTHENTICATION],
        &[SESSION, AUTHENTICATION],
    ] {
        let mut other = app.browser("https://other.example/auth");
        for name in held {
            let value = browser.cookies[*name].clone();
            other.cookies.insert((*name).to_owned(), value);
        }
        let shown = other.open("/auth/account").await;
        assert_eq!(shown.location(), "/auth/sign-in?to=account", "{held:?}");
        let shown = other.open("/auth/sign-out").await.expect(StatusCode::OK);
        assert!(shown.text().contains("You are signed out"));
    }
}

#[tokio::test]
async fn a_script_of_the_application_renews_the_session_and_begins_nothing() {
    let app = market().await;
    let login = json!({ "login_url": "https://tickets.example/login" });
    app.set_partner("default", login).await;
    let mut browser = app.browser(MARKET);
    let fetches = [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
    for (name, value) in fetches {
        browser.headers.insert(name.to_owned(), value.to_owned());
    }
    let shown = browser.open(SIGN_IN).await;
    shown.expect(StatusCode::FORBIDDEN);
    sign_in_by_hand(&app, &mut browser).await;
    let shown = browser.open(SIGN_IN).await;
    assert_eq!(shown.location(), "/sell");
    assert!(browser.cookies.contains_key(SESSION));
}
