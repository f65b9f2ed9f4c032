//! What only the operator can put right: said in the log, but not for each message.

use std::time::Duration;

use parking_lot::Mutex;

const EVERY: Duration = Duration::from_secs(60);

/// When something was last said.
#[derive(Default)]
pub(super) struct Complaint(Mutex<Option<Duration>>);

impl Complaint {
    /// Whether it is to be said at this moment of a clock: once a minute, and anew where the
    /// clock was set back.
    pub(super) fn due(&self, at: Duration) -> bool {
        let mut last = self.0.lock();
        let due = last.is_none_or(|last| at < last || at - last >= EVERY);
        if due {
            *last = Some(at);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_a_minute() {
        let complaint = Complaint::default();
        let seconds = [100, 101, 159, 160, 161, 40, 41, 100];
        let due = seconds.map(|at| complaint.due(Duration::from_secs(at)));
        assert_eq!(due, [true, false, false, true, false, true, false, true]);
    }
}
