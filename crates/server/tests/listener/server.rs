//! The server that is met, and what its handlers wait for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use countersign_server::listener::{Drained, Limits, PeerAddress, bind, serve};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::client::Client;

pub(crate) const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));
pub(crate) const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Short enough to wait for, long enough for an honest request on a busy machine.
pub(crate) const SHORT: Duration = Duration::from_millis(300);
/// What never takes this long, even so.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Holds the handler of `/hold` until the test lets it go.
#[derive(Clone)]
pub(crate) struct Gate {
    entered: Arc<Semaphore>,
    opened: Arc<Semaphore>,
}

impl Gate {
    pub(crate) async fn entered(&self) {
        timeout(LONG, self.entered.acquire())
            .await
            .unwrap()
            .unwrap()
            .forget();
    }

    pub(crate) fn open(&self) {
        self.opened.add_permits(1);
    }
}

pub(crate) async fn hold(State(gate): State<Gate>) -> &'static str {
    gate.entered.add_permits(1);
    gate.opened.acquire().await.unwrap().forget();
    "held"
}

pub(crate) async fn panics() -> &'static str {
    panic!("as the test wants it")
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) gate: Gate,
    pub(crate) shutdown: CancellationToken,
    pub(crate) serving: JoinHandle<Drained>,
}

impl Server {
    pub(crate) async fn start(limits: Limits) -> Self {
        Self::start_on(
            bind((HOME, 0).into()).unwrap(),
            limits,
            CancellationToken::new(),
        )
    }

    pub(crate) fn start_on(
        listener: TcpListener,
        limits: Limits,
        shutdown: CancellationToken,
    ) -> Self {
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

    pub(crate) async fn client(&self) -> Client {
        self.client_from(HOME).await
    }

    pub(crate) async fn client_from(&self, from: IpAddr) -> Client {
        Client::connect(self.address, from).await
    }

    pub(crate) async fn drained(self) -> Drained {
        timeout(LONG, self.serving)
            .await
            .expect("drained in time")
            .unwrap()
    }
}
