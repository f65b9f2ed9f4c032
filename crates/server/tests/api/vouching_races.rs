//! One-time tokens, many at once: each once.

use countersign_domain::Secret;
use countersign_domain::audit::Entry;
use countersign_domain::device::DeviceDescription;
use countersign_domain::token::ApiKeyText;
use countersign_service::Redeem;
use countersign_testkit::{Answer, Client};
use http::{Method, StatusCode};
use serde_json::json;

use crate::races::leave;
use crate::vouching::{REFUSED, at_once, audit_of, count, number, start, text, vouch_for};

#[tokio::test(flavor = "multi_thread")]
async fn of_64_clients_with_one_token_one_is_signed_in() {
    let (app, key) = start().await;
    let token = vouch_for(&app.client(), &key, "ana@x.example").await;
    let redeems = (0..64).map(|number| {
        let (client, key, token) = (app.client(), key.clone(), token.clone());
        let nonce = (number % 2 == 0).then(|| format!("nonce-{number}"));
        async move { client.redeem(&key, &token, nonce.as_deref()).await }
    });
    let answers = at_once(redeems).await;
    assert_eq!(count(&answers, StatusCode::OK), 1);
    let refused = answers
        .into_iter()
        .filter(|answer| answer.status != StatusCode::OK);
    let refused = refused.map(|answer| answer.expect_error(401, REFUSED));
    assert_eq!(refused.count(), 63);
    assert_eq!(number(&app, "SELECT COUNT(*) FROM authentications"), 1);
}

/// On two nodes, by three clients each token.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tokens_are_good_once_each() {
    let (app, key) = start().await;
    let other = app.another_node().await;
    let nodes = [app.client(), Client::new(other.url.clone())];
    let client = app.client();
    for round in 0..20 {
        let mut tokens = Vec::new();
        for number in 0..50 {
            // Some users are met twice, some are new.
            let email = format!("user{}@x.example", round * 40 + number);
            tokens.push(vouch_for(&client, &key, &email).await);
        }
        let redeems = tokens.iter().flat_map(|token| {
            (0..3).map(|by: usize| {
                let (client, key) = (nodes[by % 2].clone(), key.clone());
                let token = token.clone();
                async move { client.redeem(&key, &token, None).await.status }
            })
        });
        let answers = at_once(redeems.collect::<Vec<_>>()).await;
        for of_one in answers.chunks(3) {
            let won = of_one.iter().filter(|status| **status == StatusCode::OK);
            assert_eq!(won.count(), 1, "{of_one:?}");
            let lost = of_one
                .iter()
                .filter(|status| **status == StatusCode::UNAUTHORIZED);
            assert_eq!(lost.count(), 2, "{of_one:?}");
        }
    }
    assert_eq!(number(&app, "SELECT COUNT(*) FROM redemptions"), 1000);
    assert_eq!(number(&app, "SELECT COUNT(*) FROM authentications"), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_with_one_token_one_signs_in() {
    let (app, key) = start().await;
    let other = app.another_node().await;
    for round in 0..20 {
        let email = format!("user{round}@x.example");
        let token = vouch_for(&app.client(), &key, &email).await;
        let nodes = [app.node().url.clone(), other.url.clone()];
        let redeems = nodes.map(|url| {
            let (client, key, token) = (Client::new(url), key.clone(), token.clone());
            async move { client.redeem(&key, &token, None).await }
        });
        let answers = at_once(redeems).await;
        assert_eq!(count(&answers, StatusCode::OK), 1);
        assert_eq!(count(&answers, StatusCode::UNAUTHORIZED), 1);
    }
}

/// Whoever came in before a partner ended the user's sessions is out, and whoever comes after
/// with an earlier token does not come in; also where nobody had the address before.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_leaves_nobody_in_who_raced_it() {
    let (app, key) = start().await;
    for round in 0..20 {
        let email = format!("user{round}@x.example");
        let client = app.client();
        let mut tokens = Vec::new();
        for _ in 0..3 {
            tokens.push(vouch_for(&client, &key, &email).await);
        }
        let asks = (0..4).map(|number| {
            let (client, key) = (client.clone(), key.clone());
            let token = tokens.get(number).cloned();
            let path = format!("/v1/users/email:{email}/sessions");
            async move {
                match token {
                    Some(token) => client.redeem(&key, &token, None).await,
                    None => client.with(Method::DELETE, &path, &key).await,
                }
            }
        });
        let answers = at_once(asks).await;
        assert_eq!(count(&answers, StatusCode::NO_CONTENT), 1);
        assert_nobody_is_in(&client, &answers).await;
    }
}

