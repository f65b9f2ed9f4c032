//! The accept loop: HTTP/1.1 over TCP, with a bound on everything a stranger can make us hold.
//!
//! `axum::serve` is not used: it sets no timer, so half-sent headers stay open for ever, and it
//! knows neither a cap on connections nor a deadline for the drain.
//!
//! | held by a client | bounded by | then |
//! |---|---|---|
//! | headers not complete | [`Limits::header_time`] | closed |
//! | headers too long, or more than 100 of them | [`Limits::header_bytes`] | 431, closed |
//! | request not answered, its body dribbling in | [`Limits::request_time`] | 408, closed |
//! | answer not read, or nothing asked | [`Limits::idle_time`] | closed |
//! | many connections | [`Limits::connections`], [`Limits::connections_per_address`] | the one waiting longest is closed |

mod answer;
mod connection;
mod pace;
mod registry;
mod socket;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use futures_util::FutureExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use self::registry::Registry;

/// How long to leave a listener alone that cannot give us a socket: descriptors are freed by
/// other connections ending, and trying again at once would only burn a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Waiting connections closed when descriptors run out, so that a process whose limit is lower
/// than [`Limits::connections`] still lets newcomers in.
const FREED_WHEN_OUT_OF_DESCRIPTORS: usize = 64;

/// Connections the kernel completes and queues for us to accept. More than the 128 of
/// `TcpListener::bind`: a client beyond the queue waits a second before its system tries again.
const BACKLOG: u32 = 1024;

/// What one client, and all of them together, may hold.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Time for complete request headers, from accepting the connection or from the first byte of
    /// a later request. Default 10 s.
    pub header_time: Duration,
    /// Time from complete headers to the handler's answer, reading the body included. Default
    /// 30 s. A handler still running is dropped: what must not be torn belongs in its own task.
    pub request_time: Duration,
    /// Time an answered connection may take to read the answer and to begin its next request.
    /// Default 75 s: more than the 60 s after which nginx drops an idle upstream connection, for
    /// whoever closes first never sees its request meet a closed socket. An answer whose body is
    /// streamed has to be through in this time, too.
    pub idle_time: Duration,
    /// Bytes of request line and headers together. Default 16 KiB.
    pub header_bytes: usize,
    /// Connections open at once. Default 10,000; the process needs as many file descriptors.
    pub connections: usize,
    /// Connections open at once from one IPv4 address or one IPv6 /64. Default 2,048. Behind a
    /// reverse proxy every connection comes from the proxy.
    pub connections_per_address: usize,
    /// Time for requests in progress to finish once shut down. Default 30 s.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_time: Duration::from_secs(10),
            request_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(75),
            header_bytes: 16 * 1024,
            connections: 10_000,
            connections_per_address: 2_048,
            drain_time: Duration::from_secs(30),
        }
    }
}

/// Who answers what is asked at a listener.
pub trait Answers: Clone + Send + Sync + 'static {
    /// The answer to a request that came from `peer`.
    fn answer(&self, request: Request, peer: PeerAddress) -> impl Future<Output = Response> + Send;
}

/// With [`PeerAddress`] as an extension of every request.
impl Answers for Router {
    async fn answer(&self, mut request: Request, peer: PeerAddress) -> Response {
        request.extensions_mut().insert(peer);
        let Ok(response) = self.clone().oneshot(request).await;
        response
    }
}

/// The address at the other end of the connection. An IPv4 address
/// mapped into IPv6 is unwrapped, so that one peer has one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub IpAddr);

/// How the drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Drained {
    /// Connections that were still open when [`Limits::drain_time`] had passed, and were cut.
    pub cut: usize,
}

/// What every connection shares.
struct Shared {
    limits: Limits,
    registry: Arc<Registry>,
    shutdown: CancellationToken,
}

/// Listens on `address`, with a queue long enough for a burst of newcomers.
///
/// # Errors
///
/// The operating system's: the address is in use, is not ours, or needs a privilege.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // Or a restart has to wait for the old connections' last packets to time out. On Windows the
    // option means another thing: that somebody else may take the address from us.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Has what is asked on `listener` answered until `shutdown` is cancelled; then stops accepting, closes idle
/// connections, lets requests in progress finish within [`Limits::drain_time`] and cuts the rest.
///
/// Failing to accept is logged and tried again, so this ends only by `shutdown`. Dropping the
/// future cuts every connection.
pub async fn serve(
    listener: TcpListener,
    answers: impl Answers,
    limits: Limits,
    shutdown: CancellationToken,
) -> Drained {
    let registry = Registry::new(limits.connections, limits.connections_per_address);
    let shared = Arc::new(Shared {
        limits,
        registry,
        shutdown,
    });
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = shared.shutdown.cancelled() => break,
            Some(ended) = tasks.join_next() => note_panic(ended),
            accepted = listener.accept() => match accepted {
                Ok(accepted) => admit(&mut tasks, &shared, &answers, accepted),
                Err(error) => accept_failed(&shared.registry, &error).await,
            },
        }
    }
    admit_backlog(&mut tasks, &shared, &answers, listener);
    drain(tasks, shared.limits.drain_time).await
}

fn admit(
    tasks: &mut JoinSet<()>,
    shared: &Arc<Shared>,
    answers: &impl Answers,
    (stream, peer): (TcpStream, SocketAddr),
) {
    let peer = peer.ip().to_canonical();
    match shared.registry.admit(peer) {
        Some(place) => {
            tasks.spawn(connection::run(
                stream,
                PeerAddress(peer),
                place,
                Arc::clone(shared),
                answers.clone(),
            ));
        }
        None => tracing::debug!("connection refused: at the cap, and every one has a request"),
    }
}

/// Takes in those who connected before we stopped listening: closing the listener would reset
/// them, with requests perhaps already sent.
fn admit_backlog(
    tasks: &mut JoinSet<()>,
    shared: &Arc<Shared>,
    answers: &impl Answers,
    listener: TcpListener,
) {
    for _ in 0..BACKLOG {
        // Unconstrained, or tokio's cooperative budget would say "nothing there" after 128.
        match tokio::task::unconstrained(listener.accept()).now_or_never() {
            Some(Ok(accepted)) => admit(tasks, shared, answers, accepted),
            Some(Err(_)) => {}
            None => return,
        }
    }
}

async fn accept_failed(registry: &Registry, error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    // The one connection failed before we took it; the listener is well.
    if matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        return;
    }
    // Mostly EMFILE or ENFILE.
    let freed = registry.evict(FREED_WHEN_OUT_OF_DESCRIPTORS);
    tracing::error!(%error, freed, "cannot accept connections; raise the limit on open files");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

async fn drain(mut tasks: JoinSet<()>, time: Duration) -> Drained {
    let finished = async {
        while let Some(ended) = tasks.join_next().await {
            note_panic(ended);
        }
    };
    if tokio::time::timeout(time, finished).await.is_ok() {
        return Drained { cut: 0 };
    }
    let cut = tasks.len();
    tasks.shutdown().await;
    Drained { cut }
}

/// Handlers' panics are caught and answered; one that reaches this far costs its connection alone.
fn note_panic(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("a connection panicked");
    }
}
