//! People who open a page are sent to sign in, and nothing else is.

use countersign_testkit::{Answer, TestApp};
use reqwest::{Method, StatusCode};

use crate::application::{Application, COOKIE};

/// What browsers send with a page that a person opens.
const OPENS: [(&str, &str); 2] = [
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
];

#[track_caller]
fn assert_sent_to(answer: Answer, location: &str) {
    let answer = answer.expect(StatusCode::SEE_OTHER);
    assert_eq!(answer.headers["location"], location);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.text, "");
}

#[tokio::test]
async fn a_person_who_opens_a_page_signs_in_and_comes_back() {
    let app = TestApp::start().await;
    let application = Application::of(&app).await;
    let sign_in = "/auth/sign-in?return_to=/sell/2738";
    for headers in [
        &OPENS[..],
        // Browsers from before Fetch Metadata.
        &[("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")],
        &[("accept", "application/xml, Text/HTML;q=0.9")],
        // Who was signed in once.
        &[
            OPENS[0],
            OPENS[1],
            ("cookie", "__Host-countersign-session=old"),
        ],
    ] {
        assert_sent_to(application.get("/sell/2738", headers).await, sign_in);
    }
    let looks = application.request(Method::HEAD, "/sell/2738");
    let looks = looks.header("accept", "text/html");
    assert_sent_to(application.answer(looks).await, sign_in);
}

#[tokio::test]
async fn scripts_and_forms_are_told_that_nobody_is_signed_in() {
    let app = TestApp::start().await;
    let application = Application::of(&app).await;
    let html = ("accept", "text/html");
    for headers in [
        &[][..],
        &[("accept", "*/*")],
        &[("accept", "application/json")],
        &[("accept", "text/html-like")],
        &[
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-dest", "empty"),
            html,
        ],
        &[
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
            html,
        ],
        &[
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-dest", "document"),
            html,
        ],
        &[("sec-fetch-mode", "navigate"), html],
        &[("sec-fetch-dest", "document"), html],
    ] {
        let answer = application.get("/sell/2738", headers).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{headers:?}");
        assert!(!answer.headers.contains_key("location"), "{headers:?}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let mut request = application.request(method.clone(), "/sell/2738");
        for (name, value) in OPENS.into_iter().chain([html]) {
            request = request.header(name, value);
        }
        let answer = application.answer(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method}");
    }
    // Nobody said where to sign in.
    let answer = application.get("/api", &OPENS).await;
    answer.expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn people_come_back_to_all_of_what_they_opened() {
    let app = TestApp::start().await;
    let application = Application::of(&app).await;
    for (opened, return_to) in [
        ("/sell/2738?x=1&y=2", "/sell/2738%3Fx%3D1%26y%3D2"),
        (
            "/sell/ma%C3%B1ana?q=%26+%25",
            "/sell/ma%25C3%25B1ana%3Fq%3D%2526%2B%2525",
        ),
        ("/sell/2738?", "/sell/2738%3F"),
        // A router in a router cuts its own part off.
        ("/nested/sell?x=1", "/nested/sell%3Fx%3D1"),
    ] {
        let sign_in = format!("/auth/sign-in?return_to={return_to}");
        assert_sent_to(application.get(opened, &OPENS).await, &sign_in);
    }
}

#[tokio::test]
async fn who_brings_a_one_time_token_goes_to_where_it_is_redeemed() {
    let app = TestApp::start().await;
    let application = Application::of(&app).await;
    let (_, session) = app.client().signed_in().await;
    let cookie = format!("{COOKIE}={session}");
    for (opened, enter) in [
        (
            "/sell/1?oneTimeToken=cso_a-B",
            "/sell/1&oneTimeToken=cso_a-B",
        ),
        (
            "/sell/1?x=1&oneTimeToken=a%26&y",
            "/sell/1%3Fx%3D1%26y&oneTimeToken=a%26",
        ),
        (
            "/sell/1?oneTimeToken=a&oneTimeToken=b",
            "/sell/1&oneTimeToken=a&oneTimeToken=b",
        ),
        ("/sell/1?oneTimeToken", "/sell/1&oneTimeToken"),
        ("/sell/1?one%54imeToken=a", "/sell/1&one%54imeToken=a"),
    ] {
        let enter = format!("/auth/enter?return_to={enter}");
        assert_sent_to(application.get(opened, &OPENS).await, &enter);
        // It may be of somebody else than who is signed in.
        let signed_in = [OPENS[0], OPENS[1], ("cookie", &*cookie)];
        assert_sent_to(application.get(opened, &signed_in).await, &enter);
        // To a script it is a parameter like any other.
        let fetched = application.get(opened, &[("cookie", &cookie)]).await;
        fetched.expect(StatusCode::OK);
    }
    let other = "/auth/sign-in?return_to=/sell/1%3FmyoneTimeToken%3Da";
    assert_sent_to(
        application.get("/sell/1?myoneTimeToken=a", &OPENS).await,
        other,
    );
}

/// All the way: from the application to the hosted pages, and back with a session.
#[tokio::test]
async fn the_hosted_pages_send_people_back_to_what_they_opened() {
    const MARKET: &str = "https://market.example/auth";
    let app = TestApp::start().await;
    let pages = serde_json::json!({ "public_urls": [MARKET] });
    app.set_partner("default", pages).await;
    let application = Application::of(&app).await;
    let (authentication, _) = app.client().signed_in().await;
    let mut browser = app.browser(MARKET);
    let kept = authentication.text_of("token");
    browser
        .cookies
        .insert("__Host-countersign".to_owned(), kept);
    for opened in [
        "/sell/2738",
        "/sell/ma%C3%B1ana?q=%26+%25&x=1&x=2",
        "/sell/2738?return_to=/elsewhere",
        "/nested/sell?x=a%20b",
    ] {
        let sent = application.get(opened, &OPENS).await;
        let sign_in = sent.expect(StatusCode::SEE_OTHER).headers["location"].clone();
        let back = browser.open(sign_in.to_str().unwrap()).await;
        assert_eq!(back.location(), opened);
        let cookie = format!("{COOKIE}={}", browser.cookies[COOKIE]);
        let there = application.get(opened, &[("cookie", &cookie)]).await;
        assert_eq!(there.expect(StatusCode::OK).text, TestApp::USERNAME);
    }
}
