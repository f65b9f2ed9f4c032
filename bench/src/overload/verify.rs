//! Verifying sessions at a fixed rate.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::{Clock, SystemClock};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::Error;
use crate::connection::Connection;

/// Connections that verify. A request that finds none free waits, and its wait is counted.
const CONNECTIONS: usize = 32;

/// How long verifying took.
#[derive(Default)]
pub(super) struct Latencies {
    /// From when each was due to its answer, the shortest first.
    sorted: Vec<Duration>,
    /// Answers other than 200, and requests without one.
    pub(super) others: u64,
}

impl Latencies {
    /// The latency that this share is not above.
    pub(super) fn at(&self, share: f64) -> Duration {
        let index = (self.sorted.len() as f64 * share).ceil() as usize;
        let index = index
            .saturating_sub(1)
            .min(self.sorted.len().saturating_sub(1));
        self.sorted.get(index).copied().unwrap_or(Duration::MAX)
    }

    /// How many were answered with 200.
    pub(super) fn good(&self) -> usize {
        self.sorted.len()
    }
}

/// Verifies one session `rate` times a second for this long.
pub(super) async fn measure(
    address: SocketAddr,
    bearer: &str,
    rate: u32,
    time: Duration,
) -> Result<Latencies, Error> {
    let clock = SystemClock;
    let (due, waiting) = mpsc::unbounded_channel::<Duration>();
    let waiting = Arc::new(Mutex::new(waiting));
    let mut tasks = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (bearer, waiting) = (bearer.to_owned(), Arc::clone(&waiting));
        let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut connection = Connection::open(from, address).await?;
        tasks.spawn(async move {
            let mut latencies = Latencies::default();
            loop {
                let next = waiting.lock().await.recv().await;
                let Some(due) = next else { return latencies };
                let path = "/v1/sessions/verify";
                match connection.post(path, Some(&bearer), "").await {
                    Ok(answer) if answer.status == 200 => {
                        let latency = SystemClock.uptime().saturating_sub(due);
                        latencies.sorted.push(latency);
                    }
                    Ok(_) => latencies.others += 1,
                    Err(_) => {
                        latencies.others += 1;
                        match Connection::open(from, address).await {
                            Ok(another) => connection = another,
                            Err(_) => return latencies,
                        }
                    }
                }
            }
        });
    }
    let begun = clock.uptime();
    let interval = Duration::from_secs(1) / rate;
    let mut at = begun;
    while at < begun + time {
        let early = at.saturating_sub(clock.uptime());
        // The timer counts whole milliseconds: what is due already must not wait for one.
        if !early.is_zero() {
            tokio::time::sleep(early).await;
        }
        due.send(at)?;
        at += interval;
    }
    drop(due);
    let mut all = Latencies::default();
    for one in tasks.join_all().await {
        all.sorted.extend(one.sorted);
        all.others += one.others;
    }
    all.sorted.sort_unstable();
    Ok(all)
}
