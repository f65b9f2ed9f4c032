//! `enter`: who comes with a link's one-time token.

use std::time::Duration;

use countersign_domain::api_key::Scope;
use countersign_testkit::{Browser, Shown, TestApp};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::landing::redemptions;
use crate::site::{MARKET, market};

const PARTNER: &str = "https://tickets.example/my";
const SIGNED_IN: &str = "__Host-countersign";

/// An application with a flow, the partner's origin, and a key.
pub(crate) async fn with_links() -> (TestApp, String) {
    let app = market().await;
    let own = json!({
        "return_origins": ["https://tickets.example"],
        "login_url": "https://tickets.example/login",
        "flows": { "sell": { "url": "https://market.example/sell/{id}?x={x}" } },
    });
    app.set_partner("default", own).await;
    let key = app
        .api_key("default", &[Scope::Mint, Scope::Links, Scope::Redeem])
        .await;
    app.service().poll_feed().await.unwrap();
    (app, key)
}

/// A link for whoever has this address.
pub(crate) async fn link(app: &TestApp, key: &str, email: &str) -> String {
    let body = json!({
        "flow": "sell", "params": { "id": "caf\u{e9} 7", "x": "1&y" }, "user": { "email": email },
    });
    let made = app.client().post_as(key, "/v1/links", &body).await;
    made.expect(StatusCode::CREATED).text_of("data")
}

const PLACE: &str = "/sell/caf%C3%A9%207?x=1%26y";

/// Whether a one-time token stands in a text. Within a sealed text, by chance, may stand what one
/// begins with.
pub(crate) fn holds_token(text: &str) -> bool {
    let sealed = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    let mut found = text.match_indices("cso_");
    found.any(|(place, _)| !text[..place].ends_with(sealed))
}

#[test]
fn a_token_is_found_where_it_stands_and_not_within_a_sealed_text() {
    for holds in ["cso_x", "/auth/enter?oneTimeToken=cso_x", "value=\"cso_x"] {
        assert!(holds_token(holds), "{holds}");
    }
    assert!(!holds_token("/auth/enter/csp_AYcso_8ETT-cso_x_cso_"));
}

/// Opens a link as from the partner's page, up to the page that asks.
pub(crate) async fn follow(browser: &mut Browser, link: &str) -> Shown {
    let there = browser.come_from(PARTNER, link).await.location();
    assert!(!holds_token(&there), "{there}");
    browser.open(&there).await
}

#[tokio::test]
async fn who_comes_from_the_partner_is_signed_in_and_goes_exactly_there() {
    let (app, key) = with_links().await;
    let link = link(&app, &key, "ana@x.example").await;
    assert!(
        link.starts_with("https://market.example/auth/enter?return_to=%2Fsell%2F"),
        "{link}"
    );
    let mut browser = app.browser(MARKET);
    let user_agent =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36";
    browser
        .headers
        .insert("user-agent".to_owned(), user_agent.to_owned());
    let shown = follow(&mut browser, &link).await.expect(StatusCode::OK);
    assert!(
        shown.html.contains("\"enter\" data-unasked"),
        "{}",
        shown.html
    );
    assert!(shown.text().contains("Continue as a•••@x.example"));
    assert!(!holds_token(&shown.html));
    assert!(!browser.cookies.contains_key(SIGNED_IN));
    let on = browser.submit(&shown, &[]).await;
    assert_eq!(on.location(), PLACE);
    let session = browser.cookies["__Host-countersign-session"].clone();
    app.client().verify(&session).await.expect(StatusCode::OK);
    // The back button, a reload and the link again lead on; nothing is signed in anew.
    let first = browser.cookies[SIGNED_IN].clone();
    let account = browser.open("/auth/account").await.text();
    assert!(account.contains("Chrome (Linux)"), "{account}");
    assert_eq!(browser.open(&shown.path).await.location(), PLACE);
    let again = follow(&mut browser, &link).await;
    assert_eq!(again.location(), PLACE);
    assert_eq!(browser.submit(&shown, &[]).await.location(), PLACE);
    assert_eq!(browser.cookies[SIGNED_IN], first);
}

