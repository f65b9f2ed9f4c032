//! How long anybody may take.

use std::time::Duration;

use countersign_server::listener::{Drained, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::client::{Answer, Client, HALF, HOLD, assert_problem};
use crate::server::{LONG, SHORT, Server};

#[tokio::test]
async fn half_sent_headers_are_closed_while_others_are_served() {
    let server = Server::start(Limits {
        header_time: SHORT,
        ..Limits::default()
    })
    .await;
    let mut silent = server.client().await;
    let mut half = server.client().await;
    half.send(HALF).await;
    let mut honest = server.client().await;

    let mut closed =
        std::pin::pin!(async { tokio::join!(silent.assert_closed(), half.assert_closed()) });
    loop {
        tokio::select! {
            biased;
            _ = &mut closed => break,
            () = honest.assert_served() => {}
        }
    }
}

#[tokio::test]
async fn an_idle_connection_outlives_the_time_for_headers() {
    let server = Server::start(Limits {
        header_time: SHORT,
        ..Limits::default()
    })
    .await;
    let mut idle = server.client().await;
    idle.assert_served().await;

    let mut half = server.client().await;
    half.send(HALF).await;
    half.assert_closed().await;

    idle.assert_served().await;
    idle.send(HALF).await;
    idle.assert_closed().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_the_end() {
    let server = Server::start(Limits {
        idle_time: SHORT,
        ..Limits::default()
    })
    .await;
    let mut idle = server.client().await;
    idle.assert_served().await;
    idle.assert_closed().await;
}

#[tokio::test]
async fn a_dribbled_body_is_408() {
    let server = Server::start(Limits {
        request_time: SHORT,
        ..Limits::default()
    })
    .await;
    let Client(stream) = server.client().await;
    let (reader, mut writer) = stream.into_split();
    let dribble = tokio::spawn(async move {
        let head = b"POST /length HTTP/1.1\r\nhost: test\r\ncontent-length: 9999\r\n\r\n";
        writer.write_all(head).await.unwrap();
        let mut pace = tokio::time::interval(Duration::from_millis(10));
        while writer.write_all(b"x").await.is_ok() {
            pace.tick().await;
        }
        writer
    });

    let mut text = Vec::new();
    let mut reader = reader.take(4096);
    timeout(LONG, reader.read_to_end(&mut text))
        .await
        .expect("answered and closed")
        .unwrap();
    timeout(LONG, dribble)
        .await
        .expect("nobody takes the rest of the body")
        .unwrap();

    let text = String::from_utf8(text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("connection: close"), "{head}");
    let answer = Answer {
        status: 408,
        head: head.to_owned(),
        body: body.to_owned(),
    };
    assert!(head.starts_with("HTTP/1.1 408 "), "{head}");
    assert_problem(&answer, 408, "Request Timeout", "request_timeout");
}

#[tokio::test]
async fn a_slow_handler_is_408() {
    let server = Server::start(Limits {
        request_time: SHORT,
        ..Limits::default()
    })
    .await;
    let mut client = server.client().await;
    let answer = client.ask(HOLD).await;
    assert_problem(&answer, 408, "Request Timeout", "request_timeout");
    client.assert_closed().await;
}

#[tokio::test]
async fn an_answer_nobody_reads_is_given_up() {
    let limits = Limits {
        idle_time: SHORT,
        drain_time: LONG,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let mut client = server.client().await;
    client.send("GET /big HTTP/1.1\r\nhost: test\r\n\r\n").await;
    client.0.readable().await.unwrap();

    server.shutdown.cancel();
    assert_eq!(server.drained().await, Drained { cut: 0 });
}
