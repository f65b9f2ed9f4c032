//! `/v1/sessions`: exchange, verify, end.

use std::time::Duration;

use countersign_domain::partner::Slug;
use countersign_domain::token::AuthenticationToken;
use countersign_domain::{Secret, SystemEntropy};
use countersign_service::operator::NewUser;
use countersign_testkit::{Client, TestApp, password_log_in};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_session_says_who_it_is() {
    let app = TestApp::start().await;
    let authentication = app.client().log_in().await;
    let opened = app
        .client()
        .exchange(&authentication.text_of("token"))
        .await;
    let opened = opened.expect(StatusCode::CREATED).json();
    for member in ["id", "token", "created_at", "updated_at", "expires_at"] {
        assert!(opened[member].is_string(), "{member}");
    }
    let token = opened["token"].as_str().unwrap();
    assert!(token.starts_with("css_") && token.len() <= 1024);
    for method in [Method::POST, Method::GET] {
        let bearer = format!("bearer {token}");
        let who = app
            .client()
            .with(method, "/v1/sessions/verify", &bearer)
            .await;
        let who = who.expect(StatusCode::OK).json();
        assert_eq!(who["id"], opened["id"]);
        assert_eq!(who["expires_at"], opened["expires_at"]);
        assert_eq!(who["device_id"], authentication.json()["device_id"]);
        assert_eq!(who["authentication_id"], authentication.json()["id"]);
        assert_eq!(who["auth_time"], authentication.json()["created_at"]);
        assert_eq!(who["amr"], json!(["password"]));
        assert_eq!(who["user"]["partner"], "default");
        let identities = json!([{ "type": "username", "value": "my_username" }]);
        assert_eq!(who["user"]["identities"], identities);
    }
}

#[tokio::test]
async fn an_exchange_takes_the_token_in_either_header_and_every_spelling() {
    use base64::Engine;
    let app = TestApp::start().await;
    let token = app.client().log_in().await.text_of("token");
    let encode = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
    let spellings = [
        token.clone(),
        encode(token.clone()),
        encode(format!("{token}:")),
    ];
    for header in ["authorization", "authentication"] {
        for spelling in &spellings {
            let request = app.client().request(Method::POST, "/v1/sessions");
            let request = request.header(header, format!("Basic {spelling}"));
            app.client().send(request).await.expect(StatusCode::CREATED);
        }
    }
    let other = app.client().log_in().await.text_of("token");
    let request = app.client().request(Method::POST, "/v1/sessions");
    let request = request
        .header("authorization", format!("Basic {token}"))
        .header("authentication", format!("Basic {other}"));
    app.client()
        .send(request)
        .await
        .expect_error(400, "conflicting_credentials");
}

#[tokio::test]
async fn a_session_lives_for_fifteen_minutes() {
    let app = TestApp::start().await;
    let (_, session) = app.client().signed_in().await;
    app.advance(Duration::from_secs(15 * 60) - Duration::from_micros(1))
        .await;
    app.client().verify(&session).await.expect(StatusCode::OK);
    app.advance(Duration::from_micros(1)).await;
    let expired = app
        .client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
    assert_eq!(
        expired.headers["www-authenticate"],
        "Bearer error=\"invalid_token\""
    );
}

