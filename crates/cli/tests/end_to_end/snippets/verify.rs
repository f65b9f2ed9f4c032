//! An API that knows whose request it is.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::process::{Snippet, header};
use super::{EMAIL, Northstar, folder};

/// The cookie in which the hosted pages keep the session token.
const COOKIE: &str = "__Host-countersign-session";

/// What is brought in place of a token that lives.
const NO_TOKENS: [&str; 6] = [
    "",
    "junk",
    "css_junk",
    "two words",
    "\u{f1}",
    // Python reads escapes in cookies.
    r#""\012x-evil: 1""#,
];

#[tokio::test]
async fn express_knows_whose_request_it_is() {
    let northstar = Northstar::start();
    // Node looks for packages beside the file that asks for them.
    let beside = TempDir::new().unwrap();
    let file = beside.path().join("verify.mjs");
    fs::copy(folder().join("verify.mjs"), &file).unwrap();
    let packages = installed("express/node_modules");
    symlink(packages, beside.path().join("node_modules")).unwrap();
    let program = ["node", "serve.mjs", file.to_str().unwrap()];
    assert_knows_whose_request_it_is(northstar, &program).await;
}

#[tokio::test]
async fn fastapi_knows_whose_request_it_is() {
    let northstar = Northstar::start();
    let python = installed("fastapi/bin/python");
    // `-B`: nothing is written beside the snippet.
    let program = [python.to_str().unwrap(), "-B", "-m", "uvicorn"];
    let program = [&program[..], &["--port", "0", "verify:app"]].concat();
    assert_knows_whose_request_it_is(northstar, &program).await;
}

async fn assert_knows_whose_request_it_is(mut northstar: Northstar, program: &[&str]) {
    let (between, connections) = count_connections(&northstar.server.url).await;
    let countersign = std::mem::replace(&mut northstar.server.url, between);
    let api = Snippet::serving(&northstar, program);
    northstar.server.url = countersign;

    for token in NO_TOKENS {
        assert_refused(&bring(&api, token).await, token);
        assert_refused(&keep(&api, token).await, token);
    }
    assert_refused(&api.get("/me").await, "nothing");

    let token = signed_in(&northstar).await;
    assert_known(bring(&api, &token).await).await;
    assert_known(keep(&api, &token).await).await;
    // Somebody in front of the API asks for a password.
    let cookie = format!("{COOKIE}={token}");
    let behind = api.request(Method::GET, "/me").basic_auth("a", Some("b"));
    let behind = behind.header("cookie", &cookie).send().await.unwrap();
    assert_known(behind).await;
    // Or another's token is there.
    let beside = api.request(Method::GET, "/me").bearer_auth("eyJ.e30.x");
    let beside = beside.header("cookie", &cookie).send().await.unwrap();
    assert_known(beside).await;
    // Another cookie does not count, nor a part of one, nor one that another host can set.
    for name in [
        "countersign-session",
        "x__Host-countersign-session",
        "\u{a0}__Host-countersign-session",
        "\u{2003}__Host-countersign-session",
    ] {
        let cookie = format!("{name}={token}");
        assert_refused(&api.ask(Method::GET, "/me", &cookie).await, name);
    }

    sign_out(&northstar, &token).await;
    assert_refused(&bring(&api, &token).await, "signed out");

    // Refusals are read to their end too.
    assert_eq!(connections.load(Ordering::SeqCst), 1);

    let token = signed_in(&northstar).await;
    northstar.server.terminate();
    assert_unknown(&bring(&api, &token).await, "stopped");
    assert_unknown(&keep(&api, &token).await, "stopped");

    northstar.server.url = answer_what_is_asked_for().await;
    let api = Snippet::serving(&northstar, program);
    for status in ["302", "400", "404", "500", "503", "200"] {
        assert_unknown(&bring(&api, &format!("css_{status}")).await, status);
    }
}

/// A URL behind which this server is, and how many connections are made to it.
async fn count_connections(url: &str) -> (String, Arc<AtomicUsize>) {
    let server = url.strip_prefix("http://").unwrap().to_owned();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = socket.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let server = server.clone();
            tokio::spawn(async move {
                // One that is gone answers nobody.
                if let Ok(mut server) = TcpStream::connect(server).await {
                    let _ = copy_bidirectional(&mut connection, &mut server).await;
                }
            });
        }
    });
    (url, connections)
}

/// The URL of something that answers with the status that is in the token, and never with a session.
async fn answer_what_is_asked_for() -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = socket.accept().await.unwrap();
            let mut request = String::new();
            while !request.ends_with("\r\n\r\n") {
                let byte = connection.read_u8().await.unwrap();
                request.push(char::from(byte));
            }
            let (_, status) = request.split_once("css_").unwrap();
            let status = &status[..3];
            let body = if status == "200" { "<p>" } else { "{}" };
            let length = body.len();
            let head = format!("HTTP/1.1 {status} So\r\nconnection: close\r\n");
            let answer = format!("{head}content-length: {length}\r\n\r\n{body}");
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

/// What is answered to an app that brings this token.
async fn bring(api: &Snippet, token: &str) -> Response {
    let request = api.request(Method::GET, "/me");
    let request = request.header("authorization", format!("Bearer {token}"));
    request.send().await.unwrap()
}

/// What is answered to a browser that keeps it.
async fn keep(api: &Snippet, token: &str) -> Response {
    let cookie = format!("{COOKIE}={token}");
    api.ask(Method::GET, "/me", &cookie).await
}

async fn assert_known(answer: Response) {
    assert_eq!(answer.status(), 200);
    let user: Value = answer.json().await.unwrap();
    assert_eq!(user["partner"], "northstar");
    let email = json!({ "type": "email", "value": EMAIL });
    assert_eq!(user["identities"], json!([email]));
}

fn assert_refused(answer: &Response, what: &str) {
    assert_eq!(answer.status(), 401, "{what:?}");
    assert_eq!(header(answer, "www-authenticate"), "Bearer", "{what:?}");
}

fn assert_unknown(answer: &Response, what: &str) {
    assert_eq!(answer.status(), 503, "{what}");
    assert_eq!(header(answer, "retry-after"), "1", "{what}");
}

/// A session of the user whom the snippets name.
async fn signed_in(northstar: &Northstar) -> String {
    let token = northstar.mint().await;
    let (status, answer) = northstar.redeem(&token).await;
    assert_eq!(status, 200, "{answer}");
    answer["session"]["token"].as_str().unwrap().to_owned()
}

async fn sign_out(northstar: &Northstar, token: &str) {
    let url = format!("{}/v1/sessions", northstar.server.url);
    let request = crate::server::client().delete(url).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), 204);
}

/// What `cargo xtask tools` installs, beside what cargo builds.
fn installed(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(3).unwrap();
    let installed = built.join("tools").join(name);
    let missing = format!("{name} is missing; `cargo xtask tools` installs it");
    assert!(installed.exists(), "{missing}");
    installed
}
