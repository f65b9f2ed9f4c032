//! Crowds: who gives way, and that nobody is kept out.

use std::time::Duration;

use countersign_server::listener::Limits;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::client::{HALF, HOLD};
use crate::server::{ELSEWHERE, HOME, LONG, Server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_half_sent_headers_keeps_nobody_out() {
    a_crowd_keeps_nobody_out(HALF).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_half_sent_bodies_keeps_nobody_out() {
    let half = "POST /length HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\nx";
    a_crowd_keeps_nobody_out(half).await;
}

/// The caps an operator gets by default. Time for headers is plenty, so that what is closed gave
/// way.
async fn a_crowd_keeps_nobody_out(half: &str) {
    allow_open_files(12_000);
    let server = Server::start(Limits {
        header_time: LONG * 10,
        ..Limits::default()
    })
    .await;
    let mut early = server.client_from(HOME).await;
    early.assert_served().await;

    let mut crowd = Vec::new();
    for _ in 0..5_000 {
        let mut slow = server.client_from(ELSEWHERE).await;
        // Those at the front may have been closed by now.
        let _ = slow.0.write_all(half.as_bytes()).await;
        crowd.push(slow);
    }

    for from in [ELSEWHERE, HOME] {
        let honest = async { server.client_from(from).await.assert_served().await };
        timeout(Duration::from_secs(1), honest)
            .await
            .expect("served within a second");
    }
    early.assert_served().await;
    for slow in &mut crowd[..2_000] {
        slow.assert_closed().await;
    }
}

/// Both ends of every connection are in this process.
fn allow_open_files(count: u64) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        limit.current = Some(count);
        setrlimit(Resource::Nofile, limit).expect("a hard limit on open files of 12,000 or more");
    }
}

#[tokio::test]
async fn at_the_cap_of_an_address_its_longest_waiting_connection_gives_way() {
    let server = Server::start(Limits {
        connections_per_address: 2,
        ..Limits::default()
    })
    .await;
    let mut other = server.client_from(ELSEWHERE).await;
    other.assert_served().await;
    let mut first = server.client().await;
    first.assert_served().await;
    let mut second = server.client().await;
    second.assert_served().await;
    first.assert_served().await;

    let mut third = server.client().await;

    second.assert_closed().await;
    third.assert_served().await;
    first.assert_served().await;
    other.assert_served().await;
}

#[tokio::test]
async fn at_the_cap_of_all_the_longest_waiting_connection_gives_way() {
    let server = Server::start(Limits {
        connections: 2,
        ..Limits::default()
    })
    .await;
    let mut first = server.client().await;
    first.assert_served().await;
    let mut second = server.client().await;
    second.assert_served().await;

    let mut third = server.client_from(ELSEWHERE).await;

    first.assert_closed().await;
    third.assert_served().await;
    second.assert_served().await;
}

#[tokio::test]
async fn a_request_in_progress_never_gives_way() {
    let server = Server::start(Limits {
        connections_per_address: 1,
        ..Limits::default()
    })
    .await;
    let mut busy = server.client().await;
    busy.send(HOLD).await;
    server.gate.entered().await;

    for _ in 0..100 {
        server.client().await.assert_closed().await;
    }

    server.gate.open();
    assert_eq!(busy.answer().await.body, "held");
    server.client().await.assert_served().await;
    busy.assert_closed().await;
}
