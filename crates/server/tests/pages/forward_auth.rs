//! `/v1/forward-auth`, as a proxy asks it for a browser or a program: who passes.

mod partners;
mod people;

use std::time::Duration;

use countersign_domain::SystemEntropy;
use countersign_domain::api_key::Scope;
use countersign_domain::token::AuthenticationToken;
use countersign_testkit::{Answer, Browser, Client, Shown, TestApp};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::site::{MARKET, market};

const ASK: &str = "/v1/forward-auth";
const AUTHENTICATION: &str = "__Host-countersign";
const SESSION: &str = "__Host-countersign-session";

/// Every header that says who it is, as the guides list them.
const IDENTITY: [&str; 11] = [
    "countersign-user",
    "countersign-partner",
    "countersign-username",
    "countersign-email",
    "countersign-phone",
    "countersign-partner-user-id",
    "countersign-session",
    "countersign-authentication",
    "countersign-device",
    "countersign-amr",
    "countersign-auth-time",
];

/// A browser with the authentication of the user that every application has, and no session.
async fn signed_in(app: &TestApp) -> Browser {
    let mut browser = app.browser(MARKET);
    let authentication = app.client().log_in().await;
    let token = authentication.text_of("token");
    browser.cookies.insert(AUTHENTICATION.to_owned(), token);
    browser
}

/// What a proxy asks for this browser, which wants to be at `target`.
async fn ask(browser: &mut Browser, target: &str) -> Shown {
    ask_with(browser, ASK, &[("x-forwarded-uri", target)]).await
}

async fn ask_with(browser: &mut Browser, question: &str, headers: &[(&str, &str)]) -> Shown {
    browser.go(Method::GET, question, headers, None).await
}

/// What a proxy asks for a program with this credential.
async fn ask_for(client: &Client, question: &str, authorization: &str) -> Answer {
    client.with(Method::GET, question, authorization).await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().unwrap()
}

#[tokio::test]
async fn a_session_passes_and_says_who_it_is() {
    let app = market().await;
    let (authentication, session) = app.client().signed_in().await;
    let verified = app.client().verify(&session).await.json();
    let passed = ask_for(&app.client(), ASK, &format!("Bearer {session}")).await;
    let headers = passed.expect(StatusCode::OK).headers;
    let said = |value: &Value| value.as_str().unwrap().to_owned();
    let expected = [
        ("countersign-user", said(&verified["user"]["id"])),
        ("countersign-partner", "default".to_owned()),
        ("countersign-username", TestApp::USERNAME.to_owned()),
        ("countersign-email", String::new()),
        ("countersign-phone", String::new()),
        ("countersign-partner-user-id", String::new()),
        ("countersign-session", said(&verified["id"])),
        ("countersign-authentication", authentication.text_of("id")),
        ("countersign-device", authentication.text_of("device_id")),
        ("countersign-amr", "password".to_owned()),
        ("countersign-auth-time", said(&verified["auth_time"])),
    ];
    assert_eq!(expected.each_ref().map(|(name, _)| *name), IDENTITY);
    for (name, value) in expected {
        assert_eq!(text(&headers, name), value, "{name}");
    }
    let ours = headers
        .keys()
        .filter(|name| name.as_str().starts_with("countersign-"));
    assert_eq!(ours.count(), IDENTITY.len());
    crate::headers::check(&headers, "a session passes");
    for name in headers.keys() {
        assert_eq!(headers.get_all(name).iter().count(), 1, "{name}");
    }
    assert!(!text(&headers, "x-request-id").is_empty());
}

#[tokio::test]
async fn what_is_no_plain_ascii_is_percent_encoded() {
    let app = TestApp::start().await;
    let key = app.api_key("default", &[Scope::Mint, Scope::Redeem]).await;
    app.service().poll_feed().await.unwrap();
    let client = app.client();
    let user = json!({ "userId": "a \u{f1}%2F,;\"=7", "email": "ana+x@x.example" });
    let minted = client.post_as(&key, "/v1/auth/oneTimeToken", &user).await;
    let redeemed = client
        .redeem(&key, &minted.text_of("data"), None)
        .await
        .json();
    let session = redeemed["session"]["token"].as_str().unwrap();
    let headers = ask_for(&client, ASK, &format!("Bearer {session}"))
        .await
        .headers;
    assert_eq!(
        text(&headers, "countersign-partner-user-id"),
        "a%20%C3%B1%252F,;\"=7"
    );
    assert_eq!(text(&headers, "countersign-email"), "ana+x@x.example");
    assert_eq!(text(&headers, "countersign-amr"), "partner");
}

