//! Hostile places to return to: a page says so, and nobody is sent anywhere.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::StatusCode;
use rstest::rstest;

use crate::enter::with_links;
use crate::site::MARKET;
use fixture::hostile;

#[path = "../../../domain/tests/fixtures/hostile_urls.rs"]
mod fixture;

#[rstest]
#[tokio::test]
async fn a_hostile_place_is_refused(#[values("sign-in", "enter", "otp", "password")] page: &str) {
    let (app, _) = with_links().await;
    let mut browser = app.browser(MARKET);
    for text in hostile() {
        let place = utf8_percent_encode(&text, NON_ALPHANUMERIC);
        let path = format!("/auth/{page}?oneTimeToken=x&return_to={place}");
        let shown = browser.open(&path).await;
        assert_eq!(shown.status, StatusCode::BAD_REQUEST, "{text:?}");
        assert!(!shown.headers.contains_key("location"), "{text:?}");
        assert!(shown.html.starts_with("<!DOCTYPE html>"), "{text:?}");
    }
}
