//! Revocations, on the node that makes them and on every other.

use std::future::Future;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use countersign_domain::partner::PartnerSettings;
use countersign_domain::token::AuthenticationToken;
use countersign_service::ExchangeRequest;
use countersign_testkit::{Client, TestApp, password_log_in};
use reqwest::{Method, StatusCode};

#[tokio::test]
async fn another_node_learns_of_a_revocation_from_the_feed() {
    let app = TestApp::start().await;
    let other = app.another_node().await;
    let there = Client::new(other.url.clone());
    let (authentication, session) = app.client().signed_in().await;
    there.verify(&session).await.expect(StatusCode::OK);
    let path = format!("/v1/tokens/{}", authentication.text_of("id"));
    let basic = format!("Basic {}", authentication.text_of("token"));
    app.client()
        .with(Method::DELETE, &path, &basic)
        .await
        .expect(StatusCode::NO_CONTENT);
    // Here at once.
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
    other.service.poll_feed().await.unwrap();
    there
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
}

#[tokio::test]
async fn a_node_that_has_not_heard_for_longer_than_the_bound_asks_the_database() {
    let app = TestApp::start().await;
    let other = app.another_node().await;
    let there = Client::new(other.url.clone());
    let operator = app.operator().await;
    for end in ["lock", "sign out", "end the session"] {
        let (authentication, session) = app.client().signed_in().await;
        match end {
            "lock" => drop(operator.lock_user(&app.user_name()).await.unwrap()),
            "sign out" => {
                let path = format!("/v1/tokens/{}", authentication.text_of("id"));
                let basic = format!("Basic {}", authentication.text_of("token"));
                app.client().with(Method::DELETE, &path, &basic).await;
            }
            _ => {
                let bearer = format!("Bearer {session}");
                app.client()
                    .with(Method::DELETE, "/v1/sessions", &bearer)
                    .await;
            }
        }
        // Within the bound the other node need not know; past it, it must.
        app.clock.advance(Duration::from_millis(1001));
        there
            .verify(&session)
            .await
            .expect_error(401, "invalid_session");
        operator.unlock_user(&app.user_name()).await.unwrap();
    }
    let (_, session) = app.client().signed_in().await;
    app.clock.advance(Duration::from_millis(1001));
    there.verify(&session).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_node_that_cannot_ask_refuses() {
    let app = TestApp::start().await;
    let (_, session) = app.client().signed_in().await;
    let database = app.folder().join("countersign.db");
    let store = rusqlite::Connection::open(&database).unwrap();
    store
        .execute_batch("ALTER TABLE authentications RENAME TO gone")
        .unwrap();
    app.client().verify(&session).await.expect(StatusCode::OK);
    app.clock.advance(Duration::from_millis(1001));
    let refused = app
        .client()
        .verify(&session)
        .await
        .expect_error(503, "unavailable");
    assert_eq!(refused.headers["retry-after"], "1");
    store
        .execute_batch("ALTER TABLE gone RENAME TO authentications")
        .unwrap();
    app.client().verify(&session).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_locked_user_is_out_until_unlocked_and_then_signed_in_as_before() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    let (authentication, session) = app.client().signed_in().await;
    let token = authentication.text_of("token");
    let lock = async || operator.lock_user(&app.user_name()).await.unwrap();
    assert!(lock().await, "it was not locked");
    assert!(!lock().await, "it was locked already");
    app.service().poll_feed().await.unwrap();
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
    app.client()
        .exchange(&token)
        .await
        .expect_error(400, "account_unusable");
    // Only who holds the token learns of it.
    app.client()
        .exchange(&token[..70])
        .await
        .expect_error(401, "invalid_token");
    app.client()
        .log_in()
        .await
        .expect_error(401, "invalid_credentials");
    let unlocked = operator.unlock_user(&app.user_name()).await.unwrap();
    assert!(unlocked, "it was locked");
    let fresh = app
        .client()
        .exchange(&token)
        .await
        .expect(StatusCode::CREATED);
    app.client()
        .verify(&fresh.text_of("token"))
        .await
        .expect(StatusCode::OK);
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
}

#[tokio::test]
async fn a_deleted_user_is_gone_and_the_identity_free() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    let (authentication, session) = app.client().signed_in().await;
    operator.delete_user(&app.user_name()).await.unwrap();
    app.service().poll_feed().await.unwrap();
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
    let token = authentication.text_of("token");
    app.client()
        .exchange(&token)
        .await
        .expect_error(401, "invalid_token");
    app.client()
        .log_in()
        .await
        .expect_error(401, "invalid_credentials");
    let identity = format!("username:{}", TestApp::USERNAME);
    app.add_user(&identity, Some("a good password")).await;
    let body = password_log_in("a good password");
    let logged_in = app.client().post("/v1/tokens", &body).await;
    logged_in.expect(StatusCode::CREATED);
    app.client()
        .exchange(&token)
        .await
        .expect_error(401, "invalid_token");
}

