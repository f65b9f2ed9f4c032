//! The accept loop through real sockets: who is served, who is closed, and when.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use countersign_server::listener::{Drained, Limits, PeerAddress, bind, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Short enough to wait for, long enough for an honest request on a busy machine.
const SHORT: Duration = Duration::from_millis(300);
/// What never takes this long, even so.
const LONG: Duration = Duration::from_secs(20);

const HELLO: &str = "GET / HTTP/1.1\r\nhost: test\r\n\r\n";
const HOLD: &str = "GET /hold HTTP/1.1\r\nhost: test\r\n\r\n";
const HALF: &str = "GET / HTTP/1.1\r\nhost: te";

// ---- the server ----

/// Holds the handler of `/hold` until the test lets it go.
#[derive(Clone)]
struct Gate {
    entered: Arc<Semaphore>,
    opened: Arc<Semaphore>,
}

impl Gate {
    async fn entered(&self) {
        timeout(LONG, self.entered.acquire())
            .await
            .unwrap()
            .unwrap()
            .forget();
    }

    fn open(&self) {
        self.opened.add_permits(1);
    }
}

async fn hold(State(gate): State<Gate>) -> &'static str {
    gate.entered.add_permits(1);
    gate.opened.acquire().await.unwrap().forget();
    "held"
}

async fn panics() -> &'static str {
    panic!("as the test wants it")
}

struct Server {
    address: SocketAddr,
    gate: Gate,
    shutdown: CancellationToken,
    serving: JoinHandle<Drained>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        Self::start_on(
            bind((HOME, 0).into()).unwrap(),
            limits,
            CancellationToken::new(),
        )
    }

    fn start_on(listener: TcpListener, limits: Limits, shutdown: CancellationToken) -> Self {
        let gate = Gate {
            entered: Arc::new(Semaphore::new(0)),
            opened: Arc::new(Semaphore::new(0)),
        };
        let router = Router::new()
            .route("/", get(async || "hello"))
            .route("/length", post(async |body: Bytes| body.len().to_string()))
            .route("/unread", post(async || "not interested"))
            .route("/big", get(async || vec![b'x'; 64 << 20]))
            .route(
                "/peer",
                get(async |Extension(peer): Extension<PeerAddress>| peer.0.to_string()),
            )
            .route("/hold", get(hold))
            .route("/panic", get(panics))
            .with_state(gate.clone());
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(serve(listener, router, limits, shutdown.clone()));
        Self {
            address,
            gate,
            shutdown,
            serving,
        }
    }

    async fn client(&self) -> Client {
        self.client_from(HOME).await
    }

    async fn client_from(&self, from: IpAddr) -> Client {
        Client::connect(self.address, from).await
    }

    async fn drained(self) -> Drained {
        timeout(LONG, self.serving)
            .await
            .expect("drained in time")
            .unwrap()
    }
}

// ---- the client ----

struct Client(TcpStream);

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Client {
    async fn connect(server: SocketAddr, from: IpAddr) -> Self {
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

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next answer; `None` if the connection is closed before one begins.
    async fn try_answer(&mut self) -> Option<Answer> {
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

    async fn answer(&mut self) -> Answer {
        self.try_answer().await.expect("an answer")
    }

    async fn ask(&mut self, text: &str) -> Answer {
        self.send(text).await;
        self.answer().await
    }

    async fn assert_served(&mut self) {
        let answer = self.ask(HELLO).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    }

    /// Waits for the close, and for nothing to be said before it.
    async fn assert_closed(&mut self) {
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

fn assert_problem(answer: &Answer, status: u16, title: &str, code: &str) {
    assert_eq!(answer.status, status);
    assert!(
        answer
            .head
            .contains("content-type: application/problem+json\r\n"),
        "{}",
        answer.head
    );
    let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["title"], title);
    assert_eq!(problem["status"], status);
    assert_eq!(problem["error_code"], code);
    assert_eq!(problem["detail"], problem["error_message"]);
}

// ---- time ----

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

// ---- what is sent ----

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

// ---- crowds ----

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

// ---- the drain ----

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
