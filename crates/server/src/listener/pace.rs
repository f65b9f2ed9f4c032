//! How long a connection may take over what it is doing.
//!
//! hyper has a timer of its own for headers, but starts it anew when an answer is out: an idle
//! connection would be closed as early as a half-sent request. So the time is kept here.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Poll, ready};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, sleep_until};

use super::Limits;

/// For what follows a timeout or a close: to write the 408 out, and to let the peer see the last
/// answer before its unread bytes turn our close into a reset.
const GRACE: Duration = Duration::from_secs(1);

/// One connection's phase and when its time is up.
pub(super) struct Pace {
    header_time: Duration,
    request_time: Duration,
    idle_time: Duration,
    /// Uncontended: everything of one connection happens in one task.
    at: Mutex<At>,
}

struct At {
    phase: Phase,
    /// `None` until the clock is read, which is when the connection has been polled: a request
    /// that comes and is answered in one poll is through three phases by then.
    deadline: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Headers are due.
    Headers,
    /// A handler is at work.
    Request,
    /// The answer is being read, or nothing asked.
    Idle,
    /// Nothing more is written.
    Closing,
}

impl Pace {
    /// The pace of a connection just accepted.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            header_time: limits.header_time,
            request_time: limits.request_time,
            idle_time: limits.idle_time,
            at: Mutex::new(At {
                phase: Phase::Headers,
                deadline: None,
            }),
        }
    }

    /// Bytes came in: the first of a request, if the connection was idle. Bytes that came along
    /// with the request before are not seen here and leave the connection idle, which gives the
    /// sender nothing it would not have by sending none.
    pub(super) fn bytes_came(&self) {
        self.enter(Phase::Headers, |phase| phase == Phase::Idle);
    }

    /// A handler gets to work.
    pub(super) fn request_begins(&self) {
        self.enter(Phase::Request, |_| true);
    }

    /// The handler has answered.
    pub(super) fn request_ends(&self) {
        self.enter(Phase::Idle, |_| true);
    }

    /// Our side of the connection is closed.
    pub(super) fn closes(&self) {
        self.enter(Phase::Closing, |phase| phase != Phase::Closing);
    }

    fn enter(&self, phase: Phase, from: impl Fn(Phase) -> bool) {
        let mut at = self.at.lock();
        if from(at.phase) {
            *at = At {
                phase,
                deadline: None,
            };
        }
    }

    fn deadline(&self) -> Instant {
        let mut at = self.at.lock();
        let At { phase, deadline } = &mut *at;
        *deadline.get_or_insert_with(|| Instant::now() + self.time_for(*phase))
    }

    fn time_for(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Headers => self.header_time,
            // The handler's own timeout comes first, so that it can be answered; this one holds
            // should hyper not get to poll the handler, as while an earlier answer waits to be
            // read.
            Phase::Request => self.request_time + GRACE,
            Phase::Idle => self.idle_time,
            Phase::Closing => GRACE,
        }
    }

    /// Resolves when the time of the phase is up. To be polled after the connection in the same
    /// task, so that it sees the phases the connection enters.
    ///
    /// The timer is moved only to an earlier time. A later one is looked at when it rings: each
    /// request would otherwise move it three times, and hardly ever has one rung.
    pub(super) async fn ran_out(&self) {
        let mut sleep = pin!(sleep_until(self.deadline()));
        poll_fn(|context| {
            loop {
                let deadline = self.deadline();
                if deadline < sleep.deadline() {
                    sleep.as_mut().reset(deadline);
                }
                ready!(sleep.as_mut().poll(context));
                if deadline <= sleep.deadline() {
                    return Poll::Ready(());
                }
                sleep.as_mut().reset(deadline);
            }
        })
        .await;
    }
}
