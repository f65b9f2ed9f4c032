//! Requests at a fixed rate, whether or not the answers keep up.
//!
//! Each is timed from when it was due, not from when a connection was free to send it: a server
//! that stalls cannot hide it by being asked less.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::{Clock, SystemClock};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::Error;
use crate::connection::Connection;

/// Connections that ask. A request that finds none free waits, and its wait is counted.
const CONNECTIONS: usize = 32;

/// A request as it goes over the wire.
pub(crate) type Request = Arc<[u8]>;

/// Those that wait for a connection, each with when it was due.
type Waiting = Arc<Mutex<mpsc::UnboundedReceiver<(Duration, Request)>>>;

/// How the next request is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// By the timer, which counts whole milliseconds and leaves the core to others.
    Sleep,
    /// By looking at the clock all the time, to the microsecond: for a core of our own.
    Spin,
}

/// What is asked, and how often.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    /// Requests a second; some.
    pub(crate) rate: u32,
    pub(crate) time: Duration,
    pub(crate) wait: Wait,
    /// With what a good one is answered.
    pub(crate) status: u16,
}

impl Load {
    /// How many requests there will be.
    pub(crate) fn requests(&self) -> usize {
        let interval = Duration::from_secs(1) / self.rate;
        self.time.as_nanos().div_ceil(interval.as_nanos()) as usize
    }
}

/// How long the answers took.
#[derive(Default)]
pub(crate) struct Latencies {
    /// From when each was due to its answer, the shortest first.
    sorted: Vec<Duration>,
    /// From when each was due to when it was handed out to be sent, the shortest first: what the
    /// client itself was late. The server has no part in it.
    lags: Vec<Duration>,
    /// Other answers, and requests without one.
    pub(crate) others: u64,
    /// The status of one of those, if any had one.
    pub(crate) other: Option<u16>,
}

impl Latencies {
    /// The latency that this share is not above.
    pub(crate) fn at(&self, share: f64) -> Duration {
        at(&self.sorted, share)
    }

    /// The client's own lag that this share is not above.
    pub(crate) fn lag_at(&self, share: f64) -> Duration {
        at(&self.lags, share)
    }

    /// How many were answered well.
    pub(crate) fn good(&self) -> usize {
        self.sorted.len()
    }
}

/// The time that this share is not above, of those that are sorted.
fn at(sorted: &[Duration], share: f64) -> Duration {
    let index = (sorted.len() as f64 * share).ceil() as usize;
    let index = index.saturating_sub(1).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or(Duration::MAX)
}

/// Asks what `next` says, and takes the times.
pub(crate) async fn measure(
    load: Load,
    mut next: impl FnMut() -> Request,
) -> Result<Latencies, Error> {
    let clock = SystemClock;
    let (due, waiting) = mpsc::unbounded_channel();
    let waiting = Arc::new(Mutex::new(waiting));
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let connection = open(load.address).await?;
        tasks.spawn(ask(load, connection, Arc::clone(&waiting)));
    }
    let begun = clock.uptime();
    let interval = Duration::from_secs(1) / load.rate;
    let mut at = begun;
    let mut all = Latencies::default();
    while at < begun + load.time {
        until(at, load.wait).await;
        all.lags.push(clock.uptime().saturating_sub(at));
        due.send((at, next()))?;
        at += interval;
    }
    drop(due);
    for one in tasks.join_all().await {
        all.sorted.extend(one.sorted);
        all.others += one.others;
        all.other = all.other.or(one.other);
    }
    all.sorted.sort_unstable();
    all.lags.sort_unstable();
    Ok(all)
}

async fn open(address: SocketAddr) -> std::io::Result<Connection> {
    Connection::open(IpAddr::V4(Ipv4Addr::LOCALHOST), address).await
}

/// One connection: what is due next, one after the other.
async fn ask(load: Load, mut connection: Connection, waiting: Waiting) -> Latencies {
    let mut latencies = Latencies::default();
    loop {
        let next = waiting.lock().await.recv().await;
        let Some((due, request)) = next else {
            return latencies;
        };
        match connection.send(&request).await {
            Ok(answer) if answer.status == load.status => {
                let latency = SystemClock.uptime().saturating_sub(due);
                latencies.sorted.push(latency);
            }
            Ok(answer) => {
                latencies.others += 1;
                latencies.other = Some(answer.status);
            }
            Err(_) => {
                latencies.others += 1;
                match open(load.address).await {
                    Ok(another) => connection = another,
                    Err(_) => return latencies,
                }
            }
        }
    }
}

async fn until(at: Duration, wait: Wait) {
    let early = || at.saturating_sub(SystemClock.uptime());
    match wait {
        // What is due already must not wait for the timer's next millisecond.
        Wait::Sleep if early().is_zero() => {}
        Wait::Sleep => tokio::time::sleep(early()).await,
        Wait::Spin => {
            while !early().is_zero() {
                tokio::task::yield_now().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::watch;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::connection::request;

    /// Answers each request as soon as that is let go.
    async fn answer(mut stream: TcpStream, mut free: watch::Receiver<bool>) {
        let mut buffer = [0; 1024];
        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
            if free.wait_for(|free| *free).await.is_err() {
                return;
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            if stream.write_all(answer).await.is_err() {
                return;
            }
        }
    }

    async fn serve(free: watch::Receiver<bool>) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(stream, free.clone()));
            }
        });
        (address, serving)
    }

    /// A hundred requests are due one millisecond after the other, and no answer comes before the
    /// last is. Most found no connection free and were answered at once when they had one: their
    /// wait counts all the same.
    #[tokio::test]
    async fn a_server_that_stalls_cannot_hide_it() {
        let (let_go, free) = watch::channel(false);
        let (address, server) = serve(free).await;
        let load = Load {
            address,
            rate: 1000,
            time: Duration::from_millis(100),
            wait: Wait::Spin,
            status: 200,
        };
        assert_eq!(load.requests(), 100);
        let request: Request = request("GET", "/", [], "").into();
        let mut asked = 0;
        let next = || {
            asked += 1;
            let_go.send_replace(asked == load.requests());
            Arc::clone(&request)
        };
        let latencies = measure(load, next).await.unwrap();
        server.abort();
        assert_eq!((latencies.good(), latencies.others), (100, 0));
        // The first waited for 99 ms, the next for 98, and so on.
        assert!(latencies.at(1.0) >= Duration::from_millis(99));
        assert!(latencies.at(0.5) >= Duration::from_millis(49));
        // Of that nothing is the client's.
        assert!(latencies.lag_at(0.5) < Duration::from_millis(49));
    }

    #[tokio::test]
    async fn an_answer_of_another_status_is_no_good_one() {
        let (_let_go, free) = watch::channel(true);
        let (address, server) = serve(free).await;
        let load = Load {
            address,
            rate: 1000,
            time: Duration::from_millis(10),
            wait: Wait::Sleep,
            status: 201,
        };
        let request: Request = request("GET", "/", [], "").into();
        let latencies = measure(load, || Arc::clone(&request)).await.unwrap();
        server.abort();
        assert_eq!((latencies.good(), latencies.others), (0, 10));
        assert_eq!(latencies.other, Some(200));
    }
}
