//! The breaker: whether the codes that go to a country are used by anybody.
//!
//! Who has messages sent for the sake of their price uses no codes. The share of codes used,
//! of those whose life is over, shows it; what it is compared with is a floor and half of what
//! is usual there.

use std::time::Duration;

use crate::Timestamp;
use crate::partner::LONGEST_CODE;

/// Codes are counted by when they were sent, in buckets as long as this.
pub const BUCKET: Duration = Duration::from_secs(5 * 60);
/// The recent past.
pub const WINDOW: Duration = Duration::from_secs(2 * 60 * 60);
/// What is usual is what was in so long a time before that.
pub const HISTORY: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// How long after its bucket began no code in it can be used any more.
pub const OVER_AFTER: Duration = BUCKET.saturating_add(LONGEST_CODE);
/// While it is open, a code is let through so often.
pub const PROBE_EVERY: Duration = Duration::from_secs(5 * 60);

/// Fewer codes than this tell nothing.
const SAMPLE: i64 = 20;
/// As many let through while it is open tell enough to close it.
const PROBES: i64 = 6;
/// Fewer codes than this tell nothing of what is usual.
const USUAL: i64 = 100;
/// The least share of codes that is used where nothing is wrong, in per cent.
const FLOOR: i64 = 25;

/// Codes that were sent, and how many of them were used.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Sent.
    pub sent: i64,
    /// Used.
    pub used: i64,
}

/// What was seen of the codes of one partner to one country.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Seen {
    /// Those of the recent past, and sent since the breaker last changed, whose life is over.
    pub recent: Counts,
    /// Those before.
    pub usual: Counts,
}

/// A breaker that was open at least once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Breaker {
    /// Since when it is open; `None` where it is closed again.
    pub opened_at: Option<Timestamp>,
    /// Codes sent before count no more: it judges what came since it changed.
    pub counted_from: Timestamp,
    /// While it is open, from when on the next code is let through.
    pub next_probe_at: Timestamp,
}

/// What is done with a code that is to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is sent.
    Pass,
    /// It is not, and the breaker opens.
    Open,
    /// It is sent as a probe; the breaker stays open.
    Probe,
    /// It is not. When the next probe goes out nobody is told, or it would go to who waits for
    /// it.
    Refuse,
    /// It is sent, and the breaker closes.
    Close,
}

/// The beginning of the bucket that this moment is in.
#[must_use]
pub fn bucket(at: Timestamp) -> Timestamp {
    let length = i64::try_from(BUCKET.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.as_micros().div_euclid(length) * length)
}

impl Counts {
    /// Whether the share used is at least so many per cent.
    fn at_least(self, percent: i64) -> bool {
        self.used.saturating_mul(100) >= percent.saturating_mul(self.sent)
    }
}

impl Seen {
    /// The share below which something is wrong, in per cent: half of what is usual, and
    /// never less than the floor.
    fn least(self) -> i64 {
        if self.usual.sent < USUAL {
            return FLOOR;
        }
        let usual = self.usual.used.saturating_mul(100) / self.usual.sent;
        (usual / 2).clamp(FLOOR, 50)
    }
}

/// Which buckets count, by when they began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spans {
    /// The first and the last of the recent past.
    pub recent: [Timestamp; 2],
    /// The first of what is usual, and the first that is not in it any more.
    pub usual: [Timestamp; 2],
}

impl Spans {
    /// Those that count now. While a breaker is open, what is usual is what was before.
    #[must_use]
    pub fn of(breaker: Option<&Breaker>, now: Timestamp) -> Self {
        let last_over = |at: Timestamp| bucket(at.minus(OVER_AFTER));
        let opened_at = breaker.and_then(|breaker| breaker.opened_at);
        let first = last_over(now).minus(WINDOW);
        let counted_from = breaker.map_or(first, |breaker| breaker.counted_from);
        let before = last_over(opened_at.unwrap_or(now)).minus(WINDOW);
        Self {
            recent: [first.max(counted_from), last_over(now)],
            usual: [before.minus(HISTORY), before],
        }
    }
}

