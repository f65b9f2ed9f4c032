//! What ends one-time tokens, and what of a user a partner ends.

use std::time::Duration;

use countersign_domain::Secret;
use countersign_domain::token::ApiKeyText;
use countersign_testkit::TestApp;
use http::{Method, StatusCode};
use serde_json::json;

use crate::vouching::{ALL, REFUSED, number, sign_in, start, text, vouch, vouch_for};

const MOMENT: Duration = Duration::from_micros(1);

#[tokio::test]
async fn what_ends_a_user_ends_every_token_that_names_it_and_none_minted_afterwards() {
    for end in ["lock", "lock and unlock", "delete", "password", "partner"] {
        let (app, key) = start().await;
        let (client, operator) = (app.client(), app.operator().await);
        let all = json!({ "userId": "7", "email": "a@x.example", "phone": "+44 123 1234 1234" });
        sign_in(&client, &key, &all).await;
        let mut tokens = Vec::new();
        for named in [
            json!({ "userId": "7" }),
            json!({ "email": "a@x.example" }),
            json!({ "phone": "+44 123 1234 1234" }),
            json!({ "userId": "8", "email": "a@x.example" }),
            all.clone(),
        ] {
            tokens.push(vouch(&client, &key, &named).await);
        }
        let of_others = vouch_for(&client, &key, "b@x.example").await;
        let user = TestApp::name_of("user_id:7");
        match end {
            "lock" => drop(operator.lock_user(&user).await.unwrap()),
            "lock and unlock" => {
                operator.lock_user(&user).await.unwrap();
                operator.unlock_user(&user).await.unwrap();
            }
            "delete" => operator.delete_user(&user).await.unwrap(),
            "password" => {
                let password = Secret::new("a good password".to_owned());
                operator.set_password(&user, &password).await.unwrap();
            }
            _ => {
                let path = "/v1/users/phone:+4412312341234/sessions";
                let ended = client.with(Method::DELETE, path, &key).await;
                ended.expect(StatusCode::NO_CONTENT);
            }
        }
        app.advance(MOMENT).await;
        for token in &tokens {
            for nonce in [None, Some("one")] {
                let answer = client.redeem(&key, token, nonce).await;
                answer.expect_error(401, REFUSED);
            }
        }
        let answer = client.redeem(&key, &of_others, None).await;
        answer.expect(StatusCode::OK);
        let fresh = vouch(&client, &key, &json!({ "userId": "7" })).await;
        let answer = client.redeem(&key, &fresh, None).await;
        if end == "lock" {
            answer.expect_error(401, REFUSED);
            operator.unlock_user(&user).await.unwrap();
            // It was minted after the lock, and the user may come in again.
            let answer = client.redeem(&key, &fresh, None).await;
            answer.expect(StatusCode::OK);
        } else {
            answer.expect(StatusCode::OK);
        }
        for token in &tokens {
            let answer = client.redeem(&key, token, None).await;
            answer.expect_error(401, REFUSED);
        }
    }
}

/// Also where nobody has the identity yet.
#[tokio::test]
async fn a_partner_ends_the_tokens_of_who_is_not_there_yet() {
    let (app, key) = start().await;
    let client = app.client();
    let token = vouch_for(&client, &key, "new@x.example").await;
    let path = "/v1/users/email:New@X.example/sessions";
    let ended = client.with(Method::DELETE, path, &key).await;
    ended.expect(StatusCode::NO_CONTENT);
    let answer = client.redeem(&key, &token, None).await;
    answer.expect_error(401, REFUSED);
    app.advance(MOMENT).await;
    sign_in(&client, &key, &json!({ "email": "new@x.example" })).await;
}

