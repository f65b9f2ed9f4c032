//! Every class of secret is good for what it is, and for nothing else.

use countersign_domain::partner::Slug;
use countersign_service::operator::NewUser;
use countersign_testkit::{Client, TestApp, password_log_in};
use http::{Method, StatusCode};
use serde_json::json;

use crate::api_keys::{ENDPOINTS, request};
use crate::password_resets;
use crate::vouching::{ALL, vouch_for};

/// One secret of each class, and the ids that go with them.
struct Secrets {
    /// Authentication token, API key, session token, one-time token, a challenge's id, its code,
    /// a reset code.
    all: [String; 7],
    authentication: String,
}

const AUTHENTICATION: usize = 0;
const KEY: usize = 1;
const SESSION: usize = 2;
const ONE_TIME: usize = 3;
const CODE: usize = 5;
const RESET: usize = 6;

async fn secrets(app: &TestApp) -> Secrets {
    let client = app.client();
    let key = app.api_key("default", &ALL).await;
    let (authentication, session) = client.signed_in().await;
    let one_time = vouch_for(&client, &key, "ana@x.example").await;
    let challenge = client.begin("+44 123 1234 1234").await.text_of("id");
    let code = app.code_for("+4412312341234").await.unwrap();
    let new = NewUser {
        partner: &Slug::default_partner(),
        identities: &["email:ana@x.example".parse().unwrap()],
        password: None,
        proved: true,
    };
    app.operator().await.add_user(&new).await.unwrap();
    let reset = password_resets::code(app).await;
    assert!(reset.starts_with("csr_"));
    let token = authentication.text_of("token");
    for (text, prefix) in [(&token, "csa_"), (&key, "csk_"), (&session, "css_")] {
        assert!(text.starts_with(prefix));
    }
    assert!(one_time.starts_with("cso_"));
    Secrets {
        all: [token, key, session, one_time, challenge, code, reset],
        authentication: authentication.text_of("id"),
    }
}

/// Each secret that is not one of `good`, as it is and with the prefixes of the others.
fn others(secrets: &Secrets, good: &[usize]) -> Vec<String> {
    let mut others = Vec::new();
    for (index, secret) in secrets.all.iter().enumerate() {
        if good.contains(&index) {
            continue;
        }
        others.push(secret.clone());
        for prefix in ["csa_", "csk_", "css_", "cso_", "csr_"] {
            if let Some((_, rest)) = secret.split_once('_') {
                others.push(format!("{prefix}{rest}"));
            }
        }
    }
    others.retain(|other| good.iter().all(|good| secrets.all[*good] != *other));
    others
}

#[tokio::test]
async fn no_other_secret_is_an_api_key() {
    let app = TestApp::start().await;
    let secrets = secrets(&app).await;
    let client = app.client();
    for secret in others(&secrets, &[KEY]) {
        for (method, path, _) in ENDPOINTS {
            for value in [secret.clone(), format!("Bearer {secret}")] {
                let request = request(&client, method, path).header("authorization", value);
                let answer = client.send(request).await;
                answer.expect_error(401, "invalid_api_key");
            }
        }
    }
}

#[tokio::test]
async fn no_other_secret_is_a_session_token() {
    let app = TestApp::start().await;
    let secrets = secrets(&app).await;
    let client = app.client();
    let device = format!("/v1/devices/{}", secrets.authentication);
    for secret in others(&secrets, &[SESSION]) {
        for (method, path) in [
            (Method::POST, "/v1/sessions/verify"),
            (Method::GET, "/v1/sessions/verify"),
            (Method::DELETE, "/v1/sessions"),
            (Method::POST, "/v1/sessions/revoke-all"),
            (Method::GET, "/v1/devices"),
            (Method::DELETE, &device),
        ] {
            let bearer = format!("Bearer {secret}");
            let answer = client.with(method, path, &bearer).await;
            answer.expect_error(401, "invalid_session");
        }
    }
    let answer = client.verify(&secrets.all[SESSION]).await;
    answer.expect(StatusCode::OK);
}

#[tokio::test]
async fn no_other_secret_is_an_authentication_token() {
    let app = TestApp::start().await;
    let secrets = secrets(&app).await;
    let client = app.client();
    for secret in others(&secrets, &[AUTHENTICATION]) {
        let answer = client.exchange(&secret).await;
        answer.expect_error(401, "invalid_token");
    }
    let path = format!("/v1/tokens/{}", secrets.authentication);
    for secret in others(&secrets, &[AUTHENTICATION, SESSION]) {
        for method in [Method::GET, Method::DELETE] {
            for scheme in ["Basic", "Bearer"] {
                let value = format!("{scheme} {secret}");
                let answer = client.with(method.clone(), &path, &value).await;
                answer.expect_error(401, "invalid_token");
            }
        }
    }
    let answer = client.exchange(&secrets.all[AUTHENTICATION]).await;
    answer.expect(StatusCode::CREATED);
}

#[tokio::test]
async fn no_other_secret_is_a_one_time_token() {
    let app = TestApp::start().await;
    let secrets = secrets(&app).await;
    let (client, key) = (app.client(), &secrets.all[KEY]);
    for secret in others(&secrets, &[ONE_TIME]) {
        let answer = client.redeem(key, &secret, None).await;
        answer.expect_error(401, "invalid_one_time_token");
    }
    let answer = client.redeem(key, &secrets.all[ONE_TIME], None).await;
    answer.expect(StatusCode::OK);
}

#[tokio::test]
async fn no_other_secret_is_a_reset_code() {
    let app = TestApp::start().await;
    let secrets = secrets(&app).await;
    let client = app.client();
    let password = "seven lemons on a bicycle";
    for secret in others(&secrets, &[RESET]) {
        let answer = password_resets::reset(&client, &secret, password).await;
        answer.expect_error(401, "invalid_reset_code");
    }
    let answer = password_resets::reset(&client, &secrets.all[RESET], password).await;
    answer.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn no_other_secret_is_a_code_or_a_password() {
    let app = TestApp::start().await;
    let secrets = secrets(&app).await;
    let client = app.client();
    let code = secrets.all[CODE].clone();
    for (number, secret) in others(&secrets, &[CODE])
        .into_iter()
        .chain([code])
        .enumerate()
    {
        let answer = client.post("/v1/tokens", &password_log_in(&secret)).await;
        answer.expect_error(401, "invalid_credentials");
        let id = begin(&client, number).await;
        let body = json!({ "secret": secret });
        let path = format!("/v1/tokens/{id}/secret");
        let answer = client.post(&path, &body).await;
        answer.expect_error(401, "invalid_secret");
    }
    let id = &secrets.all[4];
    let answer = client.answer(id, &secrets.all[CODE]).await;
    answer.expect(StatusCode::OK);
}

/// A challenge of somebody else: the code of one is not another's.
async fn begin(client: &Client, number: usize) -> String {
    let phone = format!("+44 20 7946 {number:04}");
    client.begin(&phone).await.text_of("id")
}
