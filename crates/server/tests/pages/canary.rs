//! Nothing that a person or a browser proves itself by is in any log.

use countersign_testkit::{Browser, Log, Shown, TestApp};
use reqwest::Url;
use serde_json::json;

use crate::enter::{follow, link, with_links};
use crate::site::MARKET;

/// What went by that must be in no log.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, text: impl Into<String>) {
        self.0.push((what, text.into()));
    }

    /// What a browser keeps, and the form and the address of the page that it was shown.
    fn all_of(&mut self, browser: &Browser, shown: &Shown) {
        for value in browser.cookies.values() {
            self.add("cookie", value);
        }
        if let Some(token) = shown.form().remove("form") {
            self.add("form token", token);
        }
        if let Some((_, state)) = shown.path.split_once("csp_") {
            self.add("page state", state);
        }
    }
}

/// Goes every way in, right and wrong, everything logged that anything logs.
#[tokio::test]
async fn no_secret_of_a_page_is_in_a_log() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let (app, key) = with_links().await;
    let mut secrets = Secrets::default();
    secrets.add("address", "canary@example.com");
    trust(&app, &key, &mut secrets).await;
    force(&app, &key, &mut secrets).await;
    code(&app, &mut secrets).await;
    password(&app, &mut secrets).await;
    let log = log.text();
    for route in ["enter", "return", "otp", "password"] {
        assert!(log.contains(&format!("/auth/{route}")), "it is the log");
    }
    assert!(secrets.0.len() > 30);
    for (what, secret) in &secrets.0 {
        assert!(
            secret.len() > 5,
            "{what} {secret:?} could be found anywhere"
        );
        assert!(!log.contains(secret.as_str()), "{what} is in the log");
    }
}

async fn trust(app: &TestApp, key: &str, secrets: &mut Secrets) {
    let link = link(app, key, "canary@example.com").await;
    let token = link.split_once("oneTimeToken=").unwrap().1;
    secrets.add("one-time token", token);
    let (mut one, mut other) = (app.browser(MARKET), app.browser(MARKET));
    let shown = follow(&mut one, &link).await;
    let lost = follow(&mut other, &link).await;
    one.submit(&shown, &[]).await.location();
    secrets.all_of(&one, &shown);
    other.submit(&lost, &[]).await;
    secrets.all_of(&other, &lost);
    let broken = format!("/auth/enter?oneTimeToken={token}x");
    follow(&mut other, &broken).await;
}

async fn force(app: &TestApp, key: &str, secrets: &mut Secrets) {
    let mut browser = app.browser(MARKET);
    let login = browser.open("/auth/sign-in").await.location();
    let login = Url::parse(&login).unwrap();
    let back = login.query_pairs().find(|(name, _)| name == "returnTo");
    let back = back.unwrap().1.into_owned();
    secrets.add("page state", back.split_once("csp_").unwrap().1);
    let user = json!({ "email": "canary@example.com" });
    let minted = app.client();
    let minted = minted.post_as(key, "/v1/auth/oneTimeToken", &user).await;
    let token = minted.text_of("data");
    let back = format!("{back}?oneTimeToken={token}");
    secrets.add("one-time token", token);
    follow(&mut app.browser(MARKET), &back).await;
    let shown = follow(&mut browser, &back).await;
    secrets.all_of(&browser, &shown);
    browser.submit(&shown, &[]).await.location();
    secrets.all_of(&browser, &shown);
}

async fn code(app: &TestApp, secrets: &mut Secrets) {
    let mut browser = app.browser(MARKET);
    let page = crate::otp::begin(&mut browser, "/auth/otp", "canary@example.com").await;
    let code = app.code_for("canary@example.com").await.unwrap();
    for typed in ["", "000000x", &code[1..], &code] {
        let shown = browser.submit(&page, &[("code", typed)]).await;
        secrets.all_of(&browser, &shown);
    }
    secrets.all_of(&browser, &page);
    assert!(browser.cookies.contains_key("__Host-countersign"));
    // With what stands around it in a form: six digits alone are found in any log.
    secrets.add("code", format!("code={code}"));
    secrets.add("code", format!("\"{code}\""));
}

async fn password(app: &TestApp, secrets: &mut Secrets) {
    let mut browser = app.browser(MARKET);
    let page = browser.open("/auth/password").await;
    for password in ["Canary-password-77", TestApp::PASSWORD] {
        secrets.add("password", password);
        let fields = [("identity", TestApp::USERNAME), ("password", password)];
        let shown = browser.submit(&page, &fields).await;
        secrets.all_of(&browser, &shown);
    }
    secrets.all_of(&browser, &page);
    assert!(browser.cookies.contains_key("__Host-countersign"));
    for page in ["account", "sign-out"] {
        let shown = browser.open(&format!("/auth/{page}")).await;
        secrets.all_of(&browser, &shown);
        browser.submit(&shown, &[]).await;
    }
}
