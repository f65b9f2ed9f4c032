//! Whom a partner means that names a user by several identities: never two users made one,
//! and nobody kept out for it.

use countersign_domain::partner::PartnerSettings;
use countersign_testkit::{Client, TestApp};
use serde_json::{Value, json};

use crate::vouching::{at_once, audit_of, number, sign_in, start, text, who};

/// Signs in whom the partner names so: the user's id.
async fn user(client: &Client, key: &str, named: &Value) -> String {
    text(&sign_in(client, key, named).await, "/user/id").to_owned()
}

/// The identities of the default partner's user with this one.
async fn identities(app: &TestApp, identity: &str) -> Vec<String> {
    let user = app
        .operator()
        .await
        .show_user(&who("default", identity))
        .await;
    let of_user = user.unwrap().identities;
    let mut of_user: Vec<_> = of_user
        .iter()
        .map(|identity| format!("{}:{}", identity.kind(), identity.value()))
        .collect();
    of_user.sort();
    of_user
}

#[tokio::test]
async fn an_unknown_user_id_joins_the_addresss_user_that_has_none() {
    let (app, key) = start().await;
    let client = app.client();
    let first = user(&client, &key, &json!({ "email": "a@x.example" })).await;
    let joined = json!({ "userId": "7", "email": "a@x.example" });
    assert_eq!(user(&client, &key, &joined).await, first);
    assert_eq!(user(&client, &key, &json!({ "userId": "7" })).await, first);
    let all = ["email:a@x.example", "user_id:7"];
    assert_eq!(identities(&app, "user_id:7").await, all);
}

#[tokio::test]
async fn where_the_addresss_user_has_another_user_id_the_address_stays() {
    let (app, key) = start().await;
    let client = app.client();
    let first = json!({ "userId": "7", "email": "a@x.example" });
    let first = user(&client, &key, &first).await;
    let second = json!({ "userId": "8", "email": "a@x.example" });
    let signed_in = sign_in(&client, &key, &second).await;
    let id = text(&signed_in, "/user/id");
    assert_ne!(id, first);
    let only = json!([{ "type": "user_id", "value": "8" }]);
    assert_eq!(signed_in["user"]["identities"], only);
    let all = ["email:a@x.example", "user_id:7"];
    assert_eq!(identities(&app, "email:a@x.example").await, all);
    assert_eq!(
        user(&client, &key, &json!({ "email": "a@x.example" })).await,
        first
    );
    // The case is in the audit.
    let entries = audit_of(&app, "redeem").await;
    let noted = entries.iter().map(|entry| entry.reason.as_deref());
    let noted: Vec<_> = noted.flatten().collect();
    assert_eq!((noted, entries.len()), (vec!["identity_elsewhere"], 3));
}

#[tokio::test]
async fn the_user_id_wins_over_the_address_and_that_over_the_number() {
    let (app, key) = start().await;
    let client = app.client();
    let id = user(&client, &key, &json!({ "userId": "7" })).await;
    let email = user(&client, &key, &json!({ "email": "a@x.example" })).await;
    let phone = user(&client, &key, &json!({ "phone": "+44 123 1234 1234" })).await;
    for (named, means) in [
        (
            json!({ "userId": "7", "email": "a@x.example", "phone": "+44 123 1234 1234" }),
            &id,
        ),
        (json!({ "userId": "7", "email": "a@x.example" }), &id),
        (json!({ "userId": "7", "phone": "+44 123 1234 1234" }), &id),
        (
            json!({ "email": "a@x.example", "phone": "+44 123 1234 1234" }),
            &email,
        ),
        (json!({ "phone": "+44 123 1234 1234" }), &phone),
    ] {
        assert_eq!(&user(&client, &key, &named).await, means, "{named}");
    }
    assert_eq!(identities(&app, "user_id:7").await, ["user_id:7"]);
    assert_eq!(
        identities(&app, "email:a@x.example").await,
        ["email:a@x.example"]
    );
    let merged = "SELECT COUNT(*) FROM (SELECT user_id FROM identities
                  GROUP BY user_id HAVING COUNT(*) > 1)";
    assert_eq!(number(&app, merged), 0);
}

