//! Log-ins from many addresses, each as fast as it is answered.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::USERS;
use crate::Error;
use crate::connection::Connection;
use crate::priority::give_way;
use crate::server::PASSWORD;
use crate::users::log_in;

/// How many log-ins were answered with which status; 0 where a connection broke.
type Answers = BTreeMap<u16, u64>;

/// A flood that goes on until it is stopped.
pub(super) struct Flood {
    stop: Arc<Notify>,
    thread: JoinHandle<Answers>,
}

impl Flood {
    pub(super) fn start(to: SocketAddr, connections: usize) -> Result<Self, Error> {
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new().spawn(move || {
            give_way();
            runtime.block_on(flood(to, connections, &stopped))
        })?;
        Ok(Self { stop, thread })
    }

    /// Stops it; what was answered.
    pub(super) fn stop(self) -> Answers {
        self.stop.notify_one();
        self.thread.join().unwrap_or_default()
    }
}

async fn flood(to: SocketAddr, connections: usize, stop: &Notify) -> Answers {
    let (sender, mut statuses) = tokio::sync::mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for number in 0..connections {
        tasks.spawn(one(number as u64, to, sender.clone()));
    }
    drop(sender);
    let mut answers = Answers::new();
    loop {
        tokio::select! {
            status = statuses.recv() => match status {
                Some(status) => *answers.entry(status).or_default() += 1,
                None => return answers,
            },
            () = stop.notified() => return answers,
        }
    }
}

/// One client: right and wrong passwords in turn, of users who are there and of nobody.
async fn one(number: u64, to: SocketAddr, statuses: tokio::sync::mpsc::UnboundedSender<u16>) {
    let [.., high, low] = (number + 1).to_be_bytes();
    let from = IpAddr::V4(Ipv4Addr::new(127, 1, high, low));
    let mut connection = None;
    for turn in number.. {
        let open = match connection.take() {
            Some(open) => Ok(open),
            None => Connection::open(from, to).await,
        };
        let body = match turn % 3 {
            0 => log_in(&format!("user{}", turn % USERS), PASSWORD),
            1 => log_in(&format!("user{}", turn % USERS), "a wrong password"),
            _ => log_in(&format!("nobody{turn}"), PASSWORD),
        };
        let status = match open {
            Err(_) => 0,
            Ok(mut open) => match open.post("/v1/tokens", None, &body).await {
                Err(_) => 0,
                Ok(answer) => {
                    connection = Some(open);
                    answer.status
                }
            },
        };
        if statuses.send(status).is_err() {
            return;
        }
    }
}
