//! How long something takes, in words.

use std::time::Duration;

use super::words::{Fact, Words};

/// A duration as a person says it, and never shorter than it is.
pub(crate) fn in_words(words: &Words, wait: Duration) -> String {
    let seconds = whole_seconds(wait);
    let (unit, count) = match seconds {
        0..100 => ("wait-seconds", seconds),
        100..5400 => ("wait-minutes", seconds.div_ceil(60)),
        _ => ("wait-hours", seconds.div_ceil(3600)),
    };
    words.say_with(unit, &[("count", Fact::from(count))])
}

/// Seconds, the last of which may not be a whole one; at least one.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    let part = u64::from(wait.subsec_nanos() > 0);
    (wait.as_secs() + part).max(1)
}
