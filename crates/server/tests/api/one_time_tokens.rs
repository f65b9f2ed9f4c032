//! `/v1/auth/oneTimeToken` and `/v1/one-time-tokens`: minted and redeemed.

use countersign_domain::api_key::Scope;
use countersign_testkit::{Client, TestApp};
use http::StatusCode;
use serde_json::json;

const ALL: [Scope; 4] = [Scope::Mint, Scope::Links, Scope::Redeem, Scope::Revoke];

#[tokio::test]
async fn a_user_whom_a_partner_names_is_signed_in() {
    let app = TestApp::start().await;
    let key = app.api_key("default", &ALL).await;
    let client = app.client();
    let minted = client.mint(&key, "johndoe@email.com").await;
    let minted = minted.expect(StatusCode::OK);
    assert_eq!(minted.json().as_object().unwrap().len(), 1, "`data` alone");
    let token = minted.text_of("data");

    let signed_in = client.redeem(&key, &token, None).await;
    let signed_in = signed_in.expect(StatusCode::OK).json();
    let identities = json!([{ "type": "email", "value": "johndoe@email.com" }]);
    assert_eq!(signed_in["user"]["partner"], "default");
    assert_eq!(signed_in["user"]["identities"], identities);
    assert_eq!(signed_in["authentication"]["status"], "created");

    let session = signed_in["session"]["token"].as_str().unwrap();
    let who = client.verify(session).await.expect(StatusCode::OK).json();
    assert_eq!(who["user"], signed_in["user"]);
    assert_eq!(who["amr"], json!(["partner"]));
    assert_eq!(who["authentication_id"], signed_in["authentication"]["id"]);
    assert_eq!(who["device_id"], signed_in["authentication"]["device_id"]);

    let device = signed_in["authentication"]["token"].as_str().unwrap();
    let another = client.exchange(device).await.expect(StatusCode::CREATED);
    let again = client.verify(&another.text_of("token")).await;
    assert_eq!(again.json()["user"], signed_in["user"]);

    let used = client.redeem(&key, &token, None).await;
    used.expect_error(401, "invalid_one_time_token");
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
