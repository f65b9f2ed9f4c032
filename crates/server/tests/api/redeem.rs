//! `/v1/one-time-tokens/redeem`: one unit of work, and whatever makes it refuse.

use std::time::Duration;

use countersign_domain::api_key::Scope;
use countersign_testkit::{Client, TestApp};
use http::StatusCode;
use serde_json::{Value, json};

use crate::challenges::shape;
use crate::vouching::{ALL, REFUSED, number, set, start, text, vouch, vouch_for};

const PATH: &str = "/v1/one-time-tokens/redeem";
const EMAIL: &str = "johndoe@email.com";

/// The tables that a commit writes to, in the order in which it does.
fn watch(app: &TestApp) -> impl Fn() -> Vec<String> + use<> {
    let path = app.folder().join("countersign.db");
    let database = rusqlite::Connection::open(path).unwrap();
    database
        .execute_batch("CREATE TABLE seen (name TEXT)")
        .unwrap();
    for table in [
        "redemptions",
        "users",
        "identities",
        "devices",
        "authentications",
        "audit",
    ] {
        for event in ["INSERT", "UPDATE", "DELETE"] {
            let trigger = format!(
                "CREATE TRIGGER seen_{table}_{event} AFTER {event} ON {table}
                 BEGIN INSERT INTO seen VALUES ('{table}'); END"
            );
            database.execute_batch(&trigger).unwrap();
        }
    }
    move || {
        let mut select = database
            .prepare("SELECT name FROM seen ORDER BY rowid")
            .unwrap();
        let names = select.query_map([], |row| row.get(0)).unwrap();
        let names = names.collect::<Result<_, _>>().unwrap();
        database.execute_batch("DELETE FROM seen").unwrap();
        names
    }
}

#[tokio::test]
async fn a_redemption_is_one_commit_and_its_first_step() {
    let (app, key) = start().await;
    let written = watch(&app);
    let client = app.client();
    // What the partner says of a user is written once a day.
    for (known, hours, steps) in [(false, 0, 8), (true, 0, 6), (true, 24, 7)] {
        app.advance(Duration::from_secs(hours * 60 * 60)).await;
        let token = vouch_for(&client, &key, EMAIL).await;
        let before = app.service().store_work();
        let redeemed = client.redeem(&key, &token, Some("nonce")).await;
        redeemed.expect(StatusCode::OK);
        let worked = app.service().store_work().since(before);
        assert_eq!((worked.reads, worked.batches, worked.steps), (1, 1, steps));
        let written = written();
        assert_eq!(written[0], "redemptions", "{written:?}");
        assert_eq!(written.last().unwrap(), "audit", "{written:?}");
        assert_eq!(written.contains(&"users".to_owned()), !known);
        assert_eq!(written.contains(&"identities".to_owned()), steps > 6);
    }
}

