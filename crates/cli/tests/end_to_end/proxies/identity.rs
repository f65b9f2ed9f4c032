//! Who is signed in reaches the application as who they are.

use std::iter::repeat_n;

use axum::body::Bytes;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::application::Reached;
use super::market::{Market, SignedIn};

/// The one request that reached the application.
pub(super) fn only(market: &Market, case: &str) -> Reached {
    let mut reached = market.application.reached();
    assert_eq!(reached.len(), 1, "{case}: {reached:?}");
    reached.remove(0)
}

/// That a request says of its user what is so.
pub(super) fn assert_is(reached: &Reached, ana: &SignedIn, case: &str) {
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
    for front in &market.fronts {
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
