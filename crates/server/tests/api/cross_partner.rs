//! What one partner does, no other sees.

use std::fmt::Write;

use countersign_domain::api_key::{Grant, Scope};
use countersign_domain::token::ApiKeyText;
use countersign_testkit::{Client, TestApp};
use http::{Method, StatusCode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::vouching::{ALL, REFUSED, set, sign_in, text, vouch, who};

const PHONE: &str = "+44 123 1234 1234";

/// Two partners, of which the one has a user, signed in, and tokens that wait.
struct Two {
    app: TestApp,
    key_a: String,
    key_b: String,
    /// The user of A, signed in.
    signed_in: Value,
    /// Tokens of A that nobody redeemed.
    waiting: Vec<String>,
    /// Tokens of B that nobody redeemed.
    of_b: Vec<String>,
    /// A user of B, signed in, with all the same identities.
    in_b: Value,
}

fn named() -> Value {
    json!({ "userId": "7", "email": "ana@x.example", "phone": PHONE })
}

async fn two() -> Two {
    let app = TestApp::start().await;
    for partner in ["a", "b"] {
        app.add_partner(partner).await;
        let url = format!("https://{partner}.example/sell");
        set(
            &app,
            partner,
            json!({ "flows": { "sell": { "url": url } } }),
        )
        .await;
    }
    let (key_a, key_b) = (app.api_key("a", &ALL).await, app.api_key("b", &ALL).await);
    app.service().poll_feed().await.unwrap();
    let client = app.client();
    let signed_in = sign_in(&client, &key_a, &named()).await;
    let in_b = sign_in(&client, &key_b, &named()).await;
    let (mut waiting, mut of_b) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        waiting.push(vouch(&client, &key_a, &named()).await);
        of_b.push(vouch(&client, &key_b, &named()).await);
    }
    Two {
        app,
        key_a,
        key_b,
        signed_in,
        waiting,
        of_b,
        in_b,
    }
}

/// All that A sees of its user.
async fn seen_by_a(two: &Two) -> String {
    let client = two.app.client();
    let session = text(&two.signed_in, "/session/token");
    let bearer = format!("Bearer {session}");
    let mut seen = String::new();
    let id = text(&two.signed_in, "/authentication/id");
    for path in [
        "/v1/sessions/verify",
        "/v1/devices",
        &format!("/v1/tokens/{id}"),
    ] {
        let shown = client.with(Method::GET, path, &bearer).await;
        writeln!(seen, "{path}: {} {}", shown.status, shown.text).unwrap();
    }
    let operator = two.app.operator().await;
    for identity in ["user_id:7", "email:ana@x.example", "phone:+4412312341234"] {
        let user = operator.show_user(&who("a", identity)).await;
        writeln!(seen, "{user:?}").unwrap();
    }
    let key = client.with(Method::GET, "/v1/keys/self", &two.key_a).await;
    writeln!(seen, "{}", key.text).unwrap();
    seen
}

/// Something that B does, with all that it knows of A.
async fn one_call(two: &Two, action: usize, pick: usize) {
    let client = two.app.client();
    let key = &two.key_b;
    let bearer = format!("Bearer {}", text(&two.in_b, "/session/token"));
    let token = &two.waiting[pick % two.waiting.len()];
    let ids =
        ["id", "device_id"].map(|id| text(&two.signed_in["authentication"], &format!("/{id}")));
    let id = ids[pick % 2];
    let delete = |path: String, with: String| {
        let client = client.clone();
        async move { client.with(Method::DELETE, &path, &with).await }
    };
    match action {
        0 => {
            let nonce = pick.is_multiple_of(2).then_some("one");
            let answer = client.redeem(key, token, nonce).await;
            answer.expect_error(401, REFUSED);
        }
        1 => {
            let users = ["user_id:7", "email:ana@x.example", "phone:+4412312341234"];
            let path = format!("/v1/users/{}/sessions", users[pick % 3]);
            let answer = delete(path, key.clone()).await;
            answer.expect(StatusCode::NO_CONTENT);
        }
        2 => {
            let token = &two.of_b[pick % two.of_b.len()];
            client.redeem(key, token, Some("one")).await;
        }
        3 => drop(vouch(&client, key, &named()).await),
        4 => {
            let user = json!({ "userId": format!("{pick}"), "email": "ana@x.example" });
            let body = json!({ "flow": "sell", "user": user });
            let made = client.post_as(key, "/v1/links", &body).await;
            let url = made.expect(StatusCode::CREATED).text_of("data");
            assert!(url.starts_with("https://b.example/"), "{url}");
            let token = url.split_once("oneTimeToken=").unwrap().1;
            client.redeem(key, token, None).await;
        }
        5 => assert!(
            delete(format!("/v1/tokens/{id}"), bearer)
                .await
                .status
                .is_client_error()
        ),
        6 => assert!(
            delete(format!("/v1/devices/{id}"), bearer)
                .await
                .status
                .is_client_error()
        ),
        7 => {
            let path = format!("/v1/tokens/{id}");
            let answer = client.with(Method::GET, &path, &bearer).await;
            answer.expect_error(401, "invalid_token");
        }
        8 => drop(
            client
                .with(Method::POST, "/v1/sessions/revoke-all", &bearer)
                .await,
        ),
        9 => drop(client.with(Method::DELETE, "/v1/sessions", &bearer).await),
        10 => begin_and_answer(two, &client).await,
        _ => {
            let device = text(&two.in_b, "/authentication/token");
            drop(client.exchange(device).await);
        }
    }
}