#[tokio::test]
async fn who_comes_from_elsewhere_presses_the_button() {
    let (app, key) = with_links().await;
    for referer in ["https://evil.example/", ""] {
        let link = link(&app, &key, "ana@x.example").await;
        let mut browser = app.browser(MARKET);
        let there = browser.come_from(referer, &link).await.location();
        let shown = browser.open(&there).await;
        assert!(!shown.html.contains("\"enter\" data-unasked"), "{referer}");
    }
}

#[tokio::test]
async fn scanners_use_nothing_up() {
    let (app, key) = with_links().await;
    let link = link(&app, &key, "ana@x.example").await;
    for _ in 0..10 {
        let mut scanner = app.browser(MARKET);
        let there = scanner.open(&link).await.location();
        scanner.open(&there).await.expect(StatusCode::OK);
        for path in [&link, &there] {
            scanner.go(Method::HEAD, path, &[], None).await;
        }
        let ahead = [("sec-purpose", "prefetch")];
        let mut scanner = app.browser(MARKET);
        let ahead = scanner.go(Method::GET, &link, &ahead, None).await;
        assert_eq!(ahead.status, StatusCode::NO_CONTENT);
        assert!(scanner.cookies.is_empty());
    }
    let mut browser = app.browser(MARKET);
    let shown = follow(&mut browser, &link).await;
    assert_eq!(browser.submit(&shown, &[]).await.location(), PLACE);
}

#[tokio::test]
async fn a_link_that_is_over_used_or_not_for_here_says_so_and_signs_nobody_in() {
    let (app, key) = with_links().await;
    let refused = async |link: &str, heading: &str| {
        let mut browser = app.browser(MARKET);
        // The token has left the address before anything is said of it.
        let shown = follow(&mut browser, link).await;
        let shown = shown.expect(StatusCode::BAD_REQUEST);
        assert!(shown.text().contains(heading), "{}", shown.text());
        assert!(!holds_token(&shown.html));
        assert!(!browser.cookies.contains_key(SIGNED_IN));
    };
    let used = link(&app, &key, "ana@x.example").await;
    let mut browser = app.browser(MARKET);
    let shown = follow(&mut browser, &used).await;
    browser.submit(&shown, &[]).await.location();
    refused(&used, "This link was used already").await;

    let force = app.client();
    let force = force
        .post_as(
            &key,
            "/v1/auth/oneTimeToken",
            &json!({ "email": "a@x.example" }),
        )
        .await
        .text_of("data");
    let not = "This link is not for here";
    refused(&format!("/auth/enter?oneTimeToken={force}"), not).await;
    refused("/auth/enter?oneTimeToken=cso_AQ", not).await;
    app.add_partner("other").await;
    let public = json!({ "public_urls": ["https://other.example/auth"] });
    app.set_partner("other", public).await;
    let elsewhere = link(&app, &key, "ana@x.example").await;
    let token = elsewhere.split_once("oneTimeToken=").unwrap().1;
    let mut other = app.browser("https://other.example/auth");
    let there = format!("/auth/enter?oneTimeToken={token}");
    let shown = follow(&mut other, &there).await;
    assert!(shown.text().contains(not), "{}", shown.text());

    let late = link(&app, &key, "ana@x.example").await;
    let mut slow = app.browser(MARKET);
    let shown = follow(&mut slow, &late).await;
    app.advance(Duration::from_secs(60)).await;
    refused(&late, "This link has expired").await;
    let shown = slow.submit(&shown, &[]).await;
    assert!(shown.text().contains("This link has expired"));
    let twice = "/auth/enter?oneTimeToken=a&oneTimeToken=b";
    let shown = slow.open(twice).await.expect(StatusCode::BAD_REQUEST);
    assert!(shown.text().contains("This address is not complete"));
}

