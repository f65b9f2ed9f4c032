//! `/v1/links`: links into the application for users whom a partner has signed in.

use std::time::Duration;

use countersign_testkit::{Answer, TestApp};
use http::{Method, StatusCode};
use reqwest::Url;
use serde_json::{Value, json};

use crate::vouching::{REFUSED, number, set, start, text};

const PATH: &str = "/v1/links";

/// An application with flows, and a key.
pub(crate) async fn with_flows() -> (TestApp, String) {
    let (app, key) = start().await;
    let flows = json!({
        "sell": { "url": "https://market.example/sell/{event_id}?tickets={count}" },
        "buy": { "url": "https://market.example/buy" },
        "home": { "url": "https://market.example/{locale}/home" },
        "evil_twin": { "url": "https://market.example/{a}/x/{b}?c={c}&d=1" },
    });
    set(&app, "default", json!({ "flows": flows })).await;
    (app, key)
}

fn body(flow: &str, params: Value) -> Value {
    json!({ "flow": flow, "params": params, "user": { "email": "ana@x.example" } })
}

async fn make(app: &TestApp, key: &str, body: &Value) -> Answer {
    app.client().post_as(key, PATH, body).await
}

/// The link's URL without its token, and the token.
fn parts(answer: Answer) -> (String, String) {
    let url = answer.expect(StatusCode::CREATED).text_of("data");
    let (url, token) = url.split_once("oneTimeToken=").unwrap();
    (url.to_owned(), token.to_owned())
}

#[tokio::test]
async fn a_link_leads_where_its_flow_says_and_signs_its_user_in() {
    let (app, key) = with_flows().await;
    let before = app.service().store_work();
    let asked = body(
        "sell",
        json!({ "event_id": "2738", "count": "2", "x": "y" }),
    );
    let made = make(&app, &key, &asked).await.expect(StatusCode::CREATED);
    let worked = app.service().store_work().since(before);
    assert_eq!((worked.reads, worked.batches), (0, 0));
    assert_eq!(made.json().as_object().unwrap().len(), 2);
    assert!(!made.headers.contains_key("location"));
    let end = made.text_of("expires_at");
    let (url, token) = parts(made);
    assert_eq!(url, "https://market.example/sell/2738?tickets=2&");

    let redeemed = app.client().redeem(&key, &token, None).await;
    let redeemed = redeemed.expect(StatusCode::OK).json();
    assert_eq!(text(&redeemed, "/user/identities/0/value"), "ana@x.example");
    let another = make(&app, &key, &body("buy", json!({}))).await;
    assert_eq!(another.text_of("expires_at"), end, "the clock stands still");
    app.advance(Duration::from_secs(60)).await;
    let (_, late) = parts(another);
    let answer = app.client().redeem(&key, &late, None).await;
    answer.expect_error(401, REFUSED);
}

#[tokio::test]
async fn the_language_is_where_the_flow_has_a_place_for_it_or_appended() {
    let (app, key) = with_flows().await;
    for (flow, locale, expected) in [
        ("home", json!(null), "https://market.example/en/home?"),
        ("home", json!("pt-br"), "https://market.example/pt-BR/home?"),
        ("buy", json!("es"), "https://market.example/buy?locale=es&"),
        ("buy", json!(null), "https://market.example/buy?"),
    ] {
        let mut asked = body(flow, json!(null));
        asked["locale"] = locale;
        let (url, _) = parts(make(&app, &key, &asked).await);
        assert_eq!(url, expected);
    }
}

