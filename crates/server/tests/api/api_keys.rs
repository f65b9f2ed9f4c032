//! API keys: where they are read, what they may do, and when they stop.

use std::time::Duration;

use countersign_domain::Secret;
use countersign_domain::api_key::Scope;
use countersign_domain::token::{ApiKeyText, SECRET_BYTES};
use countersign_testkit::{Answer, Client, TestApp};
use http::{Method, StatusCode};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::openapi::is_described;
use crate::vouching::{ALL, number, set, start, vouch_for};

const SELF: &str = "/v1/keys/self";
const REFUSED: &str = "invalid_api_key";
const INTROSPECT: &str = "/v1/introspect";

/// Every endpoint that takes an API key, and the scope that it needs.
pub(crate) const ENDPOINTS: [(&str, &str, Option<Scope>); 7] = [
    (
        "GET",
        "/v1/auth/oneTimeToken?user=ana@x.example",
        Some(Scope::Mint),
    ),
    ("POST", "/v1/auth/oneTimeToken", Some(Scope::Mint)),
    ("POST", "/v1/links", Some(Scope::Links)),
    ("POST", "/v1/one-time-tokens/redeem", Some(Scope::Redeem)),
    (
        "DELETE",
        "/v1/users/email:ana@x.example/sessions",
        Some(Scope::Revoke),
    ),
    ("POST", INTROSPECT, Some(Scope::Introspect)),
    ("GET", SELF, None),
];

/// A request to one of the endpoints, which is right but for the key.
pub(crate) fn request(client: &Client, method: &str, path: &str) -> RequestBuilder {
    let method: Method = method.parse().unwrap();
    let post = method == Method::POST;
    let request = client.request(method, path);
    if path == INTROSPECT {
        let form = "application/x-www-form-urlencoded";
        return request.header("content-type", form).body("token=x");
    }
    if post {
        let body = json!({
            "email": "ana@x.example", "token": "cso_x",
            "flow": "sell", "user": { "email": "ana@x.example" },
        });
        return request.json(&body);
    }
    request
}

/// Gives the default partner the flow that the requests name.
async fn add_flow(app: &TestApp) {
    let flows = json!({ "flows": { "sell": { "url": "https://market.example/sell" } } });
    set(app, "default", flows).await;
}

/// A key as whoever has seen its id could make one up.
pub(crate) fn forged(key: &str) -> String {
    let id = ApiKeyText::parse(key).unwrap().id();
    let made_up = ApiKeyText::with_secret(id, &Secret::new([7; SECRET_BYTES]));
    made_up.expose().to_owned()
}