#[tokio::test]
async fn only_this_browsers_own_form_redeems() {
    let (app, key) = with_links().await;
    let link = link(&app, &key, "ana@x.example").await;
    let mut browser = app.browser(MARKET);
    let shown = follow(&mut browser, &link).await;
    let form = shown.form();
    let mut bare = app.browser(MARKET);
    let answer = bare.post(&shown.path, &form).await;
    answer.expect(StatusCode::BAD_REQUEST);
    let forged = [("form".to_owned(), "x".to_owned())].into();
    let answer = browser.post(&shown.path, &forged).await;
    answer.expect(StatusCode::FORBIDDEN);
    let cross = [("sec-fetch-site", "cross-site")];
    let answer = browser.go(Method::POST, &shown.path, &cross, Some(&form));
    answer.await.expect(StatusCode::FORBIDDEN);
    // Another browser, with a cookie and a form of its own.
    let other_link = self::link(&app, &key, "eve@x.example").await;
    let mut other = app.browser(MARKET);
    let own = follow(&mut other, &other_link).await;
    let answer = other.post(&shown.path, &own.form()).await;
    answer.expect(StatusCode::BAD_REQUEST);
    assert!(!other.cookies.contains_key(SIGNED_IN));
    assert_eq!(browser.submit(&shown, &[]).await.location(), PLACE);
}

#[tokio::test]
async fn eight_presses_at_once_are_one_sign_in_and_of_two_browsers_one_wins() {
    let (app, key) = with_links().await;
    let link = link(&app, &key, "ana@x.example").await;
    let mut browser = app.browser(MARKET);
    let mut late = app.browser(MARKET);
    let shown = follow(&mut browser, &link).await;
    let other = follow(&mut late, &link).await;
    let presses: Vec<_> = (0..8)
        .map(|_| {
            let (mut browser, shown) = (browser.clone(), shown.clone());
            tokio::spawn(async move {
                assert_eq!(browser.submit(&shown, &[]).await.location(), PLACE);
                browser.cookies[SIGNED_IN].clone()
            })
        })
        .collect();
    let mut tokens = std::collections::BTreeSet::new();
    for press in presses {
        tokens.insert(press.await.unwrap());
    }
    assert_eq!(tokens.len(), 1);
    let written = redemptions(&app).await;
    let done = written.iter().filter(|entry| entry.outcome == "done");
    let first = done.filter(|entry| {
        let detail = entry.detail.as_deref();
        !detail.is_some_and(|detail| detail.contains("once more"))
    });
    assert_eq!(first.count(), 1);
    let lost = late.submit(&other, &[]).await;
    lost.expect(StatusCode::BAD_REQUEST);
    assert!(!late.cookies.contains_key(SIGNED_IN));
}

