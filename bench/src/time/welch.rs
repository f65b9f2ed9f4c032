//! Welch's t, as leakage of time is commonly tested (Reparaz, Balasch and Verbauwhede, "Dude, is
//! my code constant time?", 2017): beyond 4.5 two samples of such sizes have different means.

/// What |t| must stay below.
pub(super) const MOST: f64 = 4.5;

/// Of how many the fastest are compared once more: what a busy machine held up is in the rest.
const FASTEST: f64 = 0.9;

/// Two samples, compared.
pub(super) struct Comparison {
    /// The size of the smaller.
    pub(super) pairs: usize,
    pub(super) medians: [f64; 2],
    pub(super) t: f64,
    /// The same of the fastest.
    pub(super) t_of_fastest: f64,
}

impl Comparison {
    pub(super) fn of(one: &[f64], other: &[f64]) -> Self {
        let fastest = fastest(one, other);
        Self {
            pairs: one.len().min(other.len()),
            medians: [one, other].map(median),
            t: t(one, other),
            t_of_fastest: t(&fastest[0], &fastest[1]),
        }
    }

    /// Whether their means differ.
    pub(super) fn tells_apart(&self) -> bool {
        self.t.abs() >= MOST || self.t_of_fastest.abs() >= MOST
    }
}

/// The difference of the means, in standard errors of that difference.
fn t(one: &[f64], other: &[f64]) -> f64 {
    let [(mean, error), (other_mean, other_error)] = [one, other].map(mean_and_squared_error);
    let error = (error + other_error).sqrt();
    if error > 0.0 {
        (mean - other_mean) / error
    } else {
        0.0
    }
}

fn mean_and_squared_error(sample: &[f64]) -> (f64, f64) {
    if sample.len() < 2 {
        return (0.0, 0.0);
    }
    let count = sample.len() as f64;
    let mean = sample.iter().sum::<f64>() / count;
    let squares: f64 = sample.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, squares / (count - 1.0) / count)
}

/// Those of both that are no slower than [`FASTEST`] of all: one bound for both, or what is cut
/// off would make t look larger than it is.
fn fastest(one: &[f64], other: &[f64]) -> [Vec<f64>; 2] {
    let bound = at(&[one, other].concat(), FASTEST);
    [one, other].map(|sample| {
        let fast = sample.iter().copied();
        fast.filter(|value| *value <= bound).collect()
    })
}

fn median(sample: &[f64]) -> f64 {
    at(sample, 0.5)
}

/// The value that this share of a sample is not above.
fn at(sample: &[f64], share: f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(index.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    use super::*;

    /// Times around 1000, a hundredth of which a busy machine holds up for long.
    fn times(seed: u64, more: f64) -> Vec<f64> {
        let mut drawn = ChaCha8Rng::seed_from_u64(seed);
        let mut below = |bound: u32| f64::from(drawn.next_u32() % bound);
        let mut one = || {
            let held_up = if below(100) == 0.0 {
                below(50_000)
            } else {
                0.0
            };
            1000.0 + below(200) + more + held_up
        };
        (0..20_000).map(|_| one()).collect()
    }

    /// By hand: means 3 and 4, variances 2.5 and 10 of five each, so 1 / sqrt(0.5 + 2).
    #[test]
    fn t_is_the_difference_in_standard_errors() {
        let one = [1.0, 2.0, 3.0, 4.0, 5.0];
        let other = [0.0, 2.0, 4.0, 6.0, 8.0];
        assert!((t(&other, &one) - 0.632_455).abs() < 1e-5);
        assert!((t(&one, &other) + 0.632_455).abs() < 1e-5);
        assert_eq!(t(&one, &one), 0.0);
    }

    #[test]
    fn what_is_alike_is_not_told_apart() {
        for seed in 0..20 {
            let compared = Comparison::of(&times(2 * seed, 0.0), &times(2 * seed + 1, 0.0));
            assert!(!compared.tells_apart(), "seed {seed}: t {}", compared.t);
        }
    }

    /// Ten of a thousand are lost in what held the rest up, until that is left out.
    #[test]
    fn a_little_more_is_seen_behind_the_noise() {
        let compared = Comparison::of(&times(1, 10.0), &times(2, 0.0));
        assert!(compared.t.abs() < MOST, "t {}", compared.t);
        assert!(compared.t_of_fastest >= MOST, "t {}", compared.t_of_fastest);
        assert!((compared.medians[0] - compared.medians[1] - 10.0).abs() < 5.0);
    }
}
