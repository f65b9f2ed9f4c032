//! Who is signed in reaches the application as who they are, and nobody as somebody else.

use std::iter::repeat_n;

use axum::body::Bytes;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::IDENTITY;
use super::application::Reached;
use super::front::Front;
use super::market::{Market, SignedIn};

/// What a client writes that wants to be somebody.
const FORGED: &str = "forged";

/// The one request that reached the application.
fn only(market: &Market, case: &str) -> Reached {
    let mut reached = market.application.reached();
    assert_eq!(reached.len(), 1, "{case}: {reached:?}");
    reached.remove(0)
}

/// That a request says of its user what is so.
fn assert_is(reached: &Reached, ana: &SignedIn, case: &str) {
    let text = |at: &str| ana.answer.pointer(at).unwrap().as_str().unwrap().to_owned();
    let authentication = &text("/authentication/id");
    let device = &text("/authentication/device_id");
    for (header, value) in [
        ("Countersign-User", ana.user.as_str()),
        ("Countersign-Partner", "default"),
        ("Countersign-Username", ""),
        ("Countersign-Email", "ana@northstar.example"),
        ("Countersign-Phone", ""),
        ("Countersign-Partner-User-Id", "7%20%25%C3%B1"),
        ("Countersign-Authentication", authentication),
        ("Countersign-Device", device),
        ("Countersign-Amr", "partner"),
    ] {
        assert_eq!(reached.says(header), value, "{case}: {header}");
    }
    for header in ["Countersign-Session", "Countersign-Auth-Time"] {
        assert_ne!(reached.says(header), "", "{case}: {header}");
    }
}

#[tokio::test]
async fn who_is_signed_in_reaches_the_application_by_whatever_they_bring() {
    let market = Market::start().await;
    let ana = market.sign_in().await;
    let brought = [
        ("cookie", ana.session_cookie()),
        ("cookie", ana.authentication_cookie()),
        ("authorization", format!("Bearer {}", ana.session)),
    ];
    let place = "/sell/2738?row=3&c=%2Fd+e";
    for front in &market.fronts {
        for (header, value) in &brought {
            let case = format!("{}: {value}", front.name);
            for request in [
                front.visit(place),
                front.fetch(Method::GET, "/api/tickets"),
                front.fetch(Method::DELETE, "/api/tickets"),
            ] {
                let response = request.header(*header, value).send().await.unwrap();
                assert_eq!(response.status(), StatusCode::OK, "{case}");
                assert!(!response.headers().contains_key("set-cookie"), "{case}");
                let body = response.text().await.unwrap();
                assert_eq!(body, "the application", "{case}");
                assert_is(&only(&market, &case), &ana, &case);
            }
        }
        let case = front.name;
        let request = front.visit(place).header("cookie", ana.session_cookie());
        request.send().await.unwrap();
        let reached = only(&market, case);
        assert_eq!(
            (reached.method.as_str(), reached.uri.as_str()),
            ("GET", place)
        );
    }
}