#[tokio::test]
async fn whom_a_partner_asserts_is_created_though_sign_up_is_closed() {
    let app = TestApp::with(PartnerSettings {
        password_min_length: 8,
        ..PartnerSettings::default()
    })
    .await;
    let key = app.api_key("default", &crate::vouching::ALL).await;
    sign_in(&app.client(), &key, &json!({ "email": "new@x.example" })).await;
}

/// Two accounts of the partner, at once, with the address of a user who has no id yet: one
/// gets it, the others are users of their own.
#[tokio::test(flavor = "multi_thread")]
async fn two_user_ids_at_once_never_become_one_user() {
    let (app, key) = start().await;
    for round in 0..12 {
        let email = format!("user{round}@x.example");
        let client = app.client();
        sign_in(&client, &key, &json!({ "email": email })).await;
        let asks = (0..8).map(|number| {
            let (client, key) = (client.clone(), key.clone());
            let named = json!({ "userId": format!("{round}-{number}"), "email": email });
            async move { user(&client, &key, &named).await }
        });
        let mut users = at_once(asks).await;
        users.sort();
        users.dedup();
        assert_eq!(users.len(), 8, "as many users as ids");
    }
    let two = "SELECT COUNT(*) FROM (SELECT user_id FROM identities WHERE type = 'user_id'
               GROUP BY user_id HAVING COUNT(*) > 1)";
    assert_eq!(number(&app, two), 0);
}

/// The same of two addresses and the number of a user who has none.
#[tokio::test(flavor = "multi_thread")]
async fn two_addresses_at_once_never_become_one_user() {
    let (app, key) = start().await;
    for round in 0..12 {
        let phone = format!("+44 20 7946 {round:04}");
        let client = app.client();
        sign_in(&client, &key, &json!({ "phone": phone })).await;
        let asks = (0..8).map(|number| {
            let (client, key) = (client.clone(), key.clone());
            let email = format!("user{round}-{number}@x.example");
            let named = json!({ "email": email, "phone": phone });
            async move { user(&client, &key, &named).await }
        });
        let mut users = at_once(asks).await;
        users.sort();
        users.dedup();
        assert_eq!(users.len(), 8, "as many users as addresses");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tokens_for_one_new_address_sign_one_user_in() {
    let (app, key) = start().await;
    for round in 0..8 {
        let email = format!("user{round}@x.example");
        let asks = (0..8).map(|_| {
            let (client, key, named) = (app.client(), key.clone(), json!({ "email": email }));
            async move { user(&client, &key, &named).await }
        });
        let users = at_once(asks).await;
        assert!(users.windows(2).all(|pair| pair[0] == pair[1]), "{users:?}");
    }
    assert_eq!(number(&app, "SELECT COUNT(*) FROM users"), 1 + 8);
}

/// Which of the two comes first decides who has the address; nobody is kept out.
#[tokio::test(flavor = "multi_thread")]
async fn two_ids_with_one_new_address_are_two_users() {
    let (app, key) = start().await;
    for round in 0..12 {
        let email = format!("user{round}@x.example");
        let asks = (0..4).map(|number| {
            let (client, key) = (app.client(), key.clone());
            let named = json!({ "userId": format!("{round}-{number}"), "email": email });
            async move { user(&client, &key, &named).await }
        });
        let mut users = at_once(asks).await;
        users.sort();
        users.dedup();
        assert_eq!(users.len(), 4);
    }
    let addresses = "SELECT COUNT(*) FROM identities WHERE type = 'email'";
    assert_eq!(number(&app, addresses), 12);
}

/// Whoever changes addresses has the last ten of them, and the others are free.
#[tokio::test]
async fn a_user_has_ten_identities_of_a_type_at_most() {
    let (app, key) = start().await;
    let client = app.client();
    let mut user = String::new();
    for number in 0..14 {
        app.clock.advance(std::time::Duration::from_secs(1));
        let named = json!({ "userId": "7", "email": format!("a{number}@x.example") });
        let signed_in = sign_in(&client, &key, &named).await;
        user = signed_in["user"]["id"].as_str().unwrap().to_owned();
    }
    let count = "SELECT COUNT(*) FROM identities WHERE type = 'email'";
    assert_eq!(crate::vouching::number(&app, count), 10);
    let latest = sign_in(&client, &key, &json!({ "email": "a13@x.example" })).await;
    assert_eq!(latest["user"]["id"], user);
    let free = sign_in(&client, &key, &json!({ "email": "a0@x.example" })).await;
    assert_ne!(free["user"]["id"], user);
}
