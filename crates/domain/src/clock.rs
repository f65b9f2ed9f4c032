//! Where the time comes from.

use std::time::Duration;

use crate::Timestamp;

/// A source of time, passed to whoever needs it: tests move theirs by hand.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock's moment. It may jump.
    fn now(&self) -> Timestamp;

    /// How long the machine has been up, sleep included. It never jumps back, and measures
    /// how old a node's knowledge is: a clock that stood still while the machine slept
    /// would take yesterday's knowledge for fresh.
    fn uptime(&self) -> Duration;
}

/// The machine's own clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    fn now(&self) -> Timestamp {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let micros = since_1970.map_or(0, |elapsed| elapsed.as_micros());
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    fn uptime(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(
            u64::try_from(time.tv_sec).unwrap_or(0),
            u32::try_from(time.tv_nsec).unwrap_or(0),
        )
    }
}
