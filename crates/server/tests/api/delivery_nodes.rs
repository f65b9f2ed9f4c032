//! Many nodes on one store, and what a node leaves behind that stops or dies.

use std::collections::HashSet;
use std::time::Duration;

use countersign_service::Service;
use countersign_testkit::{Mood, TestApp};
use reqwest::StatusCode;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::delivery::rows;

const PHONE: &str = "+44 123 1234 1234";

/// Begins so many log-ins by SMS, each with a number of its own.
async fn begin(app: &TestApp, count: usize) {
    for number in 0..count {
        let phone = format!("+44 20 7946 {number:04}");
        let begun = app.client().begin(&phone).await;
        begun.expect(StatusCode::CREATED);
    }
}

fn received(service: &Service) -> usize {
    service.delivery().outbox().unwrap().messages().len()
}

/// Runs a node's jobs until what is done meanwhile has stopped them.
async fn with_jobs(service: &Service, meanwhile: impl AsyncFnOnce(CancellationToken)) {
    let stop = CancellationToken::new();
    tokio::join!(service.run_jobs(stop.clone()), meanwhile(stop));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_nodes_one_sends_each() {
    let app = TestApp::start().await;
    let others = [app.another_node().await, app.another_node().await];
    begin(&app, 120).await;
    let nodes = [app.service(), &others[0].service, &others[1].service];
    let deliveries = nodes.map(|node| {
        let node = node.clone();
        tokio::spawn(async move { node.deliver().await })
    });
    for delivery in deliveries {
        delivery.await.unwrap().unwrap();
    }
    let tries = app.gate.tries();
    let ids: HashSet<_> = tries.iter().collect();
    assert_eq!((tries.len(), ids.len()), (120, 120));
    assert_eq!(nodes.map(received).iter().sum::<usize>(), 120);
    assert_eq!(rows(&app, "messages"), 0);
}

#[tokio::test]
async fn a_message_of_a_node_that_dies_is_sent_by_another_after_its_lease() {
    let app = TestApp::start().await;
    let other = app.another_node().await;
    app.gate.set(Mood::Held);
    app.client().begin(PHONE).await;
    let dying = other.service.clone();
    let dies = tokio::spawn(async move { dying.deliver().await });
    app.gate.tried(1).await;
    dies.abort();
    assert!(dies.await.unwrap_err().is_cancelled());

    app.gate.set(Mood::Open);
    app.clock.advance(Duration::from_millis(29_999));
    app.service().deliver().await.unwrap();
    assert_eq!(app.gate.tries().len(), 1, "it may still be at it");
    app.clock.advance(Duration::from_millis(1));
    app.service().deliver().await.unwrap();
    let tries = app.gate.tries();
    assert!(
        tries.len() == 2 && tries[0] == tries[1],
        "under the same id"
    );
    assert_eq!((received(app.service()), received(&other.service)), (1, 0));
    assert_eq!(rows(&app, "messages"), 0);
}

/// A node that is slow and not dead: what it sent is sent twice, and not a third time.
#[tokio::test]
async fn a_message_sent_by_who_lost_it_is_not_tried_again() {
    let app = TestApp::start().await;
    let other = app.another_node().await;
    app.gate.set(Mood::Held);
    app.client().begin(PHONE).await;
    let slow = other.service.clone();
    let slow = tokio::spawn(async move { slow.deliver().await });
    app.gate.tried(1).await;
    app.clock.advance(Duration::from_secs(30));
    let service = app.service().clone();
    let next = tokio::spawn(async move { service.deliver().await });
    app.gate.tried(2).await;
    app.gate.set(Mood::Open);
    slow.await.unwrap().unwrap();
    next.await.unwrap().unwrap();
    app.clock.advance(Duration::from_secs(60));
    app.service().deliver().await.unwrap();
    assert_eq!(app.gate.tries().len(), 2);
    assert_eq!(rows(&app, "messages"), 0);
}

#[tokio::test]
async fn an_answer_does_not_wait_for_a_provider_that_hangs_nor_for_another_channel() {
    let app = TestApp::start().await;
    app.gate.set(Mood::Held);
    with_jobs(app.service(), async |stop| {
        begin(&app, 40).await;
        // As many as are under way at once, and no more.
        app.gate.tried(32).await;
        let body = json!({
            "identity": { "type": "email", "value": "ana@example.com" },
            "authenticator": "email",
        });
        let begun = app.client().post("/v1/tokens", &body).await;
        begun.expect(StatusCode::CREATED);
        app.gate.tried(33).await;
        assert_eq!(rows(&app, "messages"), 41);
        assert_eq!(app.gate.tries().len(), 33);
        app.gate.set(Mood::Open);
        app.gate.tried(41).await;
        stop.cancel();
    })
    .await;
    assert_eq!(received(app.service()), 41);
    assert_eq!(rows(&app, "messages"), 0);
}

/// Nobody waits for the next second: ten would, for ten seconds.
#[tokio::test]
async fn a_message_is_sent_at_once_where_it_was_written() {
    let app = TestApp::start().await;
    with_jobs(app.service(), async |stop| {
        let all = async {
            for count in 1..=10 {
                begin(&app, 1).await;
                app.gate.tried(count).await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(5), all).await;
        assert!(in_time.is_ok());
        stop.cancel();
    })
    .await;
}

#[tokio::test]
async fn a_node_delivers_what_another_wrote() {
    let app = TestApp::start().await;
    let other = app.another_node().await;
    with_jobs(&other.service, async |stop| {
        for count in 1..=2 {
            begin(&app, 1).await;
            app.gate.tried(count).await;
        }
        stop.cancel();
    })
    .await;
    assert_eq!((received(app.service()), received(&other.service)), (0, 2));
}

#[tokio::test]
async fn a_node_that_stops_ends_what_is_under_way() {
    let app = TestApp::start().await;
    app.gate.set(Mood::Held);
    with_jobs(app.service(), async |stop| {
        begin(&app, 3).await;
        app.gate.tried(3).await;
        stop.cancel();
        // What is asked for from now on is for the next process.
        begin(&app, 2).await;
        app.gate.set(Mood::Open);
    })
    .await;
    assert_eq!(received(app.service()), 3);
    assert_eq!(rows(&app, "messages"), 2);
}

#[tokio::test]
async fn what_a_node_cannot_end_before_it_stops_is_due_at_once_elsewhere() {
    let app = TestApp::start().await;
    let other = app.another_node().await;
    app.gate.set(Mood::Held);
    with_jobs(app.service(), async |stop| {
        begin(&app, 3).await;
        app.gate.tried(3).await;
        stop.cancel();
    })
    .await;
    assert_eq!(rows(&app, "messages"), 3);
    app.gate.set(Mood::Open);
    other.service.deliver().await.unwrap();
    assert_eq!(received(&other.service), 3);
    assert_eq!(rows(&app, "messages"), 0);
}
