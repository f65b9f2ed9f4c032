//! Sealing keys change while the server runs.

use std::future::Future;
use std::task::{Context, Waker};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_domain::partner::PartnerSettings;
use countersign_testkit::{Client, TestApp};
use reqwest::StatusCode;

const PUBLISHED: Duration = Duration::from_secs(6);

#[tokio::test]
async fn rotating_ends_no_session_and_no_challenge() {
    let app = TestApp::start().await;
    let other = app.another_node().await;
    let there = Client::new(other.url.clone());
    let (authentication, before) = app.client().signed_in().await;
    let challenge = app.client().begin("+44 123 1234 1234").await.text_of("id");
    let code = app.code_for("+4412312341234").await.unwrap();
    app.advance(PUBLISHED).await;
    app.rotate_keys().await;
    // The one node has heard of it, the other has not: each opens what the other seals.
    app.service().poll_feed().await.unwrap();
    let token = authentication.text_of("token");
    let after = app.client().exchange(&token).await.text_of("token");
    let meanwhile = there.exchange(&token).await.text_of("token");
    for client in [app.client(), there] {
        for session in [&before, &after, &meanwhile] {
            client.verify(session).await.expect(StatusCode::OK);
        }
    }
    app.client()
        .answer(&challenge, &code)
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn a_session_stays_good_through_any_number_of_rotations() {
    let app = TestApp::start().await;
    let (_, session) = app.client().signed_in().await;
    for _ in 0..5 {
        app.advance(PUBLISHED).await;
        app.rotate_keys().await;
        app.service().poll_feed().await.unwrap();
        app.service().sweep().await.unwrap();
        app.client().verify(&session).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_key_that_a_node_has_not_heard_of_is_looked_up() {
    let app = TestApp::start().await;
    let behind = app.another_node().await;
    let (authentication, _) = app.client().signed_in().await;
    for _ in 0..2 {
        app.advance(PUBLISHED).await;
        app.rotate_keys().await;
    }
    app.service().poll_feed().await.unwrap();
    let session = app
        .client()
        .exchange(&authentication.text_of("token"))
        .await;
    let session = session.text_of("token");
    let there = Client::new(behind.url.clone());
    there.verify(&session).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn an_old_key_is_swept_once_nothing_is_left_under_it() {
    let app = TestApp::start().await;
    let database = app.folder().join("countersign.db");
    let keys = || {
        let store = rusqlite::Connection::open(&database).unwrap();
        let count = store.query_row("SELECT COUNT(*) FROM sealing_keys", [], |row| row.get(0));
        let count: i64 = count.unwrap();
        count
    };
    assert_eq!(keys(), 2);
    app.advance(PUBLISHED).await;
    app.rotate_keys().await;
    app.service().sweep().await.unwrap();
    assert_eq!(keys(), 3);
    app.advance(Duration::from_secs(26 * 60 * 60)).await;
    app.service().sweep().await.unwrap();
    assert_eq!(keys(), 2);
}

/// Tokens under keys that somebody makes up do not keep a node from learning a real one.
#[tokio::test(flavor = "multi_thread")]
async fn made_up_keys_do_not_stand_in_the_way_of_a_real_one() {
    let app = TestApp::start().await;
    let behind = app.another_node().await;
    let (authentication, _) = app.client().signed_in().await;
    for _ in 0..2 {
        app.advance(PUBLISHED).await;
        app.rotate_keys().await;
    }
    app.service().poll_feed().await.unwrap();
    let session = app
        .client()
        .exchange(&authentication.text_of("token"))
        .await;
    let session = session.text_of("token");
    let there = Client::new(behind.url.clone());
    let verifies = (0..128_u32).map(|number| {
        let (there, mut session) = (there.clone(), session.clone());
        if number % 2 == 0 {
            // The key's id is in these characters.
            session.replace_range(6..10, &format!("{:04}", 1000 + number));
        }
        tokio::spawn(async move { (number, there.verify(&session).await.status) })
    });
    for verify in verifies.collect::<Vec<_>>() {
        let (number, status) = verify.await.unwrap();
        match number % 2 {
            // It has not heard for longer than the bound: it may say so, but not refuse.
            1 => assert!([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&status)),
            _ => assert_ne!(status, StatusCode::OK),
        }
    }
    behind.service.poll_feed().await.unwrap();
    there.verify(&session).await.expect(StatusCode::OK);
}

/// A node that has just looked, and has heard of nothing since, does not know: it says so
/// rather than refuse what may be good.
#[tokio::test]
async fn a_node_that_cannot_know_a_key_does_not_refuse_it() {
    let app = TestApp::start().await;
    let behind = app.another_node().await;
    let there = Client::new(behind.url.clone());
    let (authentication, session) = app.client().signed_in().await;
    let mut made_up = session.clone();
    made_up.replace_range(6..10, "0000");
    app.clock.advance(Duration::from_millis(500));
    there
        .verify(&made_up)
        .await
        .expect_error(401, "invalid_session");
    for _ in 0..2 {
        app.clock.set_forward(PUBLISHED);
        app.rotate_keys().await;
    }
    app.service().poll_feed().await.unwrap();
    let session = app
        .client()
        .exchange(&authentication.text_of("token"))
        .await;
    let session = session.text_of("token");
    app.clock.advance(Duration::from_millis(600));
    there
        .verify(&session)
        .await
        .expect_error(503, "unavailable");
    app.clock.advance(Duration::from_millis(500));
    there.verify(&session).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_session_outlives_the_key_that_sealed_it() {
    let hour = Duration::from_secs(60 * 60);
    let app = TestApp::with(PartnerSettings {
        session_life: hour,
        password_min_length: 8,
        ..PartnerSettings::default()
    })
    .await;
    // So that the clock has been steady for long enough to sweep.
    app.advance(2 * hour).await;
    let (_, session) = app.client().signed_in().await;
    app.rotate_keys().await;
    app.advance(hour - Duration::from_secs(1)).await;
    app.service().sweep().await.unwrap();
    // Whoever comes new to it opens it as well.
    let newcomer = app.another_node().await;
    for client in [app.client(), Client::new(newcomer.url.clone())] {
        client.verify(&session).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn a_node_that_could_not_load_the_new_keys_tries_again() {
    let app = TestApp::start().await;
    let token = app.client().log_in().await.text_of("token");
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    app.advance(PUBLISHED).await;
    app.rotate_keys().await;
    database
        .execute_batch("ALTER TABLE sealing_keys RENAME TO gone")
        .unwrap();
    app.service().poll_feed().await.unwrap_err();
    database
        .execute_batch("ALTER TABLE gone RENAME TO sealing_keys")
        .unwrap();
    app.service().poll_feed().await.unwrap();
    // It seals with the new one: the old is deleted one day.
    let select = "SELECT id FROM sealing_keys WHERE status = 'current'";
    let current: u32 = database.query_row(select, [], |row| row.get(0)).unwrap();
    let session = app.client().exchange(&token).await.text_of("token");
    let sealed = URL_SAFE_NO_PAD.decode(&session["css_".len()..]).unwrap();
    assert_eq!(sealed[1..5], current.to_be_bytes());
}

/// A key seals once every node has had the time to hear of it.
#[tokio::test]
async fn a_key_published_just_now_does_not_seal() {
    let app = TestApp::start().await;
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let current = || {
        let select = "SELECT id FROM sealing_keys WHERE status = 'current'";
        let id: u32 = database.query_row(select, [], |row| row.get(0)).unwrap();
        id
    };
    let before = current();
    {
        let early = std::pin::pin!(app.rotate_keys());
        let rotated = early.poll(&mut Context::from_waker(Waker::noop()));
        assert!(rotated.is_pending());
    }
    app.client().log_in().await.expect(StatusCode::CREATED);
    assert_eq!(current(), before);
    app.advance(PUBLISHED).await;
    app.rotate_keys().await;
    assert_ne!(current(), before);
}
