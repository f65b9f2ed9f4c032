//! What browsers keep of us.

use countersign_testkit::Shown;
use serde_json::json;

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
