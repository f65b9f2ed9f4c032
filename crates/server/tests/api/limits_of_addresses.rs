//! Which address a client has, and what it may.

use std::time::Duration;

use countersign_domain::audit::{Addresses, Policy};
use countersign_domain::limits::{Limits, NodeLimits};
use countersign_server::TrustedProxies;
use countersign_testkit::{Answer, Client, TestApp, TestNode, password_log_in};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::audit::entries;
use crate::limits::{NORMALISED, PHONE, retry_after};

/// A node behind a proxy on this machine, where an address may have two messages sent and
/// guess three times.
pub(crate) async fn behind_a_proxy(app: &mut TestApp) -> (TestNode, Client) {
    app.audit = Policy {
        addresses: Addresses::Full,
        ..app.audit
    };
    app.node_limits = NodeLimits {
        address_sends_per_hour: 2,
        address_guesses_per_hour: 3,
        ..NodeLimits::default()
    };
    app.proxies = TrustedProxies::new(["127.0.0.0/8".parse().unwrap()]);
    let node = app.another_node().await;
    let client = Client::new(node.url.clone());
    (node, client)
}

async fn begin(client: &Client, number: u32, forwarded: &str) -> Answer {
    let body = json!({
        "identity": { "type": "phone", "value": format!("+44 20 7946 01{number:02}") },
        "authenticator": "sms",
    });
    let request = client.request(Method::POST, "/v1/tokens").json(&body);
    client
        .send(request.header("x-forwarded-for", forwarded))
        .await
}

