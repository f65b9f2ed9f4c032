//! What may be sent, and how it is read.

use countersign_server::listener::{Limits, bind};
use tokio_util::sync::CancellationToken;

use crate::client::{Client, HELLO, assert_problem};
use crate::server::{ELSEWHERE, HOME, Server};

#[tokio::test]
async fn headers_too_large_are_431() {
    let server = Server::start(Limits::default()).await;
    let long = |length: usize| {
        format!(
            "GET / HTTP/1.1\r\nhost: test\r\nx: {}\r\n\r\n",
            "x".repeat(length)
        )
    };
    let many = format!(
        "GET / HTTP/1.1\r\nhost: test\r\n{}\r\n",
        "x: y\r\n".repeat(100)
    );
    let long_target = format!(
        "GET /{} HTTP/1.1\r\nhost: test\r\n\r\n",
        "x".repeat(16 * 1024)
    );
    for request in [long(16 * 1024), long(1 << 20), many, long_target] {
        let mut client = server.client().await;
        assert_eq!(client.ask(&request).await.status, 431);
        client.assert_closed().await;
    }
    assert_eq!(
        server
            .client()
            .await
            .ask(&long(16 * 1024 - 100))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_limit_on_headers_may_be_small() {
    let limits = Limits {
        header_bytes: 1024,
        ..Limits::default()
    };
    let server = Server::start(limits).await;
    let padded = |length: usize| HELLO.replace("test", &"x".repeat(length));
    assert_eq!(server.client().await.ask(&padded(1024)).await.status, 431);
    assert_eq!(server.client().await.ask(&padded(900)).await.status, 200);
}

#[tokio::test]
async fn a_request_two_readers_could_read_two_ways_is_400() {
    let server = Server::start(Limits::default()).await;
    let post = "POST /length HTTP/1.1\r\nhost: test\r\n";
    for request in [
        format!("{post}content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef"),
        format!("{post}content-length: 5, 5\r\n\r\nabcde"),
        format!("{post}content-length: +5\r\n\r\nabcde"),
        format!("{post}content-length: -1\r\n\r\n"),
        format!("{post}content-length: 99999999999999999999\r\n\r\n"),
        format!("{post}transfer-encoding: gzip\r\n\r\nabcde"),
        format!("{post}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
        format!("{post}transfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n0\r\n\r\n"),
        "POST /length HTTP/1.0\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".into(),
        format!("{post}content-length : 5\r\n\r\nabcde"),
        format!("{post} content-length: 5\r\n\r\nabcde"),
        format!("{post}x: folded\r\n line\r\ncontent-length: 0\r\n\r\n"),
        format!("{post}x: folded\r\n\tline\r\ncontent-length: 0\r\n\r\n"),
        format!("{post}x: bare\rreturn: yes\r\ncontent-length: 0\r\n\r\n"),
        format!("{post}x: bare\rcontent-length: 0\r\r"),
        format!("{post}x: nul\0\r\ncontent-length: 0\r\n\r\n"),
        "GET / HTTP/1.1\rhost: test\r\n\r\n".into(),
        "GET  / HTTP/1.1\r\nhost: test\r\n\r\n".into(),
        "GET / HTTP/2.5\r\nhost: test\r\n\r\n".into(),
    ] {
        let mut client = server.client().await;
        let answer = client.ask(&format!("{request}{HELLO}")).await;
        assert_eq!(answer.status, 400, "{request:?}");
        client.assert_closed().await;
    }
}

/// RFC 9112 section 6.3: the `Transfer-Encoding` counts, and the connection must not go on.
#[tokio::test]
async fn nothing_is_smuggled_behind_two_lengths() {
    let server = Server::start(Limits::default()).await;
    let both = [
        "content-length: 4\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 4",
    ];
    for lengths in both {
        let mut client = server.client().await;
        let request =
            format!("POST /length HTTP/1.1\r\nhost: test\r\n{lengths}\r\n\r\n0\r\n\r\n{HELLO}");
        let answer = client.ask(&request).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "0"));
        assert!(answer.head.contains("connection: close"), "{}", answer.head);
        client.assert_closed().await;
    }
}

/// RFC 9112 section 2.2 allows it, and no reading of the request but ours is possible.
#[tokio::test]
async fn a_bare_line_feed_ends_a_line() {
    let server = Server::start(Limits::default()).await;
    assert_eq!(
        server
            .client()
            .await
            .ask("GET / HTTP/1.1\nhost: test\n\n")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn an_answer_is_read_by_a_client_still_sending() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    let length = 8 << 20;
    client
        .send(&format!(
            "POST /unread HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n"
        ))
        .await;
    client.send(&"x".repeat(length)).await;
    assert_eq!(client.answer().await.body, "not interested");
    client.assert_closed().await;
}

#[tokio::test]
async fn requests_may_be_pipelined() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    client.send(&HELLO.repeat(100)).await;
    for _ in 0..100 {
        assert_eq!(client.answer().await.body, "hello");
    }
}

#[tokio::test]
async fn a_panic_is_500_and_the_next_request_works() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.client().await;
    let answer = client
        .ask("GET /panic HTTP/1.1\r\nhost: test\r\n\r\n")
        .await;
    assert_problem(&answer, 500, "Internal Server Error", "internal_error");
    assert!(!answer.body.contains("as the test wants it"));
    client.assert_served().await;
    server.client().await.assert_served().await;
}

#[tokio::test]
async fn a_mapped_address_is_unwrapped() {
    // A machine without IPv6 has nothing to unwrap.
    let Ok(listener) = bind("[::]:0".parse().unwrap()) else {
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let _server = Server::start_on(listener, Limits::default(), CancellationToken::new());
    let mut client = Client::connect((HOME, port).into(), ELSEWHERE).await;
    let answer = client.ask("GET /peer HTTP/1.1\r\nhost: test\r\n\r\n").await;
    assert_eq!(answer.body, "127.0.0.2");
}
