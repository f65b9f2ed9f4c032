//! Asking, and what the answer comes to.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use countersign_domain::{Clock, SystemClock};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};

use super::operation::Operation;
use super::tally::{Outcome, Tally};
use crate::connection::{Answer, Connection};

/// Connections of the proxy in front, at most: half of what one address gets. A request that finds
/// none free waits, and its wait is counted.
const CONNECTIONS: usize = 1_000;

/// How often people come back who are told to, before they give up.
const TRIES: usize = 10;

/// The statuses that may answer.
#[derive(Clone, Copy)]
pub(super) struct Right {
    pub(super) served: &'static [u16],
    /// What a bot has to get.
    pub(super) refused: &'static [u16],
}

/// What came back.
pub(super) enum Came {
    /// Served or refused, as it should be.
    Answer(Answer),
    /// Told to come back after so long.
    Shed(Duration),
    /// Nothing that is of use.
    Nothing,
}

/// Whoever asks, through one proxy.
pub(super) struct Asker {
    pub(super) address: SocketAddr,
    pub(super) tally: Tally,
    free: Mutex<VecDeque<Connection>>,
    places: Semaphore,
    ended: watch::Sender<bool>,
}

impl Asker {
    pub(super) fn new(address: SocketAddr, tally: Tally) -> Self {
        Self {
            address,
            tally,
            free: Mutex::default(),
            places: Semaphore::new(CONNECTIONS),
            ended: watch::Sender::new(false),
        }
    }

    /// From now on an answer that does not come is no fault: the server is being killed.
    pub(super) fn end(&self) {
        self.ended.send_replace(true);
    }

    fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// What comes of this, unless the day ends first.
    pub(super) async fn before_the_end<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut ended = self.ended.subscribe();
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => None,
            done = work => Some(done),
        }
    }

    /// Asks once.
    pub(super) async fn ask(
        &self,
        operation: Operation,
        due: Duration,
        request: &[u8],
        right: Right,
    ) -> Came {
        self.tally.offer(operation, due);
        let answer = match self.send(request).await {
            Ok(answer) => answer,
            Err(error) => {
                self.missing(operation, due, &error);
                return Came::Nothing;
            }
        };
        let retry_after = answer.header("retry-after");
        let retry_after = retry_after.and_then(|seconds| seconds.parse().ok());
        let outcome = judge(answer.status, retry_after, right);
        self.tally.note(operation, due, outcome);
        match outcome {
            Outcome::Served | Outcome::Refused => Came::Answer(answer),
            Outcome::Shed => Came::Shed(Duration::from_secs(retry_after.unwrap_or_default())),
            _ => {
                let (name, status) = (operation.name(), answer.status);
                let fault = format!("{name} was answered with {status}: {}", answer.body);
                self.tally.fault(fault);
                Came::Nothing
            }
        }
    }

    /// Asks as a person does: who is told to come back does so.
    pub(super) async fn insist(
        &self,
        operation: Operation,
        mut due: Duration,
        request: &[u8],
        served: &'static [u16],
    ) -> Option<Answer> {
        let right = Right {
            served,
            refused: &[],
        };
        for _ in 0..TRIES {
            match self.ask(operation, due, request, right).await {
                Came::Answer(answer) => return Some(answer),
                Came::Nothing => return None,
                Came::Shed(after) => {
                    self.before_the_end(tokio::time::sleep(after)).await?;
                    due = SystemClock.uptime();
                }
            }
        }
        self.tally.note(operation, due, Outcome::TurnedAway);
        None
    }

    /// Notes that something did not come.
    pub(super) fn missing(&self, operation: Operation, due: Duration, why: &dyn std::fmt::Display) {
        if self.has_ended() {
            return self.tally.note(operation, due, Outcome::Cut);
        }
        self.tally.note(operation, due, Outcome::Lost);
        let name = operation.name();
        self.tally.fault(format!("{name} was not answered: {why}"));
    }

    async fn send(&self, request: &[u8]) -> std::io::Result<Answer> {
        let place = self.places.acquire().await;
        // The one that rested longest: none of them rests so long that the server closes it.
        let free = self.free.lock().pop_front();
        let mut connection = match free {
            Some(connection) => connection,
            None => Connection::open(IpAddr::V4(Ipv4Addr::LOCALHOST), self.address).await?,
        };
        let answer = connection.send(request).await?;
        self.free.lock().push_back(connection);
        drop(place);
        Ok(answer)
    }
}

fn judge(status: u16, retry_after: Option<u64>, right: Right) -> Outcome {
    if right.served.contains(&status) {
        return Outcome::Served;
    }
    if right.refused.contains(&status) {
        return Outcome::Refused;
    }
    match (status, retry_after) {
        (429 | 503, Some(_)) => Outcome::Shed,
        _ => Outcome::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_right_or_says_when_to_come_back_or_is_wrong() {
        let person = Right {
            served: &[201],
            refused: &[],
        };
        let bot = Right {
            served: &[],
            refused: &[401, 429],
        };
        let table = [
            (person, 201, None, Outcome::Served),
            (person, 503, Some(1), Outcome::Shed),
            (person, 429, Some(60), Outcome::Shed),
            (person, 503, None, Outcome::Wrong),
            (person, 401, None, Outcome::Wrong),
            (person, 500, Some(1), Outcome::Wrong),
            (bot, 401, None, Outcome::Refused),
            (bot, 429, Some(60), Outcome::Refused),
            (bot, 503, Some(1), Outcome::Shed),
            (bot, 201, None, Outcome::Wrong),
        ];
        for (right, status, retry_after, outcome) in table {
            assert_eq!(judge(status, retry_after, right), outcome, "{status}");
        }
    }
}