async fn ask(client: &Client, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = client.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

#[tokio::test]
async fn a_key_is_taken_as_it_is_and_as_a_bearer() {
    let (app, key) = start().await;
    let client = app.client();
    for scheme in ["", "Bearer ", "bearer ", "BEARER ", "bEaReR   "] {
        let value = format!("{scheme}{key}");
        let answer = ask(&client, SELF, &[("authorization", &value)]).await;
        answer.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_key_is_taken_from_nowhere_else() {
    let (app, key) = start().await;
    let client = app.client();
    for name in ["key", "api_key", "apikey", "access_token", "authorization"] {
        let path = format!("/v1/auth/oneTimeToken?user=a@x.example&{name}={key}");
        ask(&client, &path, &[]).await.expect_error(401, REFUSED);
        let mut body = json!({ "email": "a@x.example" });
        body[name] = json!(key);
        let answer = client.post("/v1/auth/oneTimeToken", &body).await;
        answer.expect_error(401, REFUSED);
    }
    for name in [
        "authentication",
        "proxy-authorization",
        "x-api-key",
        "x-authorization",
        "api-key",
    ] {
        let answer = ask(&client, SELF, &[(name, &key)]).await;
        answer.expect_error(401, REFUSED);
    }
    // What has cookies is a browser.
    let cookie = format!("api_key={key}");
    let answer = ask(&client, SELF, &[("cookie", &cookie)]).await;
    answer.expect_error(403, "browser_refused");
    for value in [
        format!("Basic {key}"),
        format!("Token {key}"),
        format!("{key}, {key}"),
        format!("{key}x"),
        key[..key.len() - 1].to_owned(),
        key.to_uppercase(),
        format!("\"{key}\""),
        "Bearer".to_owned(),
        String::new(),
    ] {
        let answer = ask(&client, SELF, &[("authorization", &value)]).await;
        let answer = answer.expect_error(401, REFUSED);
        assert!(answer.headers.contains_key("www-authenticate"));
    }
    let bearer = format!("Bearer {key}");
    for second in [&key, &bearer, &String::new(), &"Basic x".to_owned()] {
        let both = [("authorization", &*key), ("authorization", second)];
        ask(&client, SELF, &both).await.expect_error(401, REFUSED);
    }
}

#[tokio::test]
async fn the_id_of_a_key_is_not_the_key() {
    let (app, key) = start().await;
    add_flow(&app).await;
    let client = app.client();
    let forged = forged(&key);
    // Whether it is known from memory or asked of the database.
    for age in [Duration::ZERO, Duration::from_secs(2)] {
        app.clock.advance(age);
        for (method, path, _) in ENDPOINTS {
            let request = request(&client, method, path).header("authorization", &forged);
            client.send(request).await.expect_error(401, REFUSED);
        }
    }
    let shown = client.with(Method::GET, SELF, &key).await;
    shown.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_key_may_do_what_its_scope_says_and_nothing_else() {
    let app = TestApp::start().await;
    add_flow(&app).await;
    for scope in Scope::ALL {
        let partner = if scope == Scope::Admin { "" } else { "default" };
        let key = app.api_key(partner, &[scope]).await;
        for (method, path, needs) in ENDPOINTS {
            let client = app.client();
            let request = request(&client, method, path).header("authorization", &key);
            let answer = client.send(request).await;
            let what = format!("{scope}: {method} {path}: {}", answer.text);
            match needs {
                Some(needed) if needed != scope => {
                    let answer = answer.expect_error(403, "insufficient_scope");
                    let message = answer.text_of("error_message");
                    assert!(message.contains(needed.as_str()), "{what}");
                }
                // It is let in, and then the token that it brings is none.
                Some(Scope::Redeem) => drop(answer.expect_error(401, "invalid_one_time_token")),
                _ => assert!(answer.status.is_success(), "{what}"),
            }
        }
    }
}

#[tokio::test]
async fn a_key_is_good_until_the_moment_it_expires() {
    let app = TestApp::start().await;
    add_flow(&app).await;
    let minute = Duration::from_secs(60);
    let key = app.create_api_key("default", &ALL, Some(minute)).await;
    let key = key.text.expose();
    app.advance(minute - Duration::from_micros(1)).await;
    let client = app.client();
    let shown = client.with(Method::GET, SELF, key).await;
    shown.expect(StatusCode::OK);
    app.advance(Duration::from_micros(1)).await;
    for (method, path, _) in ENDPOINTS {
        let request = request(&client, method, path).header("authorization", key);
        client.send(request).await.expect_error(401, REFUSED);
    }
    // Whoever asks the database finds the same.
    let fresh = app.another_node().await;
    app.clock.advance(2 * minute);
    let there = Client::new(fresh.url.clone());
    let answer = there.with(Method::GET, SELF, key).await;
    answer.expect_error(401, REFUSED);
}

/// Within a node, an operator's change is known before it is answered.
#[tokio::test]
async fn a_revoked_key_stops_at_once_here_and_by_the_feed_elsewhere() {
    let (app, key) = start().await;
    add_flow(&app).await;
    let other = app.another_node().await;
    let there = Client::new(other.url.clone());
    let answer = there.with(Method::GET, SELF, &key).await;
    let id = answer.expect(StatusCode::OK).text_of("id");

    let admin = ApiKeyText::parse(&app.api_key("", &[Scope::Admin]).await).unwrap();
    let operator = app.service().operator(app.caller(), &admin).await.unwrap();
    let revoked = operator.revoke_api_key(id.parse().unwrap()).await;
    assert!(revoked.unwrap(), "it lived");
    for (method, path, _) in ENDPOINTS {
        let client = app.client();
        let request = request(&client, method, path).header("authorization", &key);
        client.send(request).await.expect_error(401, REFUSED);
    }
    other.service.poll_feed().await.unwrap();
    for (method, path, _) in ENDPOINTS {
        let request = request(&there, method, path).header("authorization", &key);
        there.send(request).await.expect_error(401, REFUSED);
    }
}

#[tokio::test]
async fn a_key_works_everywhere_the_moment_it_is_made() {
    let app = TestApp::start().await;
    let other = app.another_node().await;
    let key = app.api_key("default", &ALL).await;
    for url in [app.node().url.clone(), other.url.clone()] {
        let client = Client::new(url);
        let token = vouch_for(&client, &key, "ana@x.example").await;
        let redeemed = client.redeem(&key, &token, None).await;
        redeemed.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_node_that_has_not_heard_for_longer_than_the_bound_asks_the_database() {
    let (app, key) = start().await;
    let client = app.client();
    let shown = client.with(Method::GET, SELF, &key).await;
    let id = shown.expect(StatusCode::OK).text_of("id");
    let reads = async |after: Duration| {
        app.clock.advance(after);
        let before = app.service().store_work();
        let answer = app.client().with(Method::GET, SELF, &key).await;
        (answer, app.service().store_work().since(before).reads)
    };
    let (answer, asked) = reads(Duration::from_secs(1)).await;
    assert_eq!((answer.status, asked), (StatusCode::OK, 0), "at the bound");
    let (answer, asked) = reads(Duration::from_micros(1)).await;
    assert_eq!((answer.status, asked), (StatusCode::OK, 1), "past it");

    let operator = app.operator().await;
    operator.revoke_api_key(id.parse().unwrap()).await.unwrap();
    let (answer, _) = reads(Duration::ZERO).await;
    answer.expect_error(401, REFUSED);
}

#[tokio::test]
async fn a_node_that_cannot_ask_says_so() {
    let (app, key) = start().await;
    add_flow(&app).await;
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let alter = |sql| database.execute_batch(sql).unwrap();
    let unknown = app.api_key("default", &ALL).await;
    alter("ALTER TABLE api_keys RENAME TO gone");
    let client = app.client();
    let known = client.with(Method::GET, SELF, &key).await;
    known.expect(StatusCode::OK);
    // Nobody knows whether somebody has this one.
    let answer = client.with(Method::GET, SELF, &unknown).await;
    answer.expect_error(503, "unavailable");
    app.clock.advance(Duration::from_millis(1001));
    for (method, path, _) in ENDPOINTS {
        let described = is_described(&method.to_lowercase(), path, "503");
        assert!(described, "{method} {path}");
        let request = request(&client, method, path).header("authorization", &key);
        let answer = client.send(request).await.expect_error(503, "unavailable");
        assert_eq!(answer.headers["retry-after"], "1");
    }
    alter("ALTER TABLE gone RENAME TO api_keys");
    let again = client.with(Method::GET, SELF, &key).await;
    again.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_key_shows_what_it_is_and_never_its_text() {
    let app = TestApp::start().await;
    let life = Duration::from_secs(3600);
    let scopes = [Scope::Revoke, Scope::Mint];
    let key = app.create_api_key("default", &scopes, Some(life)).await;
    let text = key.text.expose();
    let shown = app.client().with(Method::GET, SELF, text).await;
    let shown = shown.expect(StatusCode::OK);
    assert!(!shown.text.contains("csk_"));
    let now = key.key.created_at.to_string();
    let expected = json!({
        "id": key.key.id.to_string(), "name": "a test", "partner": "default",
        "scopes": ["mint", "revoke"], "created_at": now,
        "expires_at": key.key.created_at.plus(life).to_string(), "last_used_at": null,
    });
    assert_eq!(shown.json(), expected);
    app.clock.advance(Duration::from_secs(5));
    let shown = app.client().with(Method::GET, SELF, text).await.json();
    assert_eq!(shown["last_used_at"], now, "before this");

    let admin = app.api_key("", &[Scope::Admin]).await;
    let shown = app.client().with(Method::GET, SELF, &admin).await;
    let shown = shown.expect(StatusCode::OK).json();
    assert_eq!(
        (&shown["partner"], &shown["expires_at"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(shown["scopes"], json!(["admin"]));
}

#[tokio::test]
async fn when_a_key_was_last_used_is_kept() {
    let (app, key) = start().await;
    let used = "SELECT COALESCE(MAX(last_used_at), 0) FROM api_keys";
    app.service().write_last_seen().await.unwrap();
    assert_eq!(number(&app, used), 0);
    app.advance(Duration::from_secs(5)).await;
    vouch_for(&app.client(), &key, "ana@x.example").await;
    app.service().write_last_seen().await.unwrap();
    let first = number(&app, used);
    assert!(first > 0);
    // A refusal is no use.
    app.advance(Duration::from_secs(60)).await;
    let text = ApiKeyText::parse(&key).unwrap();
    let refused = app.service().operator(app.caller(), &text).await;
    assert!(refused.is_err());
    app.service().write_last_seen().await.unwrap();
    assert_eq!(number(&app, used), first);
    let other = app.another_node().await;
    let answer = Client::new(other.url.clone());
    let answer = answer.with(Method::GET, SELF, &key).await;
    answer.expect(StatusCode::OK);
    other.service.write_last_seen().await.unwrap();
    assert_eq!(number(&app, used), first + 60_000_000);
}

#[tokio::test]
async fn a_browser_is_refused_whatever_it_brings() {
    let (app, key) = start().await;
    add_flow(&app).await;
    let client = app.client();
    for (method, path, _) in ENDPOINTS {
        for (name, value) in [
            ("origin", "https://market.example"),
            ("origin", "null"),
            ("cookie", "a=b"),
            ("cookie", ""),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            let request = request(&client, method, path);
            let request = request.header("authorization", &key).header(name, value);
            let answer = client.send(request).await;
            let answer = answer.expect_error(403, "browser_refused");
            let cors = "access-control-allow-origin";
            assert!(!answer.headers.contains_key(cors), "{path}");
        }
        // Node's `fetch` sends it.
        let request = request(&client, method, path).header("authorization", &key);
        let answer = client.send(request.header("sec-fetch-mode", "cors")).await;
        assert_ne!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    }
    assert_eq!(number(&app, "SELECT COUNT(*) FROM redemptions"), 0);
}
