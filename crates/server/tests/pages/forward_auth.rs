//! `/v1/forward-auth`, as a proxy asks it for a browser or a program.

use std::time::Duration;

use countersign_domain::SystemEntropy;
use countersign_domain::api_key::Scope;
use countersign_domain::token::AuthenticationToken;
use countersign_server::TrustedProxies;
use countersign_testkit::{Answer, Browser, Client, Shown, TestApp};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::enter::with_links;
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

/// Two partners with an origin each, and a session of a user of each.
async fn two_partners() -> (TestApp, [String; 2]) {
    let app = TestApp::start().await;
    let mut sessions = Vec::new();
    for partner in ["a", "b"] {
        app.add_partner(partner).await;
        let public = json!({ "public_urls": [format!("https://{partner}.example/auth")] });
        app.set_partner(partner, public).await;
        let key = app.api_key(partner, &[Scope::Mint, Scope::Redeem]).await;
        app.service().poll_feed().await.unwrap();
        let client = app.client();
        let token = client.mint(&key, "ana@x.example").await.text_of("data");
        let redeemed = client.redeem(&key, &token, None).await.json();
        sessions.push(redeemed["session"]["token"].as_str().unwrap().to_owned());
    }
    (app, sessions.try_into().unwrap())
}

#[tokio::test]
async fn a_partners_users_pass_at_its_own_origin_alone() {
    let (app, sessions) = two_partners().await;
    let client = app.client();
    let ask = async |question: &str, headers: &[(&str, &str)], session: &str| {
        let mut request = client.request(Method::GET, question);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("authorization", format!("Bearer {session}"));
        client.send(request).await.status.as_u16()
    };
    let [a, b] = &sessions;
    for (question, headers, status_of_a, status_of_b) in [
        (ASK, &[("host", "a.example")][..], 200, 401),
        (ASK, &[("host", "b.example")][..], 401, 200),
        // An origin is of one partner, whatever the question says.
        (
            "/v1/forward-auth?partner=b",
            &[("host", "a.example")][..],
            200,
            401,
        ),
        // Elsewhere the question says whose users are meant, and otherwise the default's are.
        (
            "/v1/forward-auth?partner=b",
            &[("host", "x.example")][..],
            401,
            200,
        ),
        (ASK, &[("host", "x.example")][..], 401, 401),
        // Nobody who connects is believed that another host was asked for.
        (
            ASK,
            &[("host", "a.example"), ("x-forwarded-host", "b.example")][..],
            200,
            401,
        ),
        // By a path nothing of the question can be changed.
        (
            "/v1/forward-auth/refuse/x?partner=b",
            &[("host", "a.example")][..],
            200,
            401,
        ),
        (
            "/v1/forward-auth/refuse/x?partner=b",
            &[("host", "x.example")][..],
            401,
            401,
        ),
    ] {
        assert_eq!(
            ask(question, headers, a).await,
            status_of_a,
            "{question} {headers:?}"
        );
        assert_eq!(
            ask(question, headers, b).await,
            status_of_b,
            "{question} {headers:?}"
        );
    }
}

#[tokio::test]
async fn what_stands_in_for_an_authentication_passes_at_its_own_origin_alone() {
    let app = market().await;
    app.add_partner("b").await;
    let public = json!({ "public_urls": ["https://b.example/auth"] });
    app.set_partner("b", public).await;
    let mut browser = signed_in(&app).await;
    ask(&mut browser, "/").await.expect(StatusCode::OK);
    let mut elsewhere = app.browser("https://b.example/auth");
    elsewhere.cookies.clone_from(&browser.cookies);
    let refused = ask(&mut elsewhere, "/").await;
    refused.expect(StatusCode::UNAUTHORIZED);
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
