//! One connection, from its place in the registry to its close.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::coop::unconstrained;

use super::answer::answer;
use super::pace::Pace;
use super::registry::Place;
use super::socket::Socket;
use super::{Answers, Limits, PeerAddress, Shared};

/// Time between the shutdown and closing what is idle, for requests already under way to us: closed
/// at once, they would meet a reset.
const LAST_CALL: Duration = Duration::from_millis(100);

/// hyper's floor for the buffer; asking for less panics.
const LEAST_BUFFER: usize = 8192;

/// What a connection's socket, its requests and its task share.
pub(super) struct Visit {
    pub(super) peer: PeerAddress,
    pub(super) place: Place,
    pub(super) pace: Pace,
    pub(super) shared: Arc<Shared>,
}

/// Serves the connection until one side closes it, its time is up, it has to give way, or the
/// drain is through.
pub(super) async fn run(
    stream: TcpStream,
    peer: PeerAddress,
    place: Place,
    shared: Arc<Shared>,
    answers: impl Answers,
) {
    // Answers are small and written whole: waiting for more would only delay them. Fails on a
    // socket already dead, as hyper will find.
    let _ = stream.set_nodelay(true);

    let pace = Pace::new(&shared.limits);
    let visit = Arc::new(Visit {
        peer,
        place,
        pace,
        shared,
    });
    let io = TokioIo::new(Socket::new(stream, Arc::clone(&visit)));
    let service = service_fn(|request| answer(&visit, &answers, request));
    let mut connection = pin!(http(&visit.shared.limits).serve_connection(io, service));
    let mut last_call = pin!(async {
        visit.shared.shutdown.cancelled().await;
        tokio::time::sleep(LAST_CALL).await;
    });
    let mut draining = false;
    loop {
        // The order counts: an eviction comes before the next request is read, and the pace after
        // the connection, which sets it.
        tokio::select! {
            biased;
            () = visit.place.evicted() => return tracing::debug!("connection gave way"),
            result = connection.as_mut() => return match result {
                Ok(()) => {}
                Err(error) => tracing::debug!(%error, "connection ended"),
            },
            // Whatever the connection does in one go, its time counts.
            () = unconstrained(visit.pace.ran_out()) => {
                return tracing::debug!("connection out of time");
            }
            () = &mut last_call, if !draining => {
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// hyper's parser is strict where leniency lets two readers of one stream disagree on where a
/// request ends: differing `Content-Length`s, a `Transfer-Encoding` that does not end in
/// `chunked`, folded header lines and bare CR are 400 and close. It is lenient in two things RFC
/// 9112 allows: a bare LF ends a line (section 2.2), harmless as long as a proxy before us either
/// does the same or forwards no bare LF; and of `Content-Length` beside `Transfer-Encoding` the
/// latter counts (section 6.3), after which the connection is closed, so that nothing smuggled
/// behind the body is ever read as a request.
fn http(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // Ours to keep, in the pace.
        .header_read_timeout(None)
        .max_header_size(limits.header_bytes)
        // Answers are small: to copy them behind their headers costs less than to write from two
        // places.
        .writev(false)
        // Without it a connection may buffer 400 KiB.
        .max_buf_size(limits.header_bytes.max(LEAST_BUFFER));
    builder
}
