//! Where randomness comes from.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// A source of randomness, passed to whoever needs it: tests seed theirs.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` with random ones, fit for secrets.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Entropy {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A number below `bound`, each equally likely: values that would favour the low
    /// numbers are drawn again.
    ///
    /// # Panics
    /// If `bound` is zero.
    pub fn below(&self, bound: u32) -> u32 {
        let fair = u32::MAX - u32::MAX % bound;
        loop {
            let drawn = u32::from_be_bytes(self.bytes());
            if drawn < fair {
                return drawn % bound;
            }
        }
    }
}

/// The cryptographic library's generator, seeded by the operating system.
#[derive(Debug, Default)]
pub struct SystemEntropy(SystemRandom);

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.0
            .fill(bytes)
            .expect("the library's generator aborts the process before it fails to fill");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Draws these numbers, the last first.
    struct Drawn(Mutex<Vec<u32>>);

    impl Entropy for Drawn {
        fn fill(&self, bytes: &mut [u8]) {
            let number = self.0.lock().expect("no test panics here").pop();
            bytes.copy_from_slice(&number.expect("as many as are drawn").to_be_bytes());
        }
    }

    fn below(bound: u32, drawn: &[u32]) -> u32 {
        let drawn = drawn.iter().rev().copied().collect();
        let entropy: &dyn Entropy = &Drawn(Mutex::new(drawn));
        entropy.below(bound)
    }

    /// 2^32 is no multiple of a million: the remainders of its last 967,296 numbers would come
    /// up once more than the others.
    #[test]
    fn what_would_favour_the_low_numbers_is_drawn_again() {
        let unfair = 4_294_000_000;
        assert_eq!(below(1_000_000, &[unfair - 1]), 999_999);
        assert_eq!(below(1_000_000, &[unfair, u32::MAX, 5]), 5);
    }
}
