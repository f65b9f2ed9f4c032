//! The same nonce gets the same sign-in once more, so that a lost answer strands nobody.

use std::time::Duration;

use countersign_testkit::{Client, TestApp};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::vouching::{REFUSED, at_once, number, set, start, text, vouch_for};

const EMAIL: &str = "johndoe@email.com";
const MINUTE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_micros(1);

/// Redeems, and expects a sign-in.
async fn redeem(client: &Client, key: &str, token: &str, nonce: &str) -> Value {
    let answer = client.redeem(key, token, Some(nonce)).await;
    answer.expect(StatusCode::OK).json()
}

/// Redeems, and expects a refusal.
async fn refuse(client: &Client, key: &str, token: &str, nonce: Option<&str>) {
    let answer = client.redeem(key, token, nonce).await;
    answer.expect_error(401, REFUSED);
}

/// What is the same of a sign-in whenever it is shown.
fn same(signed_in: &Value) -> Value {
    let authentication = &signed_in["authentication"];
    let members = [
        "id",
        "token",
        "device_id",
        "expires_at",
        "created_at",
        "status",
    ];
    let of_it = members.map(|member| authentication[member].clone());
    json!([of_it, signed_in["user"]])
}

#[tokio::test]
async fn the_same_nonce_gets_the_same_sign_in_and_any_other_none() {
    let (app, key) = start().await;
    let client = app.client();
    let token = vouch_for(&client, &key, EMAIL).await;
    let first = redeem(&client, &key, &token, "one").await;
    let again = redeem(&client, &key, &token, "one").await;
    assert_eq!(same(&first), same(&again));
    for signed_in in [&first, &again] {
        let session = text(signed_in, "/session/token");
        client.verify(session).await.expect(StatusCode::OK);
    }
    assert_ne!(first["session"], again["session"], "a session of its own");
    for nonce in [None, Some("two"), Some("On"), Some("ONE"), Some("one1")] {
        refuse(&client, &key, &token, nonce).await;
    }
    assert_eq!(number(&app, "SELECT COUNT(*) FROM authentications"), 1);
    let device = text(&first, "/authentication/token");
    client.exchange(device).await.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn without_a_nonce_there_is_no_second_time() {
    let (app, key) = start().await;
    let client = app.client();
    let token = vouch_for(&client, &key, EMAIL).await;
    let redeemed = client.redeem(&key, &token, None).await;
    redeemed.expect(StatusCode::OK);
    for nonce in [None, Some("one")] {
        refuse(&client, &key, &token, nonce).await;
    }
}

#[tokio::test]
async fn it_does_for_a_minute_from_the_redemption_though_the_token_expires() {
    for (life, redeemed_after) in [(60, 0), (60, 59), (600, 0), (600, 599)] {
        let (app, key) = start().await;
        let settings = json!({ "one_time_token_life_seconds": life });
        set(&app, "default", settings).await;
        let client = app.client();
        let token = vouch_for(&client, &key, EMAIL).await;
        app.advance(Duration::from_secs(redeemed_after)).await;
        let first = redeem(&client, &key, &token, "one").await;
        app.advance(MINUTE).await;
        let again = redeem(&client, &key, &token, "one").await;
        assert_eq!(same(&first), same(&again), "{life} {redeemed_after}");
        refuse(&client, &key, &token, None).await;
        // A replay does not begin another minute.
        app.advance(MOMENT).await;
        refuse(&client, &key, &token, Some("one")).await;
    }
}

#[tokio::test]
async fn not_once_the_authentication_ended_or_its_user_was_locked() {
    let (app, key) = start().await;
    let operator = app.operator().await;
    for end in ["sign out", "device", "all", "lock", "password", "delete"] {
        let email = format!("{}@x.example", end.replace(' ', ""));
        let user = TestApp::name_of(&format!("email:{email}"));
        let client = app.client();
        let token = vouch_for(&client, &key, &email).await;
        app.advance(MINUTE - MOMENT).await;
        let first = redeem(&client, &key, &token, "one").await;
        let bearer = format!("Bearer {}", text(&first, "/session/token"));
        match end {
            "sign out" => {
                let path = format!("/v1/tokens/{}", text(&first, "/authentication/id"));
                drop(client.with(Method::DELETE, &path, &bearer).await);
            }
            "device" => {
                let id = text(&first, "/authentication/device_id");
                let path = format!("/v1/devices/{id}");
                drop(client.with(Method::DELETE, &path, &bearer).await);
            }
            "all" => {
                let path = format!("/v1/users/email:{email}/sessions");
                drop(client.with(Method::DELETE, &path, &key).await);
            }
            "lock" => drop(operator.lock_user(&user).await.unwrap()),
            "password" => {
                let password = countersign_domain::Secret::new("seven lemons".to_owned());
                operator.set_password(&user, &password).await.unwrap();
            }
            _ => operator.delete_user(&user).await.unwrap(),
        }
        // While the token lives, just after it, and when nothing is replayed any more.
        for later in [Duration::ZERO, MOMENT, MINUTE] {
            app.advance(later).await;
            refuse(&client, &key, &token, Some("one")).await;
        }
    }
}

#[tokio::test]
async fn a_nonce_is_of_its_own_token_alone() {
    let (app, key) = start().await;
    let client = app.client();
    let mut found = Vec::new();
    for _ in 0..2 {
        let token = vouch_for(&client, &key, EMAIL).await;
        found.push(redeem(&client, &key, &token, "one").await);
    }
    for member in ["id", "token", "device_id"] {
        let of = |index: usize| &found[index]["authentication"][member];
        assert_ne!(of(0), of(1), "{member}");
    }
    assert_eq!(found[0]["user"], found[1]["user"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_ask_at_once_with_one_nonce_get_one_sign_in() {
    let (app, key) = start().await;
    let token = vouch_for(&app.client(), &key, EMAIL).await;
    let asks = (0..48).map(|_| {
        let (client, key, token) = (app.client(), key.clone(), token.clone());
        async move { same(&redeem(&client, &key, &token, "one").await) }
    });
    let found = at_once(asks).await;
    assert!(found.iter().all(|one| *one == found[0]), "{found:#?}");
    assert_eq!(number(&app, "SELECT COUNT(*) FROM authentications"), 1);
}

/// Sends a redemption, and hangs up without waiting for its answer.
async fn redeem_and_hang_up(url: String, key: String, token: String) {
    let address = url.strip_prefix("http://").unwrap();
    let body = json!({ "token": token, "nonce": "one" }).to_string();
    let length = body.len();
    let request = format!(
        "POST /v1/one-time-tokens/redeem HTTP/1.1\r\nhost: {address}\r\n\
         content-type: application/json\r\nauthorization: {key}\r\n\
         content-length: {length}\r\n\r\n{body}",
    );
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_answer_asks_again() {
    let (app, key) = start().await;
    let mut tokens = Vec::new();
    for number in 0..100 {
        let email = format!("user{number}@x.example");
        tokens.push(vouch_for(&app.client(), &key, &email).await);
    }
    let tries = tokens.iter().cloned().map(|token| {
        let (app, key) = ((app.node().url.clone(), app.client()), key.clone());
        async move {
            redeem_and_hang_up(app.0, key.clone(), token.clone()).await;
            let first = redeem(&app.1, &key, &token, "one").await;
            let again = redeem(&app.1, &key, &token, "one").await;
            assert_eq!(same(&first), same(&again));
            refuse(&app.1, &key, &token, Some("two")).await;
        }
    });
    at_once(tries).await;
    assert_eq!(number(&app, "SELECT COUNT(*) FROM authentications"), 100);
    assert_eq!(number(&app, "SELECT COUNT(*) FROM redemptions"), 100);
}

/// The node that redeemed is gone; another gives the answer.
#[tokio::test]
async fn another_node_gives_the_same_sign_in() {
    let (app, key) = start().await;
    let token = vouch_for(&app.client(), &key, EMAIL).await;
    let first = redeem(&app.client(), &key, &token, "one").await;
    let other = app.another_node().await;
    let there = Client::new(other.url.clone());
    assert_eq!(
        same(&redeem(&there, &key, &token, "one").await),
        same(&first)
    );
}

#[tokio::test]
async fn rotating_the_sealing_keys_changes_nothing() {
    let (app, key) = start().await;
    let client = app.client();
    let settings = json!({ "one_time_token_life_seconds": 600 });
    set(&app, "default", settings).await;
    let rotate = async || {
        app.advance(Duration::from_secs(6)).await;
        app.rotate_keys().await;
        app.service().poll_feed().await.unwrap();
    };
    let (token, kept) = (
        vouch_for(&client, &key, EMAIL).await,
        vouch_for(&client, &key, EMAIL).await,
    );
    rotate().await;
    let first = redeem(&client, &key, &token, "one").await;
    for _ in 0..3 {
        rotate().await;
        let again = redeem(&client, &key, &token, "one").await;
        assert_eq!(same(&first), same(&again));
        refuse(&client, &key, &token, Some("two")).await;
    }
    // A node that comes new to it, and one that has not heard of the newest key.
    let behind = app.another_node().await;
    rotate().await;
    rotate().await;
    let fresh = vouch_for(&client, &key, EMAIL).await;
    let there = Client::new(behind.url.clone());
    redeem(&there, &key, &kept, "one").await;
    redeem(&there, &key, &fresh, "one").await;
}

/// A minute is a minute, also on a clock that is set back.
#[tokio::test]
async fn a_clock_that_is_set_back_replays_nothing_for_longer() {
    let (app, key) = start().await;
    let client = app.client();
    let token = vouch_for(&client, &key, EMAIL).await;
    redeem(&client, &key, &token, "one").await;
    app.clock.set_back(60 * MINUTE);
    refuse(&client, &key, &token, Some("one")).await;
}
