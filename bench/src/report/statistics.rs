//! What becomes of the turns: medians, and ratios with their spread.

use serde::Serialize;

/// The middle of a sample; the mean of both middles where there are two. 0 of an empty one.
pub(super) fn median(sample: &[f64]) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let Some(upper) = sorted.get(half) else {
        return 0.0;
    };
    if sorted.len() % 2 == 1 {
        return *upper;
    }
    sorted[..half]
        .last()
        .map_or(*upper, |lower| (lower + upper) / 2.0)
}

/// A figure, and within which bounds the turns lay.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(super) struct Measured {
    pub(super) value: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Measured {
    /// The median of a sample.
    pub(super) fn median(sample: &[f64]) -> Self {
        Self::within(median(sample), sample.iter().copied())
    }

    /// The ratio of the medians; its bounds are those of the ratios of each turn of the one to the
    /// turn of the other beside it, so that what slows the machine for a while slows both.
    pub(super) fn ratio(subject: &[f64], baseline: &[f64]) -> Self {
        let turns = subject.iter().zip(baseline);
        Self::within(
            quotient(median(subject), median(baseline)),
            turns.map(|(subject, baseline)| quotient(*subject, *baseline)),
        )
    }

    fn within(value: f64, turns: impl Iterator<Item = f64>) -> Self {
        let (least, most) = turns.fold((value, value), |(least, most), turn| {
            (least.min(turn), most.max(turn))
        });
        Self { value, least, most }
    }
}

/// 0 where there is nothing to divide by: a figure that nobody takes for good.
pub(super) fn quotient(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[7.0]), 7.0);
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[9.0, 1.0, 2.0, 4.0]), 3.0);
    }

    /// The third turn was slow for both, so its ratio is as good as the others'.
    #[test]
    fn a_ratio_is_of_the_medians_and_spreads_as_the_turns_do() {
        let ratio = Measured::ratio(&[90.0, 80.0, 45.0], &[100.0, 100.0, 50.0]);
        let expected = Measured {
            value: 0.8,
            least: 0.8,
            most: 0.9,
        };
        assert_eq!(ratio, expected);
    }

    /// The median of both may lie outside of what any single turn showed.
    #[test]
    fn the_bounds_hold_the_value() {
        let ratio = Measured::ratio(&[10.0, 20.0, 90.0], &[10.0, 100.0, 90.0]);
        assert!(ratio.least <= ratio.value && ratio.value <= ratio.most);
        assert_eq!((ratio.least, ratio.most), (0.2, 1.0));
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        assert_eq!(Measured::ratio(&[1.0], &[0.0]).value, 0.0);
        assert_eq!(Measured::ratio(&[], &[]).most, 0.0);
        assert_eq!(Measured::median(&[3.0, 1.0, 2.0]).value, 2.0);
    }
}