/// A commit that fails leaves the token as it was.
#[tokio::test]
async fn what_could_not_be_written_has_not_spent_the_token() {
    let (app, key) = start().await;
    let client = app.client();
    let token = vouch_for(&client, &key, EMAIL).await;
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    for table in [
        "authentications",
        "devices",
        "identities",
        "users",
        "redemptions",
    ] {
        let rename = |from: &str, to: &str| {
            let sql = format!("ALTER TABLE {from} RENAME TO {to}");
            database.execute_batch(&sql).unwrap();
        };
        rename(table, "gone");
        let answer = client.redeem(&key, &token, None).await;
        answer.expect_error(503, "unavailable");
        rename("gone", table);
        assert_eq!(number(&app, "SELECT COUNT(*) FROM redemptions"), 0);
    }
    let redeemed = client.redeem(&key, &token, None).await;
    redeemed.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_body_is_read_strictly() {
    let (app, key) = start().await;
    let client = app.client();
    let token = vouch_for(&client, &key, EMAIL).await;
    for body in [
        json!({}),
        json!({ "token": null }),
        json!({ "token": 1 }),
        json!({ "token": [token] }),
        json!({ "nonce": "n" }),
        json!({ "token": token, "nonce": 1 }),
        json!({ "token": token, "nonce": "" }),
        json!({ "token": token, "nonce": "a b" }),
        json!({ "token": token, "nonce": "\u{e9}" }),
        json!({ "token": token, "nonce": "x".repeat(129) }),
        json!({ "token": token, "device": "phone" }),
        json!({ "token": token, "device": [] }),
    ] {
        let answer = client.post_as(&key, PATH, &body).await;
        answer.expect_error(400, "malformed");
    }
    // What nobody asked for is ignored, and never honoured.
    let body = json!({
        "token": token, "partner": "other", "user": { "email": "root@x.example" },
        "user_id": "1", "used": false, "expires_at": "2100-01-01T00:00:00Z",
        "purpose": "link", "pin": "1234", "authentication_id": "x",
        "device": { "make": "iPhone", "token": "x" },
    });
    let redeemed = client.post_as(&key, PATH, &body).await;
    let redeemed = redeemed.expect(StatusCode::OK).json();
    assert_eq!(text(&redeemed, "/user/partner"), "default");
    assert_eq!(text(&redeemed, "/user/identities/0/value"), EMAIL);
    assert_eq!(redeemed["user"]["identities"].as_array().unwrap().len(), 1);
}

/// Whatever fetches an address spends nothing, nor does a form of another site.
#[tokio::test]
async fn only_a_post_of_json_redeems() {
    let (app, key) = start().await;
    let client = app.client();
    let token = vouch_for(&client, &key, EMAIL).await;
    let path = format!("{PATH}?token={token}&oneTimeToken={token}");
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        for with_body in [false, true] {
            let request = client.request(method.parse().unwrap(), &path);
            let mut request = request.header("authorization", &key);
            if with_body {
                request = request.json(&json!({ "token": token }));
            }
            let request = request.header("x-http-method-override", "POST");
            let answer = client.send(request).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
            assert_eq!(answer.headers["allow"], "POST");
        }
    }
    let json = json!({ "token": token }).to_string();
    for (kind, body) in [
        ("text/plain", json.clone()),
        (
            "application/x-www-form-urlencoded",
            format!("token={token}"),
        ),
        ("multipart/form-data; boundary=a", json.clone()),
        ("application/jsonx", json.clone()),
        ("", json.clone()),
    ] {
        let request = client.request(http::Method::POST, &path).body(body);
        let request = request
            .header("authorization", &key)
            .header("content-type", kind);
        let answer = client.send(request).await;
        answer.expect_error(415, "unsupported_media_type");
    }
    assert_eq!(number(&app, "SELECT COUNT(*) FROM redemptions"), 0);
    let redeemed = client.redeem(&key, &token, None).await;
    redeemed.expect(StatusCode::OK);
}

/// Every character of a token counts.
#[tokio::test]
async fn a_token_that_was_changed_anywhere_is_none() {
    let (app, key) = start().await;
    let client = app.client();
    let token = vouch_for(&client, &key, EMAIL).await;
    let mut changed = vec![
        format!("{token}="),
        format!("{token}A"),
        format!(" {token}"),
        format!("{token} "),
        token.to_uppercase(),
        token.replace("cso_", "CSO_"),
        format!("{token}{token}"),
        String::new(),
        "cso_".to_owned(),
        "abc123xyz456".to_owned(),
        "eyJlbWFpbCI6InVzZXJAZW1haWwuY29tIn0=".to_owned(),
    ];
    for at in 0..token.len() {
        changed.push(token[..at].to_owned());
        let letter = if &token[at..=at] == "A" { "B" } else { "A" };
        changed.push(format!("{}{letter}{}", &token[..at], &token[at + 1..]));
    }
    for changed in changed {
        let answer = client.redeem(&key, &changed, None).await;
        answer.expect_error(401, REFUSED);
    }
    let redeemed = client.redeem(&key, &token, None).await;
    redeemed.expect(StatusCode::OK);
}

