//! How often a code is sent to one identity.

use std::time::Duration;

use super::SKEW;
use crate::Timestamp;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How often something is sent to one identity. Counted exactly: in no hour and in no day, from
/// whenever on, are there more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SendLimits {
    /// How long after one the next may be sent.
    pub pause: Duration,
    /// In an hour.
    pub per_hour: u32,
    /// In a day.
    pub per_day: u32,
}

impl SendLimits {
    /// Until when what was sent at `at` counts.
    #[must_use]
    pub fn counts_until(&self, at: Timestamp) -> Timestamp {
        at.plus(DAY.max(self.pause))
    }

    /// The moments at or before which the last one, the hour's first and the day's first must
    /// have been sent for another at `now`.
    #[must_use]
    pub fn bounds(&self, now: Timestamp) -> [Timestamp; 3] {
        [now.minus(self.pause), now.minus(HOUR), now.minus(DAY)]
    }

    /// How many of the last that were sent must be known.
    #[must_use]
    pub fn kept(&self) -> u32 {
        self.per_hour.max(self.per_day).max(1)
    }
}

/// When something was sent to one identity, the last first.
///
/// Kept as a text of 18 digits for each, so that one statement can compare and extend it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SentLog(Vec<Timestamp>);

/// Characters of a moment.
const DIGITS: usize = 18;

impl SentLog {
    /// Characters that a moment takes.
    pub const DIGITS: i64 = DIGITS as i64;

    /// A moment as it is kept: texts of it are in the order of time.
    #[must_use]
    pub fn digits(at: Timestamp) -> String {
        format!("{:018}", at.as_micros().max(0))
    }

    /// The log that was kept as this text; `None` where it is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let moment = |digits: &[u8]| {
            let digits = std::str::from_utf8(digits).ok()?;
            (digits.len() == DIGITS).then_some(())?;
            digits.parse().ok().map(Timestamp::from_micros)
        };
        let moments: Option<_> = text.as_bytes().chunks(DIGITS).map(moment).collect();
        moments.map(Self)
    }

    /// The moments, the last first.
    #[must_use]
    pub fn moments(&self) -> &[Timestamp] {
        &self.0
    }

    /// How long to wait at `now` until another may be sent; nothing where it may be at once.
    #[must_use]
    pub fn wait(&self, limits: &SendLimits, now: Timestamp) -> Duration {
        let ahead = |at: &Timestamp| *at > now.plus(SKEW);
        if self.0.first().is_none_or(ahead) {
            return Duration::ZERO;
        }
        let nth = |count: u32| self.0.get((count.max(1) - 1) as usize);
        let waits = [
            (nth(1), limits.pause),
            (nth(limits.per_hour), HOUR),
            (nth(limits.per_day), DAY),
        ];
        let waits = waits.into_iter().filter_map(|(sent, time)| {
            let sent = sent?;
            Some(sent.plus(time).since(now))
        });
        waits.max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros((NOW + seconds) * 1_000_000)
    }

    #[rstest]
    #[case::nothing_yet(&[], 0)]
    #[case::a_moment_ago(&[-1], 59)]
    #[case::a_minute_ago(&[-60], 0)]
    #[case::four_in_the_hour(&[-60, -120, -180, -240], 0)]
    #[case::five_in_the_hour(&[-60, -120, -180, -240, -300], 3300)]
    #[case::five_in_the_hour_but_a_second(&[-60, -120, -180, -240, -3599], 1)]
    #[case::five_in_more_than_an_hour(&[-60, -120, -180, -240, -3600], 0)]
    #[case::nine_in_the_day(&[-9000; 9], 0)]
    #[case::ten_in_the_day(&[-9000; 10], 86_400 - 9000)]
    #[case::ten_in_more_than_a_day(&[-9000, -9000, -9000, -9000, -9000, -9000, -9000, -9000, -9000, -86_400], 0)]
    #[case::clock_set_back_a_little(&[30], 90)]
    #[case::clock_set_back_an_hour(&[3600], 0)]
    fn a_minute_apart_five_in_an_hour_ten_in_a_day(#[case] sent: &[i64], #[case] seconds: u64) {
        let limits = SendLimits {
            pause: Duration::from_secs(60),
            per_hour: 5,
            per_day: 10,
        };
        let log = SentLog(sent.iter().map(|seconds| at(*seconds)).collect());
        let wait = log.wait(&limits, at(0));
        assert_eq!(wait, Duration::from_secs(seconds));
    }

    #[test]
    fn a_log_is_read_as_it_was_kept() {
        let text = [at(5), at(-5)].map(SentLog::digits).concat();
        assert_eq!(SentLog::read(&text), Some(SentLog(vec![at(5), at(-5)])));
        assert_eq!(SentLog::read(""), Some(SentLog::default()));
        assert_eq!(SentLog::read(&text[1..]), None);
        assert_eq!(SentLog::read(&text.replace('0', "x")), None);
        assert!(SentLog::digits(at(-1)) < SentLog::digits(at(0)));
    }
}
