//! When a message is tried again.

use std::time::Duration;

use crate::{Entropy, Timestamp};

/// The longest wait after the first attempt; each further one may be twice as long.
const FIRST: Duration = Duration::from_secs(2);
/// The longest wait of all: a code lives for minutes, and is to be tried several times.
const LONGEST: Duration = Duration::from_secs(30);

/// What becomes of a message that was not taken, but may be later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// It is tried again then.
    Again(Timestamp),
    /// It is given up: it would be of no use by then.
    TooLate,
}

/// Decides when a message is tried again after `attempts` that failed for now. The waits
/// double, and each is drawn from the upper half of its range, so that what failed together
/// does not come back together.
pub fn after_failure(
    attempts: i64,
    expires_at: Timestamp,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Next {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    let longest = FIRST.saturating_mul(2_u32.saturating_pow(doublings));
    let half = longest.min(LONGEST) / 2;
    let millis = u32::try_from(half.as_millis()).expect("half of LONGEST is 15 s");
    let jitter = Duration::from_millis(entropy.below(millis + 1).into());
    let again = now.plus(half + jitter);
    if again < expires_at {
        Next::Again(again)
    } else {
        Next::TooLate
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::SystemEntropy;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn wait(attempts: i64) -> Duration {
        let never = NOW.plus(Duration::from_secs(1_000_000));
        match after_failure(attempts, never, NOW, &SystemEntropy::default()) {
            Next::Again(at) => at.since(NOW),
            Next::TooLate => unreachable!("it is of use for long"),
        }
    }

    #[rstest]
    #[case(1, 1000, 2000)]
    #[case(2, 2000, 4000)]
    #[case(3, 4000, 8000)]
    #[case(4, 8000, 16_000)]
    #[case(5, 15_000, 30_000)]
    #[case(6, 15_000, 30_000)]
    #[case(1000, 15_000, 30_000)]
    #[case(i64::MAX, 15_000, 30_000)]
    fn waits_double_up_to_a_bound_and_are_drawn(
        #[case] attempts: i64,
        #[case] shortest: u64,
        #[case] longest: u64,
    ) {
        let waits: Vec<_> = (0..200).map(|_| wait(attempts)).collect();
        let range = Duration::from_millis(shortest)..=Duration::from_millis(longest);
        assert!(waits.iter().all(|wait| range.contains(wait)), "{waits:?}");
        let middle = Duration::from_millis(u64::midpoint(shortest, longest));
        assert!(waits.iter().any(|wait| *wait < middle));
        assert!(waits.iter().any(|wait| *wait > middle));
    }

    #[test]
    fn what_would_be_of_no_use_by_then_is_given_up() {
        let entropy = SystemEntropy::default();
        let of_use_for = |millis| {
            let expires_at = NOW.plus(Duration::from_millis(millis));
            after_failure(1, expires_at, NOW, &entropy)
        };
        assert_eq!(of_use_for(1000), Next::TooLate);
        assert!(matches!(of_use_for(2001), Next::Again(_)));
    }

    /// How often a message is tried that lives for so long, where each attempt takes so long.
    fn tries(life: u64, hangs: u64, entropy: &dyn Entropy) -> i64 {
        let expires_at = NOW.plus(Duration::from_secs(life));
        let (mut now, mut attempts) = (NOW, 0);
        loop {
            attempts += 1;
            now = now.plus(Duration::from_secs(hangs));
            match after_failure(attempts, expires_at, now, entropy) {
                Next::Again(at) => now = at,
                Next::TooLate => return attempts,
            }
        }
    }

    /// Also where each attempt hangs for as long as it may, which is 20 s.
    #[test]
    fn a_code_of_five_minutes_is_tried_several_times() {
        for (hangs, least) in [(0, 11), (20, 6)] {
            let tries = tries(300, hangs, &SystemEntropy::default());
            assert!(tries >= least, "{tries} where each takes {hangs} s");
        }
    }

    /// The least that may be drawn.
    struct Least;

    impl Entropy for Least {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    /// What is refused at once is tried so often in the life of a code and of a reset code; the
    /// figures are in docs/operate/sms.md. A webhook that hangs gets it less often.
    #[rstest]
    #[case::a_code_where_errors_come_at_once(300, 0, 23)]
    #[case::a_code_where_one_provider_hangs(300, 10, 14)]
    #[case::a_code_where_two_hang(300, 20, 10)]
    #[case::a_reset_where_errors_come_at_once(900, 0, 63)]
    #[case::a_reset_where_one_provider_hangs(900, 10, 38)]
    #[case::a_reset_where_two_hang(900, 20, 27)]
    fn a_message_is_tried_so_often_at_most(
        #[case] life: u64,
        #[case] hangs: u64,
        #[case] most: i64,
    ) {
        assert_eq!(tries(life, hangs, &Least), most);
    }
}
