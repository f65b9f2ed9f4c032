//! What is for everybody opens nothing else, however its path is spelt.

use std::process::Command;

use reqwest::Client;
use reqwest::redirect::Policy;

use super::front::Front;
use super::market::Market;
use super::{HOST, ORIGIN};

/// Paths that one program takes for `/static/…` and another for something else.
const AMBIGUOUS: [&str; 14] = [
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
];

/// Asks for a path as it stands, which few clients do.
fn ask(front: &Front, path: &str) -> String {
    let certificate = front.process.certificate();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--path-as-is", "--noproxy", "*"]);
    curl.args(["--output", "/dev/null", "--write-out", "%{http_code}"]);
    curl.args(["--connect-to", &format!("::{}", front.process.address)]);
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
        assert_eq!(ask(front, "/static/app.css"), "200", "{}", front.name);
        let [reached] = &market.application.reached()[..] else {
            panic!("{}: it came once", front.name);
        };
        assert_eq!(reached.uri, "/static/app.css");
        for path in AMBIGUOUS {
            let status = ask(front, path);
            let reached = market.application.reached();
            let case = format!("{}: {path}: {status}, {reached:?}", front.name);
            // Some pass on what they have made of a path, which nobody takes for another.
            let plain = reached.iter().all(|reached| {
                let other = ["..", "//", "/./", "%", "\\"];
                let uri = &reached.uri;
                uri.starts_with("/static/") && !other.iter().any(|other| uri.contains(other))
            });
            assert!(plain, "{case}");
            let refused = ["400", "401", "403", "404"].contains(&&*status);
            assert!(refused != (reached.len() == 1), "{case}");
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
