//! `/v1/auth/oneTimeToken`: minted, as the first partners were shown it.

use std::time::Duration;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use countersign_domain::api_key::Scope;
use countersign_domain::partner::PartnerSettings;
use countersign_testkit::{Answer, Client, TestApp};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::vouching::{ALL, REFUSED, number, set, start, text, vouch, vouch_for};

const PATH: &str = "/v1/auth/oneTimeToken";
const EMAIL: &str = "johndoe@email.com";

#[tokio::test]
async fn a_user_whom_a_partner_names_is_signed_in() {
    let app = TestApp::start().await;
    let key = app.api_key("default", &ALL).await;
    let client = app.client();
    // As the first partners were shown it, letter for letter.
    let url = "/v1/auth/oneTimeToken?user=johndoe@email.com";
    let minted = client.with(Method::GET, url, &key).await;
    let minted = minted.expect(StatusCode::OK);
    assert_eq!(minted.json().as_object().unwrap().len(), 1, "`data` alone");
    assert_eq!(minted.headers["content-type"], "application/json");
    assert_eq!(minted.headers["cache-control"], "no-store");
    let token = minted.text_of("data");
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    assert!(token.chars().all(plain), "{token}");

    let signed_in = client.redeem(&key, &token, None).await;
    let signed_in = signed_in.expect(StatusCode::OK).json();
    let identities = json!([{ "type": "email", "value": EMAIL }]);
    assert_eq!(signed_in["user"]["partner"], "default");
    assert_eq!(signed_in["user"]["identities"], identities);
    assert_eq!(signed_in["authentication"]["status"], "created");

    let session = text(&signed_in, "/session/token");
    let who = client.verify(session).await.expect(StatusCode::OK).json();
    assert_eq!(who["user"], signed_in["user"]);
    assert_eq!(who["amr"], json!(["partner"]));
    assert_eq!(who["authentication_id"], signed_in["authentication"]["id"]);
    assert_eq!(who["device_id"], signed_in["authentication"]["device_id"]);
    assert_eq!(who["expires_at"], signed_in["session"]["expires_at"]);

    let device = text(&signed_in, "/authentication/token");
    let another = client.exchange(device).await.expect(StatusCode::CREATED);
    let again = client.verify(&another.text_of("token")).await;
    assert_eq!(again.json()["user"], signed_in["user"]);

    let used = client.redeem(&key, &token, None).await;
    used.expect_error(401, REFUSED);
}

/// Whom a token names, once it is redeemed.
async fn named(app: &TestApp, key: &str, minted: Answer) -> Value {
    let token = minted.expect(StatusCode::OK).text_of("data");
    let signed_in = app.client().redeem(key, &token, None).await;
    signed_in.expect(StatusCode::OK).json()["user"]["identities"].clone()
}

#[tokio::test]
async fn in_user_a_plus_is_a_plus() {
    let (app, key) = start().await;
    for (user, named_as) in [
        ("john+doe@email.com", "john+doe@email.com"),
        ("john%2Bdoe@email.com", "john+doe@email.com"),
        ("john%2bdoe%40email.com", "john+doe@email.com"),
        ("%6Aohndoe@email.com", EMAIL),
        ("JohnDoe@Email.com", EMAIL),
        ("johndoe@email.com&x=1&y", EMAIL),
    ] {
        let minted = app.client().mint(&key, user).await;
        let expected = json!([{ "type": "email", "value": named_as }]);
        assert_eq!(named(&app, &key, minted).await, expected, "{user}");
    }
}

