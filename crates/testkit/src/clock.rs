//! A clock that is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::{Clock, Timestamp};
use parking_lot::Mutex;

/// A clock that stands still until it is moved. Clones are one clock.
#[derive(Clone)]
pub struct MockClock(Arc<Mutex<Face>>);

struct Face {
    now: Timestamp,
    uptime: Duration,
    before_now: Option<Event>,
    before_uptime: Option<Event>,
}

/// Something that happens just before somebody is told the time.
type Event = Box<dyn FnOnce() + Send>;

impl Default for MockClock {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Face {
            now: Timestamp::from_micros(1_800_000_000_000_000),
            uptime: Duration::from_secs(1000),
            before_now: None,
            before_uptime: None,
        })))
    }
}

impl MockClock {
    /// Moves the wall clock and the machine's uptime on.
    pub fn advance(&self, by: Duration) {
        let mut face = self.0.lock();
        face.now = face.now.plus(by);
        face.uptime += by;
    }

    /// Sets the wall clock forward.
    pub fn set_forward(&self, by: Duration) {
        let mut face = self.0.lock();
        face.now = face.now.plus(by);
    }

    /// Sets the wall clock back.
    pub fn set_back(&self, by: Duration) {
        let mut face = self.0.lock();
        face.now = face.now.minus(by);
    }

    /// Has something happen once, just before the next who asks for the moment is told it:
    /// what others do while a process stands still between two of its steps.
    pub fn before_now(&self, event: impl FnOnce() + Send + 'static) {
        self.0.lock().before_now = Some(Box::new(event));
    }

    /// The same before the next who asks for the uptime is told it.
    pub fn before_uptime(&self, event: impl FnOnce() + Send + 'static) {
        self.0.lock().before_uptime = Some(Box::new(event));
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        let event = self.0.lock().before_now.take();
        if let Some(event) = event {
            event();
        }
        self.0.lock().now
    }

    fn uptime(&self) -> Duration {
        let event = self.0.lock().before_uptime.take();
        if let Some(event) = event {
            event();
        }
        self.0.lock().uptime
    }
}
