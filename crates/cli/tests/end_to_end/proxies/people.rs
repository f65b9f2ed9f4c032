//! What people and programs get from a proxy who are signed in nowhere, and how they come in.

use reqwest::{Method, Response, StatusCode};
use url::Url;

use super::front::Front;
use super::market::Market;

/// Where people go, with everything in it that an address may have.
const PLACES: [&str; 4] = [
    "/",
    "/sell/2738?row=3",
    "/entradas/%C3%B1and%C3%BA?q=a%26b&c=%2Fd+e&%25=%3D",
    "/a%20b;c=d/@e?f",
];

/// A header of an answer; empty, where there is none.
fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

/// That this is a refusal which goes on nowhere, as Countersign has it.
fn assert_refused(response: &Response, case: &str) {
    assert_eq!(response.status(), 401, "{case}");
    let challenge = header(response, "www-authenticate");
    assert_eq!(challenge, "Bearer error=\"invalid_token\"", "{case}");
}

#[tokio::test]
async fn who_is_signed_in_nowhere_is_sent_to_sign_in_and_from_there_back() {
    let market = Market::start().await;
    for front in &market.fronts {
        for place in PLACES {
            let case = format!("{}: {place}", front.name);
            let response = front.visit(place).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{case}");
            let there = Url::parse(header(&response, "location")).unwrap();
            let page = "https://market.example/auth/sign-in";
            assert!(there.as_str().starts_with(&format!("{page}?")), "{there}");
            let query: Vec<_> = there.query_pairs().into_owned().collect();
            let back = [("return_to".to_owned(), place.to_owned())];
            assert_eq!(query, back, "{case}");
        }
    }
    assert!(market.application.reached().is_empty());
}

#[tokio::test]
async fn scripts_forms_and_programs_are_refused_and_sent_nowhere() {
    let market = Market::start().await;
    for front in &market.fronts {
        let requests = [
            ("a script reads", front.fetch(Method::GET, "/sell/1")),
            ("a script writes", front.fetch(Method::POST, "/sell/1")),
            ("a program", front.request(Method::GET, "/sell/1")),
            ("a form", front.visit_by(Method::POST, "/sell/1")),
            ("a preflight", front.fetch(Method::OPTIONS, "/sell/1")),
            ("the API reads", front.fetch(Method::GET, "/api/tickets")),
            (
                "the API deletes",
                front.fetch(Method::DELETE, "/api/tickets"),
            ),
        ];
        for (case, request) in requests {
            let case = format!("{}: {case}", front.name);
            let response = request.send().await.unwrap();
            assert_refused(&response, &case);
            assert_eq!(header(&response, "location"), "", "{case}");
        }
        let response = front.visit("/api/tickets").send().await.unwrap();
        assert_refused(&response, front.name);
    }
    assert!(market.application.reached().is_empty());
}

#[tokio::test]
async fn a_token_in_the_address_signs_in_and_is_gone_from_it() {
    let market = Market::start().await;
    for front in &market.fronts {
        let token = market.link().await;
        let mut browser = front.browser();
        let address = format!("/sell/2738?row=3&oneTimeToken={token}&x=%26");
        let enter = browser.open(&address).await.location();
        let enter = enter.strip_prefix("https://market.example").unwrap();
        assert!(enter.starts_with("/auth/enter?"), "{}: {enter}", front.name);

        let asked = browser.open(enter).await.location();
        let asked = browser.open(&asked).await.expect(StatusCode::OK);
        assert!(market.application.reached().is_empty());
        let clean = browser.submit(&asked, &[]).await.location();
        assert_eq!(clean, "/sell/2738?row=3&x=%26", "{}", front.name);
        browser.open(&clean).await.expect(StatusCode::OK);
        let [reached] = &market.application.reached()[..] else {
            panic!("{}: it came once", front.name);
        };
        assert_eq!(reached.uri, clean);
        assert_eq!(reached.says("Countersign-Email"), "ana@northstar.example");
    }
}

#[tokio::test]
async fn who_signs_out_is_refused_at_once() {
    let market = Market::start().await;
    for front in &market.fronts {
        let ana = market.sign_in().await;
        let cookies = [ana.session_cookie(), ana.authentication_cookie()];
        for cookie in &cookies {
            assert_eq!(ask(front, cookie).await, 200, "{}", front.name);
        }
        ana.sign_out(&market.server).await;
        assert_eq!(market.application.reached().len(), 2);
        for cookie in &cookies {
            assert_eq!(ask(front, cookie).await, 401, "{}", front.name);
        }
    }
    assert!(market.application.reached().is_empty());
}

async fn ask(front: &Front, cookie: &str) -> StatusCode {
    let request = front.fetch(Method::GET, "/api/tickets");
    let response = request.header("cookie", cookie).send().await.unwrap();
    response.status()
}

#[tokio::test]
async fn the_pages_are_countersigns_and_nobody_has_to_be_signed_in_for_them() {
    let market = Market::start().await;
    let ana = market.sign_in().await;
    for front in &market.fronts {
        let mut browser = front.browser();
        let way = browser.open("/auth/sign-in?return_to=%2Fsell").await;
        let way = way.location();
        assert!(!way.contains("sign-in"), "{}: {way}", front.name);
        let page = browser.open(&way).await.expect(StatusCode::OK);
        assert!(page.html.contains("<form"), "{}", page.html);

        let session = ana.session.clone();
        let name = "__Host-countersign-session".to_owned();
        browser.cookies.insert(name, session);
        let devices = browser.open("/auth/account").await;
        let devices = devices.expect(StatusCode::OK);
        assert!(devices.text().contains("Your devices"));
    }
    assert!(market.application.reached().is_empty());
}