#[tokio::test]
async fn a_partner_ends_all_that_a_user_is_signed_in_with() {
    let (app, key) = start().await;
    let client = app.client();
    let other = app.another_node().await;
    let there = countersign_testkit::Client::new(other.url.clone());
    for (user, named) in [
        ("email:a+b@x.example", json!({ "email": "a+b@x.example" })),
        ("email:a%2Bc@x.example", json!({ "email": "a+c@x.example" })),
        ("email%3Ad%40x.example", json!({ "email": "d@x.example" })),
        ("user_id:a%2Fb%3F%23", json!({ "userId": "a/b?#" })),
        ("user_id:%C3%A9:1", json!({ "userId": "\u{e9}:1" })),
        (
            "phone:+44%20123%201234%201234",
            json!({ "phone": "+4412312341234" }),
        ),
    ] {
        let one = sign_in(&client, &key, &named).await;
        let two = sign_in(&client, &key, &named).await;
        assert_eq!(one["user"]["id"], two["user"]["id"]);
        let path = format!("/v1/users/{user}/sessions");
        for _ in 0..2 {
            let ended = client.with(Method::DELETE, &path, &key).await;
            let ended = ended.expect(StatusCode::NO_CONTENT);
            assert_eq!(ended.text, "");
        }
        other.service.poll_feed().await.unwrap();
        for signed_in in [&one, &two] {
            for client in [&client, &there] {
                let session = text(signed_in, "/session/token");
                let verified = client.verify(session).await;
                verified.expect_error(401, "invalid_session");
                let device = text(signed_in, "/authentication/token");
                let exchanged = client.exchange(device).await;
                exchanged.expect_error(401, "invalid_token");
            }
        }
    }
    // A log-in of the user's own as well: it is the same user.
    let (_, session) = client.signed_in().await;
    let path = format!("/v1/users/username:{}/sessions", TestApp::USERNAME);
    client.with(Method::DELETE, &path, &key).await;
    client
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
}

#[tokio::test]
async fn whether_there_is_such_a_user_cannot_be_seen() {
    let (app, key) = start().await;
    let client = app.client();
    let end = async |user: &str| {
        let path = format!("/v1/users/{user}/sessions");
        client.with(Method::DELETE, &path, &key).await
    };
    let known = end(&format!("username:{}", TestApp::USERNAME)).await;
    let unknown = end("username:somebody_else").await;
    assert_eq!(
        crate::challenges::shape(&known.expect(StatusCode::NO_CONTENT)),
        crate::challenges::shape(&unknown.expect(StatusCode::NO_CONTENT)),
    );
    for none in [
        "ana",
        "email:ana",
        "fax:1",
        "email:",
        ":",
        "phone:12",
        "%ff",
        "user_id:%00",
    ] {
        let answer = end(none).await;
        answer.expect_error(400, "invalid_identity");
    }
}

#[tokio::test]
async fn a_key_that_is_revoked_takes_its_tokens_with_it_and_no_others() {
    let (app, key) = start().await;
    let client = app.client();
    let dying = app.create_api_key("default", &ALL, None).await;
    let theirs = vouch_for(&client, dying.text.expose(), "a@x.example").await;
    let ours = vouch_for(&client, &key, "a@x.example").await;
    let admin = app
        .api_key("", &[countersign_domain::api_key::Scope::Admin])
        .await;
    let admin = ApiKeyText::parse(&admin).unwrap();
    let operator = app.service().operator(app.caller(), &admin).await.unwrap();
    assert!(operator.revoke_api_key(dying.key.id).await.unwrap());
    let answer = client.redeem(&key, &theirs, None).await;
    answer.expect_error(401, REFUSED);
    let answer = client.redeem(&key, &ours, None).await;
    answer.expect(StatusCode::OK);
}

/// Which came first is decided by the order of commits, whatever a clock says.
#[tokio::test]
async fn a_clock_that_is_set_changes_nothing_about_what_an_end_ends() {
    let minute = Duration::from_secs(60);
    for back in [true, false] {
        let (app, key) = start().await;
        let client = app.client();
        let before = vouch_for(&client, &key, "a@x.example").await;
        if back {
            app.clock.set_back(minute / 2);
        } else {
            app.clock.set_forward(600 * minute);
        }
        let path = "/v1/users/email:a@x.example/sessions";
        let ended = client.with(Method::DELETE, path, &key).await;
        ended.expect(StatusCode::NO_CONTENT);
        if !back {
            app.clock.set_back(600 * minute);
        }
        let answer = client.redeem(&key, &before, None).await;
        answer.expect_error(401, REFUSED);
        let after = vouch_for(&client, &key, "a@x.example").await;
        let answer = client.redeem(&key, &after, None).await;
        answer.expect(StatusCode::OK);
    }
}

/// Ending again and again what has ended costs the other nodes nothing to remember.
#[tokio::test]
async fn nothing_is_revoked_where_nothing_lives() {
    let (app, key) = start().await;
    let client = app.client();
    sign_in(&client, &key, &json!({ "email": "a@x.example" })).await;
    for _ in 0..5 {
        app.clock.advance(MOMENT);
        let path = "/v1/users/email:a@x.example/sessions";
        let ended = client.with(Method::DELETE, path, &key).await;
        ended.expect(StatusCode::NO_CONTENT);
    }
    let revocations = "SELECT COUNT(*) FROM feed WHERE kind IN ('user', 'authentication')";
    assert_eq!(number(&app, revocations), 1);
}