/// A log-in at B by a code to the number that A's user has as well.
async fn begin_and_answer(two: &Two, client: &Client) {
    let body = json!({
        "identity": { "type": "phone", "value": PHONE }, "authenticator": "sms", "partner": "b",
    });
    let begun = client.post("/v1/tokens", &body).await;
    let code = two.app.code_for("+4412312341234").await;
    if let Some(code) = code.filter(|_| begun.status == StatusCode::CREATED) {
        client.answer(&begun.text_of("id"), &code).await;
    }
}

async fn nothing_changes(calls: Vec<(usize, usize)>) {
    let two = two().await;
    let before = seen_by_a(&two).await;
    for (action, pick) in calls {
        one_call(&two, action, pick).await;
    }
    assert_eq!(seen_by_a(&two).await, before);
    let client = two.app.client();
    let device = text(&two.signed_in, "/authentication/token");
    client.exchange(device).await.expect(StatusCode::CREATED);
    for token in &two.waiting {
        let redeemed = client.redeem(&two.key_a, token, None).await;
        let redeemed = redeemed.expect(StatusCode::OK).json();
        assert_eq!(redeemed["user"], two.signed_in["user"]);
    }
}

#[test]
fn nothing_that_one_partner_does_is_seen_by_another() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let calls = prop::collection::vec((0..12_usize, 0..12_usize), 1..40);
    let mut runner = TestRunner::new(Config {
        cases: 16,
        max_shrink_iters: 64,
        failure_persistence: None,
        ..Config::default()
    });
    let ran = runner.run(&calls, |calls| {
        runtime.block_on(nothing_changes(calls));
        Ok(())
    });
    ran.unwrap();
}

/// Every call by itself, while B's user is signed in: what the random ones may miss.
#[tokio::test]
async fn nor_is_any_single_call() {
    for action in 0..12 {
        nothing_changes((0..6).map(|pick| (action, pick)).collect()).await;
    }
}

/// Another's log-in and device are none to who is signed in himself.
#[tokio::test]
async fn anothers_device_is_none() {
    let two = two().await;
    let client = two.app.client();
    let bearer = format!("Bearer {}", text(&two.in_b, "/session/token"));
    let basic = format!("Basic {}", text(&two.in_b, "/authentication/token"));
    let before = seen_by_a(&two).await;
    let id = text(&two.signed_in, "/authentication/id");
    let device = text(&two.signed_in, "/authentication/device_id");
    for path in [format!("/v1/tokens/{id}"), format!("/v1/devices/{device}")] {
        let answer = client.with(Method::DELETE, &path, &bearer).await;
        answer.expect_error(404, "not_found");
    }
    for credential in [&bearer, &basic] {
        let path = format!("/v1/tokens/{id}");
        let answer = client.with(Method::GET, &path, credential).await;
        answer.expect_error(401, "invalid_token");
    }
    assert_eq!(seen_by_a(&two).await, before);
}

#[tokio::test]
async fn the_same_identity_at_two_partners_is_two_users() {
    let two = two().await;
    assert_ne!(two.signed_in["user"]["id"], two.in_b["user"]["id"]);
    assert_eq!(text(&two.in_b, "/user/partner"), "b");
    assert_eq!(
        two.signed_in["user"]["identities"],
        two.in_b["user"]["identities"]
    );
}

/// Another's token is refused as none, and is as good as it was.
#[tokio::test]
async fn anothers_token_is_refused_and_not_spent() {
    let two = two().await;
    let client = two.app.client();
    for token in &two.waiting {
        for nonce in [None, Some("one")] {
            let answer = client.redeem(&two.key_b, token, nonce).await;
            answer.expect_error(401, REFUSED);
        }
        let redeemed = client.redeem(&two.key_a, token, Some("one")).await;
        redeemed.expect(StatusCode::OK);
        // Nor does the nonce help.
        let answer = client.redeem(&two.key_b, token, Some("one")).await;
        answer.expect_error(401, REFUSED);
    }
}

/// What operators do is not for partners, whatever scopes their keys have.
#[tokio::test]
async fn no_partners_key_is_an_operators() {
    let two = two().await;
    for scopes in [&[Scope::Admin][..], &[Scope::Mint, Scope::Admin]] {
        assert!(Grant::new("a".parse().ok(), scopes.iter().copied()).is_err());
    }
    let service = two.app.service();
    for key in [&two.key_a, &two.key_b] {
        let key = ApiKeyText::parse(key).unwrap();
        assert!(service.operator(two.app.caller(), &key).await.is_err());
    }
    let admin = two.app.api_key("", &[Scope::Admin]).await;
    let key = ApiKeyText::parse(&admin).unwrap();
    assert!(service.operator(two.app.caller(), &key).await.is_ok());
    // And the operator's is no partner's.
    let client = two.app.client();
    let answer = client.redeem(&admin, &two.waiting[0], None).await;
    answer.expect_error(403, "insufficient_scope");
}
