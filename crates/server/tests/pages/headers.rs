//! What every answer tells browsers.

use countersign_testkit::{Browser, Shown};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode, Url};

use crate::enter::{follow, link, with_links};
use crate::otp::begin;
use crate::sign_in::sign_in_by_hand;
use crate::site::{MARKET, market};

pub(crate) fn check(headers: &HeaderMap, what: &str) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", "max-age=63072000"),
    ] {
        assert_eq!(headers.get(name).unwrap(), value, "{name}: {what}");
    }
    let policy = headers["content-security-policy"].to_str().unwrap();
    for part in [
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}: {what}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let shared = headers.keys().filter(|name| {
        let name = name.as_str();
        name.starts_with("access-control-")
    });
    assert_eq!(shared.count(), 0, "{what}");
}

async fn go(browser: &mut Browser, method: Method, path: &str) -> HeaderMap {
    let from = [("origin", "https://evil.example")];
    let shown = browser.go(method, path, &from, None).await;
    check(&shown.headers, path);
    shown.headers
}

#[tokio::test]
async fn every_answer_has_them() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    sign_in_by_hand(&app, &mut browser).await;
    for path in [
        "/auth/sign-in",
        "/auth/sign-out",
        "/auth/account",
        "/auth/account?ask=others",
        "/auth/nothing",
        "/auth/sign-in?return_to=%2F%2Fevil.example",
        "/auth/sign-in?a=%ff&return_to=%ff",
        "/nothing",
        "/v1/nothing",
        "/v1/sessions/verify",
        "/openapi.json",
        "/dev/outbox",
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::OPTIONS] {
            go(&mut browser, method, path).await;
        }
    }
    let large = std::collections::BTreeMap::from([("x".to_owned(), "x".repeat(1 << 20))]);
    let shown = browser.post("/auth/sign-out", &large).await;
    assert_eq!(shown.status, StatusCode::PAYLOAD_TOO_LARGE);
    check(&shown.headers, "413");
}

#[tokio::test]
async fn a_page_names_one_nonce_of_its_own_and_is_small() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    sign_in_by_hand(&app, &mut browser).await;
    let mut nonces = std::collections::BTreeSet::new();
    let mut shown = Vec::new();
    for path in [
        "/auth/sign-out",
        "/auth/account",
        "/auth/account?ask=others",
        "/auth/nothing",
        "/auth/sign-out",
    ] {
        shown.push(browser.open(path).await);
    }
    shown.extend(ways_in().await);
    for shown in shown {
        let path = shown.path.as_str();
        let policy = shown.headers["content-security-policy"].to_str().unwrap();
        let nonce = policy.split("'nonce-").nth(1).unwrap();
        let nonce = nonce.split('\'').next().unwrap().to_owned();
        assert!(policy.contains(&format!("style-src 'nonce-{nonce}'")));
        assert!(policy.contains(&format!("script-src 'nonce-{nonce}'")));
        for tag in ["<style", "<script"] {
            for found in shown.html.split(tag).skip(1) {
                let start = format!(" nonce=\"{nonce}\"");
                assert!(found.starts_with(&start), "{path}: {tag}");
            }
        }
        for inline in [" style=", " onclick=", "javascript:", " src=\"http"] {
            assert!(!shown.html.contains(inline), "{path}: {inline}");
        }
        assert!(
            shown.html.len() <= 30 * 1024,
            "{path}: {}",
            shown.html.len()
        );
        assert!(nonces.insert(nonce), "{path}");
    }
}

/// The pages of all ways in, and of what goes wrong there.
async fn ways_in() -> Vec<Shown> {
    let (app, key) = with_links().await;
    let made = link(&app, &key, "ana@x.example").await;
    let mut browser = app.browser(MARKET);
    let asked = follow(&mut browser, &made).await;
    let left = browser.open("/auth/sign-in").await.location();
    let left = Url::parse(&left).unwrap();
    let back = left.query_pairs().find(|(name, _)| name == "returnTo");
    let guest = browser.open(&back.unwrap().1).await;
    let code = begin(&mut browser, "/auth/otp", "ana@x.example").await;
    let wrong = browser.submit(&code, &[("code", "1")]).await;
    let mut shown = vec![asked, guest, code, wrong];
    for (path, status) in [
        ("/auth/otp", StatusCode::OK),
        ("/auth/password", StatusCode::OK),
        ("/auth/enter?return_to=%2F%2Fx", StatusCode::BAD_REQUEST),
    ] {
        shown.push(browser.open(path).await.expect(status));
    }
    let used_up = "/auth/enter?oneTimeToken=cso_AQ";
    shown.push(follow(&mut browser, used_up).await);
    for shown in &shown {
        check(&shown.headers, &shown.path);
        assert!(shown.html.contains("<h1"), "{}", shown.path);
    }
    shown
}

#[tokio::test]
async fn head_is_answered_like_get_and_other_methods_are_told_which_there_are() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    for path in ["/auth/sign-out", "/auth/account", "/auth/nothing"] {
        let get = browser.open(path).await;
        let head = browser.go(Method::HEAD, path, &[], None).await;
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.html, "");
        let kind = |headers: &HeaderMap| headers.get("content-type").cloned();
        assert_eq!(kind(&head.headers), kind(&get.headers));
    }
    for (path, allowed) in [
        ("/auth/sign-out", "GET, HEAD, POST"),
        ("/auth/sign-in", "GET, HEAD"),
    ] {
        let shown = browser.go(Method::DELETE, path, &[], None).await;
        let shown = shown.expect(StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(shown.headers["allow"], allowed);
    }
}
