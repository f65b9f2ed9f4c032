//! `return/{transaction}`: the way back from the partner's login.

use std::time::Duration;

use countersign_testkit::{Browser, TestApp};
use reqwest::{Method, StatusCode, Url};
use serde_json::json;

use crate::enter::{follow, holds_token, with_links};
use crate::site::MARKET;

const PLACE: &str = "/sell/caf%C3%A9?x=1";

async fn leave(browser: &mut Browser) -> String {
    let path = "/auth/sign-in?return_to=%2Fsell%2Fcaf%25C3%25A9%3Fx%3D1";
    let login = browser.open(path).await.location();
    let login = Url::parse(&login).unwrap();
    let back = login.query_pairs().find(|(name, _)| name == "returnTo");
    back.unwrap().1.into_owned()
}

async fn token(app: &TestApp, key: &str) -> String {
    let user = json!({ "email": "ana@x.example" });
    let client = app.client();
    let minted = client.post_as(key, "/v1/auth/oneTimeToken", &user);
    minted.await.text_of("data")
}

async fn come_back(app: &TestApp, key: &str, browser: &mut Browser, back: &str) {
    let back = format!("{back}?oneTimeToken={}", token(app, key).await);
    let there = browser.come_from("https://tickets.example/", &back).await;
    let there = there.location();
    assert!(!holds_token(&there));
    let shown = browser.open(&there).await;
    assert!(
        shown.html.contains("\"enter\" data-unasked"),
        "{}",
        shown.html
    );
    assert_eq!(browser.submit(&shown, &[]).await.location(), PLACE);
}

fn ways(browser: &Browser) -> usize {
    let names = browser.cookies.keys();
    names.filter(|name| name.contains("-at-")).count()
}

#[tokio::test]
async fn who_left_comes_back_and_is_exactly_where_they_were() {
    let (app, key) = with_links().await;
    let mut browser = app.browser(MARKET);
    let (one, two) = (leave(&mut browser).await, leave(&mut browser).await);
    assert_eq!(ways(&browser), 2);
    come_back(&app, &key, &mut browser, &one).await;
    assert_eq!(ways(&browser), 1, "the one that ended");
    // The other tab comes back too, as the same user: there is nothing to ask.
    let back = format!("{two}?oneTimeToken={}", token(&app, &key).await);
    let there = browser.open(&back).await.location();
    assert!(!holds_token(&there), "{there}");
    assert_eq!(browser.open(&there).await.location(), PLACE);
    assert_eq!(ways(&browser), 0);
    // Back by the button: on again.
    assert_eq!(browser.open(&back).await.location(), PLACE);
}

#[tokio::test]
async fn the_ninth_way_ends_the_oldest() {
    let (app, key) = with_links().await;
    let mut browser = app.browser(MARKET);
    let first = leave(&mut browser).await;
    for _ in 0..8 {
        app.advance(Duration::from_secs(1)).await;
        leave(&mut browser).await;
    }
    assert_eq!(ways(&browser), 8);
    let back = format!("{first}?oneTimeToken={}", token(&app, &key).await);
    let shown = follow(&mut browser, &back).await;
    assert!(shown.text().contains("You began in another browser"));
}

#[tokio::test]
async fn only_the_browser_that_left_comes_back_and_in_time() {
    let (app, key) = with_links().await;
    let mut mallory = app.browser(MARKET);
    let hers = leave(&mut mallory).await;
    let hers = format!("{hers}?oneTimeToken={}", token(&app, &key).await);
    let mut ana = app.browser(MARKET);
    leave(&mut ana).await;
    let shown = follow(&mut ana, &hers).await;
    let shown = shown.expect(StatusCode::BAD_REQUEST);
    assert!(shown.text().contains("You began in another browser"));
    assert!(!ana.cookies.contains_key("__Host-countersign"));
    app.advance(Duration::from_secs(15 * 60)).await;
    let shown = follow(&mut mallory, &hers).await;
    let shown = shown.expect(StatusCode::BAD_REQUEST);
    assert!(shown.text().contains("That took too long"));
}

#[tokio::test]
async fn no_guest_gets_through() {
    let (app, _) = with_links().await;
    let mut browser = app.browser(MARKET);
    let back = leave(&mut browser).await;
    let shown = browser.open(&back).await.expect(StatusCode::OK);
    assert!(shown.text().contains("You are not signed in yet"));
    assert!(shown.text().contains("Another way to sign in"));
    for bad in ["", "guest", "cso_AQ"] {
        let shown = follow(&mut browser, &format!("{back}?oneTimeToken={bad}")).await;
        let shown = shown.expect(StatusCode::BAD_REQUEST);
        assert!(shown.text().contains("We could not sign you in"));
    }
    let twice = format!("{back}?oneTimeToken=a&oneTimeToken=b");
    browser.open(&twice).await.expect(StatusCode::BAD_REQUEST);
    assert!(!browser.cookies.contains_key("__Host-countersign"));
}

#[tokio::test]
async fn who_fetches_ahead_or_in_a_frame_begins_nothing() {
    let (app, _) = with_links().await;
    let mut browser = app.browser(MARKET);
    for (header, status) in [
        (
            ("sec-purpose", "prefetch;prerender"),
            StatusCode::NO_CONTENT,
        ),
        (("sec-fetch-dest", "iframe"), StatusCode::FORBIDDEN),
        (("sec-fetch-mode", "cors"), StatusCode::FORBIDDEN),
    ] {
        let header = [header];
        let shown = browser.go(Method::GET, "/auth/sign-in", &header, None);
        shown.await.expect(status);
        assert_eq!(ways(&browser), 0);
    }
}