#[tokio::test]
async fn nobody_is_moved_to_another_account_unasked() {
    let (app, key) = with_links().await;
    let mut browser = app.browser(MARKET);
    let mine = link(&app, &key, "maria@x.example").await;
    let shown = follow(&mut browser, &mine).await;
    // While a page for Ana is open in another tab.
    let anas = link(&app, &key, "ana@x.example").await;
    let open = follow(&mut browser, &anas).await;
    assert!(open.html.contains("\"enter\" data-unasked"));
    browser.submit(&shown, &[]).await.location();
    let marias = browser.cookies[SIGNED_IN].clone();
    let asked = browser.submit(&open, &[]).await.location();
    assert_eq!(browser.cookies[SIGNED_IN], marias);
    let asked = browser.open(&asked).await;
    assert!(!asked.html.contains("\"enter\" data-unasked"));
    let text = asked.text();
    assert!(
        text.contains("You are signed in as m•••@x.example"),
        "{text}"
    );
    assert!(text.contains("Stay signed in as m•••@x.example"), "{text}");
    assert_eq!(browser.submit(&asked, &[]).await.location(), PLACE);
    assert_ne!(browser.cookies[SIGNED_IN], marias);
    let left = app.client().exchange(&marias).await;
    left.expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_browsers_at_once_with_one_link_one_is_signed_in() {
    let (app, key) = with_links().await;
    for _ in 0..20 {
        let link = link(&app, &key, "ana@x.example").await;
        let (mut one, mut other) = (app.browser(MARKET), app.browser(MARKET));
        let pages = (
            follow(&mut one, &link).await,
            follow(&mut other, &link).await,
        );
        let press = |mut browser: Browser, page: Shown| {
            tokio::spawn(async move { (browser.submit(&page, &[]).await, browser) })
        };
        let presses = (press(one, pages.0), press(other, pages.1));
        let (first, one) = presses.0.await.unwrap();
        let (second, other) = presses.1.await.unwrap();
        let signed_in = [&one, &other].map(|browser| browser.cookies.contains_key(SIGNED_IN));
        assert_ne!(signed_in[0], signed_in[1]);
        let [won, lost] = if signed_in[0] {
            [first, second]
        } else {
            [second, first]
        };
        assert_eq!(won.location(), PLACE);
        lost.expect(StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_key_that_was_revoked_and_a_way_that_was_switched_off_let_nobody_in() {
    let (app, _) = with_links().await;
    let created = app.create_api_key("default", &[Scope::Links], None).await;
    app.service().poll_feed().await.unwrap();
    let key = created.text.expose().to_owned();
    let made = [
        link(&app, &key, "ana@x.example").await,
        link(&app, &key, "ana@x.example").await,
    ];
    // One is shown before, and one is opened after.
    let mut browser = app.browser(MARKET);
    let shown = follow(&mut browser, &made[0]).await.expect(StatusCode::OK);
    let operator = app.operator().await;
    operator.revoke_api_key(created.key.id).await.unwrap();
    app.service().poll_feed().await.unwrap();
    let pressed = browser
        .submit(&shown, &[])
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert!(
        pressed.text().contains("not for here"),
        "{}",
        pressed.text()
    );
    let opened = follow(&mut browser, &made[1])
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert!(opened.text().contains("not for here"), "{}", opened.text());
    assert!(!browser.cookies.contains_key(SIGNED_IN));

    let key = app.api_key("default", &[Scope::Links]).await;
    app.service().poll_feed().await.unwrap();
    let link = link(&app, &key, "ana@x.example").await;
    let shown = follow(&mut browser, &link).await.expect(StatusCode::OK);
    app.set_partner("default", json!({ "trust": false })).await;
    browser
        .submit(&shown, &[])
        .await
        .expect(StatusCode::BAD_REQUEST);
    follow(&mut browser, &link)
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert!(!browser.cookies.contains_key(SIGNED_IN));
}

/// One link in two tabs: it is redeemed once, and both get that sign-in.
#[tokio::test]
async fn one_link_that_is_opened_twice_at_once_in_a_new_browser_is_one_sign_in() {
    let (app, key) = with_links().await;
    let link = link(&app, &key, "ana@x.example").await;
    let (mut browser, mut at_once) = (app.browser(MARKET), app.browser(MARKET));
    let first = browser.come_from(PARTNER, &link).await.location();
    let second = at_once.come_from(PARTNER, &link).await.location();
    browser.cookies.extend(at_once.cookies);
    let mut other_tab = browser.clone();
    let one = browser.open(&first).await.expect(StatusCode::OK);
    let other = other_tab.open(&second).await.expect(StatusCode::OK);
    // Both are pressed before either is answered.
    assert_eq!(browser.submit(&one, &[]).await.location(), PLACE);
    assert_eq!(other_tab.submit(&other, &[]).await.location(), PLACE);
    assert_eq!(browser.cookies[SIGNED_IN], other_tab.cookies[SIGNED_IN]);
}

/// Each page that is opened in a browser without any secret of ours brings one. None takes the
/// place of another's.
#[tokio::test]
async fn two_links_that_are_opened_at_once_in_a_new_browser_both_lead_on() {
    let (app, key) = with_links().await;
    let links = [
        link(&app, &key, "ana@x.example").await,
        link(&app, &key, "ana@x.example").await,
    ];
    let (mut browser, mut at_once) = (app.browser(MARKET), app.browser(MARKET));
    let first = browser.come_from(PARTNER, &links[0]).await.location();
    let second = at_once.come_from(PARTNER, &links[1]).await.location();
    browser.cookies.extend(at_once.cookies);
    let mut shown = Vec::new();
    for there in [&first, &second] {
        shown.push(browser.open(there).await.expect(StatusCode::OK));
    }
    // Nobody was signed in when either was shown.
    assert_eq!(browser.submit(&shown[1], &[]).await.location(), PLACE);
    let token = browser.cookies[SIGNED_IN].clone();
    assert_eq!(browser.submit(&shown[0], &[]).await.location(), PLACE);
    assert_eq!(browser.cookies[SIGNED_IN], token);
}
