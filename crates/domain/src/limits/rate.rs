//! A rate: so many at once, and then one whenever its share of the time has passed.

use std::time::Duration;

use super::SKEW;

/// So many in a time. All of them may come at once; from then on one more is allowed whenever
/// its share of the time has passed (the generic cell rate algorithm: ITU-T I.371, annex A).
///
/// What is kept is one number: the *full time*, when nothing of what was counted counts any
/// more. Moments are microseconds of one clock, whichever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    count: u32,
    interval: i64,
}

impl Rate {
    /// `count` in `time`; at least one.
    #[must_use]
    pub fn new(count: u32, time: Duration) -> Self {
        let count = count.max(1);
        let time = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        Self {
            count,
            interval: (time / i64::from(count)).max(1),
        }
    }

    /// `count` in an hour.
    #[must_use]
    pub fn per_hour(count: u32) -> Self {
        Self::new(count, Duration::from_secs(60 * 60))
    }

    /// `count` in a minute.
    #[must_use]
    pub fn per_minute(count: u32) -> Self {
        Self::new(count, Duration::from_secs(60))
    }

    /// Microseconds by which each one moves the full time.
    #[must_use]
    pub fn interval(self) -> i64 {
        self.interval
    }

    /// The latest full time at which one more is allowed at `now`.
    #[must_use]
    pub fn latest(self, now: i64) -> i64 {
        now.saturating_add(self.interval.saturating_mul(i64::from(self.count) - 1))
    }

    /// From which full time on the clock must have been set back since it was written.
    #[must_use]
    pub fn ahead(self, now: i64) -> i64 {
        let skew = i64::try_from(SKEW.as_micros()).unwrap_or(i64::MAX);
        let full = self.latest(now).saturating_add(self.interval);
        full.saturating_add(skew)
    }

    /// Whether more than `part` of all that may come at once is used up at `now`; `part` is a
    /// numerator and a denominator.
    #[must_use]
    pub fn is_used(self, full: i64, now: i64, part: (i64, i64)) -> bool {
        if full > self.ahead(now) {
            return false;
        }
        let all = self.interval.saturating_mul(i64::from(self.count));
        full.saturating_sub(now) > all / part.1 * part.0
    }

    /// Takes one at `now`: the full time afterwards.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub fn take(self, full: i64, now: i64) -> Result<i64, Duration> {
        let full = if full > self.ahead(now) { now } else { full };
        let latest = self.latest(now);
        if full > latest {
            let micros = u64::try_from(full.saturating_sub(latest)).unwrap_or(0);
            return Err(Duration::from_micros(micros));
        }
        Ok(full.max(now).saturating_add(self.interval))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const SECOND: i64 = 1_000_000;

    #[rstest]
    #[case::first(0, 100, Ok(120))]
    #[case::second_at_once(120, 100, Ok(140))]
    #[case::third_at_once(140, 100, Ok(160))]
    #[case::fourth_at_once(160, 100, Err(20))]
    #[case::fourth_too_soon(160, 119, Err(1))]
    #[case::fourth_in_time(160, 120, Ok(180))]
    #[case::after_a_long_while(160, 1000, Ok(1020))]
    #[case::clock_set_back_a_little(160, 50, Err(70))]
    #[case::clock_set_back_an_hour(3760, 100, Ok(120))]
    fn three_in_a_minute(#[case] full: i64, #[case] now: i64, #[case] expected: Result<i64, u64>) {
        let taken = Rate::per_minute(3).take(full * SECOND, now * SECOND);
        let expected = expected.map(|full| full * SECOND);
        assert_eq!(taken, expected.map_err(Duration::from_secs));
    }

    #[rstest]
    #[case(1, false)]
    #[case(2, false)]
    #[case(3, true)]
    #[case(4, true)]
    fn more_than_half_of_four(#[case] taken: i64, #[case] used: bool) {
        let rate = Rate::per_minute(4);
        let full = 100 * SECOND + taken * rate.interval();
        assert_eq!(rate.is_used(full, 100 * SECOND, (1, 2)), used);
        assert!(!rate.is_used(full, 160 * SECOND, (1, 2)), "long ago");
        assert!(
            !rate.is_used(full + 3600 * SECOND, 100 * SECOND, (1, 2)),
            "set back"
        );
    }

    proptest! {
        /// In no time do more come through than the count, and the share of that time.
        #[test]
        fn never_more_than_allowed(
            count in 1_u32..20,
            seconds in 1_u64..5000,
            waits in prop::collection::vec(0_i64..400_000_000, 1..200),
        ) {
            let rate = Rate::new(count, Duration::from_secs(seconds));
            let (mut full, mut now) = (0, 1_800_000_000 * SECOND);
            let mut taken: Vec<i64> = Vec::new();
            for wait in waits {
                now += wait;
                match rate.take(full, now) {
                    Ok(next) => {
                        prop_assert!(next > full, "it only ever moves on");
                        full = next;
                        taken.push(now);
                    }
                    Err(wait) => {
                        let wait = i64::try_from(wait.as_micros()).expect("short");
                        prop_assert!(wait > 0);
                        prop_assert!(rate.take(full, now + wait).is_ok());
                        prop_assert!(rate.take(full, now + wait - 1).is_err());
                    }
                }
            }
            for (first, from) in taken.iter().enumerate() {
                for (last, until) in taken.iter().enumerate().skip(first) {
                    let most = i64::from(count) + (until - from) / rate.interval();
                    let came = i64::try_from(last - first + 1).expect("few");
                    prop_assert!(came <= most, "{came} in {} µs", until - from);
                }
            }
        }

        /// Whatever a clock does, nobody waits for longer than the whole time and what clocks
        /// may differ by.
        #[test]
        fn a_wait_is_bounded_whatever_a_clock_does(
            count in 1_u32..20,
            full in any::<i64>(),
            now in 0_i64..4_000_000_000 * SECOND,
        ) {
            let rate = Rate::per_hour(count);
            if let Err(wait) = rate.take(full, now) {
                prop_assert!(wait <= Duration::from_secs(60 * 60) + SKEW);
            }
        }
    }
}