#[tokio::test]
async fn what_cannot_be_made_is_said_to_be_so() {
    let (app, key) = with_flows().await;
    let good = body("sell", json!({ "event_id": "1", "count": "2" }));
    let with = |member: &str, value: Value| {
        let mut changed = good.clone();
        changed[member] = value;
        changed
    };
    for (asked, code) in [
        (with("flow", json!("rent")), "unknown_flow"),
        (with("flow", json!("")), "unknown_flow"),
        (with("flow", json!("Sell")), "unknown_flow"),
        (with("flow", json!("x".repeat(5000))), "unknown_flow"),
        (with("flow", json!(null)), "malformed"),
        (
            with("params", json!({ "event_id": "1" })),
            "missing_parameter",
        ),
        (with("params", json!({})), "missing_parameter"),
        (with("params", json!(null)), "missing_parameter"),
        (
            with("params", json!({ "event_id": "1", "count": "" })),
            "invalid_parameter",
        ),
        (
            with("params", json!({ "event_id": "..", "count": "1" })),
            "invalid_parameter",
        ),
        (
            with(
                "params",
                json!({ "event_id": "1".repeat(201), "count": "1" }),
            ),
            "invalid_parameter",
        ),
        (
            with("params", json!({ "event_id": 1, "count": "1" })),
            "malformed",
        ),
        (with("params", json!([])), "malformed"),
        (with("user", json!({})), "invalid_identity"),
        (with("user", json!({ "email": "ana" })), "invalid_identity"),
        (with("user", json!("ana@x.example")), "malformed"),
        (with("user", json!(["ana@x.example"])), "malformed"),
        (with("user", json!(null)), "malformed"),
        (with("locale", json!("english")), "malformed"),
        (with("from", json!("web")), "malformed"),
        (with("from", json!("App")), "malformed"),
        (with("from", json!(true)), "malformed"),
    ] {
        let answer = make(&app, &key, &asked).await;
        let answer = answer.expect_error(400, code);
        assert!(!answer.text.contains("cso_"), "{asked}");
    }
    let mut app_opens_it = good.clone();
    app_opens_it["from"] = json!("app");
    make(&app, &key, &app_opens_it)
        .await
        .expect(StatusCode::CREATED);
    set(&app, "default", json!({ "trust": false })).await;
    let answer = make(&app, &key, &good).await;
    answer.expect_error(400, "mechanism_unavailable");
}

#[tokio::test]
async fn a_partner_has_its_own_flows_alone() {
    let (app, key) = with_flows().await;
    app.add_partner("other").await;
    let theirs = app.api_key("other", &crate::vouching::ALL).await;
    set(
        &app,
        "other",
        json!({ "flows": { "rent": { "url": "https://rent.example/" } } }),
    )
    .await;
    let answer = make(&app, &theirs, &body("buy", json!({}))).await;
    answer.expect_error(400, "unknown_flow");
    let answer = make(&app, &key, &body("rent", json!({}))).await;
    answer.expect_error(400, "unknown_flow");
    let (url, token) = parts(make(&app, &theirs, &body("rent", json!({}))).await);
    assert_eq!(url, "https://rent.example/?");
    let answer = app.client().redeem(&key, &token, None).await;
    answer.expect_error(401, REFUSED);
}

/// A link is built from what the operator registered; who asks, and by which name, is nothing.
#[tokio::test]
async fn no_header_changes_a_link() {
    let (app, key) = with_flows().await;
    let client = app.client();
    let asked = body("sell", json!({ "event_id": "1", "count": "2" }));
    let (expected, _) = parts(make(&app, &key, &asked).await);
    for (name, value) in [
        ("host", "evil.example"),
        ("host", "evil.example:443"),
        ("host", "market.example@evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "8443"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-server", "evil.example"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-scheme", "http"),
        ("x-original-url", "/evil"),
        ("x-original-host", "evil.example"),
        ("x-rewrite-url", "/evil"),
        ("x-host", "evil.example"),
        ("x-http-host-override", "evil.example"),
        ("forwarded", "host=evil.example;proto=http"),
        ("referer", "https://evil.example/"),
        ("via", "1.1 evil.example"),
        ("accept-language", "es"),
    ] {
        let request = client.request(Method::POST, PATH).json(&asked);
        let request = request.header("authorization", &key).header(name, value);
        let answer = client.send(request).await;
        let (url, _) = parts(answer);
        assert_eq!(url, expected, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_link_is_as_long_as_it_may_be_and_no_longer() {
    let (app, key) = with_flows().await;
    let long = |length: usize| json!({ "a": "\u{1f3ab}".repeat(length), "b": "x", "c": "y" });
    let made = make(&app, &key, &body("evil_twin", long(150))).await;
    let url = made.expect(StatusCode::CREATED).text_of("data");
    assert!(Url::parse(&url).is_ok());
    let answer = make(&app, &key, &body("evil_twin", long(200))).await;
    answer.expect_error(400, "invalid_parameter");
    assert_eq!(number(&app, "SELECT COUNT(*) FROM redemptions"), 0);
}
