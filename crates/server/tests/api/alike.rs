//! Known, unknown and locked users are answered alike.

use countersign_domain::limits::Limits;
use countersign_testkit::{TestApp, password_log_in};
use serde_json::json;

use crate::challenges::shape;

#[tokio::test]
async fn a_refused_password_tells_nothing_of_the_user() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    app.add_user("username:locked", Some("a good password"))
        .await;
    app.add_user("username:without", None).await;
    operator
        .lock_user(&TestApp::name_of("username:locked"))
        .await
        .unwrap();

    let mut seen = Vec::new();
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
        let before = app.service().store_work();
        let answer = app.client().post("/v1/tokens", &body).await;
        let work = app.service().store_work().since(before);
        let answer = answer.expect_error(401, "invalid_credentials");
        seen.push((shape(&answer), work));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}

#[tokio::test]
async fn a_code_log_in_tells_nothing_of_the_user() {
    let app = TestApp::start().await;
    for phone in ["phone:+44 20 7946 0001", "phone:+44 20 7946 0002"] {
        app.add_user(phone, None).await;
    }
    let locked = TestApp::name_of("phone:+44 20 7946 0002");
    app.operator().await.lock_user(&locked).await.unwrap();

    let mut shapes = Vec::new();
    for phone in ["+44 20 7946 0001", "+44 20 7946 0002", "+44 20 7946 0003"] {
        let before = app.service().store_work();
        let begun = app.client().begin(phone).await;
        let work = app.service().store_work().since(before);
        shapes.push((shape(&begun), work));
    }
    assert!(
        shapes.windows(2).all(|pair| pair[0] == pair[1]),
        "{shapes:#?}"
    );
}

/// That it takes as long, seen from outside: whoever a flood of log-ins is of, the hashes it
/// asks for fill the queue, and the rest are told to come back.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_log_ins_is_as_heavy_whoever_it_is_of() {
    // Fifty failures would switch the password off.
    let app = TestApp::limited(Limits {
        dry_run: true,
        ..TestApp::LOOSE
    })
    .await;
    app.add_user("username:locked", Some("a good password"))
        .await;
    app.add_user("username:without", None).await;
    let locked = TestApp::name_of("username:locked");
    app.operator().await.lock_user(&locked).await.unwrap();

    let client = app.client();
    for (username, password) in [
        ("my_username", "wrong password"),
        ("nobody", "wrong password"),
        ("without", "wrong password"),
        ("locked", "a good password"),
        ("my_username", &"x".repeat(2000)),
    ] {
        let mut body = password_log_in(password);
        body["identity"]["value"] = json!(username);
        let log_ins = (0..150).map(|_| {
            let (client, body) = (client.clone(), body.clone());
            tokio::spawn(async move { client.post("/v1/tokens", &body).await })
        });
        let mut overloaded = 0;
        for log_in in log_ins.collect::<Vec<_>>() {
            let answer = log_in.await.unwrap();
            if answer.status == 503 {
                overloaded += 1;
                let answer = answer.expect_error(503, "overloaded");
                assert!(answer.headers.contains_key("retry-after"));
            } else {
                answer.expect_error(401, "invalid_credentials");
            }
        }
        assert!(overloaded > 0, "{username} was answered without a hash");
    }
}