#[tokio::test]
async fn user_is_there_once_and_is_an_email_address() {
    let (app, key) = start().await;
    let client = app.client();
    for query in [
        "",
        "?",
        "?user",
        "?user=",
        "?User=a@x.example",
        "?users=a@x.example",
        "?user=a@x.example&user=a@x.example",
        "?user=a@x.example&user=b@x.example",
        "?user=a@x.example&user=",
        "?user=a@x.example&us%65r=b@x.example",
        "?user[]=a@x.example",
        "?user=john",
        "?user=john@",
        "?user=@email.com",
        "?user=a@x.example,b@x.example",
        "?user=a@x.example%20b@x.example",
        "?user=%20",
        "?user=a%00@x.example",
        "?user=a%0d%0a@x.example",
        "?user=%ff@x.example",
        "?user=john%20doe@email.com",
        "?user=Ana%20<a@x.example>",
        "?user=mailto:a@x.example%0a",
        "?user=%2B441231234123",
    ] {
        let path = format!("{PATH}{query}");
        let answer = client.with(Method::GET, &path, &key).await;
        let answer = answer.expect_error(400, "invalid_parameter");
        assert!(
            !answer.text.contains("x.example"),
            "{query}: {}",
            answer.text
        );
    }
    let long = format!("{PATH}?user={}@x.example", "a".repeat(300));
    let answer = client.with(Method::GET, &long, &key).await;
    answer.expect_error(400, "invalid_parameter");
}

#[tokio::test]
async fn head_and_conditions_mint_nothing() {
    let (app, key) = start().await;
    let client = app.client();
    let path = format!("{PATH}?user={EMAIL}");
    let before = app.service().store_work();
    for key in [&*key, "", "nothing"] {
        let head = client.with(Method::HEAD, &path, key).await;
        assert_eq!(head.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(head.headers["allow"], "GET,POST");
        assert_eq!(head.headers["cache-control"], "no-store");
        assert_eq!(head.text, "");
    }
    for (name, value) in [
        ("if-none-match", "*"),
        ("if-none-match", "\"a\""),
        ("if-match", "*"),
        ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("if-unmodified-since", "Sun, 06 Nov 2094 08:49:37 GMT"),
    ] {
        let request = client.request(Method::GET, &path);
        let request = request.header("authorization", &key).header(name, value);
        let answer = client.send(request).await;
        let answer = answer.expect_error(400, "malformed");
        assert!(!answer.text.contains("cso_"));
    }
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = client.with(method, &path, &key).await;
        let answer = answer.expect_error(405, "method_not_allowed");
        let allow = answer.headers["allow"].to_str().unwrap();
        assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    }
    let worked = app.service().store_work().since(before);
    assert_eq!((worked.reads, worked.batches), (0, 0));
}

#[tokio::test]
async fn the_twin_takes_whatever_a_partner_names_its_user_by() {
    let (app, key) = start().await;
    let client = app.client();
    for (user, identities) in [
        (
            json!({ "email": "A@x.example" }),
            json!([{ "type": "email", "value": "a@x.example" }]),
        ),
        (
            json!({ "userId": "B:1 b" }),
            json!([{ "type": "user_id", "value": "B:1 b" }]),
        ),
        (
            json!({ "phone": "+44 123 1234 1234" }),
            json!([{ "type": "phone", "value": "+4412312341234" }]),
        ),
    ] {
        let minted = client.post_as(&key, PATH, &user).await;
        let members = minted.json().as_object().unwrap().len();
        assert_eq!(members, 2, "`data` and `expires_at`");
        assert_eq!(named(&app, &key, minted).await, identities);
    }
    for (user, code) in [
        (json!({}), "invalid_identity"),
        (json!({ "user": "a@x.example" }), "invalid_identity"),
        (json!({ "user_id": "7" }), "invalid_identity"),
        (json!({ "email": null }), "invalid_identity"),
        (json!({ "userId": "" }), "invalid_identity"),
        (json!({ "userId": "x".repeat(129) }), "invalid_identity"),
        (json!({ "email": "john" }), "invalid_identity"),
        (json!({ "phone": "123" }), "invalid_identity"),
        (
            json!({ "userId": "7", "email": "john" }),
            "invalid_identity",
        ),
        (json!({ "userId": 7 }), "malformed"),
        (json!({ "email": ["a@x.example"] }), "malformed"),
        (json!({ "email": "a@x.example\n" }), "malformed"),
        (json!([]), "malformed"),
    ] {
        let answer = client.post_as(&key, PATH, &user).await;
        answer.expect_error(400, code);
    }
}

