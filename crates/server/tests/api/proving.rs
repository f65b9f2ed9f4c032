//! Whoever proves an address is not let in beside somebody who only said it was theirs: what
//! was set before anything of the user was proved goes with the first proof.

use countersign_domain::Secret;
use countersign_service::operator::NewUser;
use countersign_testkit::{Answer, Client, TestApp};
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::vouching::{at_once, sign_in, start, text, vouch};

const PASSWORD: &str = "set by a stranger";
const PHONE: &str = "+44 123 1234 1234";

/// Adds a user with a password, a name and a number that may be somebody else's.
async fn add(app: &TestApp, name: &str, phone: &str, proved: bool) {
    let identities = [format!("username:{name}"), format!("phone:{phone}")];
    let identities = identities.map(|identity| identity.parse().unwrap());
    let new = NewUser {
        partner: &"default".parse().unwrap(),
        identities: &identities,
        password: Some(&Secret::new(PASSWORD.to_owned())),
        proved,
    };
    app.operator().await.add_user(&new).await.unwrap();
}

async fn log_in(client: &Client, name: &str) -> Answer {
    let body = json!({
        "identity": { "type": "username", "value": name },
        "authenticator": "password", "secret": PASSWORD,
    });
    client.post("/v1/tokens", &body).await
}

/// Proves the number: the session of who does.
async fn prove(app: &TestApp, key: &str, how: &str) -> String {
    let client = app.client();
    match how {
        "code" => {
            let id = client.begin(PHONE).await.text_of("id");
            let code = app.code_for(&PHONE.replace(' ', "")).await.unwrap();
            let answer = client.answer(&id, &code).await.expect(StatusCode::OK);
            let session = client.exchange(&answer.text_of("token")).await;
            session.text_of("token")
        }
        "partner" => {
            let signed_in = sign_in(&client, key, &json!({ "phone": PHONE })).await;
            text(&signed_in, "/session/token").to_owned()
        }
        // The partner's id joins the number's user.
        _ => {
            let named = json!({ "userId": "7", "phone": PHONE });
            let signed_in = sign_in(&client, key, &named).await;
            text(&signed_in, "/session/token").to_owned()
        }
    }
}

async fn devices(client: &Client, session: &str) -> Vec<Value> {
    let bearer = format!("Bearer {session}");
    let listed = client.with(Method::GET, "/v1/devices", &bearer).await;
    let listed = listed.expect(StatusCode::OK).json();
    listed["devices"].as_array().unwrap().clone()
}

#[rstest]
#[tokio::test]
async fn the_first_proof_takes_an_unproved_password_and_all_that_came_of_it(
    #[values("code", "partner", "joined")] how: &str,
) {
    let (app, key) = start().await;
    add(&app, "stranger", PHONE, false).await;
    let client = app.client();
    let first = log_in(&client, "stranger").await;
    let first = first.expect(StatusCode::CREATED);
    let token = first.text_of("token");
    let before = client.exchange(&token).await.text_of("token");

    let session = prove(&app, &key, how).await;
    client
        .verify(&before)
        .await
        .expect_error(401, "invalid_session");
    client
        .exchange(&token)
        .await
        .expect_error(401, "invalid_token");
    let refused = log_in(&client, "stranger").await;
    refused.expect_error(401, "invalid_credentials");
    client.verify(&session).await.expect(StatusCode::OK);
    let devices = devices(&client, &session).await;
    assert_eq!(devices.len(), 1, "only the one that is here: {devices:?}");
    assert_ne!(devices[0]["id"], first.json()["device_id"]);
    // It is the same user all the same.
    let user = client.verify(&session).await.json()["user"].clone();
    assert!(
        user["identities"].to_string().contains("stranger"),
        "{user}"
    );
    // And it happens once: who is in stays in.
    let again = prove(&app, &key, how).await;
    for session in [&session, &again] {
        client.verify(session).await.expect(StatusCode::OK);
    }
}

#[rstest]
#[tokio::test]
async fn a_password_that_was_set_for_a_proved_user_stays(
    #[values("code", "partner", "joined")] how: &str,
) {
    let (app, key) = start().await;
    add(&app, "owner", PHONE, true).await;
    let client = app.client();
    let token = log_in(&client, "owner").await.text_of("token");
    let before = client.exchange(&token).await.text_of("token");
    prove(&app, &key, how).await;
    client.verify(&before).await.expect(StatusCode::OK);
    let again = log_in(&client, "owner").await;
    again.expect(StatusCode::CREATED);
}

#[rstest]
#[tokio::test]
async fn once_another_identity_was_proved_a_new_password_stays(
    #[values("code", "partner", "joined")] how: &str,
) {
    let (app, key) = start().await;
    let identities = [
        "username:owner",
        "phone:+44 123 1234 1234",
        "email:a@x.example",
    ];
    let identities = identities.map(|identity| identity.parse().unwrap());
    let new = NewUser {
        partner: &"default".parse().unwrap(),
        identities: &identities,
        password: None,
        proved: false,
    };
    let operator = app.operator().await;
    operator.add_user(&new).await.unwrap();
    let client = app.client();
    sign_in(&client, &key, &json!({ "email": "a@x.example" })).await;
    let user = TestApp::name_of("username:owner");
    let password = Secret::new(PASSWORD.to_owned());
    operator.set_password(&user, &password).await.unwrap();
    app.service().poll_feed().await.unwrap();
    app.advance(std::time::Duration::from_micros(1)).await;
    prove(&app, &key, how).await;
    let logged_in = log_in(&client, "owner").await;
    logged_in.expect(StatusCode::CREATED);
}

/// However a log-in with the password and a proof fall together, none of the password's is
/// left.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_that_races_the_proof_is_not_left() {
    let (app, key) = start().await;
    for round in 0..12 {
        let (name, phone) = (format!("user{round}"), format!("+44 20 7946 {round:04}"));
        add(&app, &name, &phone, false).await;
        let client = app.client();
        let token = vouch(&client, &key, &json!({ "phone": phone })).await;
        let asks = (0..4).map(|number| {
            let (client, key) = (client.clone(), key.clone());
            let (token, name) = (token.clone(), name.clone());
            async move {
                match number {
                    2 => client.redeem(&key, &token, None).await,
                    _ => log_in(&client, &name).await,
                }
            }
        });
        let answers = at_once(asks).await;
        let signed_in = answers[2].clone().expect(StatusCode::OK).json();
        let session = text(&signed_in, "/session/token");
        client.verify(session).await.expect(StatusCode::OK);
        for answer in [&answers[0], &answers[1], &answers[3]] {
            if answer.status == StatusCode::CREATED {
                let exchanged = client.exchange(&answer.text_of("token")).await;
                exchanged.expect_error(401, "invalid_token");
            }
        }
        assert_eq!(devices(&client, session).await.len(), 1);
    }
}
