//! Where people are sent who have to sign in.

use countersign_server::TrustedProxies;
use countersign_testkit::Browser;
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::json;

use super::{ASK, ask, ask_with, signed_in, text};
use crate::enter::with_links;
use crate::site::{MARKET, market};

const SIGN_IN: &str = "https://market.example/auth/sign-in?return_to=";
const TARGET: &str = "/entradas/%C3%B1?x=1&y=%26+2";
const PLACE: &str = "%2Fentradas%2F%25C3%25B1%3Fx%3D1%26y%3D%2526%2B2";

#[tokio::test]
async fn a_person_is_told_where_to_sign_in_and_sent_there_where_the_proxy_asks_for_it() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let told = ask(&mut browser, TARGET).await;
    assert_eq!(text(&told.headers, "location"), format!("{SIGN_IN}{PLACE}"));
    told.expect(StatusCode::UNAUTHORIZED);
    let redirect = format!("{ASK}?redirect=1");
    let sent = ask_with(&mut browser, &redirect, &[("x-forwarded-uri", TARGET)]).await;
    assert_eq!(sent.location(), format!("{SIGN_IN}{PLACE}"));
    assert!(sent.html.is_empty());
    let told = ask_with(&mut browser, &format!("{ASK}?redirect=0"), &[]).await;
    assert_eq!(text(&told.headers, "location"), format!("{SIGN_IN}%2F"));
    told.expect(StatusCode::UNAUTHORIZED);
}

#[rstest]
#[case::a_script(&[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")])]
#[case::a_form(&[("x-forwarded-method", "POST")])]
#[case::a_form_as_others_say_it(&[("x-original-method", "POST")])]
#[case::a_frame(&[("sec-fetch-dest", "iframe")])]
#[case::a_program(&[("sec-fetch-mode", ""), ("sec-fetch-dest", ""), ("accept", "*/*")])]
#[case::ahead(&[("sec-purpose", "prefetch")])]
#[tokio::test]
async fn a_script_is_sent_nowhere(#[case] headers: &[(&str, &str)]) {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let refused = ask_with(&mut browser, &format!("{ASK}?redirect=1"), headers).await;
    assert!(!refused.headers.contains_key("location"));
    refused.expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_older_browser_is_known_by_what_it_takes() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let silent = [
        ("sec-fetch-mode", ""),
        ("sec-fetch-dest", ""),
        ("x-forwarded-uri", "/a"),
    ];
    let told = ask_with(&mut browser, ASK, &silent).await;
    assert_eq!(text(&told.headers, "location"), format!("{SIGN_IN}%2Fa"));
}

#[tokio::test]
async fn the_whole_url_of_a_request_says_where_it_goes_too() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let original = [("x-original-url", "https://market.example/a?b=1")];
    let told = ask_with(&mut browser, ASK, &original).await;
    assert_eq!(
        text(&told.headers, "location"),
        format!("{SIGN_IN}%2Fa%3Fb%3D1")
    );
    let both = [original[0], ("x-forwarded-uri", "/c")];
    let told = ask_with(&mut browser, ASK, &both).await;
    assert_eq!(text(&told.headers, "location"), format!("{SIGN_IN}%2Fc"));
}

