//! How the day goes: how much comes when, of what there is at the peak.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::Serialize;

use super::arrival::Arrival;

/// What comes while nothing is on sale, of what comes at the peak: everything rises tenfold.
const QUIET: f64 = 0.1;

/// The parts of the day, one after the other, in seconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(super) struct Day {
    /// Before the mail goes out.
    pub(super) quiet: f64,
    /// From the mail to the doors.
    pub(super) rise: f64,
    /// From the doors on.
    pub(super) peak: f64,
    /// Until nearly all is as before.
    pub(super) fall: f64,
}

impl Day {
    /// The mail goes out a minute before the doors open.
    pub(super) const WHOLE: Self = Self {
        quiet: 30.0,
        rise: 60.0,
        peak: 60.0,
        fall: 30.0,
    };
    /// The same in short, to see that it works.
    pub(super) const SHORT: Self = Self {
        quiet: 3.0,
        rise: 6.0,
        peak: 6.0,
        fall: 3.0,
    };

    /// When the mail goes out.
    pub(super) fn mail(&self) -> f64 {
        self.quiet
    }

    /// When the doors open.
    pub(super) fn doors(&self) -> f64 {
        self.mail() + self.rise
    }

    /// When it begins to fall.
    pub(super) fn falls(&self) -> f64 {
        self.doors() + self.peak
    }

    pub(super) fn end(&self) -> f64 {
        self.falls() + self.fall
    }

    /// What comes then, of what comes at the peak.
    pub(super) fn share(&self, at: f64) -> f64 {
        let risen = if at < self.doors() {
            (at - self.mail()) / self.rise
        } else {
            (self.end() - at) / self.fall
        };
        QUIET + (1.0 - QUIET) * risen.clamp(0.0, 1.0)
    }
}

/// Who comes when, in order: at random, as people do who know nothing of each other.
pub(super) struct Arrivals {
    day: Day,
    random: ChaCha8Rng,
    /// Of each kind: when the next may come, and how many come a second at the peak.
    next: Vec<(f64, Arrival, f64)>,
}

impl Arrivals {
    pub(super) fn new(day: Day, rates: &[(Arrival, f64)], seed: u64) -> Self {
        let mut arrivals = Self {
            day,
            random: ChaCha8Rng::seed_from_u64(seed),
            next: Vec::new(),
        };
        for (arrival, rate) in rates.iter().filter(|(_, rate)| *rate > 0.0) {
            let first = arrivals.gap(*rate);
            arrivals.next.push((first, *arrival, *rate));
        }
        arrivals
    }

    /// From 0, which is among them, to 1, which is not.
    fn draw(&mut self) -> f64 {
        f64::from(self.random.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// Between two who come at this rate, in a Poisson process.
    fn gap(&mut self, rate: f64) -> f64 {
        -(1.0 - self.draw()).ln() / rate
    }
}

impl Iterator for Arrivals {
    type Item = (f64, Arrival);

    /// As many may come all day as at the peak; of those, the share of the moment comes.
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let times = self.next.iter().enumerate();
            let soonest = times.min_by(|(_, one), (_, other)| one.0.total_cmp(&other.0));
            let (index, (at, arrival, rate)) = soonest.map(|(index, next)| (index, *next))?;
            if at >= self.day.end() {
                return None;
            }
            self.next[index].0 = at + self.gap(rate);
            if self.draw() < self.day.share(at) {
                return Some((at, arrival));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_rises_tenfold_from_the_mail_to_the_doors_and_falls_back() {
        let day = Day::WHOLE;
        let shares = [0.0, 30.0, 60.0, 90.0, 150.0, 165.0, 180.0].map(|at| day.share(at));
        let expected = [0.1, 0.1, 0.55, 1.0, 1.0, 0.55, 0.1];
        for (share, expected) in shares.iter().zip(expected) {
            assert!((share - expected).abs() < 1e-9, "{shares:?}");
        }
        assert_eq!(day.doors() - day.mail(), 60.0);
    }

    #[test]
    fn as_many_come_as_the_day_says_and_in_order() {
        let rates = [(Arrival::Verify, 1000.0), (Arrival::Exchange, 50.0)];
        let all: Vec<_> = Arrivals::new(Day::WHOLE, &rates, 1).collect();
        assert!(all.is_sorted_by(|one, next| one.0 <= next.0));
        let come = |wanted, from, to| {
            let these = all
                .iter()
                .filter(|(at, it)| *it == wanted && (from..to).contains(at));
            these.count() as f64
        };
        // Five standard deviations of a Poisson process, so no seed fails by chance.
        let near = |count: f64, mean: f64| (count - mean).abs() < 5.0 * mean.sqrt();
        assert!(near(come(Arrival::Verify, 0.0, 30.0), 3_000.0));
        assert!(near(come(Arrival::Verify, 90.0, 150.0), 60_000.0));
        assert!(near(come(Arrival::Exchange, 90.0, 150.0), 3_000.0));
    }

    #[test]
    fn the_same_seed_is_the_same_day() {
        let day = |seed| Arrivals::new(Day::SHORT, &[(Arrival::Verify, 100.0)], seed);
        assert!(day(1).eq(day(1)));
        assert!(day(1).ne(day(2)));
    }
}