/// Nothing of a token can be read, however somebody goes about it.
#[tokio::test]
async fn a_token_tells_nothing() {
    let (app, key) = start().await;
    let named = json!({
        "userId": "customer-000074218", "email": "johndoe@email.com",
        "phone": "+44 123 1234 1234",
    });
    let shown = app.client().with(Method::GET, "/v1/keys/self", &key).await;
    let id = shown.text_of("id").replace('-', "");
    let id: Vec<u8> = (0..16)
        .map(|i| u8::from_str_radix(&id[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    let (first, second) = (
        vouch(&app.client(), &key, &named).await,
        vouch(&app.client(), &key, &named).await,
    );
    assert_ne!(first, second, "as random as it looks");
    let other = vouch_for(&app.client(), &key, EMAIL).await;
    for token in [&first, &second, &other] {
        let mut readings = vec![token.as_bytes().to_vec()];
        let body = token.strip_prefix("cso_").unwrap();
        for text in [token.as_str(), body] {
            let nibbles: Vec<_> = text.chars().filter_map(|c| c.to_digit(16)).collect();
            let bytes = nibbles.chunks_exact(2);
            readings.push(bytes.map(|pair| (pair[0] * 16 + pair[1]) as u8).collect());
            let standard = text.replace('-', "+").replace('_', "/");
            for (alphabet, text) in [(&URL_SAFE, text), (&STANDARD, &*standard)] {
                let engine =
                    GeneralPurpose::new(alphabet, NO_PAD.with_decode_allow_trailing_bits(true));
                for cut in 0..4 {
                    let end = cut + (text.len() - cut) / 4 * 4;
                    readings.push(engine.decode(&text[cut..end]).unwrap());
                }
            }
        }
        for reading in readings {
            let has = |part: &[u8]| reading.windows(part.len()).any(|found| found == part);
            for part in [
                "john", "email", "customer", "7421", "default", "force", "1231234", "\":", "{\"",
            ] {
                // Three bytes may be there by chance; five are not.
                let chance = part.len() < 4;
                assert!(chance || !has(part.as_bytes()), "{part} in {token}");
            }
            assert!(!has(&id) && !has(&id[..6]), "the key's id");
            assert!(serde_json::from_slice::<Value>(&reading).is_err());
            assert!(!reading.starts_with(&[0x1f, 0x8b]), "gzip");
            assert!(!has(b"{\"email") && !has(b"oneTime"));
        }
    }
}

#[tokio::test]
async fn minting_asks_nothing_of_the_database() {
    let (app, key) = start().await;
    let before = app.service().store_work();
    for _ in 0..10 {
        vouch_for(&app.client(), &key, EMAIL).await;
        app.client().mint(&key, EMAIL).await.expect(StatusCode::OK);
    }
    let worked = app.service().store_work().since(before);
    assert_eq!((worked.reads, worked.batches, worked.steps), (0, 0, 0));
    assert_eq!(
        number(&app, "SELECT COUNT(*) FROM users"),
        1,
        "the one there was"
    );
}

#[tokio::test]
async fn a_token_is_good_until_the_moment_it_says() {
    for seconds in [10, 60, 600] {
        let (app, key) = start().await;
        if seconds != 60 {
            let life = json!({ "one_time_token_life_seconds": seconds });
            set(&app, "default", life).await;
        }
        let client = app.client();
        let minted = client.post_as(&key, PATH, &json!({ "email": EMAIL })).await;
        let late = vouch_for(&client, &key, EMAIL).await;
        let life = Duration::from_secs(seconds);
        app.advance(life - Duration::from_micros(1)).await;
        let redeemed = client.redeem(&key, &minted.text_of("data"), None).await;
        let redeemed = redeemed.expect(StatusCode::OK).json();
        let made = text(&redeemed, "/session/created_at");
        assert!(*made < *minted.text_of("expires_at"));
        app.advance(Duration::from_micros(1)).await;
        for nonce in [None, Some("n")] {
            let answer = client.redeem(&key, &late, nonce).await;
            answer.expect_error(401, REFUSED);
        }
    }
}

#[tokio::test]
async fn no_partner_sets_a_life_out_of_range() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    for seconds in [json!(9), json!(601), json!(0), json!(-1), json!("60")] {
        let patch = json!({ "one_time_token_life_seconds": seconds });
        let slug = "default".parse().unwrap();
        assert!(operator.set_partner(&slug, &patch).await.is_err());
    }
}

#[tokio::test]
async fn a_token_does_not_outlive_the_key_that_vouches_for_it() {
    let (app, key) = start().await;
    let client = app.client();
    let life = Duration::from_secs(30);
    let short = app.create_api_key("default", &ALL, Some(life)).await;
    let text = short.text.expose();
    let minted = client.post_as(text, PATH, &json!({ "email": EMAIL })).await;
    let end = short.key.expires_at.unwrap().to_string();
    assert_eq!(minted.text_of("expires_at"), end);
    let another = vouch_for(&client, text, EMAIL).await;
    app.advance(life - Duration::from_micros(1)).await;
    let redeemed = client.redeem(&key, &another, None).await;
    redeemed.expect(StatusCode::OK);
    app.advance(Duration::from_micros(1)).await;
    let answer = client.redeem(&key, &minted.text_of("data"), None).await;
    answer.expect_error(401, REFUSED);
}

#[tokio::test]
async fn where_the_mechanism_is_off_nothing_is_minted() {
    let (app, key) = start().await;
    set(&app, "default", json!({ "force": false })).await;
    let client = app.client();
    for answer in [
        client.mint(&key, EMAIL).await,
        client.post_as(&key, PATH, &json!({ "email": EMAIL })).await,
    ] {
        answer.expect_error(400, "mechanism_unavailable");
    }
}

/// Whom a partner vouches for was asked for no PIN, and is given no more than goes without one.
#[tokio::test]
async fn where_a_pin_is_required_a_partners_user_goes_without_and_for_30_days() {
    let day = Duration::from_secs(24 * 60 * 60);
    let app = TestApp::with(PartnerSettings {
        exchange_requires_pin: true,
        authentication_life: 365 * day,
        password_min_length: 8,
        ..PartnerSettings::default()
    })
    .await;
    let key = app.api_key("default", &[Scope::Mint, Scope::Redeem]).await;
    let client = app.client();
    let token = vouch_for(&client, &key, EMAIL).await;
    let signed_in = client.redeem(&key, &token, None).await;
    let signed_in = signed_in.expect(StatusCode::OK).json();
    let device = text(&signed_in, "/authentication/token");
    app.advance(30 * day - Duration::from_secs(1)).await;
    let exchanged = client.exchange(device).await.expect(StatusCode::CREATED);
    let end = text(&signed_in, "/authentication/expires_at");
    assert_eq!(exchanged.text_of("expires_at"), end);
    app.advance(Duration::from_secs(1)).await;
    client
        .exchange(device)
        .await
        .expect_error(401, "invalid_token");
}

/// A script that added a partner, created its key and used it found the partner unknown.
#[tokio::test]
async fn a_key_of_a_partner_just_added_works_before_the_feed_tells_of_it() {
    let app = TestApp::start().await;
    let other = app.another_node().await;
    app.add_partner("northstar").await;
    let key = app.api_key("northstar", &ALL).await;
    let there = Client::new(other.url.clone());
    let minted = there.mint(&key, "johndoe@email.com").await;
    let token = minted.expect(StatusCode::OK).text_of("data");
    let signed_in = there.redeem(&key, &token, None).await;
    let signed_in = signed_in.expect(StatusCode::OK).json();
    assert_eq!(signed_in["user"]["partner"], "northstar");
}

/// What a partner has switched off is off within a second, also where nobody hears of it.
#[tokio::test]
async fn a_node_that_hears_of_no_changes_asks_what_the_partner_sets() {
    let (app, key) = start().await;
    let partner = "default".parse().unwrap();
    let patch = json!({ "force": false });
    let operator = app.operator().await;
    assert!(operator.set_partner(&partner, &patch).await.unwrap());
    let minted = app.client().mint(&key, EMAIL).await;
    minted.expect(StatusCode::OK);
    app.clock.advance(Duration::from_millis(1001));
    let refused = app.client().mint(&key, EMAIL).await;
    refused.expect_error(400, "mechanism_unavailable");
}
