//! `/metrics`, on the private listener.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign_testkit::{Client, TestApp};
use reqwest::{Method, StatusCode};
use serde_json::json;

/// Every metric, by its name with its labels.
async fn metrics(app: &TestApp) -> BTreeMap<String, f64> {
    let client = Client::new(app.node().private_url.clone());
    let answer = client.send(client.request(Method::GET, "/metrics")).await;
    let kind = answer.headers["content-type"].to_str().unwrap();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    assert!(answer.text.ends_with("# EOF\n"));
    let lines = answer.text.lines().filter(|line| !line.starts_with('#'));
    let metrics = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    });
    metrics.collect()
}

fn answers(operation: &str, status: &str) -> String {
    format!("countersign_requests_total{{operation=\"{operation}\",status=\"{status}\"}}")
}

fn durations(operation: &str) -> String {
    format!("countersign_request_duration_seconds_count{{operation=\"{operation}\"}}")
}

#[tokio::test]
async fn requests_are_counted_by_what_they_ask_and_how_they_are_answered() {
    let app = TestApp::start().await;
    let client = app.client();
    let (_, session) = client.signed_in().await;
    client.verify(&session).await.expect(StatusCode::OK);
    client.verify(&session).await.expect(StatusCode::OK);
    client
        .verify("css_x")
        .await
        .expect_error(401, "invalid_session");
    let metrics = metrics(&app).await;
    for (operation, status, count) in [
        ("log_in", "2xx", 1.0),
        ("open_session", "2xx", 1.0),
        ("verify_session", "2xx", 2.0),
        ("verify_session", "4xx", 1.0),
        ("verify_session", "5xx", 0.0),
        ("list_devices", "2xx", 0.0),
    ] {
        assert_eq!(
            metrics[&answers(operation, status)],
            count,
            "{operation} {status}"
        );
    }
    assert_eq!(metrics[&durations("verify_session")], 3.0);
    assert_eq!(metrics["countersign_requests_open"], 0.0);
}

#[tokio::test]
async fn each_bucket_holds_those_before_it_and_the_last_holds_all() {
    let app = TestApp::start().await;
    let client = app.client();
    let (_, session) = client.signed_in().await;
    for took in [0, 20, 7000].map(Duration::from_millis) {
        let clock = app.clock.clone();
        app.clock.before_now(move || clock.advance(took));
        client.verify(&session).await.expect(StatusCode::OK);
    }
    let metrics = metrics(&app).await;
    let durations = |what: &str, labels: &str| {
        let labels = format!("{{{labels}operation=\"verify_session\"}}");
        metrics[&format!("countersign_request_duration_seconds_{what}{labels}")]
    };
    for (end, count) in [
        ("0.0001", 1.0),
        ("0.01", 1.0),
        ("0.025", 2.0),
        ("5.0", 2.0),
        ("+Inf", 3.0),
    ] {
        let bucket = durations("bucket", &format!("le=\"{end}\","));
        assert_eq!(bucket, count, "{end}");
    }
    assert_eq!(durations("sum", ""), 7.02);
    assert_eq!(durations("count", ""), 3.0);
}

#[tokio::test]
async fn each_way_of_asking_counts_as_what_it_asks() {
    let app = TestApp::start().await;
    let public = json!({ "public_urls": ["https://market.example/auth"] });
    app.set_partner("default", public).await;
    let client = app.client();
    for (method, path) in [
        (Method::GET, "/v1/forward-auth"),
        (Method::HEAD, "/v1/forward-auth"),
        (Method::PUT, "/v1/forward-auth/refuse/sell/1"),
        (Method::GET, "/v1/forward-auth/redirect/"),
        (Method::GET, "/v1/nothing"),
        (Method::GET, "/openapi.json"),
    ] {
        client.send(client.request(method, path)).await;
    }
    let mut browser = app.browser("https://market.example/auth");
    browser.open("/auth/sign-out").await;
    browser.open("/auth/otp/csp_x").await;
    let metrics = metrics(&app).await;
    for (operation, count) in [
        ("forward_auth", 4.0),
        ("page_sign_out", 1.0),
        ("page_otp", 1.0),
        ("other", 2.0),
    ] {
        assert_eq!(metrics[&durations(operation)], count, "{operation}");
    }
}

/// What a client writes names no metric: each name would stay in memory for ever.
#[tokio::test]
async fn nothing_that_is_asked_for_makes_a_new_metric() {
    let app = TestApp::start().await;
    let before: Vec<_> = metrics(&app).await.into_keys().collect();
    let client = app.client();
    for path in ["/v1/tokens/x", "/v1/admin/partners/x", "/auth/x", "/x\"}"] {
        for method in [
            Method::GET,
            Method::POST,
            Method::from_bytes(b"ANY").unwrap(),
        ] {
            client.send(client.request(method, path)).await;
        }
    }
    let after: Vec<_> = metrics(&app).await.into_keys().collect();
    assert_eq!(after, before);
}

#[tokio::test]
async fn every_operation_of_the_description_is_counted() {
    let app = TestApp::start().await;
    let metrics = metrics(&app).await;
    let described = serde_json::to_value(countersign_server::openapi()).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let operations = paths
        .values()
        .flat_map(|item| item.as_object().unwrap().values());
    let names: Vec<_> = operations
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        assert!(metrics.contains_key(&durations(name)), "{name}");
    }
}

#[tokio::test]
async fn how_the_node_is_can_be_seen() {
    let app = TestApp::start().await;
    let client = app.client();
    let (authentication, _) = client.signed_in().await;
    let path = format!("/v1/tokens/{}", authentication.text_of("id"));
    let basic = format!("Basic {}", authentication.text_of("token"));
    client
        .with(Method::DELETE, &path, &basic)
        .await
        .expect(StatusCode::NO_CONTENT);
    app.clock.advance(Duration::from_millis(700));
    let work = app.service().store_work();
    let metrics = metrics(&app).await;
    assert_eq!(metrics["countersign_feed_age_seconds"], 0.7);
    assert_eq!(metrics["countersign_revocations_live"], 1.0);
    assert_eq!(metrics["countersign_store_units_waiting"], 0.0);
    assert_eq!(metrics["countersign_passwords_of_others"], 0.0);
    #[expect(clippy::cast_precision_loss, reason = "few were counted")]
    let reads = work.reads as f64;
    assert_eq!(metrics["countersign_store_reads_total"], reads);
}

#[tokio::test]
async fn nobody_reads_them_where_everybody_asks() {
    let app = TestApp::start().await;
    let client = app.client();
    let answer = client.send(client.request(Method::GET, "/metrics")).await;
    answer.expect_error(404, "not_found");
}
