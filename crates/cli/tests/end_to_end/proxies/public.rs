//! What is for everybody opens nothing else, however its path is spelt.

use std::process::Command;

use reqwest::Client;
use reqwest::redirect::Policy;

use super::front::Front;
use super::identity::only;
use super::market::Market;
use super::{HOST, ORIGIN};

/// Paths that all take for the same, whatever stands in the query.
const PLAIN: [&str; 4] = [
    "/static/app.css",
    "/static/icons/",
    "/static/fonts/~a+b_c-1.2/logo@2x.min.svg?",
    "/static/app.css?v=%2e%2e/../&a=%3b&c=//",
];

/// Paths that one program takes for `/static/…` and another for something else.
const AMBIGUOUS: [&str; 28] = [
    "/static/../sell/1",
    "/static/./../sell/1",
    "/static/%2e%2e/sell/1",
    "/static/..%2fsell/1",
    "/static/%2e%2e%2fsell/1",
    "/static/a/../../sell/1",
    "/static//../sell/1",
    "/sell/../static/a",
    "/sell/%2e%2e/static/a",
    "/sell/..%2fstatic/a",
    "/auth/../sell/1",
    "//static/a",
    "/./static/a",
    "/static%2fa",
    "/static/..;/sell/1",
    "/static/..;a=b/sell/1",
    "/static/;/../sell/1",
    "/static/%2e%2e;/sell/1",
    "/static/..%3b/sell/1",
    "/static/..\\sell/1",
    "/static/..%5csell/1",
    "/static/%2e%2e%5csell/1",
    "/static/%252e%252e/sell/1",
    "/static/..%252fsell/1",
    "/static/..%255csell/1",
    "/static/..%00/sell/1",
    "/static/a%2f..%2f..%2fsell/1",
    "/static/.../sell/1",
];

/// Paths that one program takes for one of Countersign's pages and another for a part of its API.
const BESIDE_THE_PAGES: [&str; 6] = [
    "/v1/forward-auth/refuse/../../../auth/x",
    "/v1/forward-auth/refuse/%2e%2e/%2e%2e/%2e%2e/auth/x",
    "/v1/forward-auth/redirect/../../../auth/",
    "/v1/forward-auth/refuse/..%2f..%2f..%2fauth/x",
    "/auth/../v1/forward-auth",
    "/auth/%2e%2e/v1/forward-auth",
];

/// Asks for a path as it stands, which few clients do, as somebody who is not signed in.
fn ask(front: &Front, path: &str) -> String {
    ask_as(front, path, "a=b")
}

/// The same as whoever these cookies say.
fn ask_as(front: &Front, path: &str, cookies: &str) -> String {
    let certificate = front.process.certificate();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--path-as-is", "--noproxy", "*"]);
    curl.args(["--output", "/dev/null", "--write-out", "%{http_code}"]);
    curl.args(["--connect-to", &format!("::{}", front.process.address)]);
    curl.args(["--cookie", cookies]);
    curl.arg("--cacert").arg(certificate);
    let output = curl.arg(format!("{ORIGIN}{path}")).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {path}: {error}", front.name);
    String::from_utf8(output.stdout).unwrap()
}

// The application answers while curl is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_everybody_opens_nothing_else() {
    let market = Market::start().await;
    for front in &market.fronts {
        for path in PLAIN {
            assert_eq!(ask(front, path), "200", "{}: {path}", front.name);
            assert_eq!(only(&market, front.name).uri, path);
        }
        for path in AMBIGUOUS {
            let status = ask(front, path);
            let reached = market.application.reached();
            let case = format!("{}: {path}: {status}, {reached:?}", front.name);
            // Some pass on what they have made of a path, which nobody takes for another.
            let plain = reached.iter().all(|reached| {
                let other = ["..", "//", "/./", "%", "\\", ";"];
                let uri = &reached.uri;
                uri.starts_with("/static/") && !other.iter().any(|other| uri.contains(other))
            });
            assert!(plain, "{case}");
            let refused = ["400", "401", "403", "404"].contains(&&*status);
            assert!(refused != (reached.len() == 1), "{case}");
        }
    }
}

// As above.
#[tokio::test(flavor = "multi_thread")]
async fn by_way_of_the_pages_nobody_comes_to_the_api() {
    let market = Market::start().await;
    let ana = market.sign_in().await;
    for front in &market.fronts {
        for path in BESIDE_THE_PAGES {
            // Countersign says 200 to her; so does the application, which is hers to ask.
            let status = ask_as(front, path, &ana.session_cookie());
            let reached = market.application.reached().len();
            let case = format!("{}: {path}: {status}", front.name);
            assert_eq!(reached == 1, status == "200", "{case}");
            let refused = ["400", "401", "403", "404"].contains(&&*status);
            assert!(refused || reached == 1, "{case}");
        }
    }
}

#[tokio::test]
async fn who_comes_without_tls_is_sent_to_it() {
    let market = Market::start().await;
    for front in &market.fronts {
        let client = Client::builder().no_proxy().redirect(Policy::none());
        let client = client.resolve(HOST, front.process.plain).build().unwrap();
        for place in ["/sell/2738?row=3&x=%26", "/static/app.css"] {
            let request = client.get(format!("http://{HOST}{place}"));
            let response = request.send().await.unwrap();
            assert!(response.status().is_redirection(), "{}", front.name);
            let there = response.headers()["location"].to_str().unwrap();
            // Some name the port, which is another here than in the guides.
            let port = format!(":{}", front.process.address.port());
            let there = there.replacen(&port, "", 1);
            assert_eq!(there, format!("{ORIGIN}{place}"), "{}", front.name);
        }
    }
    assert!(market.application.reached().is_empty());
}
