//! What browsers keep of us.

use std::time::Duration;

use countersign_testkit::{Shown, TestApp};
use reqwest::{StatusCode, Url};
use serde_json::json;

use crate::enter::{follow, link, with_links};
use crate::sign_in::sign_in_by_hand;
use crate::site::{MARKET, market};

fn check(shown: &Shown) -> usize {
    let lines = shown.headers.get_all("set-cookie");
    let lines: Vec<_> = lines.iter().map(|line| line.to_str().unwrap()).collect();
    for line in &lines {
        assert!(line.starts_with("__Host-countersign"), "{line}");
        let attributes: Vec<_> = line.split("; ").skip(1).collect();
        for one in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(attributes.contains(&one), "{line}");
        }
        let domain = attributes.iter().any(|it| it.starts_with("Domain"));
        assert!(!domain, "{line}");
        let (_, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        assert!(
            !value.contains("my_username") && !value.contains('.'),
            "{line}"
        );
    }
    lines.len()
}

#[tokio::test]
async fn every_cookie_is_of_this_origin_and_no_script_reads_it() {
    let app = market().await;
    let login = json!({ "login_url": "https://tickets.example/login" });
    app.set_partner("default", login).await;
    let mut seen = 0;
    for signed_in in [false, true] {
        let mut browser = app.browser(MARKET);
        if signed_in {
            sign_in_by_hand(&app, &mut browser).await;
        }
        let pages = "sign-in sign-out account otp password enter return/x nothing";
        for page in pages.split(' ') {
            seen += check(&browser.open(&format!("/auth/{page}")).await);
        }
        let ask = browser.open("/auth/sign-out").await;
        seen += check(&browser.submit(&ask, &[]).await);
    }
    assert!(seen >= 6, "{seen}");
    assert!(every_way_in().await >= 16);
}

/// Cookies that are set on all ways in.
async fn every_way_in() -> usize {
    let (app, key) = with_links().await;
    let mut seen = 0;
    let link = link(&app, &key, "ana@x.example").await;
    let mut browser = app.browser(MARKET);
    let there = browser.open(&link).await;
    let shown = browser.open(&there.location()).await;
    let done = browser.submit(&shown, &[]).await;
    seen += check(&there) + check(&shown);
    assert_eq!(check(&done), 2);

    let mut browser = app.browser(MARKET);
    let left = browser.open("/auth/sign-in").await;
    let login = Url::parse(&left.location()).unwrap();
    let back = login.query_pairs().find(|(name, _)| name == "returnTo");
    let user = json!({ "email": "ana@x.example" });
    let minted = app.client();
    let minted = minted.post_as(&key, "/v1/auth/oneTimeToken", &user).await;
    let back = format!(
        "{}?oneTimeToken={}",
        back.unwrap().1,
        minted.text_of("data")
    );
    let there = browser.open(&back).await;
    let shown = browser.open(&there.location()).await;
    let done = browser.submit(&shown, &[]).await;
    seen += check(&left) + check(&there) + check(&shown);
    assert_eq!(check(&done), 3, "and the end of the way");

    let mut browser = app.browser(MARKET);
    let shown = browser.open("/auth/otp").await;
    let sent = browser
        .submit(&shown, &[("identity", "ana@x.example")])
        .await;
    let page = browser.open(&sent.location()).await;
    let code = app.code_for("ana@x.example").await.unwrap();
    let done = browser.submit(&page, &[("code", &code)]).await;
    seen += check(&shown) + check(&sent) + check(&page);
    assert_eq!(check(&done), 2);

    let mut browser = app.browser(MARKET);
    let shown = browser.open("/auth/password").await;
    let fields = [
        ("identity", TestApp::USERNAME),
        ("password", TestApp::PASSWORD),
    ];
    let done = browser.submit(&shown, &fields).await;
    assert_eq!(check(&done), 2);
    seen + check(&shown) + 9
}

fn life_of(shown: &Shown, name: &str) -> Option<u64> {
    let mut lines = shown.headers.get_all("set-cookie").iter();
    let start = format!("{name}=");
    let line = lines.find_map(|line| line.to_str().ok().filter(|it| it.starts_with(&start)))?;
    line.split("; Max-Age=")
        .nth(1)?
        .split(';')
        .next()?
        .parse()
        .ok()
}

#[tokio::test]
async fn the_cookie_of_an_authentication_lives_as_long_as_the_authentication() {
    let (app, key) = with_links().await;
    let link = link(&app, &key, "ana@x.example").await;
    let mut browser = app.browser(MARKET);
    let shown = follow(&mut browser, &link).await;
    let first = browser.submit(&shown, &[]).await;
    let whole = app.settings.authentication_life.as_secs();
    assert_eq!(life_of(&first, "__Host-countersign"), Some(whole));
    // Whoever lost the answer gets it once more, and not a second longer.
    app.clock.advance(Duration::from_secs(30));
    browser.cookies.remove("__Host-countersign");
    browser.cookies.remove("__Host-countersign-session");
    let again = browser.submit(&shown, &[]).await;
    assert_eq!(life_of(&again, "__Host-countersign"), Some(whole - 30));
}

#[tokio::test]
async fn no_more_than_one_cookie_of_a_name_is_set() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    sign_in_by_hand(&app, &mut browser).await;
    let ask = browser.open("/auth/sign-out").await;
    browser.cookies.remove("__Host-countersign-session");
    let done = browser.submit(&ask, &[]).await;
    let lines = done.headers.get_all("set-cookie").iter();
    let names = lines.map(|line| line.to_str().unwrap().split('=').next().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// What others keep in the same browser may be anything, and signs nobody out.
#[tokio::test]
async fn cookies_of_others_are_passed_over() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    sign_in_by_hand(&app, &mut browser).await;
    for others in ["caf\u{e9}", "\u{2003}", "", "a=b", "\"", "%zz"] {
        browser.cookies.insert("A".to_owned(), others.to_owned());
        let shown = browser.open("/auth/account").await;
        assert_eq!(shown.status, StatusCode::OK, "{others:?}");
    }
}

/// Another host may set a cookie whose name is ours to whoever trims it.
#[tokio::test]
async fn a_name_is_ours_to_the_byte() {
    let app = market().await;
    let (authentication, session) = app.client().signed_in().await;
    let kept = [
        ("__Host-countersign", authentication.text_of("token")),
        ("__Host-countersign-session", session),
    ];
    for (name, value) in kept {
        for name in [
            format!("\u{2003}{name}"),
            format!("{name}\u{a0}"),
            format!("{name} "),
            name.to_uppercase(),
        ] {
            let mut browser = app.browser(MARKET);
            browser.cookies.insert(name.clone(), value.clone());
            let asked = browser.open("/v1/forward-auth").await;
            assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "{name:?}");
        }
        let mut browser = app.browser(MARKET);
        browser.cookies.insert(name.to_owned(), value);
        let asked = browser.open("/v1/forward-auth").await;
        asked.expect(StatusCode::OK);
    }
}
