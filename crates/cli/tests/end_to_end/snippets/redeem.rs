//! An application that takes back whom it sent to the partner.

use reqwest::{Method, Response, Url};
use serde_json::Value;

use super::process::{Snippet, header, run};
use super::{APP, EMAIL, LOGIN_URL, Northstar, SERVED};

const PAGE: &str = "/sell/2738";
const KEPT: [&str; 4] = ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"];

#[tokio::test]
async fn who_left_in_this_browser_comes_back_and_nobody_else() {
    let northstar = Northstar::start();
    for language in SERVED {
        let app = Snippet::start(&northstar, "redeem", language);
        let state = leave(&app, language).await;
        let token = northstar.mint().await;
        let back = format!("{PAGE}?state={state}&oneTimeToken={token}");
        let cookie = format!("__Host-state={state}");

        // Another browser, one that left at another time, and a cookie of another name.
        let other = leave(&app, language).await;
        for cookie in [
            String::new(),
            format!("__Host-state={other}"),
            format!("x__Host-state={state}"),
            "__Host-state=".to_owned(),
        ] {
            for method in [Method::GET, Method::POST] {
                let response = app.ask(method, &back, &cookie).await;
                assert_refused(&response, language);
            }
        }
        let stateless = format!("{PAGE}?oneTimeToken={token}");
        for cookie in ["", &cookie] {
            assert_refused(&app.ask(Method::POST, &stateless, cookie).await, language);
        }

        // Looking redeems nothing, however often.
        for _ in 0..2 {
            let page = app.ask(Method::GET, &back, &cookie).await;
            assert_eq!(page.status(), 200, "{language}");
            assert_eq!(header(&page, "referrer-policy"), "no-referrer");
            assert!(header(&page, "content-type").starts_with("text/html"));
            let page = page.text().await.unwrap();
            assert!(page.contains("<form method=post>"), "{language}: {page}");
        }

        let entered = app.ask(Method::POST, &back, &cookie).await;
        let device = assert_entered(&northstar, &entered, language).await;
        // A double click.
        let again = app.ask(Method::POST, &back, &cookie).await;
        let same = assert_entered(&northstar, &again, language).await;
        assert_eq!(device, same, "{language}");

        // The token again, in a round of its own.
        let state = leave(&app, language).await;
        let back = format!("{PAGE}?state={state}&oneTimeToken={token}");
        let cookie = format!("__Host-state={state}");
        let used = app.ask(Method::POST, &back, &cookie).await;
        assert_refused(&used, language);
    }
}

#[tokio::test]
async fn nobody_is_sent_to_another_origin() {
    let northstar = Northstar::start();
    for language in SERVED {
        let app = Snippet::start(&northstar, "redeem", language);
        let response = app.get("//evil.example/x").await;
        let (return_to, _) = returns_to(&response, language);
        assert!(
            return_to.starts_with(&format!("{APP}/")),
            "{language}: {return_to}"
        );
    }
}

#[tokio::test]
async fn a_token_is_redeemed_from_a_shell() {
    let northstar = Northstar::start();
    let token = northstar.mint().await;
    let script = |kept: &str, state: &str| {
        let url = format!("{APP}{PAGE}?state={state}&oneTimeToken={token}");
        run(&northstar, &["redeem.sh"], kept, &url)
    };
    for (kept, state) in [("one", "other"), ("", ""), ("", "one")] {
        let (output, _) = script(kept, state);
        assert!(!output.status.success(), "{kept:?}, {state:?}");
    }
    for _ in 0..2 {
        let (output, answer) = script("one", "one");
        assert!(output.status.success(), "{output:?}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["user"]["partner"], "northstar");
    }
    let (output, answer) = script("other", "other");
    assert!(!output.status.success(), "{answer}");
}

/// Leaves for the partner; the state that the browser keeps meanwhile.
async fn leave(app: &Snippet, language: &str) -> String {
    let response = app.get(&format!("{PAGE}?state=chosen")).await;
    let (return_to, kept) = returns_to(&response, language);
    let state = return_to.strip_prefix(&format!("{APP}{PAGE}?state="));
    assert_eq!(state, Some(kept.as_str()), "{language}: {return_to}");
    assert!(kept.len() >= 32, "{language}: {kept} can be guessed");
    kept
}

/// Where the partner is asked to send back to, and the state in the cookie.
fn returns_to(response: &Response, language: &str) -> (String, String) {
    assert_eq!(response.status(), 303, "{language}");
    let location = header(response, "location");
    let login = Url::parse(location).unwrap();
    assert!(location.starts_with(&format!("{LOGIN_URL}?returnTo=")));
    let mut query = login.query_pairs().into_owned();
    let (_, return_to) = query.next().unwrap();
    assert_eq!(query.next(), None, "{language}: {location}");
    (return_to, kept(response, "state", language))
}

/// The value of the one cookie that is set.
fn kept(response: &Response, name: &str, language: &str) -> String {
    let cookies = response.headers().get_all("set-cookie").iter();
    assert_eq!(cookies.count(), 1, "{language}");
    let cookie = header(response, "set-cookie");
    let mut parts = cookie.split("; ");
    let value = parts.next().unwrap();
    let value = value.strip_prefix(&format!("__Host-{name}=")).unwrap();
    let attributes: Vec<_> = parts.collect();
    for attribute in KEPT {
        assert!(attributes.contains(&attribute), "{language}: {cookie}");
    }
    assert!(
        !attributes.iter().any(|one| one.starts_with("Domain")),
        "{language}: {cookie}"
    );
    value.to_owned()
}

fn assert_refused(response: &Response, language: &str) {
    let status = response.status();
    assert!(status.as_u16() >= 400, "{language}: {status}");
    for name in ["set-cookie", "location"] {
        assert_eq!(header(response, name), "", "{language}");
    }
}

/// Signed in, at the clean URL; the authentication token, which is good for a session.
async fn assert_entered(northstar: &Northstar, response: &Response, language: &str) -> String {
    assert_eq!(response.status(), 303, "{language}");
    assert_eq!(header(response, "location"), format!("{APP}{PAGE}"));
    let device = kept(response, "device", language);
    let server = &northstar.server;
    let basic = format!("Basic {device}");
    let (status, session) = server.post_with("/v1/sessions", &basic).await;
    assert_eq!(status, 201, "{language}: {session}");
    let bearer = format!("Bearer {}", session["token"].as_str().unwrap());
    let (_, who) = server.post_with("/v1/sessions/verify", &bearer).await;
    assert_eq!(who["user"]["identities"][0]["value"], EMAIL, "{language}");
    assert_eq!(who["amr"][0], "partner", "{language}");
    device
}
