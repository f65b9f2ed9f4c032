//! Countersign does not answer, or cannot know: nobody reaches what is guarded.

use reqwest::{Method, StatusCode};
use rusqlite::Connection;

use super::front::Front;
use super::market::Market;

/// What each guide says that a client gets when Countersign does not answer.
fn without_an_answer(front: &Front) -> u16 {
    match front.name {
        "nginx" | "Envoy" => 503,
        "Caddy" | "a newer Caddy" => 502,
        "Traefik" => 500,
        other => panic!("nobody says it of {other}"),
    }
}

#[tokio::test]
async fn nobody_passes_while_countersign_is_away_but_to_what_is_for_everybody() {
    let mut market = Market::start().await;
    let ana = market.sign_in().await;
    // So that each has a connection which it takes for open.
    for front in &market.fronts {
        let request = front.fetch(Method::GET, "/sell/1");
        let request = request.header("cookie", ana.session_cookie());
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }
    market.application.reached();
    market.server.terminate();
    for front in &market.fronts {
        let expected = without_an_answer(front);
        for request in [
            front.visit("/sell/1"),
            front.fetch(Method::GET, "/api/tickets"),
            front.visit_by(Method::POST, "/sell/1").body("x=1"),
        ] {
            let request = request.header("cookie", ana.session_cookie());
            let status = request.send().await.unwrap().status();
            assert_eq!(status, expected, "{}", front.name);
        }
        assert!(market.application.reached().is_empty(), "{}", front.name);
        let public = front.visit("/static/app.css").send().await.unwrap();
        assert_eq!(public.status(), StatusCode::OK, "{}", front.name);
        assert_eq!(market.application.reached().len(), 1, "{}", front.name);
    }
}

#[tokio::test]
async fn while_it_cannot_be_known_nobody_passes_and_nobody_is_signed_out() {
    let market = Market::start().await;
    // Nobody has been asked about her yet, so that the database has to say.
    let ana = market.sign_in().await;
    let file = market
        .server
        .folder()
        .join("countersign-data/countersign.db");
    let database = Connection::open(file).unwrap();
    let away = "ALTER TABLE authentications RENAME TO authentications_away";
    database.execute(away, []).unwrap();
    for front in &market.fronts {
        for request in [
            front.visit("/sell/1"),
            front.fetch(Method::GET, "/api/tickets"),
            front.visit_by(Method::POST, "/sell/1").body("x=1"),
        ] {
            let request = request.header("cookie", ana.authentication_cookie());
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 503, "{}", front.name);
            assert!(!response.headers().contains_key("set-cookie"));
            // Envoy has an answer of its own for an error.
            let after = response.headers().contains_key("retry-after");
            assert_eq!(after, front.name != "Envoy", "{}", front.name);
        }
    }
    assert!(market.application.reached().is_empty());
}