#[tokio::test]
async fn one_session_ends_and_the_others_stay() {
    let app = TestApp::start().await;
    let (authentication, session) = app.client().signed_in().await;
    let other = app
        .client()
        .exchange(&authentication.text_of("token"))
        .await
        .text_of("token");
    end(&app.client(), &session)
        .await
        .expect(StatusCode::NO_CONTENT);
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
    end(&app.client(), &session)
        .await
        .expect_error(401, "invalid_session");
    app.client().verify(&other).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn who_ends_many_sessions_one_by_one_ends_them_all() {
    let app = TestApp::start().await;
    let authentication = app.client().log_in().await.text_of("token");
    let kept = app
        .client()
        .exchange(&authentication)
        .await
        .text_of("token");
    for _ in 0..9 {
        app.client().verify(&kept).await.expect(StatusCode::OK);
        let session = app
            .client()
            .exchange(&authentication)
            .await
            .text_of("token");
        end(&app.client(), &session)
            .await
            .expect(StatusCode::NO_CONTENT);
        app.client()
            .verify(&session)
            .await
            .expect_error(401, "invalid_session");
    }
    // The ninth raised the epoch instead of adding to what every node remembers.
    app.client()
        .verify(&kept)
        .await
        .expect_error(401, "invalid_session");
    let fresh = app
        .client()
        .exchange(&authentication)
        .await
        .text_of("token");
    app.client().verify(&fresh).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn no_class_of_secret_passes_for_another() {
    let app = TestApp::start().await;
    let (authentication, session) = app.client().signed_in().await;
    let token = authentication.text_of("token");
    let id = authentication.text_of("id");
    for (bearer, basic) in [
        (&token, &session),
        (&id, &id),
        (&"".to_owned(), &"".to_owned()),
    ] {
        app.client()
            .verify(bearer)
            .await
            .expect_error(401, "invalid_session");
        app.client()
            .exchange(basic)
            .await
            .expect_error(401, "invalid_token");
        let path = format!("/v1/tokens/{id}");
        for credential in [format!("Bearer {bearer}"), format!("Basic {basic}")] {
            let shown = app.client().with(Method::GET, &path, &credential).await;
            shown.expect_error(401, "invalid_token");
        }
        let answer = app.client().answer(&id, bearer).await;
        answer.expect_error(401, "invalid_secret");
    }
}

#[tokio::test]
async fn an_altered_token_is_refused() {
    let app = TestApp::start().await;
    let (authentication, session) = app.client().signed_in().await;
    let token = authentication.text_of("token");
    for index in (0..token.len()).step_by(5) {
        app.client()
            .exchange(&altered(&token, index))
            .await
            .expect_error(401, "invalid_token");
        app.client()
            .exchange(&token[..index])
            .await
            .expect_error(401, "invalid_token");
    }
    for index in (0..session.len()).step_by(17) {
        app.client()
            .verify(&altered(&session, index))
            .await
            .expect_error(401, "invalid_session");
        app.client()
            .verify(&session[..index])
            .await
            .expect_error(401, "invalid_session");
    }
    app.client()
        .verify(&format!("{session}A"))
        .await
        .expect_error(401, "invalid_session");
    app.client()
        .exchange(&format!("{token}A"))
        .await
        .expect_error(401, "invalid_token");
}

/// The id in a token only says where to look; its hash proves it.
#[tokio::test]
async fn a_token_made_up_for_a_known_id_is_refused() {
    let app = TestApp::start().await;
    let client = app.client();
    let (authentication, _) = client.signed_in().await;
    let id = authentication.text_of("id");
    let made_up = AuthenticationToken::generate(id.parse().unwrap(), &SystemEntropy::default());
    let path = format!("/v1/tokens/{id}");
    let basic = format!("Basic {}", made_up.expose());
    let operator = app.operator().await;
    for locked in [false, true] {
        if locked {
            operator.lock_user(&app.user_name()).await.unwrap();
        }
        client
            .exchange(made_up.expose())
            .await
            .expect_error(401, "invalid_token");
        for method in [Method::GET, Method::DELETE] {
            let answer = client.with(method, &path, &basic).await;
            answer.expect_error(401, "invalid_token");
        }
    }
    operator.unlock_user(&app.user_name()).await.unwrap();
    client
        .exchange(&authentication.text_of("token"))
        .await
        .expect(StatusCode::CREATED);
}

#[tokio::test]
async fn a_session_names_one_identity_of_each_type() {
    let app = TestApp::start().await;
    let identities = [
        "email:ana@example.com",
        "email:zoe@example.com",
        "username:ana",
    ];
    let identities = identities.map(|text| text.parse().unwrap());
    let password = Secret::new("a long enough password".to_owned());
    let partner = Slug::default_partner();
    let operator = app.operator().await;
    operator
        .add_user(&NewUser {
            partner: &partner,
            identities: &identities,
            password: Some(&password),
            proved: false,
        })
        .await
        .unwrap();
    let body = json!({
        "identity": { "type": "email", "value": "zoe@example.com" },
        "authenticator": "password",
        "secret": "a long enough password",
    });
    let token = app
        .client()
        .post("/v1/tokens", &body)
        .await
        .text_of("token");
    let session = app.client().exchange(&token).await.text_of("token");
    let who = app.client().verify(&session).await.json();
    let expected = json!([
        { "type": "username", "value": "ana" },
        { "type": "email", "value": "ana@example.com" },
    ]);
    assert_eq!(who["user"]["identities"], expected);
}

/// Addresses and cookies are logged and shared, and sent by browsers that nobody asked to.
#[tokio::test]
async fn a_token_counts_in_its_headers_alone() {
    let app = TestApp::start().await;
    let client = app.client();
    let (authentication, session) = client.signed_in().await;
    let token = authentication.text_of("token");
    for (path, secret, code) in [
        ("/v1/sessions/verify", session, "invalid_session"),
        ("/v1/sessions", token, "invalid_token"),
    ] {
        for name in ["token", "access_token", "authorization"] {
            let request = client.request(Method::POST, &format!("{path}?{name}={secret}"));
            let request = request.header("cookie", format!("{name}={secret}"));
            let request = request.json(&json!({ name: secret }));
            client.send(request).await.expect_error(401, code);
        }
    }
}

/// RFC 9110, section 11.6.1. Not `Basic`, at which browsers would ask the person.
#[tokio::test]
async fn who_is_refused_is_told_what_to_send() {
    let app = TestApp::start().await;
    let client = app.client();
    let id = client.begin("+44 123 1234 1234").await.text_of("id");
    for (answer, asked) in [
        (client.verify("x").await, "Bearer error=\"invalid_token\""),
        (client.exchange("x").await, "Countersign"),
        (client.answer(&id, "x").await, "Countersign"),
        (
            client
                .post("/v1/tokens", &password_log_in("wrong password"))
                .await,
            "Countersign",
        ),
    ] {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers["www-authenticate"], asked);
    }
}

fn altered(text: &str, index: usize) -> String {
    let other = if &text[index..=index] == "A" {
        "B"
    } else {
        "A"
    };
    let mut altered = text.to_owned();
    altered.replace_range(index..=index, other);
    altered
}

async fn end(client: &Client, session: &str) -> countersign_testkit::Answer {
    client
        .with(Method::DELETE, "/v1/sessions", &format!("Bearer {session}"))
        .await
}