#[tokio::test]
async fn nobody_passes_without_a_session() {
    let app = market().await;
    let (authentication, session) = app.client().signed_in().await;
    for credential in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer css_x".to_owned(),
        format!("Bearer {session}x"),
        format!("Basic {}", authentication.text_of("token")),
        format!("Bearer {}", authentication.text_of("token")),
        session.clone(),
    ] {
        let refused = ask_for(&app.client(), ASK, &credential).await;
        assert_eq!(
            text(&refused.headers, "www-authenticate"),
            "Bearer error=\"invalid_token\""
        );
        assert!(!refused.headers.contains_key("location"));
        assert!(
            !refused
                .headers
                .keys()
                .any(|name| name.as_str().starts_with("countersign"))
        );
        refused.expect_error(401, "invalid_session");
    }
}

#[tokio::test]
async fn the_cookie_of_a_session_passes() {
    let app = market().await;
    let (_, session) = app.client().signed_in().await;
    let mut browser = app.browser(MARKET);
    browser.cookies.insert(SESSION.to_owned(), session);
    ask(&mut browser, "/").await.expect(StatusCode::OK);
}

#[tokio::test]
async fn an_authentication_passes_by_itself_and_the_database_is_read_once_for_it() {
    let app = market().await;
    let mut browser = signed_in(&app).await;
    let work = || app.service().store_work();
    let before = work();
    let first = ask(&mut browser, "/").await.expect(StatusCode::OK);
    assert!(
        !first.headers.contains_key("set-cookie"),
        "a proxy need not pass it on"
    );
    assert_eq!(work().reads, before.reads + 1);
    for _ in 0..100 {
        let again = ask(&mut browser, "/").await.expect(StatusCode::OK);
        let session = |shown: &Shown| text(&shown.headers, "countersign-session").to_owned();
        assert_eq!(session(&again), session(&first));
    }
    // The same beside a session that has run out: the browser sends that one for a while.
    browser
        .cookies
        .insert(SESSION.to_owned(), "css_x".to_owned());
    ask(&mut browser, "/").await.expect(StatusCode::OK);
    assert_eq!(work().reads, before.reads + 1);
    assert_eq!(work().batches, before.batches);
}

#[tokio::test]
async fn what_stands_in_for_an_authentication_lives_no_longer_than_a_session() {
    let app = market().await;
    let mut browser = signed_in(&app).await;
    let first = ask(&mut browser, "/").await.expect(StatusCode::OK);
    app.advance(Duration::from_secs(15 * 60)).await;
    let reads = app.service().store_work().reads;
    let second = ask(&mut browser, "/").await.expect(StatusCode::OK);
    assert_eq!(app.service().store_work().reads, reads + 1);
    let session = |shown: &Shown| text(&shown.headers, "countersign-session").to_owned();
    assert_ne!(session(&second), session(&first));
}

#[tokio::test]
async fn whoever_knows_the_id_of_an_authentication_has_not_shown_its_token() {
    let app = market().await;
    let mut browser = signed_in(&app).await;
    ask(&mut browser, "/").await.expect(StatusCode::OK);
    let guessed = another_of_its_authentication(&browser.cookies[AUTHENTICATION]);
    let mut stranger = app.browser(MARKET);
    stranger.cookies.insert(AUTHENTICATION.to_owned(), guessed);
    let refused = ask(&mut stranger, "/").await;
    refused.expect(StatusCode::UNAUTHORIZED);
    ask(&mut browser, "/").await.expect(StatusCode::OK);
}

/// Another token of the same authentication, well-formed.
fn another_of_its_authentication(token: &str) -> String {
    let id = AuthenticationToken::parse(token).unwrap().id();
    let other = AuthenticationToken::generate(id, &SystemEntropy::default());
    other.expose().to_owned()
}

