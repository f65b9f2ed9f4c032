//! Many at once, and clients that hang up.

use std::future::Future;
use std::task::{Context, Waker};
use std::time::Duration;

use countersign_domain::Secret;
use countersign_domain::authentication::ExchangeRefusal;
use countersign_domain::challenge::Guess;
use countersign_domain::token::AuthenticationToken;
use countersign_service::{Answer, Credential, ExchangeRequest, Failure};
use countersign_testkit::{TestApp, password_log_in};
use reqwest::StatusCode;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const PHONE: &str = "+44 123 1234 1234";
const NORMALISED: &str = "+4412312341234";

#[tokio::test(flavor = "multi_thread")]
async fn of_64_submits_of_the_right_code_one_succeeds() {
    let app = TestApp::start().await;
    let id = app.client().begin(PHONE).await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let (_others, clients) = app.three_nodes().await;
    let submits = clients.iter().cycle().take(64).map(|client| {
        let (client, id, code) = (client.clone(), id.clone(), code.clone());
        tokio::spawn(async move { client.answer(&id, &code).await.status })
    });
    let mut answers = Vec::new();
    for submit in submits.collect::<Vec<_>>() {
        answers.push(submit.await.unwrap());
    }
    let count = |status| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!(count(StatusCode::OK), 1);
    assert_eq!(count(StatusCode::UNAUTHORIZED), 63);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_codes_for_one_new_address_make_one_user() {
    let app = TestApp::start().await;
    let client = app.client();
    let mut challenges = Vec::new();
    for _ in 0..8 {
        let id = client.begin(PHONE).await.text_of("id");
        challenges.push((id, app.code_for(NORMALISED).await.unwrap()));
    }
    let answers = challenges.into_iter().map(|(id, code)| {
        let client = client.clone();
        tokio::spawn(async move {
            let token = client
                .answer(&id, &code)
                .await
                .expect(StatusCode::OK)
                .text_of("token");
            let session = client.exchange(&token).await.text_of("token");
            client.verify(&session).await.json()["user"]["id"].clone()
        })
    });
    let mut users = Vec::new();
    for answer in answers.collect::<Vec<_>>() {
        users.push(answer.await.unwrap());
    }
    assert!(users.windows(2).all(|pair| pair[0] == pair[1]), "{users:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_exchanges_of_one_token_all_succeed() {
    let app = TestApp::start().await;
    let token = app.client().log_in().await.text_of("token");
    let client = app.client();
    let exchanges = (0..1000).map(|_| {
        let (client, token) = (client.clone(), token.clone());
        tokio::spawn(async move { client.exchange(&token).await.status })
    });
    for exchange in exchanges.collect::<Vec<_>>() {
        assert_eq!(exchange.await.unwrap(), StatusCode::CREATED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_wrong_guesses_at_once_get_five_comparisons() {
    let app = TestApp::start().await;
    let id = app.client().begin(PHONE).await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let (_others, clients) = app.three_nodes().await;
    let others = (0..1_000_000).map(|number| format!("{number:06}"));
    let wrong = others.filter(|other| *other != code).take(1000);
    let guesses = wrong.zip(clients.iter().cycle()).map(|(wrong, client)| {
        let (client, id) = (client.clone(), id.clone());
        tokio::spawn(async move { client.answer(&id, &wrong).await.text_of("error_code") })
    });
    let mut compared = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.unwrap().as_str() {
            "invalid_secret" => compared += 1,
            other => assert_eq!(other, "too_many_attempts"),
        }
    }
    assert_eq!(compared, 5);
    for client in &clients {
        let right = client.answer(&id, &code).await;
        right.expect_error(401, "too_many_attempts");
    }
}

/// Sends a request a thousand times, each on a connection that is closed at once.
async fn send_and_hang_up(app: &TestApp, path: &str, headers: &str, body: &str) {
    let address = app.node().url.strip_prefix("http://").unwrap().to_owned();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         {headers}content-length: {length}\r\n\r\n{body}",
    );
    let sends = (0..1000).map(|_| {
        let (address, request) = (address.clone(), request.clone());
        tokio::spawn(async move {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(request.as_bytes()).await.unwrap();
        })
    });
    for send in sends.collect::<Vec<_>>() {
        send.await.unwrap();
    }
}

/// Waits until the database holds this number.
async fn becomes(app: &TestApp, select: &str, expected: i64) {
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let counted = async {
        loop {
            let found: i64 = database.query_row(select, [], |row| row.get(0)).unwrap();
            if found == expected {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    let patience = Duration::from_secs(60);
    tokio::time::timeout(patience, counted)
        .await
        .expect("it comes to that");
}

/// Guesses of clients that hang up as soon as they have asked are counted as if they had
/// stayed.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_clients_that_hang_up_are_counted() {
    let app = TestApp::start().await;
    let id = app.client().begin(PHONE).await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let path = format!("/v1/tokens/{id}/secret");
    send_and_hang_up(&app, &path, "", &format!("{{\"secret\":\"{wrong}\"}}")).await;
    becomes(&app, "SELECT guesses FROM challenges", 5).await;
    app.client()
        .answer(&id, &code)
        .await
        .expect_error(401, "too_many_attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn pins_of_clients_that_hang_up_are_counted() {
    let app = TestApp::start().await;
    let mut body = password_log_in(TestApp::PASSWORD);
    body["pin"] = serde_json::json!("1234");
    let token = app
        .client()
        .post("/v1/tokens", &body)
        .await
        .text_of("token");
    let headers = format!("authorization: Basic {token}\r\n");
    send_and_hang_up(&app, "/v1/sessions", &headers, "{\"pin\":\"4321\"}").await;
    becomes(&app, "SELECT pin_failures FROM authentications", 5).await;
    app.client()
        .exchange(&token)
        .await
        .expect_error(401, "invalid_token");
}

/// Begins to do what a request asks for, and then leaves, as a client does that hangs up.
pub(crate) fn leave(work: impl Future) {
    let left = std::pin::pin!(work);
    assert!(
        left.poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
}

#[tokio::test]
async fn a_guess_is_counted_though_its_client_left_at_once() {
    let app = TestApp::start().await;
    let id = app.client().begin(PHONE).await.text_of("id");
    let code = app.code_for(NORMALISED).await.unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        let guess = Guess {
            code: Secret::new(wrong.to_owned()),
            pin: None,
        };
        let challenge = id.parse().unwrap();
        let caller = app.caller();
        let answer = Answer {
            challenge,
            guess,
            nonce: None,
        };
        leave(app.service().answer_challenge(&caller, answer));
    }
    app.service().finish_all().await;
    app.client()
        .answer(&id, &code)
        .await
        .expect_error(401, "too_many_attempts");
}

#[tokio::test]
async fn a_wrong_pin_is_counted_though_its_client_left_at_once() {
    let app = TestApp::start().await;
    let mut body = password_log_in(TestApp::PASSWORD);
    body["pin"] = json!("1234");
    let token = app
        .client()
        .post("/v1/tokens", &body)
        .await
        .text_of("token");
    let exchange = |pin: &str| ExchangeRequest {
        token: AuthenticationToken::parse(&token).unwrap(),
        pin: Some(Secret::new(pin.to_owned())),
    };
    for _ in 0..5 {
        leave(app.service().open_session(&app.caller(), exchange("4321")));
    }
    app.service().finish_all().await;
    let refused = app
        .service()
        .open_session(&app.caller(), exchange("1234"))
        .await;
    assert!(matches!(
        refused,
        Err(Failure::Refused(ExchangeRefusal::InvalidToken))
    ));
    let entries = crate::audit::entries(&app).await;
    let of = |reason| {
        entries
            .iter()
            .filter(move |e| e.reason.as_deref() == Some(reason))
    };
    assert_eq!(of("wrong_pin").count(), 4);
    assert_eq!(of("pins_exhausted").count(), 1);
    assert_eq!(of("revoked").count(), 1);
}

/// What was committed is known here at once, whether or not anybody waits for the answer.
#[tokio::test]
async fn a_revocation_is_applied_though_its_client_left_at_once() {
    let app = TestApp::start().await;
    let (authentication, session) = app.client().signed_in().await;
    let token = AuthenticationToken::parse(&authentication.text_of("token")).unwrap();
    let credential = Credential::Authentication(token);
    leave(app.service().sign_out(
        &app.caller(),
        authentication.text_of("id").parse().unwrap(),
        &credential,
    ));
    app.service().finish_all().await;
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
}
