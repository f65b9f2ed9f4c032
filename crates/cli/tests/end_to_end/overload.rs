//! A flood of log-ins. How long verifying takes meanwhile is measured by `cargo xtask overload`;
//! here is what holds on any machine.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokio::task::JoinSet;

use crate::server::{Server, client};

/// Log-ins at once: more than threads and queue take on any machine that runs this.
const AT_ONCE: usize = 400;

/// Log-ins are answered or told when to come back, and verifying goes on all along.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_told_to_come_back_and_stops_no_verifying() {
    let server = Server::start();
    let basic = format!("Basic {}", server.log_in().await["token"].as_str().unwrap());
    let (_, session) = server.post_with("/v1/sessions", &basic).await;
    let bearer = format!("Bearer {}", session["token"].as_str().unwrap());

    let (http, mut flood) = (client(), JoinSet::new());
    for number in 0..AT_ONCE {
        // Each of somebody else, or limits would answer; and the owner among them.
        let (who, secret) = match number % (AT_ONCE / 8) {
            0 => ("my_username".to_owned(), "MyPa$$w0rd"),
            _ => (format!("nobody{number}"), "a wrong one"),
        };
        let body = json!({
            "identity": { "type": "username", "value": who },
            "authenticator": "password",
            "secret": secret,
        });
        let request = http.post(format!("{}/v1/tokens", server.url)).json(&body);
        flood.spawn(async move {
            let answer = request.send().await.unwrap();
            let retry_after = answer.headers().get("retry-after").cloned();
            (answer.status().as_u16(), retry_after)
        });
    }
    let over = AtomicBool::new(false);
    let verify = async {
        let mut verified = 0;
        while !over.load(Ordering::Relaxed) || verified == 0 {
            let (status, answer) = server.post_with("/v1/sessions/verify", &bearer).await;
            assert_eq!(status, 200, "{answer}");
            verified += 1;
        }
    };
    let answers = async {
        let answers = flood.join_all().await;
        over.store(true, Ordering::Relaxed);
        answers
    };
    let ((), answers) = tokio::join!(verify, answers);
    let count = |wanted| {
        answers
            .iter()
            .filter(|(status, _)| *status == wanted)
            .count()
    };
    assert_eq!(count(201) + count(401) + count(503), AT_ONCE, "{answers:?}");
    assert!(count(503) > 0 && count(201) + count(401) > 0, "{answers:?}");
    for (status, retry_after) in &answers {
        assert_eq!(*status == 503, retry_after.is_some(), "{status}");
    }
    // And the next one is let in again.
    server.log_in().await;
}
