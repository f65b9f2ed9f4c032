//! `password`, and what is there for who forgot theirs.

use countersign_testkit::TestApp;
use reqwest::StatusCode;
use serde_json::json;

use crate::otp::alike;
use crate::site::{MARKET, market};

#[tokio::test]
async fn a_password_signs_in_and_leads_to_where_the_person_was() {
    let app = market().await;
    app.add_user("email:ana@example.com", Some("a good password"))
        .await;
    for (typed, password) in [
        (TestApp::USERNAME, TestApp::PASSWORD),
        (" Ana@Example.com", "a good password"),
    ] {
        let mut browser = app.browser(MARKET);
        let form = browser
            .open("/auth/password?return_to=%2Fbuy&locale=pt")
            .await;
        let form = form.expect(StatusCode::OK);
        assert!(
            form.text().contains("Entre na sua conta"),
            "{}",
            form.text()
        );
        assert!(form.html.contains("autocomplete=\"username\""));
        assert!(form.html.contains("autocomplete=\"current-password\""));
        let fields = [("identity", typed), ("password", password)];
        let done = browser.submit(&form, &fields).await;
        assert_eq!(done.location(), "/buy");
        let session = &browser.cookies["__Host-countersign-session"];
        app.client().verify(session).await.expect(StatusCode::OK);
        assert_eq!(browser.open("/auth/password").await.location(), "/");
    }
}

#[tokio::test]
async fn a_refused_password_tells_nothing_of_the_user() {
    let app = market().await;
    app.add_user("username:locked", Some("a good password"))
        .await;
    app.add_user("username:without", None).await;
    let locked = TestApp::name_of("username:locked");
    app.operator().await.lock_user(&locked).await.unwrap();
    let mut seen = Vec::new();
    for (name, password) in [
        (TestApp::USERNAME, "wrong password"),
        ("nobody", "wrong password"),
        ("without", "wrong password"),
        ("locked", "wrong password"),
        ("locked", "a good password"),
        (TestApp::USERNAME, ""),
        (TestApp::USERNAME, &"x".repeat(2000)),
        ("no name at all", "wrong password"),
        ("", ""),
    ] {
        let mut browser = app.browser(MARKET);
        let form = browser.open("/auth/password").await;
        let fields = [("identity", name), ("password", password)];
        let shown = browser
            .submit(&form, &fields)
            .await
            .expect(StatusCode::UNAUTHORIZED);
        assert_eq!(shown.form()["password"], "");
        assert!(!browser.cookies.contains_key("__Host-countersign"));
        seen.push(alike(&shown));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}

#[tokio::test]
async fn other_ways_are_those_that_are_allowed() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let form = browser.open("/auth/password?return_to=%2Fbuy").await;
    assert!(form.html.contains("href=\"/auth/otp?return_to=%2Fbuy\""));
    assert!(!form.html.contains("forgotten"));
    app.set_partner("default", json!({ "email": false, "sms": false }))
        .await;
    let form = browser.open("/auth/password").await;
    assert!(!form.html.contains("/auth/otp"));
    app.set_partner("default", json!({ "email": true, "password": false }))
        .await;
    let form = browser.open("/auth/password").await;
    assert_eq!(form.location(), "/auth/sign-in");
    assert_eq!(
        browser.open("/auth/password/forgotten").await.location(),
        "/auth/sign-in"
    );
}

#[tokio::test]
async fn too_many_passwords_say_how_long_to_wait() {
    let app = market().await;
    app.set_partner(
        "default",
        json!({ "limits": { "password_guesses_per_hour": 2 } }),
    )
    .await;
    let mut browser = app.browser(MARKET);
    let form = browser.open("/auth/password").await;
    let wrong = [("identity", "nobody"), ("password", "wrong password")];
    for _ in 0..2 {
        browser
            .submit(&form, &wrong)
            .await
            .expect(StatusCode::UNAUTHORIZED);
    }
    let many = browser
        .submit(&form, &wrong)
        .await
        .expect(StatusCode::TOO_MANY_REQUESTS);
    assert!(
        many.text().contains("Try again in 30 minutes"),
        "{}",
        many.text()
    );
    assert_eq!(many.headers["retry-after"], "1800");
}

#[tokio::test]
async fn who_forgot_it_is_told_the_same_whoever_they_are() {
    let app = market().await;
    app.set_partner(
        "default",
        json!({ "reset_url": "https://market.example/reset" }),
    )
    .await;
    app.add_user("email:ana@example.com", Some("a good password"))
        .await;
    let mut seen = Vec::new();
    for address in ["ana@example.com", "nobody@example.com"] {
        let mut browser = app.browser(MARKET);
        let form = browser.open("/auth/password").await;
        assert!(form.html.contains("href=\"/auth/password/forgotten\""));
        let form = browser
            .open("/auth/password/forgotten?return_to=%2Fbuy")
            .await;
        let asked = browser.submit(&form, &[("identity", address)]).await;
        let there = asked.location();
        assert_eq!(there, "/auth/password/forgotten?return_to=%2Fbuy&sent=1");
        let sent = browser.open(&there).await.expect(StatusCode::OK);
        assert!(
            sent.text().contains("If there is an account"),
            "{}",
            sent.text()
        );
        seen.push((alike(&asked), alike(&sent)));
    }
    assert_eq!(seen[0], seen[1]);
}