#[tokio::test]
async fn a_revocation_is_swept_when_no_session_is_left_that_it_ended() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    let (_, session) = app.client().signed_in().await;
    operator.lock_user(&app.user_name()).await.unwrap();
    operator.unlock_user(&app.user_name()).await.unwrap();
    app.advance(Duration::from_secs(60)).await;
    app.service().sweep().await.unwrap();
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
    app.advance(Duration::from_secs(26 * 60 * 60)).await;
    app.service().sweep().await.unwrap();
    let database = app.folder().join("countersign.db");
    let store = rusqlite::Connection::open(database).unwrap();
    let left: i64 = store
        .query_row("SELECT COUNT(*) FROM feed", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
}

/// No clock decides whether a session is older than a revocation, nor when that is forgotten.
#[tokio::test]
async fn a_clock_that_is_set_wrong_and_right_again_revives_no_session() {
    let hour = Duration::from_secs(60 * 60);
    for forward_first in [true, false] {
        let app = TestApp::with(PartnerSettings {
            session_life: hour,
            password_min_length: 8,
            ..PartnerSettings::default()
        })
        .await;
        let (_, session) = app.client().signed_in().await;
        let operator = app.operator().await;
        let lock = async || {
            let locked = operator.lock_user(&app.user_name()).await.unwrap();
            assert!(locked, "it was not locked");
            app.service().poll_feed().await.unwrap();
        };
        if forward_first {
            lock().await;
            app.clock.set_forward(2 * hour);
            app.service().sweep().await.unwrap();
            app.clock.set_back(2 * hour);
        } else {
            app.clock.set_back(hour);
            lock().await;
            app.clock.set_forward(hour);
            app.advance(Duration::from_secs(11 * 60)).await;
            app.service().sweep().await.unwrap();
        }
        app.client()
            .verify(&session)
            .await
            .expect_error(401, "invalid_session");
        // Nor does a node that starts now know less.
        let fresh = app.another_node().await;
        Client::new(fresh.url.clone())
            .verify(&session)
            .await
            .expect_error(401, "invalid_session");
    }
}

/// A clock that runs years ahead for a while must not cost anybody their log-in.
#[tokio::test]
async fn nothing_is_swept_by_a_clock_that_was_set() {
    let app = TestApp::start().await;
    let (authentication, session) = app.client().signed_in().await;
    let hour = Duration::from_secs(60 * 60);
    app.advance(2 * hour).await;
    app.service().sweep().await.unwrap();
    let years = 10 * 365 * 24 * hour;
    app.clock.set_forward(years);
    for _ in 0..3 {
        app.service().sweep().await.unwrap();
        app.advance(Duration::from_secs(10)).await;
    }
    app.clock.set_back(years);
    app.service().sweep().await.unwrap();
    app.client()
        .exchange(&authentication.text_of("token"))
        .await
        .expect(StatusCode::CREATED);
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
}

/// A newer version may write what this one does not know; it goes on all the same.
#[tokio::test]
async fn news_and_settings_of_a_newer_version_stop_nothing() {
    let app = TestApp::start().await;
    let (_, session) = app.client().signed_in().await;
    let store = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    store
        .execute_batch(
            r#"INSERT INTO feed (kind, at) VALUES ('something new', 0);
               UPDATE partners SET settings = '{"something_new": true}';
               INSERT INTO feed (kind, at) VALUES ('partners', 0);"#,
        )
        .unwrap();
    app.service().poll_feed().await.unwrap();
    app.client().verify(&session).await.expect(StatusCode::OK);
    app.operator()
        .await
        .lock_user(&TestApp::name_of("username:nobody"))
        .await
        .unwrap_err();
    // What held for the partner holds on.
    app.client().log_in().await.expect(StatusCode::CREATED);
}

/// One setting that is out of its range by now gives way; those that restrict hold.
#[tokio::test]
async fn a_setting_out_of_its_range_takes_no_other_with_it() {
    let app = TestApp::start().await;
    let store = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let settings = r#"{"session_life_seconds": 999999, "password": false}"#;
    store
        .execute("UPDATE partners SET settings = ?1", [settings])
        .unwrap();
    store
        .execute("INSERT INTO feed (kind, at) VALUES ('partners', 0)", [])
        .unwrap();
    app.service().poll_feed().await.unwrap();
    app.client()
        .log_in()
        .await
        .expect_error(400, "authenticator_unavailable");
}

