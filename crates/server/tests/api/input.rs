//! Whatever a client may send.

use countersign_testkit::{TestApp, password_log_in};
use proptest::prelude::*;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_body_of_more_than_16_kib_is_refused() {
    let app = TestApp::start().await;
    let client = app.client();
    let body = password_log_in(&"x".repeat(17 * 1024));
    client
        .post("/v1/tokens", &body)
        .await
        .expect_error(413, "body_too_large");
    // Without saying so beforehand, too.
    let chunks = (0..20).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024]));
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let request = client.request(Method::POST, "/v1/tokens").body(stream);
    let request = request.header(CONTENT_TYPE, "application/json");
    client
        .send(request)
        .await
        .expect_error(413, "body_too_large");
    let request = client
        .request(Method::POST, "/v1/sessions/verify")
        .body("x".repeat(17 * 1024));
    client
        .send(request)
        .await
        .expect_error(413, "body_too_large");
}

#[tokio::test]
async fn a_body_of_16_kib_is_read_and_a_byte_more_is_not() {
    let app = TestApp::start().await;
    let client = app.client();
    for (length, status) in [(16 * 1024, 201), (16 * 1024 + 1, 413)] {
        let mut body = password_log_in(TestApp::PASSWORD).to_string().into_bytes();
        body.resize(length, b' ');
        for declared in [true, false] {
            let body = if declared {
                reqwest::Body::from(body.clone())
            } else {
                let chunk = Ok::<_, std::io::Error>(body.clone());
                reqwest::Body::wrap_stream(futures_util::stream::iter([chunk]))
            };
            let request = client.request(Method::POST, "/v1/tokens").body(body);
            let request = request.header(CONTENT_TYPE, "application/json");
            assert_eq!(client.send(request).await.status, status, "{length}");
        }
    }
}

/// The body of an exchange may be absent; where there is one, it is read as strictly.
#[tokio::test]
async fn the_body_of_an_exchange_is_json_as_well() {
    let app = TestApp::start().await;
    let client = app.client();
    let token = client.log_in().await.text_of("token");
    for (kind, body, expected) in [
        ("application/json", "{}", 201),
        ("text/plain", "", 201),
        ("text/plain", "{}", 415),
        ("application/x-www-form-urlencoded", "pin=1234", 415),
        ("application/json", "{\"pin\":\"1\",\"pin\":\"2\"}", 400),
    ] {
        let request = client.request(Method::POST, "/v1/sessions").body(body);
        let request = request.header("authorization", format!("Basic {token}"));
        let answer = client.send(request.header(CONTENT_TYPE, kind)).await;
        assert_eq!(answer.status, expected, "{kind} {body}");
    }
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let app = TestApp::start().await;
    let client = app.client();
    let mut ids = std::collections::HashSet::new();
    for path in ["/openapi.json", "/dev/outbox", "/v1/devices", "/nothing"] {
        for _ in 0..2 {
            // A client's own would let it write into others' lines of the log.
            let request = client
                .request(Method::GET, path)
                .header("x-request-id", "mine");
            let answer = client.send(request).await;
            let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
            assert_eq!(id.len(), 36, "{path}: {id}");
            assert!(ids.insert(id), "{path}");
        }
    }
}

#[tokio::test]
async fn only_json_is_read() {
    let app = TestApp::start().await;
    let client = app.client();
    let json = password_log_in(TestApp::PASSWORD).to_string();
    for (kind, accepted) in [
        ("application/json", true),
        ("Application/JSON; charset=utf-8", true),
        ("text/plain", false),
        ("application/x-www-form-urlencoded", false),
        ("multipart/form-data", false),
        ("application/jsonp", false),
    ] {
        let request = client
            .request(Method::POST, "/v1/tokens")
            .body(json.clone());
        let answer = client.send(request.header(CONTENT_TYPE, kind)).await;
        if accepted {
            answer.expect(reqwest::StatusCode::CREATED);
        } else {
            answer.expect_error(415, "unsupported_media_type");
        }
    }
    let request = client.request(Method::POST, "/v1/tokens").body(json);
    client
        .send(request)
        .await
        .expect_error(415, "unsupported_media_type");
    let request = client.request(Method::POST, "/v1/tokens");
    client.send(request).await.expect_error(400, "malformed");
}

