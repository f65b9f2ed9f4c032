//! What requests leave in the log.

use countersign_domain::api_key::Scope;
use countersign_testkit::{Log, TestApp};
use http::{Method, StatusCode};
use serde_json::json;
use tracing::Level;
use tracing::subscriber::DefaultGuard;

/// Logs what this thread does, the server's part with it, as far as it is of this level.
fn log(level: Level) -> (Log, DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

/// The lines of requests to this route.
fn lines(log: &Log, route: &str) -> Vec<String> {
    let route = format!("route=\"{route}\"");
    let text = log.text();
    let lines = text.lines().filter(|line| line.contains(&route));
    lines.map(str::to_owned).collect()
}

/// Routes, and how often each is asked.
const CONSTANTLY: [(&str, usize); 5] = [
    ("/v1/sessions", 1),
    ("/v1/sessions/verify", 2),
    ("/v1/forward-auth", 2),
    ("/v1/forward-auth/{*question}", 2),
    ("/v1/auth/oneTimeToken", 2),
];

/// Asks all that is asked constantly, and is answered.
async fn ask_constantly(app: &TestApp) {
    let client = app.client();
    let (_, session) = client.signed_in().await;
    client.verify(&session).await.expect(StatusCode::OK);
    let bearer = format!("Bearer {session}");
    for (method, path) in [
        (Method::HEAD, "/v1/sessions/verify"),
        (Method::GET, "/v1/forward-auth"),
        (Method::HEAD, "/v1/forward-auth"),
        (Method::PUT, "/v1/forward-auth/refuse/sell/1"),
        (Method::GET, "/v1/forward-auth/redirect/"),
    ] {
        let asked = client.with(method, path, &bearer);
        asked.await.expect(StatusCode::OK);
    }
    let key = app.api_key("default", &[Scope::Mint]).await;
    let email = "ana@example.com";
    client.mint(&key, email).await.expect(StatusCode::OK);
    let user = json!({ "email": email });
    let minted = client.post_as(&key, "/v1/auth/oneTimeToken", &user);
    minted.await.expect(StatusCode::OK);
}

#[tokio::test]
async fn what_is_asked_constantly_and_goes_well_is_no_news() {
    let (log, _guard) = log(Level::INFO);
    let app = TestApp::start().await;
    ask_constantly(&app).await;
    assert_eq!(lines(&log, "/v1/tokens").len(), 1, "a log-in is");
    let all = log.text();
    let asked = all.lines().filter(|line| line.contains("answered"));
    assert_eq!(asked.count(), 1, "{all}");
}

#[tokio::test]
async fn it_leaves_a_line_at_the_level_debug() {
    let (log, _guard) = log(Level::DEBUG);
    let app = TestApp::start().await;
    ask_constantly(&app).await;
    for (route, asked) in CONSTANTLY {
        let lines = lines(&log, route);
        assert_eq!(lines.len(), asked, "{route}");
        assert!(lines[0].contains("answered status=20"), "{lines:?}");
    }
}

#[tokio::test]
async fn what_is_refused_is_found_by_the_id_of_its_request() {
    let (log, _guard) = log(Level::INFO);
    let app = TestApp::start().await;
    let client = app.client();
    for (method, route) in [
        (Method::POST, "/v1/sessions"),
        (Method::GET, "/v1/sessions/verify"),
        (Method::GET, "/v1/forward-auth"),
        (Method::POST, "/v1/auth/oneTimeToken"),
        (Method::DELETE, "/v1/sessions"),
    ] {
        let answer = client.send(client.request(method.clone(), route)).await;
        let id = answer.headers["x-request-id"].to_str().unwrap();
        let found = lines(&log, route);
        let found: Vec<_> = found.iter().filter(|line| line.contains(id)).collect();
        assert_eq!(found.len(), 1, "{method} {route}");
        assert!(found[0].contains(&format!("method={method}")), "{found:?}");
        assert!(found[0].contains("answered status=401"), "{found:?}");
    }
}
