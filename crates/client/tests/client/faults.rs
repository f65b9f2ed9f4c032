//! Where nobody can know whose session it is, nobody is signed out and nobody let in.

use std::error::Error;
use std::time::Duration;

use countersign_client::{Client, VerifyError};
use countersign_testkit::TestApp;
use reqwest::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::application::Application;
use crate::wire::{Listener, SESSION, answer, asked};

/// Why nobody can know, with what caused it.
async fn cause(client: &Client, token: &str) -> String {
    match client.verify(token).await {
        Err(VerifyError::Unavailable(cause)) => {
            let mut text = cause.to_string();
            let mut source: Option<&dyn Error> = cause.source();
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            text
        }
        other => panic!("{other:?}"),
    }
}

/// Every layer answers 503, to people too.
async fn assert_unavailable(application: &Application, token: &str) {
    let cookie = format!("__Host-countersign-session={token}");
    let person = [("cookie", &*cookie), ("accept", "text/html")];
    for path in ["/api", "/anybody", "/northstar", "/sell/2738"] {
        let answer = application.get(path, &person).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.json()["error_code"], "unavailable");
        assert_eq!(answer.json()["status"], 503);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["retry-after"], "1");
    }
}

#[tokio::test]
async fn a_countersign_that_is_unsure_is_no_answer() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let application = Application::of(&app).await;
    // What it knows is too old, and the database does not say more.
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let rename = "ALTER TABLE feed RENAME TO gone";
    database.execute_batch(rename).unwrap();
    app.clock.advance(Duration::from_millis(1001));
    app.client()
        .verify(&token)
        .await
        .expect_error(503, "unavailable");
    assert_unavailable(&application, &token).await;

    let rename = "ALTER TABLE gone RENAME TO feed";
    database.execute_batch(rename).unwrap();
    let answer = application.get_with("/api", &token).await;
    answer.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_countersign_that_is_gone_is_no_answer_until_it_is_back() {
    let app = TestApp::start().await;
    let (_, token) = app.client().signed_in().await;
    let before = Listener::before(&app.node().url).await;
    let address = before.url.strip_prefix("http://").unwrap().to_owned();
    let client = Client::new(&before.url).unwrap();
    let application = Application::asking(&client).await;
    client.verify(&token).await.unwrap();
    drop(before);
    assert_unavailable(&application, &token).await;
    // Who brings nothing is nobody, whoever is there.
    let answer = application.get("/api", &[]).await;
    answer.expect(StatusCode::UNAUTHORIZED);
    assert!(cause(&client, &token).await.contains("refused"));

    let back = Listener::before_at(&address, &app.node().url).await;
    client.verify(&token).await.unwrap();
    assert_eq!(back.connections(), 1);
}

/// The clock stands still but while there is nothing to do: then it is the limit's turn.
#[tokio::test(start_paused = true)]
async fn a_countersign_that_hangs_is_no_answer_within_the_limit() {
    // The system takes connections that nobody accepts.
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nothing = format!("http://{}", hanging.local_addr().unwrap());
    let half = Listener::answering("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{").await;
    for url in [&nothing, &half.url] {
        let client = Client::new(url).unwrap();
        let short = client.clone().time_limit(Duration::from_millis(50));
        for (client, limit) in [(client, 2000), (short, 50)] {
            let began = Instant::now();
            let cause = cause(&client, "css_a").await;
            assert!(cause.starts_with("Countersign did not answer within"));
            // A timer counts whole milliseconds.
            let waited = began.elapsed().as_millis();
            assert!((limit..limit + 2).contains(&waited), "{waited}");
        }
    }
}

#[tokio::test]
async fn who_asks_a_countersign_that_hangs_is_answered() {
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", hanging.local_addr().unwrap());
    let client = Client::new(&url).unwrap();
    let client = client.time_limit(Duration::from_millis(50));
    let application = Application::asking(&client).await;
    assert_unavailable(&application, "css_a").await;
}

#[tokio::test]
async fn an_answer_that_is_not_countersigns_is_none() {
    let not_here = Listener::answering(answer("200 OK", SESSION)).await;
    let elsewhere = format!(
        "HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        not_here.url
    );
    let long = format!(r#"{{"id": "{}"}}"#, "x".repeat(64 * 1024));
    let problem = r#"{"error_code": "invalid_token"}"#;
    for (answer, why) in [
        (answer("200 OK", "{}"), "is not understood"),
        (answer("200 OK", "<!doctype html>"), "is not understood"),
        (answer("200 OK", &long), "is longer than any"),
        (
            answer("200 OK", &SESSION.replace("01a2", "!")),
            "not understood",
        ),
        (
            answer("200 OK", &SESSION.replace("amr", "rma")),
            "not understood",
        ),
        (answer("201 Created", SESSION), "status 201"),
        (elsewhere, "status 302"),
        (answer("400 Bad Request", ""), "status 400"),
        (answer("401 Unauthorized", ""), "status 401"),
        (answer("401 Unauthorized", problem), "status 401"),
        (answer("404 Not Found", ""), "status 404"),
        (answer("429 Too Many Requests", ""), "status 429"),
        (answer("500 Internal Server Error", SESSION), "status 500"),
        (answer("503 Service Unavailable", ""), "status 503"),
        ("SSH-2.0-OpenSSH\r\n".to_owned(), "did not answer"),
    ] {
        let listener = Listener::answering(answer).await;
        let client = Client::new(&listener.url).unwrap();
        let text = cause(&client, "css_a").await;
        assert!(text.contains(why), "{why}: {text}");
    }
    assert_eq!(not_here.connections(), 0);
}

#[tokio::test]
async fn what_a_later_countersign_tells_is_passed_over() {
    let later = Listener::answering(answer("200 OK", SESSION)).await;
    let client = Client::new(&later.url).unwrap();
    let session = client.verify("css_a").await.unwrap();
    let user = session.user;
    assert_eq!(user.identity("email"), Some("ana@northstar.example"));
    assert_eq!(user.identity("passkey"), Some("blue"));
    assert_eq!(session.amr, ["passkey"]);
}

#[tokio::test]
async fn a_connection_that_is_closed_when_it_is_used_again_is_made_anew() {
    let closing = Listener::each(|mut connection| async move {
        asked(&mut connection).await;
        let answer = answer("200 OK", SESSION);
        connection.write_all(answer.as_bytes()).await.unwrap();
        // The next is read, and answered with the end of the connection.
        asked(&mut connection).await;
    })
    .await;
    let client = Client::new(&closing.url).unwrap();
    for _ in 0..5 {
        client.verify("css_a").await.unwrap();
    }
}

#[tokio::test]
async fn a_countersign_that_hangs_up_is_asked_twice_and_no_more() {
    let closing = Listener::each(|mut connection| async move {
        asked(&mut connection).await;
    })
    .await;
    let client = Client::new(&closing.url).unwrap();
    cause(&client, "css_a").await;
    assert_eq!(closing.connections(), 2);
}