async fn assert_nobody_is_in(client: &Client, answers: &[Answer]) {
    for answer in answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK)
    {
        let signed_in = answer.json();
        let session = text(&signed_in, "/session/token");
        client
            .verify(session)
            .await
            .expect_error(401, "invalid_session");
        let device = text(&signed_in, "/authentication/token");
        client
            .exchange(device)
            .await
            .expect_error(401, "invalid_token");
    }
}

/// A key that is revoked while its tokens are redeemed: each is redeemed before or refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_and_its_key_race() {
    let (app, key) = start().await;
    let client = app.client();
    for round in 0..10 {
        let dying = app
            .create_api_key("default", &crate::vouching::ALL, None)
            .await;
        let email = format!("user{round}@x.example");
        let token = vouch_for(&client, dying.text.expose(), &email).await;
        let operator = app.operator().await;
        let id = dying.key.id;
        let revoke = tokio::spawn(async move { operator.revoke_api_key(id).await.unwrap() });
        let answer = client.redeem(&key, &token, None).await;
        assert!(revoke.await.unwrap());
        assert!(
            [200, 401].contains(&answer.status.as_u16()),
            "{}",
            answer.text
        );
        let late = vouch_late(&client, &key, &token).await;
        assert_eq!(late, 401);
    }
}

async fn vouch_late(client: &Client, key: &str, token: &str) -> u16 {
    let body = json!({ "token": token });
    let answer = client
        .post_as(key, "/v1/one-time-tokens/redeem", &body)
        .await;
    answer.status.as_u16()
}

#[tokio::test]
async fn a_redemption_goes_on_though_its_client_left_at_once() {
    let (app, key) = start().await;
    let token = vouch_for(&app.client(), &key, "ana@x.example").await;
    let redeem = Redeem {
        token: Secret::new(token.clone()),
        nonce: Some("one".parse().unwrap()),
        description: DeviceDescription::default(),
    };
    let text = ApiKeyText::parse(&key).unwrap();
    let (service, caller) = (app.service(), app.caller());
    leave(service.redeem_with_key(&caller, &text, redeem.clone()));
    service.finish_all().await;
    assert_eq!(number(&app, "SELECT COUNT(*) FROM redemptions"), 1);
    let again = app.client().redeem(&key, &token, Some("one")).await;
    again.expect(StatusCode::OK);
    // And a refusal is written whether or not anybody waits for it.
    let other = Redeem {
        nonce: None,
        ..redeem
    };
    leave(service.redeem_with_key(&caller, &text, other));
    service.finish_all().await;
    let entries = audit_of(&app, "redeem").await;
    let refused = |entry: &&Entry| entry.reason.as_deref() == Some("token_used");
    assert_eq!(entries.iter().filter(refused).count(), 1);
}

/// Also where somebody came in between, so that it takes more than one unit of work.
#[tokio::test]
async fn an_end_goes_on_though_its_client_left_at_once() {
    let (app, key) = start().await;
    let (client, service, caller) = (app.client(), app.service(), app.caller());
    let key_text = ApiKeyText::parse(&key).unwrap();
    for round in 0..20 {
        let email = format!("user{round}@x.example");
        let token = vouch_for(&client, &key, &email).await;
        let redeem = Redeem {
            token: Secret::new(token.clone()),
            nonce: Some("one".parse().unwrap()),
            description: DeviceDescription::default(),
        };
        leave(service.redeem_with_key(&caller, &key_text, redeem));
        // So far that it is on its way to the database.
        for _ in 0..round % 5 {
            tokio::task::yield_now().await;
        }
        let user = format!("email:{email}");
        leave(service.end_user_sessions(&caller, &key_text, &user));
        service.finish_all().await;
        let replayed = client.redeem(&key, &token, Some("one")).await;
        replayed.expect_error(401, REFUSED);
    }
}
