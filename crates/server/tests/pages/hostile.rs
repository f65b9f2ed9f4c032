//! Hostile places to return to: a page says so, and nobody is sent anywhere.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderValue;
use reqwest::{Method, StatusCode};
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

#[tokio::test]
async fn a_proxy_that_tells_of_a_hostile_place_sends_nobody_there() {
    let (app, _) = with_links().await;
    let mut browser = app.browser(MARKET);
    for text in hostile() {
        let told = [("x-forwarded-uri", text.as_str())];
        // What no header can hold, or not as it is.
        if HeaderValue::from_str(&text).is_err() || text.trim() != text {
            continue;
        }
        let path = "/v1/forward-auth?redirect=1";
        let shown = browser.go(Method::GET, path, &told, None).await;
        let Some(there) = shown.headers.get("location") else {
            assert_eq!(shown.status, StatusCode::UNAUTHORIZED, "{text:?}");
            continue;
        };
        let (page, query) = there.to_str().unwrap().split_once('?').unwrap();
        let pages = [
            "https://market.example/auth/sign-in",
            "https://market.example/auth/enter",
        ];
        assert!(pages.contains(&page), "{text:?}");
        let place = query.split('&').next().unwrap();
        // Of a whole URL the path counts, which is one of the application's.
        let sound = text.contains("://")
            && browser.open(&format!("/auth/sign-in?{place}")).await.status
                != StatusCode::BAD_REQUEST;
        assert!(place == "return_to=%2F" || sound, "{text:?} {place}");
    }
}
