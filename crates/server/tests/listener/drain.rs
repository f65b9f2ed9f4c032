//! The end: what is under way is finished, what is idle is closed.

use countersign_server::listener::{Drained, Limits, bind};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, HELLO, HOLD};
use crate::server::{HOME, SHORT, Server};

#[tokio::test]
async fn the_drain_finishes_requests_and_closes_what_is_idle() {
    let server = Server::start(Limits::default()).await;
    let mut idle = server.client().await;
    idle.assert_served().await;
    let mut silent = server.client().await;
    let mut busy = server.client().await;
    busy.send(HOLD).await;
    server.gate.entered().await;

    server.shutdown.cancel();
    idle.assert_closed().await;
    silent.assert_closed().await;
    assert!(
        TcpStream::connect(server.address).await.is_err(),
        "nobody listens"
    );

    server.gate.open();
    let answer = busy.answer().await;
    assert_eq!(answer.body, "held");
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    busy.assert_closed().await;
    drop((idle, silent, busy));
    assert_eq!(server.drained().await, Drained { cut: 0 });
}

#[tokio::test]
async fn the_deadline_of_the_drain_cuts() {
    let server = Server::start(Limits {
        drain_time: SHORT,
        ..Limits::default()
    })
    .await;
    let mut idle = server.client().await;
    idle.assert_served().await;
    let mut busy = server.client().await;
    busy.send(HOLD).await;
    server.gate.entered().await;

    drop(idle);
    server.shutdown.cancel();
    assert_eq!(server.drained().await, Drained { cut: 1 });
    busy.assert_closed().await;
}

#[tokio::test]
async fn a_request_under_way_when_the_shutdown_comes_is_served() {
    let server = Server::start(Limits::default()).await;
    let mut idle = server.client().await;
    idle.assert_served().await;
    server.shutdown.cancel();
    idle.assert_served().await;
    idle.assert_closed().await;
}

#[tokio::test]
async fn those_the_kernel_took_in_before_the_shutdown_are_served() {
    let listener = bind((HOME, 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let mut clients = Vec::new();
    for _ in 0..500 {
        let mut client = Client::connect(address, HOME).await;
        client.send(HELLO).await;
        clients.push(client);
    }
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    let server = Server::start_on(listener, Limits::default(), shutdown);
    for client in &mut clients {
        assert_eq!(client.answer().await.body, "hello");
    }
    drop(clients);
    assert_eq!(server.drained().await, Drained { cut: 0 });
}
