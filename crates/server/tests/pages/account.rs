//! `account`.

use std::time::Duration;

use countersign_testkit::{Browser, TestApp};
use reqwest::StatusCode;
use serde_json::json;

use crate::sign_in::sign_in_by_hand;
use crate::site::{MARKET, market};

const SIGN_IN: &str = "/auth/sign-in?to=account";

async fn signed_in() -> (TestApp, Browser) {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    sign_in_by_hand(&app, &mut browser).await;
    (app, browser)
}

fn devices(html: &str) -> usize {
    html.matches("<li>").count()
}

#[tokio::test]
async fn who_is_not_signed_in_signs_in_first() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let shown = browser.open("/auth/account").await;
    assert_eq!(shown.location(), SIGN_IN);
}

#[tokio::test]
async fn this_device_is_first_and_others_say_when_they_were_seen() {
    let (app, mut browser) = signed_in().await;
    app.clock.advance(Duration::from_secs(3 * 60));
    app.client().log_in().await.expect(StatusCode::CREATED);
    app.clock.advance(Duration::from_secs(5 * 60));
    let shown = browser.open("/auth/account").await.expect(StatusCode::OK);
    assert_eq!(devices(&shown.html), 2);
    let text = shown.text();
    let (this, that) = text.split_once("This device").unwrap();
    assert!(this.contains("m\u{2022}\u{2022}\u{2022}"), "{text}");
    assert!(!text.contains(TestApp::USERNAME), "{text}");
    assert!(that.contains("Seen 5 minutes ago"), "{text}");
    app.clock.advance(Duration::from_secs(9 * 86_400));
    for (locale, when) in [("en", " 20"), ("es", " de 20"), ("pt", " de 20")] {
        let path = format!("/auth/account?locale={locale}");
        let text = browser.open(&path).await.expect(StatusCode::OK).text();
        assert!(text.contains(when), "{text}");
    }
}

#[tokio::test]
async fn another_device_is_signed_out_and_its_name_stands_in_no_address() {
    let (app, mut browser) = signed_in().await;
    let (_, session) = app.client().signed_in().await;
    let shown = browser.open("/auth/account").await;
    let done = browser.submit(&shown, &[]).await;
    let location = done.location();
    assert!(!location.contains("iPhone"), "{location}");
    let shown = browser.open(&location).await.expect(StatusCode::OK);
    assert!(shown.text().contains("Signed out of iPhone"));
    assert_eq!(devices(&shown.html), 1);
    let verified = app.client().verify(&session).await;
    verified.expect(StatusCode::UNAUTHORIZED);
    // An answer that was lost is asked for again.
    let form = [("device", location.split("said=").nth(1).unwrap())];
    let ask = browser.open("/auth/account?ask=others").await;
    let again = browser.submit(&ask, &[form[0], ("confirm", "")]).await;
    assert_eq!(again.location(), location);
}

#[tokio::test]
async fn all_others_are_signed_out_after_one_question() {
    let (app, mut browser) = signed_in().await;
    let (_, session) = app.client().signed_in().await;
    let ask = browser.open("/auth/account?ask=others").await;
    let verified = app.client().verify(&session).await;
    verified.expect(StatusCode::OK);
    let location = browser.submit(&ask, &[]).await.location();
    let shown = browser.open(&location).await.expect(StatusCode::OK);
    assert!(
        shown.text().contains("All other devices are signed out."),
        "{}",
        shown.text()
    );
    assert_eq!(devices(&shown.html), 1);
    let verified = app.client().verify(&session).await;
    verified.expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn another_users_device_is_like_none() {
    let (app, mut browser) = signed_in().await;
    let (_, theirs) = app.signed_in_by_sms("+44 123 1234 1234").await;
    let verified = app.client().verify(&theirs).await;
    let theirs_device = verified.text_of("device_id");
    let ask = browser.open("/auth/account?ask=others").await;
    let mut said = Vec::new();
    for device in [
        theirs_device.as_str(),
        "0190a5b2-0000-7000-8000-000000000000",
        "nonsense",
        "",
    ] {
        let fields = [("confirm", ""), ("device", device)];
        said.push(browser.submit(&ask, &fields).await.location());
    }
    assert!(
        said.iter().all(|it| it == "/auth/account?said=unknown"),
        "{said:?}"
    );
    let shown = browser.open(&said[0]).await;
    assert!(shown.text().contains("There is no such device"));
    app.client().verify(&theirs).await.expect(StatusCode::OK);
    // A link that says so does not make it so, nor does it name what is another's.
    for said in [&*theirs_device, "others", "x"] {
        let shown = browser.open(&format!("/auth/account?said={said}")).await;
        let text = shown.expect(StatusCode::OK).text();
        assert!(!text.contains("Signed out"), "{text}");
    }
}

#[tokio::test]
async fn this_device_goes_by_sign_out() {
    let (app, mut browser) = signed_in().await;
    browser.open("/auth/account").await.expect(StatusCode::OK);
    let session = browser.cookies["__Host-countersign-session"].clone();
    let device = app.client().verify(&session).await.text_of("device_id");
    let forged = browser.open(&format!("/auth/account?said={device}")).await;
    assert!(!forged.text().contains("Signed out"));
    let ask = browser.open("/auth/account?ask=others").await;
    let fields = [("confirm", ""), ("device", device.as_str())];
    let shown = browser.submit(&ask, &fields).await;
    assert_eq!(shown.location(), "/auth/sign-out");
    app.client().verify(&session).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn who_is_locked_sees_no_devices() {
    let (app, mut browser) = signed_in().await;
    let operator = app.operator().await;
    operator.lock_user(&app.user_name()).await.unwrap();
    app.service().poll_feed().await.unwrap();
    let shown = browser.open("/auth/account").await;
    let shown = shown.expect(StatusCode::FORBIDDEN);
    assert!(!shown.html.contains("iPhone"));
    assert!(browser.cookies.contains_key("__Host-countersign"));
    app.set_partner("default", json!({ "name": "Market" }))
        .await;
}