#[tokio::test]
async fn a_body_reaches_the_application_whole_and_countersign_not_at_all() {
    let market = Market::start().await;
    let ana = market.sign_in().await;
    let body: Bytes = repeat_n(b"0123456789", 100_000)
        .flatten()
        .copied()
        .collect();
    for front in &market.fronts {
        let request = front.visit_by(Method::POST, "/sell/2738");
        let request = request.header("cookie", ana.session_cookie());
        let response = request.body(body.clone()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{}", front.name);
        let reached = only(&market, front.name);
        assert_eq!(reached.method, "POST");
        assert!(
            reached.body == body,
            "{}: {}",
            front.name,
            reached.body.len()
        );
    }
}

#[tokio::test]
async fn a_websocket_opens_for_who_is_signed_in() {
    let market = Market::start().await;
    let ana = market.sign_in().await;
    // What becomes of a connection is up to the program itself: it cannot be played.
    for front in market.fronts.iter().filter(|front| front.process.is_some()) {
        let open = || {
            let request = front.fetch(Method::GET, "/live");
            let request = request.header("connection", "Upgrade");
            request.header("upgrade", "websocket")
        };
        let refused = open().send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{}", front.name);
        assert!(market.application.reached().is_empty(), "{}", front.name);

        let request = open().header("cookie", ana.session_cookie());
        let opened = request.send().await.unwrap();
        let status = opened.status();
        assert_eq!(status, StatusCode::SWITCHING_PROTOCOLS, "{}", front.name);
        assert_is(&only(&market, front.name), &ana, front.name);
        let mut socket = opened.upgrade().await.unwrap();
        socket.write_all(b"two tickets").await.unwrap();
        let mut echo = [0; 11];
        socket.read_exact(&mut echo).await.unwrap();
        assert_eq!(&echo, b"two tickets", "{}", front.name);
    }
}

/// Spellings that some programs take for a header's name.
fn spellings(header: &str) -> [String; 6] {
    let lower = header.to_ascii_lowercase();
    [
        header.to_owned(),
        header.to_ascii_uppercase(),
        lower.replace('-', "_"),
        lower.replacen('-', "_", 1),
        lower.replace('-', "."),
        header.replacen("Countersign-", "Countersign_", 1),
    ]
}

/// The requests of somebody who claims to be somebody, one for each spelling, each header twice.
fn forgeries(front: &Front, path: &str, cookie: &str) -> Vec<reqwest::RequestBuilder> {
    let forgeries = (0..6).map(|which| {
        let request = front.fetch(Method::GET, path).header("cookie", cookie);
        IDENTITY.iter().fold(request, |request, header| {
            let name = &spellings(header)[which];
            request.header(name, FORGED).header(name, FORGED)
        })
    });
    forgeries.collect()
}

#[tokio::test]
async fn nobody_tells_the_application_who_they_are() {
    let market = Market::start().await;
    let ana = market.sign_in().await;
    for front in &market.fronts {
        for path in ["/sell/2738", "/api/tickets", "/static/app.css"] {
            let mut came = 0;
            for request in forgeries(front, path, &ana.session_cookie()) {
                let case = format!("{}: {path}, {request:?}", front.name);
                let status = request.send().await.unwrap().status();
                for reached in market.application.reached() {
                    came += 1;
                    let said = format!("{:?}", reached.headers);
                    assert!(!said.contains(FORGED), "{case}: {said}");
                    if path.starts_with("/static/") {
                        let identity = reached.identity().into_values().flatten();
                        assert_eq!(identity.collect::<String>(), "", "{case}");
                    } else {
                        assert_is(&reached, &ana, &case);
                    }
                }
                assert!(matches!(status.as_u16(), 200 | 400), "{case}: {status}");
            }
            // Who refuses underscores refuses three of the six.
            assert!(came >= 3, "{}: {path}", front.name);
        }
        for request in forgeries(front, "/sell/2738", "a=b") {
            let status = request.send().await.unwrap().status();
            assert!(matches!(status.as_u16(), 400 | 401), "{}", front.name);
        }
        assert!(market.application.reached().is_empty(), "{}", front.name);
    }
}

#[tokio::test]
async fn what_a_client_says_of_its_request_changes_nothing() {
    let market = Market::start().await;
    let other = market.sign_in_elsewhere().await;
    let said = [
        ("x-forwarded-host", "other.example"),
        ("x-forwarded-uri", "/static/app.css?partner=northstar"),
        ("x-forwarded-method", "POST"),
        ("x-forwarded-for", "198.51.100.7"),
        ("x-forwarded-proto", "http"),
        ("x-original-url", "https://market.example/auth/"),
        ("x-original-method", "POST"),
        ("forwarded", "host=other.example"),
    ];
    for front in &market.fronts {
        let saying = |request: reqwest::RequestBuilder| {
            let add = |request: reqwest::RequestBuilder, (name, value)| request.header(name, value);
            said.into_iter().fold(request, add)
        };
        let response = saying(front.visit("/sell/1")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{}", front.name);
        let there = "https://market.example/auth/sign-in?return_to=%2Fsell%2F1";
        assert_eq!(response.headers()["location"], there, "{}", front.name);

        // Somebody of another partner, who passes where nothing is registered.
        let request = front.fetch(Method::GET, "/sell/1?partner=northstar");
        let request = request.header("cookie", other.session_cookie());
        let response = saying(request).send().await.unwrap();
        assert_eq!(response.status(), 401, "{}", front.name);
        for host in ["other.example", "market.example:8443", "127.0.0.1"] {
            let request = front.fetch(Method::GET, "/sell/1").header("host", host);
            let request = request.header("cookie", other.session_cookie());
            // Refused, by whomever, or not found; Caddy has an empty page for hosts of nobody's.
            request.send().await.unwrap();
        }
        assert!(market.application.reached().is_empty(), "{}", front.name);
    }
}

#[tokio::test]
async fn another_partners_user_is_nobody_here() {
    let market = Market::start().await;
    let other = market.sign_in_elsewhere().await;
    for front in &market.fronts {
        let brought = [
            ("cookie", other.session_cookie()),
            ("cookie", other.authentication_cookie()),
            ("authorization", format!("Bearer {}", other.session)),
        ];
        for (header, value) in brought {
            let request = front.fetch(Method::GET, "/api/tickets");
            let response = request.header(header, value).send().await.unwrap();
            assert_eq!(response.status(), 401, "{}: {header}", front.name);
        }
    }
    assert!(market.application.reached().is_empty());
}