#[tokio::test]
async fn where_nothing_is_registered_nobody_is_sent_anywhere() {
    let app = market().await;
    let mut browser = app.browser("https://other.example/auth");
    let refused = ask_with(&mut browser, &format!("{ASK}?redirect=1"), &[]).await;
    assert!(!refused.headers.contains_key("location"));
    refused.expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn our_own_pages_lead_nowhere() {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    for target in ["/auth/sign-in", "/auth/enter?oneTimeToken=cso_x"] {
        let refused = ask(&mut browser, target).await;
        assert!(!refused.headers.contains_key("location"), "{target}");
        refused.expect(StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_one_time_token_in_the_address_is_redeemed_and_leaves_it() {
    let (app, key) = with_links().await;
    let token = async |email: &str| {
        let body = json!({
            "flow": "sell", "params": { "id": "7", "x": "1" }, "user": { "email": email },
        });
        let link = app
            .client()
            .post_as(&key, "/v1/links", &body)
            .await
            .text_of("data");
        link.split_once("oneTimeToken=").unwrap().1.to_owned()
    };
    let mut browser = app.browser(MARKET);
    for email in ["ana@x.example", "bea@x.example"] {
        let target = format!("/sell/7?x=1&oneTimeToken={}", token(email).await);
        // Also of somebody else who is signed in.
        let told = ask(&mut browser, &target)
            .await
            .expect(StatusCode::UNAUTHORIZED);
        let enter = text(&told.headers, "location").to_owned();
        let start = "https://market.example/auth/enter?return_to=%2Fsell%2F7%3Fx%3D1&oneTimeToken=";
        assert!(enter.starts_with(start), "{enter}");
        let there = browser
            .come_from("https://tickets.example/", &enter)
            .await
            .location();
        let shown = browser.open(&there).await;
        assert_eq!(browser.submit(&shown, &[]).await.location(), "/sell/7?x=1");
        let passed = ask(&mut browser, "/sell/7?x=1")
            .await
            .expect(StatusCode::OK);
        assert_eq!(text(&passed.headers, "countersign-email"), email);
    }
    // To a script it is a parameter like any other.
    let target = format!("/sell/7?oneTimeToken={}", token("ana@x.example").await);
    let script = [
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-dest", "empty"),
        ("x-forwarded-uri", &target),
    ];
    ask_with(&mut browser, ASK, &script)
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn a_listed_proxy_says_which_host_was_asked_for() {
    let mut app = market().await;
    app.proxies = TrustedProxies::new(["127.0.0.0/8".parse().unwrap()]);
    let behind = app.another_node().await;
    let mut browser = Browser::new(&behind.url, "https://countersign.internal/auth");
    let forwarded = [
        ("x-forwarded-host", "market.example"),
        ("x-forwarded-uri", "/a"),
    ];
    let told = ask_with(&mut browser, ASK, &forwarded).await;
    assert_eq!(text(&told.headers, "location"), format!("{SIGN_IN}%2Fa"));
}

#[rstest]
#[case("refuse", StatusCode::UNAUTHORIZED)]
#[case("redirect", StatusCode::SEE_OTHER)]
#[tokio::test]
async fn a_proxy_may_write_the_request_behind_the_question(
    #[case] question: &str,
    #[case] status: StatusCode,
) {
    let app = market().await;
    let mut browser = app.browser(MARKET);
    let question = format!("{ASK}/{question}");
    for (target, place) in [
        ("/", "%2F"),
        (TARGET, PLACE),
        (
            "/a?redirect=0&partner=b",
            "%2Fa%3Fredirect%3D0%26partner%3Db",
        ),
        ("/v1/forward-auth", "%2Fv1%2Fforward-auth"),
        ("//evil.example/", "%2F"),
    ] {
        // What a client says of the request is not what its proxy says.
        let forged = [
            ("x-forwarded-uri", "/forged"),
            ("x-forwarded-method", "POST"),
        ];
        let told = ask_with(&mut browser, &format!("{question}{target}"), &forged).await;
        assert_eq!(
            text(&told.headers, "location"),
            format!("{SIGN_IN}{place}"),
            "{target}"
        );
        assert_eq!(told.status, status, "{target}");
    }
    let path = format!("{question}/a");
    let posted = browser.go(Method::POST, &path, &[], None).await;
    assert!(!posted.headers.contains_key("location"));
    posted.expect(StatusCode::UNAUTHORIZED);
    let mut browser = signed_in(&app).await;
    for method in [
        Method::GET,
        Method::POST,
        Method::DELETE,
        Method::OPTIONS,
        Method::HEAD,
    ] {
        let passed = browser.go(method, &path, &[], None).await;
        passed.expect(StatusCode::OK);
    }
}
