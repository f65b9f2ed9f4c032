//! Known, unknown and locked users are answered alike.

use countersign_testkit::{TestApp, password_log_in};
use serde_json::json;

use crate::challenges::shape;

#[tokio::test]
async fn a_refused_password_tells_nothing_of_the_user() {
    let app = TestApp::start().await;
    let users = app.users().await;
    let locked = "username:locked".parse().unwrap();
    let without_password = "username:without".parse().unwrap();
    let partner = countersign_domain::partner::Slug::default_partner();
    let password = countersign_domain::Secret::new("a good password".to_owned());
    users
        .add(&partner, &[locked], Some(&password))
        .await
        .unwrap();
    users
        .add(&partner, &[without_password], None)
        .await
        .unwrap();
    let name = "username:locked".parse().unwrap();
    users
        .lock(&countersign_service::users::UserName::Identity(
            partner, name,
        ))
        .await
        .unwrap();

    let mut shapes = Vec::new();
    for (username, password) in [
        ("my_username", "wrong password"),
        ("nobody", "wrong password"),
        ("without", "wrong password"),
        ("locked", "wrong password"),
        ("locked", "a good password"),
        ("my_username", ""),
        ("my_username", &"x".repeat(2000)),
    ] {
        let mut body = password_log_in(password);
        body["identity"]["value"] = json!(username);
        let answer = app.client().post("/v1/tokens", &body).await;
        shapes.push(shape(&answer.expect_error(401, "invalid_credentials")));
    }
    assert!(
        shapes.windows(2).all(|pair| pair[0] == pair[1]),
        "{shapes:#?}"
    );
}

#[tokio::test]
async fn a_code_log_in_tells_nothing_of_the_user() {
    let app = TestApp::start().await;
    let users = app.users().await;
    let partner = countersign_domain::partner::Slug::default_partner();
    for phone in ["+44 20 7946 0001", "+44 20 7946 0002"] {
        let identity = format!("phone:{phone}").parse().unwrap();
        users.add(&partner, &[identity], None).await.unwrap();
    }
    let locked = "phone:+44 20 7946 0002".parse().unwrap();
    users
        .lock(&countersign_service::users::UserName::Identity(
            partner, locked,
        ))
        .await
        .unwrap();
    let mut shapes = Vec::new();
    for phone in ["+44 20 7946 0001", "+44 20 7946 0002", "+44 20 7946 0003"] {
        shapes.push(shape(&app.client().begin(phone).await));
    }
    assert!(
        shapes.windows(2).all(|pair| pair[0] == pair[1]),
        "{shapes:#?}"
    );
}
