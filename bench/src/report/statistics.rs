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
        let value = median(sample);
        let (least, most) = sample.iter().fold((value, value), |(least, most), turn| {
            (least.min(*turn), most.max(*turn))
        });
        Self { value, least, most }
    }

    /// The median of the ratios of each turn of the one to the turn of the other beside it, so that
    /// what slows the machine for a while slows both.
    pub(super) fn ratio(subject: &[f64], baseline: &[f64]) -> Self {
        let turns = subject.iter().zip(baseline);
        let ratios: Vec<_> = turns
            .map(|(subject, baseline)| quotient(*subject, *baseline))
            .collect();
        Self::median(&ratios)
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
    fn a_ratio_is_of_turns_beside_each_other() {
        let ratio = Measured::ratio(&[90.0, 80.0, 45.0], &[100.0, 100.0, 50.0]);
        let expected = Measured {
            value: 0.9,
            least: 0.8,
            most: 0.9,
        };
        assert_eq!(ratio, expected);
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        assert_eq!(Measured::ratio(&[1.0], &[0.0]).value, 0.0);
        assert_eq!(Measured::ratio(&[], &[]).most, 0.0);
        assert_eq!(Measured::median(&[3.0, 1.0, 2.0]).value, 2.0);
    }
}
