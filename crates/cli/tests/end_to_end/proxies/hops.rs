//! What a client says of its connection to the proxy: it opens no tunnel past the proxy, and takes
//! nothing away of what the proxy says.

use reqwest::{Method, RequestBuilder, StatusCode};

use super::IDENTITY;
use super::identity::{assert_is, only};
use super::market::Market;

/// What leads to the application: for everybody, and guarded in both ways.
const PLACES: [&str; 3] = ["/static/app.css", "/sell/2738", "/api/tickets"];

/// Upgrades to something that no proxy can see into, a line each, also beside websockets.
const UPGRADES: [&[&str]; 8] = [
    &["h2c"],
    &["websocket, h2c"],
    &["h2c, websocket"],
    &["websocket", "h2c"],
    &["h2c", "websocket"],
    &["TLS/1.0"],
    &["TLS/1.0", "websocket"],
    &["websocket/13"],
];

/// A request that asks for these protocols.
fn upgrading(request: RequestBuilder, protocols: &[&str]) -> RequestBuilder {
    let request = request.header("connection", "Upgrade, HTTP2-Settings");
    let request = request.header("http2-settings", "AAMAAABkAAQCAAAAAAIAAAAA");
    let add = |request: RequestBuilder, protocol: &&str| request.header("upgrade", *protocol);
    protocols.iter().fold(request, add)
}

#[tokio::test]
async fn only_websockets_are_passed_on() {
    let market = Market::start().await;
    let ana = market.sign_in().await;
    for front in &market.fronts {
        for place in PLACES {
            let ask = || {
                let request = front.fetch(Method::GET, place);
                request.header("cookie", ana.session_cookie())
            };
            for protocols in UPGRADES {
                let case = format!("{}: {place}, {protocols:?}", front.name);
                let response = upgrading(ask(), protocols).send().await.unwrap();
                let reached = market.application.reached();
                let passed = reached.iter().flat_map(|it| it.all("upgrade"));
                let passed: Vec<_> = passed.collect();
                // Where a websocket is among them, it may be taken for that alone.
                let plain = protocols.contains(&"websocket") && passed == ["websocket"];
                assert!(passed.is_empty() || plain, "{case}: {passed:?}");
                let opened = response.status() == StatusCode::SWITCHING_PROTOCOLS;
                assert!(!opened || plain, "{case}");
            }
            let opened = upgrading(ask(), &["WebSocket"]).send().await.unwrap();
            let status = opened.status();
            let case = format!("{}: {place}", front.name);
            assert_eq!(status, StatusCode::SWITCHING_PROTOCOLS, "{case}");
            market.application.reached();
        }
    }
}

/// Values of `Connection` that name headers, which a proxy then keeps from whoever is next: a line
/// each.
fn naming_headers() -> Vec<Vec<String>> {
    let identity = IDENTITY.join(", ");
    let forwarded = "X-Forwarded-Host, X-Forwarded-Method, X-Forwarded-Uri, X-Forwarded-For";
    vec![
        vec![format!("close, {identity}")],
        vec![format!("keep-alive, {}", identity.to_ascii_lowercase())],
        vec!["keep-alive".to_owned(), identity.clone()],
        vec![identity.clone(), "close".to_owned()],
        vec![format!("Upgrade, {identity}")],
        IDENTITY.map(str::to_owned).to_vec(),
        vec![format!("close, {forwarded}")],
    ]
}

#[tokio::test]
async fn no_client_takes_away_what_countersign_says() {
    let market = Market::start().await;
    let ana = market.sign_in().await;
    for front in &market.fronts {
        for lines in naming_headers() {
            let ask = |place| {
                let request = front.fetch(Method::GET, place);
                let request = request.header("cookie", ana.session_cookie());
                let add = |request: RequestBuilder, line| request.header("connection", line);
                lines.iter().fold(request, add)
            };
            let websocket = upgrading(ask("/live"), &["websocket"]);
            for request in [ask("/sell/2738"), ask("/api/tickets"), websocket] {
                let case = format!("{}: {request:?}", front.name);
                let status = request.send().await.unwrap().status();
                // Some take no request that says such a thing.
                if status == StatusCode::BAD_REQUEST {
                    assert!(market.application.reached().is_empty(), "{case}");
                } else {
                    assert_is(&only(&market, &case), &ana, &case);
                }
            }
        }
    }
}
