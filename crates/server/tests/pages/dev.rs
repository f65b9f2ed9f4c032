//! The pages of development.

use countersign_testkit::{Browser, TestApp};
use reqwest::{Method, StatusCode};

use crate::site::market;

const HERE: &str = "http://localhost:8080/auth";
const JSON: &str = "application/json";

async fn kind(browser: &mut Browser, accept: &str) -> String {
    let accepted = [("accept", accept)];
    let shown = browser
        .go(Method::GET, "/dev/outbox", &accepted, None)
        .await;
    assert_eq!(shown.headers["vary"], "accept");
    let kind = shown.headers["content-type"].to_str().unwrap();
    kind.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_page_says_what_to_try_to_this_machine_alone() {
    let app = TestApp::start().await;
    let here = serde_json::json!({ "public_urls": [HERE] });
    app.set_partner("default", here).await;
    let mut browser = app.browser(HERE);
    let shown = browser.open("/").await.expect(StatusCode::OK);
    for link in [
        "\"/auth/sign-in?to=account\"",
        "\"/auth/account\"",
        "\"/dev/outbox\"",
        "\"/openapi.json\"",
    ] {
        assert!(shown.html.contains(link), "{link}");
    }
    let curl = "curl -s -X POST http://localhost:8080/v1/sessions";
    assert!(shown.text().contains(curl));
    for elsewhere in [
        "https://evil.example/auth",
        "http://a';reboot;'.localhost/auth",
        "http://localhost.evil.example/auth",
    ] {
        let mut browser = app.browser(elsewhere);
        for path in ["/", "/dev/outbox"] {
            let shown = browser.open(path).await;
            assert_ne!(shown.status, StatusCode::OK, "{elsewhere}");
            assert!(!shown.html.contains("curl"));
        }
    }
    let shown = browser.come_from("https://evil.example/", "/").await;
    shown.expect(StatusCode::NOT_FOUND);
    let app = market().await;
    let elsewhere = app.browser("http://127.0.0.1/auth").open("/").await;
    assert!(!elsewhere.html.contains("/auth/sign-in"));
}

#[tokio::test]
async fn the_outbox_is_a_page_for_browsers_and_json_for_scripts() {
    let app = TestApp::start().await;
    app.client()
        .begin("+44 123 1234 1234")
        .await
        .expect(StatusCode::CREATED);
    let code = app.code_for("+4412312341234").await.unwrap();
    let mut browser = app.browser(HERE);
    let shown = browser.open("/dev/outbox").await.expect(StatusCode::OK);
    assert!(
        shown
            .html
            .contains(&format!("<p class=\"code\">{code}</p>"))
    );
    let policy = shown.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("'nonce-"));
    for (accept, expected) in [
        ("", JSON),
        ("*/*", JSON),
        (JSON, JSON),
        ("application/json, text/html", JSON),
        ("text/html;q=0, */*", JSON),
        ("text/html;q=0.5, application/json", JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/json;q=0.5, Text/HTML", "text/html"),
    ] {
        assert_eq!(kind(&mut browser, accept).await, expected, "{accept}");
    }
}

#[tokio::test]
async fn nothing_that_was_sent_is_markup() {
    let app = TestApp::start().await;
    let hostile = serde_json::json!({
        "identity": { "type": "email", "value": "\"<b>\"@example.com" },
        "authenticator": "email",
    });
    app.client().post("/v1/tokens", &hostile).await;
    let mut browser = app.browser(HERE);
    let shown = browser.open("/dev/outbox").await.expect(StatusCode::OK);
    assert!(!shown.html.contains("<b>"));
}