#[tokio::test]
async fn broken_json_is_malformed() {
    let app = TestApp::start().await;
    for body in [
        "{",
        "null",
        "[]",
        "\"text\"",
        "{\"identity\":{},\"identity\":{}}",
        "{\"a\":{\"b\":1,\"b\":2}}",
        "{\"a\":[[[[[[[[[[1]]]]]]]]]]}",
        "{\"authenticator\":\"pass\\u0000word\"}",
        "{\"authen\\u0000ticator\":\"password\"}",
        "{\"authenticator\":\"\\ud800\"}",
        "{\"a\":1e999}",
        "\u{feff}{}",
    ] {
        let request = app.client().request(Method::POST, "/v1/tokens").body(body);
        let request = request.header(CONTENT_TYPE, "application/json");
        app.client()
            .send(request)
            .await
            .expect_error(400, "malformed");
    }
    let request = app
        .client()
        .request(Method::POST, "/v1/tokens")
        .body(b"{\"a\":\"\xff\"}".to_vec());
    let request = request.header(CONTENT_TYPE, "application/json");
    app.client()
        .send(request)
        .await
        .expect_error(400, "malformed");
}

#[tokio::test]
async fn another_method_is_told_which_there_are() {
    let app = TestApp::start().await;
    for (path, method, allowed) in [
        ("/v1/tokens", Method::GET, "POST"),
        ("/v1/tokens/x", Method::POST, "DELETE,GET,HEAD"),
        ("/v1/tokens/x/secret", Method::GET, "POST"),
        ("/v1/sessions", Method::GET, "DELETE,POST"),
        ("/v1/sessions/verify", Method::DELETE, "GET,HEAD,POST"),
        ("/v1/devices", Method::OPTIONS, "GET,HEAD"),
        ("/openapi.json", Method::POST, "GET,HEAD"),
    ] {
        let answer = app.client().send(app.client().request(method, path)).await;
        let answer = answer.expect_error(405, "method_not_allowed");
        let mut said: Vec<_> = answer.headers["allow"]
            .to_str()
            .unwrap()
            .split(',')
            .collect();
        said.sort_unstable();
        assert_eq!(said.join(","), allowed, "{path}");
    }
    for path in [
        "/v1",
        "/v1/",
        "/v1/tokens/",
        "/v2/tokens",
        "/v1//tokens",
        "/..%2fv1",
    ] {
        let answer = app
            .client()
            .send(app.client().request(Method::GET, path))
            .await;
        answer.expect_error(404, "not_found");
    }
}

#[tokio::test]
async fn every_answer_is_kept_out_of_caches() {
    let app = TestApp::start().await;
    for path in ["/v1/devices", "/openapi.json", "/nothing"] {
        let answer = app
            .client()
            .send(app.client().request(Method::GET, path))
            .await;
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        assert_eq!(
            answer.headers["x-content-type-options"], "nosniff",
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_request_has_one_host() {
    let app = TestApp::start().await;
    let address = app.node().url.strip_prefix("http://").unwrap();
    for (hosts, refused) in [
        ("", true),
        ("host: a\r\n", false),
        ("host: a\r\nhost: b\r\n", true),
    ] {
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET /v1/devices HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.starts_with("HTTP/1.1 400"), refused, "{answer}");
    }
}

/// No body, header or path makes a 5xx.
#[test]
fn no_input_is_the_servers_fault() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    let token = runtime.block_on(app.client().log_in()).text_of("token");
    let body = "\\PC{0,200}|\\{\"identity\":\\{\"type\":\"(phone|email|user_id)\",\
                \"value\":\"\\PC{0,30}\"\\},\"authenticator\":\"(sms|email)\",\"pin\":\"\\PC{0,6}\"\\}|\
                \\{\"secret\":\"\\PC{0,12}\",\"pin\":[0-9\\[\\]{}\":,]{0,8}\\}";
    let header = prop::collection::vec(prop_oneof![32_u8..127, 128_u8..=255], 0..60);
    let strategy = (body, header, "[a-zA-Z0-9%._~-]{0,40}", 0..6_usize);
    let config = ProptestConfig::with_cases(300);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&strategy, |(body, header, segment, route)| {
            let path = match route {
                0 => "/v1/tokens".to_owned(),
                1 => format!("/v1/tokens/{segment}/secret"),
                2 => format!("/v1/tokens/{segment}/code"),
                3 => "/v1/sessions".to_owned(),
                4 => format!("/v1/tokens/{segment}?{segment}"),
                _ => format!("/dev/outbox?to={segment}"),
            };
            let method = if route > 3 { Method::GET } else { Method::POST };
            let mut request = app.client().request(method, &path).body(body);
            request = request.header(CONTENT_TYPE, "application/json");
            request = match reqwest::header::HeaderValue::from_bytes(&header) {
                Ok(value) => request.header("authentication", value),
                Err(_) => request.header("authentication", format!("Basic {token}")),
            };
            let answer = runtime.block_on(app.client().send(request));
            prop_assert!(
                answer.status.as_u16() < 500,
                "{} {}",
                answer.status,
                answer.text
            );
            Ok(())
        })
        .unwrap();
}
