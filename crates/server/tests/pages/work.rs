//! Proof of work, where a limit is near.

use std::time::Duration;

use countersign_domain::limits::NodeLimits;
use countersign_domain::work::Puzzle;
use countersign_server::TrustedProxies;
use countersign_testkit::{Browser, Shown, TestApp, TestNode};
use reqwest::StatusCode;
use serde_json::json;

use crate::site::{MARKET, market};

const CROWD: &str = "203.0.113.9";

/// A node behind a proxy on this machine, where an address may have eight messages sent and
/// guess eight times.
async fn behind_a_proxy() -> (TestApp, TestNode) {
    let mut app = market().await;
    app.node_limits = NodeLimits {
        address_sends_per_hour: 8,
        address_guesses_per_hour: 8,
        ..NodeLimits::default()
    };
    app.proxies = TrustedProxies::new(["127.0.0.0/8".parse().unwrap()]);
    let node = app.another_node().await;
    (app, node)
}

fn browser(node: &TestNode, address: &str) -> Browser {
    let mut browser = Browser::new(&node.url, MARKET);
    browser
        .headers
        .insert("x-forwarded-for".to_owned(), address.to_owned());
    browser
}

/// Sends as many as an address may without more.
async fn use_up_half(node: &TestNode) {
    let mut one = browser(node, CROWD);
    let form = one.open("/auth/otp").await;
    for number in 0..5 {
        let address = format!("crowd{number}@example.com");
        let sent = one.submit(&form, &[("identity", &address)]).await;
        assert!(sent.location().starts_with("/auth/otp/csp_"));
    }
}

/// What the script of a page finds.
fn found(page: &Shown) -> String {
    let bytes = |name: &str| {
        let (_, rest) = page.html.split_once(&format!("data-{name}=\"")).unwrap();
        let digits = rest.split('"').next().unwrap();
        let bytes = (0..digits.len()).step_by(2);
        let bytes = bytes.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
        bytes.collect::<Vec<_>>()
    };
    let puzzle = Puzzle {
        salt: bytes("salt").try_into().unwrap(),
        hash: bytes("hash").try_into().unwrap(),
    };
    puzzle.solve().unwrap().to_string()
}

fn demanded(shown: Shown) -> Shown {
    let shown = shown.expect(StatusCode::TOO_MANY_REQUESTS);
    assert!(shown.text().contains("Please wait"), "{}", shown.text());
    shown
}

#[tokio::test]
async fn nothing_is_demanded_where_no_limit_is_near() {
    let (_app, node) = behind_a_proxy().await;
    use_up_half(&node).await;
    let mut other = browser(&node, "203.0.113.10");
    let form = other.open("/auth/otp").await;
    assert!(!form.html.contains("name=\"work\""));
    let sent = other
        .submit(&form, &[("identity", "ana@example.com")])
        .await;
    sent.location();
}

#[tokio::test]
async fn near_a_limit_a_proof_lets_one_through_and_counts_once() {
    let (app, node) = behind_a_proxy().await;
    use_up_half(&node).await;
    let mut one = browser(&node, CROWD);
    let form = one.open("/auth/otp").await.expect(StatusCode::OK);
    assert!(
        !form.text().contains("Please wait"),
        "nobody has pressed yet"
    );
    let found = found(&form);
    let wrong = if found == "1" { "2" } else { "1" };
    let ana = ("identity", "ana@example.com");
    for none in [wrong, "4294967295", "4294967296", "-1", "x", ""] {
        let shown = demanded(one.submit(&form, &[ana, ("found", none)]).await);
        assert_eq!(shown.form()["identity"], "ana@example.com");
    }
    for none in ["", "csp_x", &form.form()["form"]] {
        demanded(
            one.submit(&form, &[ana, ("work", none), ("found", &found)])
                .await,
        );
    }
    let sent = one.submit(&form, &[ana, ("found", &found)]).await;
    assert!(sent.location().starts_with("/auth/otp/csp_"));
    let bea = ("identity", "bea@example.com");
    let replayed = one.submit(&form, &[bea, ("found", &found)]).await;
    let page = demanded(replayed);
    node.service.deliver().await.unwrap();
    let outbox = node.service.delivery().outbox().unwrap();
    assert!(
        outbox
            .messages()
            .iter()
            .all(|it| it.to.value() != "bea@example.com")
    );
    let sent = one
        .submit(&page, &[bea, ("found", &self::found(&page))])
        .await;
    sent.location();
    drop(app);
}