/// As long as a session lives: an hour at most.
#[tokio::test]
async fn a_revocation_is_known_for_as_long_as_a_session_lives() {
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
    let operator = app.operator().await;
    operator.lock_user(&app.user_name()).await.unwrap();
    operator.unlock_user(&app.user_name()).await.unwrap();
    app.service().poll_feed().await.unwrap();
    app.advance(hour - Duration::from_secs(1)).await;
    app.service().sweep().await.unwrap();
    // And whoever comes new to it learns of it.
    let newcomer = app.another_node().await;
    for client in [app.client(), Client::new(newcomer.url.clone())] {
        client
            .verify(&session)
            .await
            .expect_error(401, "invalid_session");
    }
}

/// A poll reads to the end of the feed, however long that is.
#[tokio::test]
async fn no_revocation_is_behind_the_end_of_a_poll() {
    let app = TestApp::start().await;
    let (_, session) = app.client().signed_in().await;
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let news = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
                INSERT INTO feed (kind, at) SELECT 'partners', 0 FROM n";
    database.execute(news, []).unwrap();
    let operator = app.operator().await;
    operator.lock_user(&app.user_name()).await.unwrap();
    app.service().poll_feed().await.unwrap();
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
}

/// What a node could not read it does not know.
#[tokio::test]
async fn a_poll_that_failed_is_no_knowledge() {
    let app = TestApp::start().await;
    let (_, session) = app.client().signed_in().await;
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let operator = app.operator().await;
    operator.lock_user(&app.user_name()).await.unwrap();
    app.clock.advance(Duration::from_millis(1001));
    database
        .execute_batch("ALTER TABLE feed RENAME TO gone")
        .unwrap();
    app.service().poll_feed().await.unwrap_err();
    assert!(app.service().ready().await.is_err());
    app.client()
        .verify(&session)
        .await
        .expect_error(503, "unavailable");
    database
        .execute_batch("ALTER TABLE gone RENAME TO feed")
        .unwrap();
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
    app.service().poll_feed().await.unwrap();
    app.service().ready().await.unwrap();
}

const LOCK: &str = "UPDATE users SET status = 'locked', epoch = epoch + 1;
    INSERT INTO feed (kind, user_id, epoch, at) SELECT 'user', id, epoch, 0 FROM users;";

/// A node is paused just before it looks at its clock, and in the meantime a user is locked.
/// Were the poll dated when it came back, what it did not see would count as known.
#[tokio::test]
async fn knowledge_is_as_old_as_the_question() {
    let app = TestApp::start().await;
    let (_, session) = app.client().signed_in().await;
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let clock = app.clock.clone();
    app.clock.before_uptime(move || {
        database.execute_batch(LOCK).unwrap();
        clock.advance(Duration::from_secs(2));
    });
    app.service().poll_feed().await.unwrap();
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
}

/// The node polls in the midst of a verify. Were the age of its knowledge taken after the
/// knowledge, old knowledge would pass for fresh.
#[tokio::test]
async fn a_poll_in_the_midst_of_a_verify_lets_nothing_pass() {
    let app = TestApp::start().await;
    let (_, session) = app.client().signed_in().await;
    let operator = app.operator().await;
    operator.lock_user(&app.user_name()).await.unwrap();
    app.clock.advance(Duration::from_secs(2));
    let service = app.service().clone();
    app.clock.before_uptime(move || {
        let poll = std::pin::pin!(service.poll_feed());
        let polled = poll.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(_))));
    });
    app.client()
        .verify(&session)
        .await
        .expect_error(401, "invalid_session");
}

/// A process is paused just before it takes a session's times, and in the meantime the user's
/// sessions are ended. The session is one of after that: were the epochs read before, it
/// could live on when the revocation that it did not see is forgotten.
#[tokio::test]
async fn the_epochs_of_a_session_are_read_after_its_times_are_taken() {
    let app = TestApp::start().await;
    let token = app.client().log_in().await.text_of("token");
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    app.clock.before_now(move || {
        database
            .execute("UPDATE users SET epoch = epoch + 1", [])
            .unwrap();
    });
    let request = ExchangeRequest {
        token: AuthenticationToken::parse(&token).unwrap(),
        pin: None,
    };
    let session = app
        .service()
        .open_session(&app.caller(), request)
        .await
        .unwrap();
    // So that the database is asked, which has the epoch.
    app.clock.advance(Duration::from_secs(2));
    app.client()
        .verify(session.token.expose())
        .await
        .expect(StatusCode::OK);
}
