//! What the sites refuse. What they let people do, the browser tests see.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use countersign_domain::SystemEntropy;
use countersign_examples::inventory::{self, Inventory, MOST, Primary};
use countersign_examples::market::{self, Market, Venue};
use countersign_examples::northstar::{self, Countersign, Northstar};
use futures_util::future::join_all;
use http::{Method, Request, Response, StatusCode};
use tower::ServiceExt;

const MARKET: &str = "http://market.localhost:8070";
const ANA: &str = "email=ana%40northstar.example&password=northern+lights";

/// Northstar, of which Countersign hears nothing: what is refused never comes to that.
fn northstar() -> Router {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let countersign = Countersign::new("http://127.0.0.1:1", "csk_none");
    let entropy = Arc::new(SystemEntropy::default());
    let northstar = Northstar::new(MARKET, countersign, Northstar::tickets(), entropy);
    northstar::router(northstar)
}

async fn send(site: Router, request: Request<Body>) -> Response<Body> {
    site.oneshot(request).await.unwrap()
}

/// A form that is sent to Northstar's log-in from a page of this site.
fn log_in(form: String, from: &str) -> Request<Body> {
    Request::post("/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", from)
        .body(form.into())
        .unwrap()
}

#[tokio::test]
async fn northstar_sends_nobody_back_to_anywhere_but_the_marketplace() {
    for return_to in [
        "http://evil.example/",
        "http://market.localhost:8070.evil.example/",
        "http://market.localhost:8070@evil.example/",
        "http://market.localhost:8071/",
        "https://market.localhost:8070/",
        "//evil.example/",
        "/sell/1",
        "javascript:alert(1)",
        "blob:http://market.localhost:8070/1",
        "http://ana@market.localhost:8070/",
        "http://:northern@market.localhost:8070/",
    ] {
        let mut form = url::form_urlencoded::Serializer::new(ANA.to_owned());
        let form = form.append_pair("returnTo", return_to).finish();
        let answer = send(northstar(), log_in(form, "same-origin")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{return_to}");
        assert!(!answer.headers().contains_key("location"), "{return_to}");
    }
    let form = format!("{ANA}&returnTo=http%3A%2F%2Fmarket.localhost%3A8070%2Fauth%2Freturn%2F1");
    let answer = send(northstar(), log_in(form, "same-origin")).await;
    assert_eq!(
        answer.status(),
        StatusCode::BAD_GATEWAY,
        "it would be asked for a token"
    );
}

#[tokio::test]
async fn another_sites_form_signs_nobody_in_at_northstar() {
    let answer = send(northstar(), log_in(ANA.to_owned(), "cross-site")).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(!answer.headers().contains_key("set-cookie"));
    let answer = send(northstar(), log_in(ANA.to_owned(), "same-origin")).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn who_is_not_signed_in_at_northstar_sells_nothing() {
    for path in ["/tickets", "/sell/NS-2738"] {
        let answer = send(northstar(), Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.headers()["location"], "/login", "{path}");
    }
}

/// Ana's browser at Northstar, once she has logged in: the site, and her cookie.
async fn ana() -> (Router, String) {
    let northstar = northstar();
    let answer = send(northstar.clone(), log_in(ANA.to_owned(), "same-origin")).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    (northstar, cookie)
}

fn with_cookie(method: Method, path: &str, cookie: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("sec-fetch-site", "same-origin");
    request
        .header("cookie", cookie)
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn northstar_asks_for_no_link_to_a_ticket_that_is_not_theirs() {
    let (northstar, cookie) = ana().await;
    for (path, status) in [
        ("/sell/NS-2745", StatusCode::NOT_FOUND),
        ("/sell/NS-1", StatusCode::NOT_FOUND),
        ("/sell/a%0Ab", StatusCode::NOT_FOUND),
        // It would be asked for a link.
        ("/sell/NS-2738", StatusCode::BAD_GATEWAY),
    ] {
        let sell = with_cookie(Method::GET, path, &cookie);
        let answer = send(northstar.clone(), sell).await;
        assert_eq!(answer.status(), status, "{path}");
    }
}

#[tokio::test]
async fn who_signs_out_at_northstar_is_signed_out_there_though_countersign_is_away() {
    let (northstar, cookie) = ana().await;
    let tickets = || {
        send(
            northstar.clone(),
            with_cookie(Method::GET, "/tickets", &cookie),
        )
    };
    assert_eq!(tickets().await.status(), StatusCode::OK);
    let sign_out = with_cookie(Method::POST, "/sign-out", &cookie);
    let answer = send(northstar.clone(), sign_out).await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    let cookie_goes = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie_goes.contains("Max-Age=0"), "{cookie_goes}");
    let said = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    let said = String::from_utf8(said.to_vec()).unwrap();
    assert!(
        said.contains("http://market.localhost:8070/auth/sign-out"),
        "{said}"
    );
    assert_eq!(tickets().await.headers()["location"], "/login");
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so() {
    for site in [northstar(), market()] {
        let answer = send(site, Request::get("/nowhere").body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    }
}

/// Encore, where nobody is signed in.
fn market() -> Router {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let venue = Venue {
        platform: "Northstar Tickets",
        partner: "northstar",
        known_by: "user_id",
        night: "Aurora Night",
        when: "tonight",
    };
    let primary = Primary::new("http://127.0.0.1:1", "secret");
    market::router(Market::new(venue, primary), "http://127.0.0.1:1").unwrap()
}

#[tokio::test]
async fn another_sites_form_sells_and_buys_nothing_and_who_comes_too_late_is_asked_again() {
    for path in ["/sell/NS-2738", "/sell/a%0Ab", "/buy/0"] {
        let post = |from| {
            let request = Request::post(path).header("sec-fetch-site", from);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            send(market(), request.body("price=60".into()).unwrap())
        };
        let answer = post("cross-site").await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
        let answer = post("same-origin").await;
        assert_eq!(answer.headers()["location"], path);
    }
}

fn asks(method: Method, path: &str, secret: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", secret)
        .header("content-type", "application/json")
        .body(body.to_owned().into())
        .unwrap()
}

#[tokio::test]
async fn the_inventory_answers_only_who_knows_the_secret() {
    let inventory = inventory::router(Inventory::new(&[("1", "A 1", "ana")]), "secret");
    for (secret, status) in [
        ("Bearer secret", StatusCode::OK),
        ("Bearer secre", StatusCode::UNAUTHORIZED),
        ("secret", StatusCode::UNAUTHORIZED),
        ("", StatusCode::UNAUTHORIZED),
    ] {
        let request = asks(Method::GET, "/tickets/1", secret, "");
        let answer = send(inventory.clone(), request).await;
        assert_eq!(answer.status(), status, "{secret}");
    }
}

#[tokio::test]
async fn of_many_who_are_given_a_ticket_at_once_one_has_it() {
    let inventory = Inventory::new(&[("1", "A 1", "ana")]);
    let router = inventory::router(inventory.clone(), "secret");
    let given = (0..64).map(|buyer| {
        let body = format!(r#"{{"from":"ana","to":"buyer {buyer}"}}"#);
        let request = asks(Method::POST, "/tickets/1/transfer", "Bearer secret", &body);
        tokio::spawn(send(router.clone(), request))
    });
    let statuses = join_all(given).await.into_iter();
    let statuses: Vec<_> = statuses.map(|it| it.unwrap().status()).collect();
    let given = |status| statuses.iter().filter(|it| **it == status).count();
    assert_eq!(given(StatusCode::NO_CONTENT), 1);
    assert_eq!(given(StatusCode::CONFLICT), 63);
    assert!(inventory.of("ana").is_empty());
}

#[tokio::test]
async fn nobody_is_given_more_than_anybody_may_have() {
    let seats: Vec<_> = (0..=MOST).map(|seat| seat.to_string()).collect();
    let tickets: Vec<_> = seats.iter().map(|seat| (&**seat, &**seat, "ana")).collect();
    let inventory = Inventory::new(&tickets);
    let router = inventory::router(inventory.clone(), "secret");
    for seat in &seats {
        let path = format!("/tickets/{seat}/transfer");
        let body = r#"{"from":"ana","to":"ben"}"#;
        send(
            router.clone(),
            asks(Method::POST, &path, "Bearer secret", body),
        )
        .await;
    }
    assert_eq!(inventory.of("ben").len(), MOST);
    assert_eq!(inventory.of("ana").len(), 1);
}