#[tokio::test]
async fn an_address_is_counted_in_every_spelling_and_no_other_with_it() {
    let mut app = TestApp::start().await;
    let (_node, client) = behind_a_proxy(&mut app).await;
    for (number, forwarded, status) in [
        (0, "203.0.113.9", 201),
        (1, "::ffff:203.0.113.9", 201),
        (2, "203.0.113.9:4711", 429),
        (3, "198.51.100.1, 203.0.113.9", 429),
        (4, "203.0.113.10", 201),
        (5, "2001:db8:1:2::1", 201),
        (6, "[2001:db8:1:2:ffff::2]:443", 201),
        (7, "2001:DB8:1:2:0:0:0:3", 429),
        (8, "2001:db8:1:3::1", 201),
        // From this machine itself: the proxy's own, and what it could not tell.
        (9, "127.0.0.1", 201),
        (10, "unknown", 201),
        (11, "unknown", 201),
        (12, "unknown", 201),
    ] {
        let answer = begin(&client, number, forwarded).await;
        assert_eq!(answer.status.as_u16(), status, "{forwarded}");
        if status == 429 {
            assert_eq!(retry_after(&answer), 1800);
        }
    }
    app.advance(Duration::from_secs(1800)).await;
    let later = begin(&client, 20, "203.0.113.9").await;
    later.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn what_somebody_else_than_a_listed_proxy_says_changes_nothing() {
    let mut app = TestApp::start().await;
    let (_node, client) = behind_a_proxy(&mut app).await;
    app.proxies = TrustedProxies::default();
    let unlisted = app.another_node().await;
    let direct = Client::new(unlisted.url.clone());
    for client in [&client, &direct] {
        let request = client.request(Method::POST, "/v1/tokens");
        let request = request.json(&password_log_in(TestApp::PASSWORD));
        let request = request
            .header("x-forwarded-for", "203.0.113.9")
            .header("forwarded", "for=192.0.2.60")
            .header("x-real-ip", "192.0.2.61");
        client.send(request).await.expect(StatusCode::CREATED);
    }
    let all = entries(&app).await;
    let mut addresses: Vec<_> = all.iter().filter_map(|e| e.address.as_deref()).collect();
    // Within a millisecond ids are in no order.
    addresses.sort_unstable();
    assert_eq!(addresses, ["127.0.0.1", "203.0.113.9"]);
}

#[tokio::test]
async fn wrong_guesses_of_an_address_are_counted_and_right_ones_are_not() {
    let mut app = TestApp::start().await;
    let (_node, client) = behind_a_proxy(&mut app).await;
    let guess = async |password: &str, token: Option<&str>| {
        let mut body = password_log_in(password);
        if let Some(token) = token {
            body["device"] = json!({ "token": token });
        }
        body["pin"] = json!("1234");
        let request = client.request(Method::POST, "/v1/tokens").json(&body);
        let request = request.header("x-forwarded-for", "203.0.113.9");
        client.send(request).await
    };
    let exchange = async |token: &str, pin: Option<&str>| {
        let request = client.request(Method::POST, "/v1/sessions");
        let request = request
            .header("x-forwarded-for", "203.0.113.9")
            .header("authorization", format!("Basic {token}"));
        let request = match pin {
            Some(pin) => request.json(&json!({ "pin": pin })),
            None => request,
        };
        client.send(request).await
    };
    let mut token = String::new();
    for _ in 0..6 {
        let right = guess(TestApp::PASSWORD, None).await;
        token = right.expect(StatusCode::CREATED).text_of("token");
        exchange(&token, Some("1234"))
            .await
            .expect(StatusCode::CREATED);
    }
    for _ in 0..3 {
        let wrong = guess("wrong password", None).await;
        wrong.expect_error(401, "invalid_credentials");
    }
    let limited = guess(TestApp::PASSWORD, None).await;
    assert_eq!(
        retry_after(&limited.expect_error(429, "rate_limited")),
        1200
    );
    // PINs are counted by themselves: none but who has a token can try one.
    for _ in 0..6 {
        let right = exchange(&token, Some("1234")).await;
        right.expect(StatusCode::CREATED);
    }
    for _ in 0..3 {
        let wrong = exchange(&token, Some("4321")).await;
        wrong.expect_error(401, "invalid_pin");
    }
    let limited = exchange(&token, Some("1234")).await;
    limited.expect_error(429, "rate_limited");
    // A token alone is nothing that anybody guesses, and a known device passes.
    exchange(&token, None).await.expect(StatusCode::CREATED);
    let known = guess(TestApp::PASSWORD, Some(&token)).await;
    known.expect(StatusCode::CREATED);
    // What it guessed right was not counted, and gives the address nothing back.
    let limited = guess(TestApp::PASSWORD, None).await;
    limited.expect_error(429, "rate_limited");
}

/// Or whoever has an account would guess at others without end.
#[tokio::test]
async fn a_code_of_a_known_device_gives_its_address_nothing_back() {
    let mut app = TestApp::start().await;
    let (_node, client) = behind_a_proxy(&mut app).await;
    let (first, _) = app.signed_in_by_sms(PHONE).await;
    let post = async |path: &str, body: &Value| {
        let request = client.request(Method::POST, path).json(body);
        client
            .send(request.header("x-forwarded-for", "203.0.113.9"))
            .await
    };
    for _ in 0..3 {
        let wrong = post("/v1/tokens", &password_log_in("wrong password")).await;
        wrong.expect_error(401, "invalid_credentials");
    }
    let body = json!({
        "device": { "token": first.text_of("token") },
        "identity": { "type": "phone", "value": PHONE },
        "authenticator": "sms",
    });
    let begun = post("/v1/tokens", &body).await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let path = format!("/v1/tokens/{begun}/secret");
    let right = post(&path, &json!({ "secret": code })).await;
    right.expect(StatusCode::OK);
    let limited = post("/v1/tokens", &password_log_in("wrong password")).await;
    limited.expect_error(429, "rate_limited");
}

#[tokio::test]
async fn a_dry_run_refuses_no_address_anything_and_five_wrong_pins_sign_out() {
    let mut app = TestApp::limited(Limits {
        dry_run: true,
        ..TestApp::LOOSE
    })
    .await;
    let (_node, client) = behind_a_proxy(&mut app).await;
    let forwarded = "203.0.113.9";
    for number in 0..5 {
        let begun = begin(&client, number, forwarded).await;
        begun.expect(StatusCode::CREATED);
    }
    let ask = async |path: &str, authorization: &str, body: &Value| {
        let request = client.request(Method::POST, path).json(body);
        let request = request.header("x-forwarded-for", forwarded);
        client
            .send(request.header("authorization", authorization))
            .await
    };
    for _ in 0..5 {
        let wrong = ask("/v1/tokens", "", &password_log_in("wrong password")).await;
        wrong.expect_error(401, "invalid_credentials");
    }
    let mut body = password_log_in(TestApp::PASSWORD);
    body["pin"] = json!("1234");
    let token = ask("/v1/tokens", "", &body).await.text_of("token");
    let basic = format!("Basic {token}");
    for _ in 0..5 {
        let wrong = ask("/v1/sessions", &basic, &json!({ "pin": "4321" })).await;
        wrong.expect_error(401, "invalid_pin");
    }
    let signed_out = ask("/v1/sessions", &basic, &json!({ "pin": "1234" })).await;
    signed_out.expect_error(401, "invalid_token");
}
