//! What is for everybody opens nothing else, however its path is spelt.

use std::process::Command;

use super::front::Front;
use super::market::Market;

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
    let certificate = front.process.as_ref().unwrap().certificate();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--path-as-is", "--noproxy", "*"]);
    curl.args(["--output", "/dev/null", "--write-out", "%{http_code}"]);
    curl.args(["--connect-to", &format!("::{}", front.address)]);
    curl.arg("--cacert").arg(certificate);
    let output = curl.arg(front.origin() + path).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {path}: {error}", front.name);
    String::from_utf8(output.stdout).unwrap()
}

// The application answers while curl is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_everybody_opens_nothing_else() {
    let market = Market::start().await;
    // How a path is read is up to the program itself: it cannot be played.
    for front in market.fronts.iter().filter(|front| front.process.is_some()) {
        assert_eq!(ask(front, "/static/app.css"), "200", "{}", front.name);
        let [reached] = &market.application.reached()[..] else {
            panic!("{}: it came once", front.name);
        };
        assert_eq!(reached.uri, "/static/app.css");
        for path in AMBIGUOUS {
            let status = ask(front, path);
            let reached = market.application.reached();
            let case = format!("{}: {path}: {status}, {reached:?}", front.name);
            assert!(reached.is_empty(), "{case}");
            assert!(["400", "401", "403", "404"].contains(&&*status), "{case}");
        }
    }
}
