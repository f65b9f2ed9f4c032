//! A clock that is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::{Clock, Timestamp};
use parking_lot::Mutex;

/// A clock that stands still until it is moved. Clones are one clock.
#[derive(Clone, Debug)]
pub struct MockClock(Arc<Mutex<(Timestamp, Duration)>>);

impl Default for MockClock {
    fn default() -> Self {
        let noon = Timestamp::from_micros(1_800_000_000_000_000);
        Self(Arc::new(Mutex::new((noon, Duration::from_secs(1000)))))
    }
}

impl MockClock {
    /// Moves the wall clock and the machine's uptime on.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock();
        *now = (now.0.plus(by), now.1 + by);
    }

    /// Sets the wall clock forward.
    pub fn set_forward(&self, by: Duration) {
        let mut now = self.0.lock();
        now.0 = now.0.plus(by);
    }

    /// Sets the wall clock back.
    pub fn set_back(&self, by: Duration) {
        let mut now = self.0.lock();
        now.0 = now.0.minus(by);
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        self.0.lock().0
    }

    fn uptime(&self) -> Duration {
        self.0.lock().1
    }
}
