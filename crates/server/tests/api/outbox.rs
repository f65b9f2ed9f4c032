//! `/dev/outbox`: codes, for whoever develops.

use std::time::Duration;

use countersign_testkit::TestApp;
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn it_lists_what_was_sent_the_newest_first() {
    let app = TestApp::start().await;
    let client = app.client();
    client
        .begin("+44 123 1234 1234")
        .await
        .expect(StatusCode::CREATED);
    app.clock.advance(Duration::from_micros(1));
    let body = json!({
        "identity": { "type": "email", "value": "Ana@example.com" },
        "authenticator": "email",
    });
    client
        .post("/v1/tokens", &body)
        .await
        .expect(StatusCode::CREATED);

    let list = async |query: &str| {
        let path = format!("/dev/outbox{query}");
        client.send(client.request(Method::GET, &path)).await
    };
    let all = list("").await.expect(StatusCode::OK).json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["channel"], "email");
    assert_eq!(all[0]["to"], "ana@example.com");
    assert_eq!(all[1]["channel"], "sms");
    assert_eq!(all[1]["to"], "+4412312341234");
    for message in all {
        let code = message["code"].as_str().unwrap();
        assert_eq!(code.len(), 6);
        assert!(message["body"].as_str().unwrap().contains(code));
        assert!(message["created_at"].is_string());
    }
    for to in [
        "+4412312341234",
        "%2B4412312341234",
        "+44%20123%201234%201234",
    ] {
        let filtered = list(&format!("?to={to}"))
            .await
            .expect(StatusCode::OK)
            .json();
        assert_eq!(filtered, json!([all[1]]), "{to}");
    }
    let filtered = list("?to=ANA@example.com")
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(filtered, json!([all[0]]));
    let none = list("?to=bob@example.com")
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(none, json!([]));
    for query in [
        "?to=nobody",
        "?to=%ff",
        "?to=a@example.com&to=b@example.com",
    ] {
        list(query).await.expect_error(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn it_answers_to_names_of_this_machine_alone() {
    let app = TestApp::start().await;
    let port = app.node().url.rsplit_once(':').unwrap().1;
    for (host, here) in [
        (format!("127.0.0.1:{port}"), true),
        (format!("[::1]:{port}"), true),
        (format!("localhost:{port}"), true),
        ("northstar.localhost".to_owned(), true),
        (format!("attacker.example:{port}"), false),
        ("localhost.attacker.example".to_owned(), false),
        ("10.0.0.1".to_owned(), false),
    ] {
        let request = app
            .client()
            .request(Method::GET, "/dev/outbox")
            .header("host", &host);
        let status = app.client().send(request).await.status;
        assert_eq!(status == StatusCode::OK, here, "{host}");
    }
    for (site, here) in [("same-origin", true), ("none", true), ("cross-site", false)] {
        let request = app.client().request(Method::GET, "/dev/outbox");
        let status = app
            .client()
            .send(request.header("sec-fetch-site", site))
            .await
            .status;
        assert_eq!(status == StatusCode::OK, here, "{site}");
    }
}
