//! What may become of a link between its making and the press of the button.

use std::ops::ControlFlow;
use std::time::Duration;

use countersign_domain::audit::Entry;
use countersign_service::audit::{Filter, Shown};
use countersign_testkit::TestApp;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::enter::{follow, link, with_links};
use crate::site::MARKET;

const PLACE: &str = "/sell/caf%C3%A9%207?x=1%26y";
const SIGNED_IN: &str = "__Host-countersign";
const UNASKED: &str = "\"enter\" data-unasked";

/// What the audit says of redemptions.
pub(crate) async fn redemptions(app: &TestApp) -> Vec<Entry> {
    app.service().write_audit().await.unwrap();
    let mut found = Vec::new();
    let each = |shown: Shown| {
        found.extend(shown.entry.filter(|entry| entry.action == "redeem"));
        ControlFlow::Continue(())
    };
    let all = Filter::default();
    app.auditor().export(&all, each).await.unwrap();
    found
}

#[tokio::test]
async fn a_locked_user_is_told_so_and_no_fresh_link_helps() {
    let (app, key) = with_links().await;
    let mut ana = app.browser(MARKET);
    let first = link(&app, &key, "ana@x.example").await;
    let shown = follow(&mut ana, &first).await;
    ana.submit(&shown, &[]).await.location();
    let second = link(&app, &key, "ana@x.example").await;
    let mut open = app.browser(MARKET);
    let shown = follow(&mut open, &second).await.expect(StatusCode::OK);
    let name = TestApp::name_of("email:ana@x.example");
    app.operator().await.lock_user(&name).await.unwrap();
    let third = link(&app, &key, "ana@x.example").await;
    let mut fresh = app.browser(MARKET);
    for answer in [
        open.submit(&shown, &[]).await,
        follow(&mut fresh, &third).await,
        follow(&mut ana, &third).await,
    ] {
        let answer = answer.expect(StatusCode::FORBIDDEN);
        assert!(answer.text().contains("Your account is locked"));
    }
    for browser in [&open, &fresh] {
        assert!(!browser.cookies.contains_key(SIGNED_IN));
    }
}

#[tokio::test]
async fn a_link_of_the_app_goes_on_unasked_unless_a_web_page_leads_there() {
    let (app, key) = with_links().await;
    let body = json!({
        "flow": "sell", "params": { "id": "7", "x": "1" }, "from": "app",
        "user": { "email": "ana@x.example" },
    });
    let silent = [("sec-fetch-mode", ""), ("sec-fetch-dest", "")];
    for (headers, unasked) in [
        (&[][..], true),
        (&[("referer", "android-app://com.tickets/")], true),
        (&[("referer", "https://tickets.example/")], true),
        (&[("referer", "https://evil.example/")], false),
        // A browser that does not say how it comes.
        (&silent, false),
    ] {
        let made = app.client().post_as(&key, "/v1/links", &body).await;
        let made = made.expect(StatusCode::CREATED).text_of("data");
        let mut browser = app.browser(MARKET);
        let there = browser.go(Method::GET, &made, headers, None).await;
        let shown = browser.open(&there.location()).await;
        let found = shown.html.contains(UNASKED);
        assert_eq!(found, unasked, "{headers:?}");
    }
}

#[tokio::test]
async fn a_link_to_one_of_our_own_pages_is_not_made() {
    let (app, key) = with_links().await;
    let flows = json!({ "own": { "url": "https://market.example/auth/{page}" } });
    app.set_partner("default", json!({ "flows": flows })).await;
    for page in ["enter", "otp", "password", "sign-in", "sign-out", "return"] {
        let body = json!({
            "flow": "own", "params": { "page": page }, "user": { "email": "a@x.example" },
        });
        let answer = app.client().post_as(&key, "/v1/links", &body).await;
        answer.expect_error(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn a_clock_that_is_set_forward_ends_a_link_and_one_set_back_uses_none_twice() {
    let (app, key) = with_links().await;
    let ended = link(&app, &key, "ana@x.example").await;
    let used = link(&app, &key, "ana@x.example").await;
    let mut browser = app.browser(MARKET);
    let shown = follow(&mut browser, &used).await;
    browser.submit(&shown, &[]).await.location();
    app.clock.set_back(Duration::from_secs(3600));
    // Not even with the nonce of the browser that redeemed it: a minute is a minute.
    browser.cookies.remove(SIGNED_IN);
    browser.cookies.remove("__Host-countersign-session");
    let again = browser.submit(&shown, &[]).await;
    again.expect(StatusCode::BAD_REQUEST);
    let mut other = app.browser(MARKET);
    let again = follow(&mut other, &used).await;
    let again = again.expect(StatusCode::BAD_REQUEST);
    assert!(again.text().contains("This link was used already"));
    app.clock.set_forward(Duration::from_secs(3600 + 600));
    let late = follow(&mut other, &ended).await;
    let late = late.expect(StatusCode::BAD_REQUEST);
    assert!(late.text().contains("This link has expired"));
    assert!(!other.cookies.contains_key(SIGNED_IN));
    // And the server goes on with the time that it has.
    let fresh = link(&app, &key, "ana@x.example").await;
    let shown = follow(&mut other, &fresh).await;
    assert_eq!(other.submit(&shown, &[]).await.location(), PLACE);
}

#[tokio::test]
async fn a_used_link_is_written_once_for_each_time_and_does_not_fill_the_audit() {
    let (app, key) = with_links().await;
    let link = link(&app, &key, "ana@x.example").await;
    let mut browser = app.browser(MARKET);
    let shown = follow(&mut browser, &link).await;
    browser.submit(&shown, &[]).await.location();
    for (times, written) in [(1, 1), (1, 2), (30, 20)] {
        for _ in 0..times {
            let shown = follow(&mut app.browser(MARKET), &link).await;
            shown.expect(StatusCode::BAD_REQUEST);
        }
        let refused = redemptions(&app).await;
        let refused = refused.iter().filter(|entry| entry.outcome == "refused");
        assert_eq!(refused.count(), written);
    }
}
