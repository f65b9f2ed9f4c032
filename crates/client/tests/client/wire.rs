//! What stands between a client and Countersign, and what stands there in its place.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Something that listens on loopback, and is gone when it is dropped.
pub(crate) struct Listener {
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
    _serving: JoinSet<()>,
}

impl Listener {
    /// Passes every connection on to the server at this URL.
    pub(crate) async fn before(url: &str) -> Self {
        Self::before_at("127.0.0.1:0", url).await
    }

    /// The same, at an address of its own.
    pub(crate) async fn before_at(own: &str, url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap().to_owned();
        Self::each_at(own, move |mut connection| {
            let address = address.clone();
            async move {
                let mut server = TcpStream::connect(address).await.unwrap();
                // Either side may go without a word.
                let _ = copy_bidirectional(&mut connection, &mut server).await;
            }
        })
        .await
    }

    /// Gives this answer to every request.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::each(move |mut connection| {
            let answer = answer.clone();
            async move {
                while asked(&mut connection).await {
                    let _ = connection.write_all(&answer).await;
                }
            }
        })
        .await
    }

    /// Does this with each connection.
    pub(crate) async fn each<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::each_at("127.0.0.1:0", serve).await
    }

    async fn each_at<F>(own: &str, serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let socket = TcpListener::bind(own).await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let mut serving = JoinSet::new();
        let count = connections.clone();
        serving.spawn(async move {
            let mut each = JoinSet::new();
            loop {
                let (connection, _) = socket.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                each.spawn(serve(connection));
            }
        });
        Self {
            url,
            connections,
            _serving: serving,
        }
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads a request without a body; whether there was one.
pub(crate) async fn asked(connection: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return false,
        }
    }
    true
}

/// An answer with this status and body.
pub(crate) fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// What Countersign answers of a session, and what a later version might.
pub(crate) const SESSION: &str = r#"{
    "id": "01a203ec-ff19-72e4-a503-9e880d408015",
    "expires_at": "2026-11-22T15:58:13.177151Z",
    "user": {
        "id": "01a203ec-fc2a-7d55-9170-cb3706caa793",
        "partner": "default",
        "identities": [
            { "type": "passkey", "value": "blue", "since": 2027 },
            { "type": "email", "value": "ana@northstar.example" }
        ],
        "name": "Ana"
    },
    "device_id": "01a203ec-fef6-774f-93e5-5bdedb827c85",
    "authentication_id": "01a203ec-fef6-7653-af1b-b3a4ac7a0d0a",
    "amr": ["passkey"],
    "auth_time": "2026-11-22T15:43:13.142212Z",
    "risk": { "score": 1 }
}"#;