#[tokio::test]
async fn tokens_of_both_purposes_are_taken_while_their_mechanism_is_on() {
    let (app, key) = start().await;
    let flows = json!({ "flows": { "sell": { "url": "https://market.example/sell" } } });
    set(&app, "default", flows).await;
    let client = app.client();
    let link = async || {
        let body = json!({ "flow": "sell", "user": { "email": EMAIL } });
        let made = client.post_as(&key, "/v1/links", &body).await;
        let url = made.expect(StatusCode::CREATED).text_of("data");
        url.split_once("oneTimeToken=").unwrap().1.to_owned()
    };
    for (off, trust, force) in [
        (json!({ "trust": false, "force": true }), 401, 200),
        (json!({ "trust": true, "force": false }), 200, 401),
        (json!({ "trust": null, "force": null }), 200, 200),
    ] {
        set(&app, "default", json!({ "trust": null, "force": null })).await;
        let tokens = [link().await, vouch_for(&client, &key, EMAIL).await];
        set(&app, "default", off).await;
        for (token, status) in tokens.iter().zip([trust, force]) {
            let answer = client.redeem(&key, token, None).await;
            assert_eq!(answer.status, status, "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn one_key_may_mint_and_another_redeem() {
    let app = TestApp::start().await;
    let mints = app.api_key("default", &[Scope::Mint]).await;
    let redeems = app.api_key("default", &[Scope::Redeem]).await;
    let client = app.client();
    let token = vouch_for(&client, &mints, EMAIL).await;
    let answer = client.redeem(&mints, &token, None).await;
    answer.expect_error(403, "insufficient_scope");
    let answer = client.redeem(&redeems, &token, None).await;
    answer.expect(StatusCode::OK);
}

/// Whatever is wrong with a token, who brings it learns the same.
#[tokio::test]
async fn refusals_of_a_token_are_alike() {
    let (app, key) = start().await;
    app.add_partner("other").await;
    let theirs = app.api_key("other", &ALL).await;
    let dying = app.create_api_key("default", &ALL, None).await;
    app.add_user("email:locked@x.example", None).await;
    let client = app.client();
    let operator = app.operator().await;
    let locked = TestApp::name_of("email:locked@x.example");
    operator.lock_user(&locked).await.unwrap();

    let expired = vouch_for(&client, &key, EMAIL).await;
    app.advance(Duration::from_secs(60)).await;
    let used = vouch_for(&client, &key, EMAIL).await;
    let redeemed = client.redeem(&key, &used, Some("first")).await;
    redeemed.expect(StatusCode::OK);
    let of_another = vouch_for(&client, &theirs, EMAIL).await;
    let of_locked = vouch_for(&client, &key, "locked@x.example").await;
    let of_ended = vouch_for(&client, &key, "ended@x.example").await;
    end(&client, &key, "email:ended@x.example").await;
    let of_dead_key = vouch_for(&client, dying.text.expose(), EMAIL).await;
    operator.revoke_api_key(dying.key.id).await.unwrap();
    app.service().poll_feed().await.unwrap();
    let good = vouch_for(&client, &key, EMAIL).await;
    let other = if good[40..].starts_with('A') {
        'B'
    } else {
        'A'
    };
    let forged = format!("{}{other}{}", &good[..40], &good[41..]);

    let mut shapes = Vec::new();
    for token in [
        &expired,
        &used,
        &of_another,
        &of_locked,
        &of_ended,
        &of_dead_key,
        &forged,
        "",
        "x",
    ] {
        for nonce in [None, Some("another")] {
            let answer = client.redeem(&key, token, nonce).await;
            let answer = answer.expect_error(401, REFUSED);
            let mut body: Value = answer.json();
            body.as_object_mut().unwrap().remove("request_id");
            shapes.push((shape(&answer), body));
        }
    }
    let same = shapes.windows(2).all(|pair| pair[0] == pair[1]);
    assert!(same, "{shapes:#?}");
}

async fn end(client: &Client, key: &str, user: &str) {
    let path = format!("/v1/users/{user}/sessions");
    let ended = client.with(http::Method::DELETE, &path, key).await;
    ended.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_is_said_of_the_device_is_shown_to_its_user() {
    let (app, key) = start().await;
    let client = app.client();
    let token = vouch(&client, &key, &json!({ "userId": "7" })).await;
    let device =
        json!({ "make": "Google", "model": "Pixel 9", "os_name": "Android", "os_version": "16" });
    let body = json!({ "token": token, "device": device });
    let redeemed = client.post_as(&key, PATH, &body).await;
    let redeemed = redeemed.expect(StatusCode::OK).json();
    let bearer = format!("Bearer {}", text(&redeemed, "/session/token"));
    let listed = client.with(http::Method::GET, "/v1/devices", &bearer).await;
    let listed = listed.expect(StatusCode::OK).json();
    let mine = &listed["devices"][0];
    for (member, value) in device.as_object().unwrap() {
        assert_eq!(&mine[member], value);
    }
    assert_eq!(mine["id"], redeemed["authentication"]["device_id"]);
    assert_eq!(mine["current"], true);
}