#[tokio::test]
async fn a_proof_is_of_one_browser_and_one_form() {
    let (_app, node) = behind_a_proxy().await;
    use_up_half(&node).await;
    let (mut one, mut other) = (browser(&node, CROWD), browser(&node, CROWD));
    let form = one.open("/auth/otp").await;
    let (work, found) = (form.form()["work"].clone(), found(&form));
    let theirs = other.open("/auth/otp").await;
    let proof = [
        ("identity", "ana@example.com"),
        ("work", &work),
        ("found", &found),
    ];
    demanded(other.submit(&theirs, &proof).await);
    // The password's form, where guesses are near their limit too.
    let password = one.open("/auth/password").await;
    for number in 0..5 {
        let name = format!("nobody{number}");
        let wrong = [("identity", name.as_str()), ("password", "wrong password")];
        one.submit(&password, &wrong)
            .await
            .expect(StatusCode::UNAUTHORIZED);
    }
    let user = ("identity", TestApp::USERNAME);
    let mine = ("password", TestApp::PASSWORD);
    let of_otp = [
        user,
        mine,
        ("work", work.as_str()),
        ("found", found.as_str()),
    ];
    let page = demanded(one.submit(&password, &of_otp).await);
    assert!(!page.html.contains(TestApp::PASSWORD));
    let found = self::found(&page);
    let signed_in = one.submit(&page, &[user, mine, ("found", &found)]).await;
    assert_eq!(signed_in.location(), "/");
}

#[tokio::test]
async fn who_computes_nothing_waits() {
    let (app, node) = behind_a_proxy().await;
    use_up_half(&node).await;
    let mut one = browser(&node, CROWD);
    let form = one.open("/auth/otp").await;
    let ana = [("identity", "ana@example.com")];
    let page = demanded(one.submit(&form, &ana).await);
    assert!(
        page.text()
            .contains("wait 15 seconds, then press “Send code”"),
        "{}",
        page.text()
    );
    assert_eq!(page.headers["retry-after"], "15");
    app.clock.advance(Duration::from_millis(14_999));
    let early = demanded(one.submit(&page, &ana).await);
    assert!(early.text().contains("wait 1 second,"), "{}", early.text());
    app.clock.advance(Duration::from_millis(1));
    let sent = one.submit(&early, &ana).await;
    assert!(sent.location().starts_with("/auth/otp/csp_"));
    demanded(one.submit(&early, &[("identity", "bea@example.com")]).await);
}

#[tokio::test]
async fn many_waits_at_once_are_worth_a_few() {
    let (app, node) = behind_a_proxy().await;
    app.set_partner("default", json!({ "limits": { "sends_per_minute": 40 } }))
        .await;
    node.service.poll_feed().await.unwrap();
    // The partner's users are near their limit, by messages from many addresses.
    for number in 0..31 {
        let mut one = browser(&node, &format!("203.0.113.{}", 100 + number));
        let form = one.open("/auth/otp").await;
        let address = format!("crowd{number}@example.com");
        one.submit(&form, &[("identity", &address)])
            .await
            .location();
    }
    let mut one = browser(&node, CROWD);
    let mut forms = Vec::new();
    for _ in 0..6 {
        forms.push(one.open("/auth/otp").await);
    }
    // As long as nothing is given back: the clock that limits are counted by moves on too.
    let mut sent = 0;
    app.clock.set_forward(Duration::from_secs(15));
    for (number, form) in forms.iter().enumerate() {
        let address = format!("ana{number}@example.com");
        let shown = one.submit(form, &[("identity", &address)]).await;
        sent += usize::from(shown.status == StatusCode::SEE_OTHER);
    }
    assert_eq!(sent, 4);
}

#[tokio::test]
async fn where_limits_are_tried_out_nothing_is_demanded() {
    let (app, node) = behind_a_proxy().await;
    app.set_partner("default", json!({ "limits": { "dry_run": true } }))
        .await;
    node.service.poll_feed().await.unwrap();
    use_up_half(&node).await;
    use_up_half(&node).await;
    let mut one = browser(&node, CROWD);
    let form = one.open("/auth/otp").await;
    assert!(!form.html.contains("name=\"work\""));
}
