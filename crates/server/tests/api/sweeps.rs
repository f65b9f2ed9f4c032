//! What is dead is swept, and nothing else.

use std::time::Duration;

use countersign_testkit::TestApp;
use reqwest::{Method, StatusCode};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An application whose clock has been steady for long enough to sweep.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.advance(2 * HOUR).await;
    app
}

/// How many rows there are in these tables together.
fn rows(app: &TestApp, tables: &[&str]) -> i64 {
    let database = rusqlite::Connection::open(app.folder().join("countersign.db")).unwrap();
    let count = |table| {
        let select = format!("SELECT COUNT(*) FROM {table}");
        let count: i64 = database.query_row(&select, [], |row| row.get(0)).unwrap();
        count
    };
    tables.iter().map(count).sum()
}

#[tokio::test]
async fn a_challenge_is_swept_when_its_last_code_is_long_dead() {
    let app = start().await;
    let client = app.client();
    let id = client.begin("+44 123 1234 1234").await.text_of("id");
    let path = format!("/v1/tokens/{id}/code");
    for _ in 0..4 {
        app.advance(Duration::from_secs(60)).await;
        let again = client.send(client.request(Method::POST, &path)).await;
        again.expect(StatusCode::ACCEPTED);
    }
    // As long as it can live.
    app.advance(Duration::from_secs(299)).await;
    app.service().sweep().await.unwrap();
    let code = app.code_for("+4412312341234").await.unwrap();
    client.answer(&id, &code).await.expect(StatusCode::OK);

    client.begin("+44 123 1234 1234").await;
    let tables = ["challenges", "challenge_codes"];
    assert_eq!(rows(&app, &tables), 2 + 6);
    app.advance(3 * HOUR).await;
    app.service().sweep().await.unwrap();
    assert_eq!(rows(&app, &tables), 0);
}

#[tokio::test]
async fn an_authentication_is_seen_for_a_week_after_its_end() {
    let app = start().await;
    let client = app.client();
    let authentication = client.log_in().await;
    let path = format!("/v1/tokens/{}", authentication.text_of("id"));
    let basic = format!("Basic {}", authentication.text_of("token"));
    client
        .with(Method::DELETE, &path, &basic)
        .await
        .expect(StatusCode::NO_CONTENT);
    app.advance(7 * DAY - HOUR).await;
    app.service().sweep().await.unwrap();
    let shown = client.with(Method::GET, &path, &basic).await;
    assert_eq!(shown.expect(StatusCode::OK).text_of("status"), "revoked");
    app.advance(2 * HOUR).await;
    app.service().sweep().await.unwrap();
    client
        .with(Method::GET, &path, &basic)
        .await
        .expect_error(401, "invalid_token");
    assert_eq!(rows(&app, &["authentications", "devices"]), 0);
}

#[tokio::test]
async fn a_deleted_user_leaves_no_row() {
    let app = TestApp::start().await;
    app.client().signed_in().await;
    let tables = ["users", "identities", "devices", "authentications"];
    assert_eq!(rows(&app, &tables), 4);
    app.operator()
        .await
        .delete_user(&app.user_name())
        .await
        .unwrap();
    assert_eq!(rows(&app, &tables), 0);
}