/// Decides what is done with a code that is to be sent now.
#[must_use]
pub fn decide(breaker: Option<&Breaker>, seen: &Seen, now: Timestamp) -> Verdict {
    let (recent, least) = (seen.recent, seen.least());
    let Some(open) = breaker.filter(|breaker| breaker.opened_at.is_some()) else {
        let wrong = recent.sent >= SAMPLE && !recent.at_least(least);
        return if wrong { Verdict::Open } else { Verdict::Pass };
    };
    if recent.sent >= PROBES && recent.at_least(least) {
        Verdict::Close
    } else if now >= open.next_probe_at {
        Verdict::Probe
    } else {
        Verdict::Refuse
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn seen(recent: (i64, i64), usual: (i64, i64)) -> Seen {
        let counts = |(sent, used)| Counts { sent, used };
        Seen {
            recent: counts(recent),
            usual: counts(usual),
        }
    }

    #[rstest]
    #[case::nothing_was_sent((0, 0), (0, 0), Verdict::Pass)]
    #[case::too_few_to_tell((19, 0), (0, 0), Verdict::Pass)]
    #[case::nobody_uses_them((20, 0), (0, 0), Verdict::Open)]
    #[case::just_below_the_floor((100, 24), (0, 0), Verdict::Open)]
    #[case::at_the_floor((100, 25), (0, 0), Verdict::Pass)]
    #[case::as_usual((100, 80), (1000, 800), Verdict::Pass)]
    #[case::half_of_what_is_usual((100, 40), (1000, 800), Verdict::Pass)]
    #[case::less_than_half_of_it((100, 39), (1000, 800), Verdict::Open)]
    #[case::what_is_usual_is_not_known((100, 39), (99, 80), Verdict::Pass)]
    #[case::a_low_usual_share_lowers_no_floor((100, 24), (1000, 100), Verdict::Open)]
    #[case::a_low_usual_share_at_the_floor((100, 25), (1000, 100), Verdict::Pass)]
    fn a_closed_breaker(
        #[case] recent: (i64, i64),
        #[case] usual: (i64, i64),
        #[case] verdict: Verdict,
    ) {
        assert_eq!(decide(None, &seen(recent, usual), NOW), verdict);
        let closed = Breaker {
            opened_at: None,
            counted_from: NOW,
            next_probe_at: NOW,
        };
        assert_eq!(decide(Some(&closed), &seen(recent, usual), NOW), verdict);
    }

    #[rstest]
    #[case::a_probe_is_due((0, 0), 300, Verdict::Probe)]
    #[case::not_yet((0, 0), 299, Verdict::Refuse)]
    #[case::too_few_probes((5, 5), 299, Verdict::Refuse)]
    #[case::they_are_used((6, 5), 299, Verdict::Close)]
    #[case::some_are_used((10, 3), 299, Verdict::Refuse)]
    #[case::nobody_uses_them((1000, 0), 300, Verdict::Probe)]
    fn an_open_breaker(#[case] recent: (i64, i64), #[case] seconds: u64, #[case] verdict: Verdict) {
        let open = Breaker {
            opened_at: Some(NOW),
            counted_from: NOW,
            next_probe_at: NOW.plus(PROBE_EVERY),
        };
        let now = NOW.plus(Duration::from_secs(seconds));
        assert_eq!(
            decide(Some(&open), &seen(recent, (1000, 800)), now),
            verdict
        );
    }

    #[test]
    fn codes_count_once_their_life_is_over() {
        let at = |minutes: u64| NOW.plus(Duration::from_secs(minutes * 60));
        let day = 24 * 60;
        let spans = Spans::of(None, at(4 * day));
        assert_eq!(spans.recent, [at(4 * day - 135), at(4 * day - 15)]);
        assert_eq!(spans.usual, [at(day - 135), at(4 * day - 135)]);
        // One second earlier the last of them may still be used.
        let earlier = at(4 * day).minus(Duration::from_secs(1));
        assert_eq!(Spans::of(None, earlier).recent[1], at(4 * day - 20));

        let open = Breaker {
            opened_at: Some(at(4 * day)),
            counted_from: at(4 * day + 5),
            next_probe_at: at(4 * day + 1),
        };
        let later = Spans::of(Some(&open), at(4 * day + 60));
        assert_eq!(later.recent, [at(4 * day + 5), at(4 * day + 45)]);
        assert_eq!(later.usual, spans.usual);
    }

    #[test]
    fn a_bucket_is_five_minutes() {
        let at = |seconds| NOW.plus(Duration::from_secs(seconds));
        assert_eq!(bucket(at(299)), NOW);
        assert_eq!(bucket(at(300)), at(300));
        assert_eq!(bucket(NOW.minus(Duration::from_secs(1))), NOW.minus(BUCKET));
    }
}
