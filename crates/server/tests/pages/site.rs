//! Whose page a request is for.

use countersign_testkit::TestApp;
use reqwest::StatusCode;
use serde_json::json;

pub(crate) const MARKET: &str = "https://market.example/auth";

/// An application whose default partner has its pages at [`MARKET`].
pub(crate) async fn market() -> TestApp {
    let app = TestApp::start().await;
    app.set_partner("default", json!({ "public_urls": [MARKET] }))
        .await;
    app
}

#[tokio::test]
async fn a_page_is_found_by_authority_and_prefix_alone() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let shown = browser.open("/auth/sign-out").await;
    shown.expect(StatusCode::OK);
    for elsewhere in [
        "/sign-out",
        "/auth",
        "/authsign-out",
        "/AUTH/sign-out",
        "/auth/nothing",
    ] {
        let shown = browser.open(elsewhere).await;
        shown.expect(StatusCode::NOT_FOUND);
    }
    for host in [
        "market.example.evil",
        "evil.market.example",
        "market.example:8443",
        "x@market.example",
    ] {
        browser.headers.insert("host".to_owned(), host.to_owned());
        let shown = browser.open("/auth/sign-out").await;
        assert_eq!(shown.status, StatusCode::NOT_FOUND, "{host}");
    }
    for host in ["MARKET.example", "market.example:443"] {
        browser.headers.insert("host".to_owned(), host.to_owned());
        let shown = browser.open("/auth/sign-out").await;
        assert_eq!(shown.status, StatusCode::OK, "{host}");
    }
}
