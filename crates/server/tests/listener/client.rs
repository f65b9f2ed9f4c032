//! A client that writes what it likes, byte by byte.

use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::server::LONG;

pub(crate) const HELLO: &str = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";
pub(crate) const HOLD: &str = "GET /hold HTTP/1.1\r\nhost: test\r\n\r\n";
pub(crate) const HALF: &str = "GET / HTTP/1.1\r\nhost: te";

pub(crate) struct Client(pub(crate) TcpStream);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Client {
    pub(crate) async fn connect(server: SocketAddr, from: IpAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Dropped, it leaves nothing in TIME_WAIT: thousands would use up the address's ports.
        socket.set_zero_linger().unwrap();
        socket.bind((from, 0).into()).unwrap();
        Self(
            timeout(LONG, socket.connect(server))
                .await
                .unwrap()
                .unwrap(),
        )
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next answer; `None` if the connection is closed before one begins.
    pub(crate) async fn try_answer(&mut self) -> Option<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match timeout(LONG, self.0.read_u8())
                .await
                .expect("an answer, or the close")
            {
                Ok(byte) => head.push(byte),
                Err(_) if head.is_empty() => return None,
                Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&head)),
            }
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head
            .split("content-length: ")
            .nth(1)
            .unwrap()
            .split("\r\n")
            .next()
            .unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        timeout(LONG, self.0.read_exact(&mut body))
            .await
            .unwrap()
            .unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Some(Answer {
            status,
            head,
            body: String::from_utf8(body).unwrap(),
        })
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        self.try_answer().await.expect("an answer")
    }

    pub(crate) async fn ask(&mut self, text: &str) -> Answer {
        self.send(text).await;
        self.answer().await
    }

    pub(crate) async fn assert_served(&mut self) {
        let answer = self.ask(HELLO).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    }

    /// Waits for the close, and for nothing to be said before it.
    pub(crate) async fn assert_closed(&mut self) {
        let mut buffer = [0; 1024];
        match timeout(LONG, self.0.read(&mut buffer))
            .await
            .expect("closed in time")
        {
            Ok(0) | Err(_) => {}
            Ok(count) => panic!("got {:?}", String::from_utf8_lossy(&buffer[..count])),
        }
    }
}

pub(crate) fn assert_problem(answer: &Answer, status: u16, title: &str, code: &str) {
    assert_eq!(answer.status, status);
    assert!(
        answer
            .head
            .contains("content-type: application/problem+json\r\n"),
        "{}",
        answer.head
    );
    // What browsers are told with every answer.
    for guard in [
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "strict-transport-security: max-age=",
        "cross-origin-opener-policy: same-origin",
        "cross-origin-resource-policy: same-origin",
        "content-security-policy: default-src 'none'",
    ] {
        assert!(answer.head.contains(guard), "{guard}: {}", answer.head);
    }
    let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["title"], title);
    assert_eq!(problem["status"], status);
    assert_eq!(problem["error_code"], code);
    assert_eq!(problem["detail"], problem["error_message"]);
}