#[rstest]
#[case::signed_out("sign out")]
#[case::locked("lock")]
#[case::signed_out_everywhere_else("sign out others")]
#[tokio::test]
async fn who_was_signed_out_passes_no_more(#[case] end: &str) {
    let app = market().await;
    let other = app.another_node().await;
    let mut browser = signed_in(&app).await;
    let mut there = Browser::new(&other.url, MARKET);
    there.cookies.clone_from(&browser.cookies);
    ask(&mut browser, "/").await.expect(StatusCode::OK);
    ask(&mut there, "/").await.expect(StatusCode::OK);
    let client = app.client();
    let (_, elsewhere) = client.signed_in().await;
    match end {
        "sign out" => {
            let token = browser.cookies[AUTHENTICATION].clone();
            let id = AuthenticationToken::parse(&token).unwrap().id();
            let (path, basic) = (format!("/v1/tokens/{id}"), format!("Basic {token}"));
            let out = client.with(Method::DELETE, &path, &basic).await;
            out.expect(StatusCode::NO_CONTENT);
        }
        "lock" => {
            app.operator()
                .await
                .lock_user(&app.user_name())
                .await
                .unwrap();
            app.service().poll_feed().await.unwrap();
        }
        _ => {
            let (path, bearer) = ("/v1/sessions/revoke-all", format!("Bearer {elsewhere}"));
            let out = client.with(Method::POST, path, &bearer).await;
            out.expect(StatusCode::NO_CONTENT);
        }
    }
    // Where it was ended at once, and elsewhere as soon as that node has heard of it.
    ask(&mut browser, "/")
        .await
        .expect(StatusCode::UNAUTHORIZED);
    other.service.poll_feed().await.unwrap();
    ask(&mut there, "/").await.expect(StatusCode::UNAUTHORIZED);
    if end == "lock" {
        app.operator()
            .await
            .unlock_user(&app.user_name())
            .await
            .unwrap();
        app.service().poll_feed().await.unwrap();
        ask(&mut browser, "/").await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_node_that_has_not_heard_for_longer_than_the_bound_asks_and_refuses_where_it_cannot() {
    let app = market().await;
    let mut browser = signed_in(&app).await;
    ask(&mut browser, "/").await.expect(StatusCode::OK);
    app.clock.advance(Duration::from_millis(1001));
    let reads = app.service().store_work().reads;
    ask(&mut browser, "/").await.expect(StatusCode::OK);
    assert_eq!(app.service().store_work().reads, reads + 1);
    app.set_away(true);
    let unknown = ask(&mut browser, "/").await;
    assert_eq!(text(&unknown.headers, "retry-after"), "1");
    assert!(!unknown.headers.contains_key("location"));
    unknown.expect(StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn an_authentication_that_needs_a_pin_passes_nowhere() {
    let app = market().await;
    let mut browser = signed_in(&app).await;
    let pin = json!({ "exchange_requires_pin": true });
    app.set_partner("default", pin).await;
    ask(&mut browser, "/")
        .await
        .expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_an_application_sends_for_itself_is_none_of_ours() {
    let app = market().await;
    let mut browser = signed_in(&app).await;
    for theirs in ["Basic dXNlcjpwYXNz", "Bearer eyJhbGciOi.e30.x", "Digest x"] {
        let own = [("authorization", theirs)];
        let shown = ask_with(&mut browser, ASK, &own).await;
        assert_eq!(shown.status, StatusCode::OK, "{theirs}");
    }
    // One of ours is the one that counts.
    let own = [("authorization", "Bearer css_x")];
    let shown = ask_with(&mut browser, ASK, &own).await;
    shown.expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn of_two_sessions_none_counts() {
    let app = market().await;
    let client = app.client();
    let ((_, one), (_, other)) = (client.signed_in().await, client.signed_in().await);
    let ask = async |first: &str, second: &str| {
        let request = client.request(Method::GET, ASK);
        let request = request.header("authorization", format!("Bearer {first}"));
        let request = request.header("authorization", format!("Bearer {second}"));
        client.send(request).await.status
    };
    assert_eq!(ask(&one, &one).await, StatusCode::OK);
    assert_eq!(ask(&one, &other).await, StatusCode::UNAUTHORIZED);
}

#[rstest]
#[case("redirect=2", "invalid_parameter")]
#[case("redirect=1&redirect=1", "invalid_parameter")]
#[case("partner=nobody", "unknown_partner")]
#[case("partner=No%20body", "unknown_partner")]
#[tokio::test]
async fn a_wrong_question_is_told_to_the_operator(#[case] query: &str, #[case] code: &str) {
    let app = market().await;
    let (_, session) = app.client().signed_in().await;
    let question = format!("{ASK}?{query}");
    let refused = ask_for(&app.client(), &question, &format!("Bearer {session}")).await;
    refused.expect_error(400, code);
}

#[tokio::test]
async fn heads_are_answered_as_gets_are() {
    let app = market().await;
    let mut browser = signed_in(&app).await;
    let passed = browser.go(Method::HEAD, ASK, &[], None).await;
    assert!(passed.headers.contains_key("countersign-user"));
    passed.expect(StatusCode::OK);
    let refused = browser.go(Method::POST, ASK, &[], None).await;
    refused.expect(StatusCode::METHOD_NOT_ALLOWED);
}
