//! `/v1/tokens/{id}`: see an authentication, and end it.

use countersign_testkit::{Answer, Client, TestApp};
use reqwest::{Method, StatusCode};

async fn show(client: &Client, id: &str, credential: &str) -> Answer {
    client
        .with(Method::GET, &format!("/v1/tokens/{id}"), credential)
        .await
}

async fn sign_out(client: &Client, id: &str, credential: &str) -> Answer {
    client
        .with(Method::DELETE, &format!("/v1/tokens/{id}"), credential)
        .await
}

#[tokio::test]
async fn its_holder_sees_it_and_nobody_else() {
    let app = TestApp::start().await;
    let client = app.client();
    let (authentication, session) = client.signed_in().await;
    let (id, token) = (
        authentication.text_of("id"),
        authentication.text_of("token"),
    );
    for credential in [format!("Basic {token}"), format!("Bearer {session}")] {
        let shown = show(&client, &id, &credential)
            .await
            .expect(StatusCode::OK)
            .json();
        let mut expected = authentication.json();
        expected.as_object_mut().unwrap().remove("token");
        assert_eq!(shown, expected);
    }
    // Another device of the same user, too, is somebody else.
    let (other, other_session) = client.signed_in().await;
    let other_token = other.text_of("token");
    for credential in [
        format!("Basic {other_token}"),
        format!("Bearer {other_session}"),
    ] {
        show(&client, &id, &credential)
            .await
            .expect_error(401, "invalid_token");
        show(&client, "nonsense", &credential)
            .await
            .expect_error(401, "invalid_token");
    }
    let anonymous = client.request(Method::GET, &format!("/v1/tokens/{id}"));
    client
        .send(anonymous)
        .await
        .expect_error(401, "invalid_token");
}

#[tokio::test]
async fn a_device_signs_itself_out() {
    let app = TestApp::start().await;
    let client = app.client();
    let (authentication, session) = client.signed_in().await;
    let (id, token) = (
        authentication.text_of("id"),
        authentication.text_of("token"),
    );
    let basic = format!("Basic {token}");
    sign_out(&client, &id, &basic)
        .await
        .expect(StatusCode::NO_CONTENT);
    client
        .exchange(&token)
        .await
        .expect_error(401, "invalid_token");
    client
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
    let shown = show(&client, &id, &basic).await.expect(StatusCode::OK);
    assert_eq!(shown.text_of("status"), "revoked");
    // A lost answer may be asked for again.
    sign_out(&client, &id, &basic)
        .await
        .expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_session_signs_any_device_of_its_user_out() {
    let app = TestApp::start().await;
    let client = app.client();
    let (mine, session) = client.signed_in().await;
    let (other, other_session) = client.signed_in().await;
    let bearer = format!("Bearer {session}");
    sign_out(&client, &other.text_of("id"), &bearer)
        .await
        .expect(StatusCode::NO_CONTENT);
    sign_out(&client, &other.text_of("id"), &bearer)
        .await
        .expect(StatusCode::NO_CONTENT);
    client
        .verify(&other_session)
        .await
        .expect_error(401, "invalid_session");
    client
        .exchange(&other.text_of("token"))
        .await
        .expect_error(401, "invalid_token");
    client
        .exchange(&mine.text_of("token"))
        .await
        .expect(StatusCode::CREATED);
}

#[tokio::test]
async fn nobody_signs_out_somebody_elses_device() {
    let app = TestApp::start().await;
    let client = app.client();
    let (mine, _) = client.signed_in().await;
    let (stranger, session) = app.signed_in_by_sms("+44 123 1234 1234").await;
    let stranger_token = stranger.text_of("token");
    for credential in [
        format!("Bearer {session}"),
        format!("Basic {stranger_token}"),
    ] {
        for id in [mine.text_of("id"), "nonsense".to_owned()] {
            sign_out(&client, &id, &credential)
                .await
                .expect_error(404, "not_found");
        }
    }
    client
        .exchange(&mine.text_of("token"))
        .await
        .expect(StatusCode::CREATED);
}

/// A device can end itself; to end another takes a session.
#[tokio::test]
async fn an_authentication_token_signs_its_own_device_out_alone() {
    let app = TestApp::start().await;
    let client = app.client();
    let (mine, _) = client.signed_in().await;
    let (other, other_session) = client.signed_in().await;
    let basic = format!("Basic {}", mine.text_of("token"));
    sign_out(&client, &other.text_of("id"), &basic)
        .await
        .expect_error(404, "not_found");
    client.verify(&other_session).await.expect(StatusCode::OK);
    client
        .exchange(&other.text_of("token"))
        .await
        .expect(StatusCode::CREATED);
}
