//! What another site's page, or a script, could post: nothing.

use std::collections::BTreeMap;

use countersign_testkit::{Browser, TestApp};
use reqwest::{Method, StatusCode};

use crate::sign_in::sign_in_by_hand;
use crate::site::{MARKET, market};

const PAGE: &str = "/auth/sign-out";

async fn signed_in() -> (TestApp, Browser, BTreeMap<String, String>) {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    sign_in_by_hand(&app, &mut browser).await;
    let form = browser.open(PAGE).await.form();
    (app, browser, form)
}

async fn still_signed_in(app: &TestApp, browser: &Browser) {
    let token = &browser.cookies["__Host-countersign"];
    let opened = app.client().exchange(token).await;
    opened.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let (app, mut browser, form) = signed_in().await;
    for from in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "Same-Origin")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://market.example")],
        &[("origin", "https://market.example.evil.example")],
    ] {
        let shown = browser.go(Method::POST, PAGE, from, Some(&form)).await;
        assert_eq!(shown.status, StatusCode::FORBIDDEN, "{from:?}");
        assert!(shown.html.contains("<h1>"), "{from:?}");
        still_signed_in(&app, &browser).await;
    }
    // Browsers that know no `Sec-Fetch-Site`.
    let own = [("origin", "https://market.example")];
    let shown = browser.go(Method::POST, PAGE, &own, Some(&form)).await;
    assert_eq!(shown.location(), PAGE);
}

#[tokio::test]
async fn a_form_without_the_token_of_this_browser_changes_nothing() {
    let (app, mut browser, form) = signed_in().await;
    let theirs = app.browser(MARKET).open(PAGE).await.form();
    let tokens = [None, Some(""), Some("wrong")];
    let tokens = tokens.into_iter().map(|token| token.map(str::to_owned));
    // One that nobody is signed in by has a form as well: on its page for others.
    let mut other = app.browser(MARKET);
    sign_in_by_hand(&app, &mut other).await;
    let others = other.open(PAGE).await.form().remove("form");
    assert!(theirs.is_empty() && others.is_some());
    let cut = form["form"][1..].to_owned();
    for token in tokens.chain([others, Some(cut)]) {
        let mut form = form.clone();
        form.remove("form");
        form.extend(token.clone().map(|token| ("form".to_owned(), token)));
        let shown = browser.post(PAGE, &form).await;
        assert_eq!(shown.status, StatusCode::FORBIDDEN, "{token:?}");
        still_signed_in(&app, &browser).await;
    }
}

#[tokio::test]
async fn what_a_script_could_send_without_asking_is_no_form() {
    let (app, mut browser, form) = signed_in().await;
    let whole = format!("form={}", form["form"]);
    for kind in [
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencodedx",
        "",
    ] {
        let cookies = browser.cookies.iter();
        let cookies = cookies.map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let client = app.client();
        let request = client
            .request(Method::POST, PAGE)
            .header("host", "market.example")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookies)
            .header("content-type", kind)
            .body(whole.clone());
        let answer = client.send(request).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        still_signed_in(&app, &browser).await;
    }
    let ours = "__Host-countersign-browser-";
    browser.cookies.retain(|name, _| !name.starts_with(ours));
    let shown = browser.post(PAGE, &form).await;
    shown.expect(StatusCode::BAD_REQUEST);
    still_signed_in(&app, &browser).await;
}
