//! Proof of work: what a client computes before it may ask for more where a limit is near.
//!
//! The scheme is that of ALTCHA (<https://altcha.org>): a hash of a salt and of a number that is
//! not told, so that it must be searched for. The hash is PBKDF2 with HMAC-SHA-256, which
//! browsers compute as fast as anybody else does.

use std::num::NonZeroU32;
use std::time::Duration;

use aws_lc_rs::pbkdf2;

use crate::Entropy;

/// Below which every number is.
pub const NUMBERS: u32 = 16_000;
/// Rounds of one hash.
pub const ROUNDS: u32 = 200;
/// How long it may take from the page to the proof.
pub const LIFE: Duration = Duration::from_secs(10 * 60);
/// How long whoever computes nothing waits instead.
pub const WAIT: Duration = Duration::from_secs(15);

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// What is to be found: the number that has this hash with this salt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Puzzle {
    /// Makes each puzzle one of its own, so that nothing can be computed beforehand.
    pub salt: [u8; SALT_BYTES],
    /// The hash of the number.
    pub hash: [u8; HASH_BYTES],
}

impl Puzzle {
    /// A fresh puzzle. Its number is kept nowhere.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let salt = entropy.bytes();
        let number = entropy.below(NUMBERS);
        let hash = hash(&salt, number);
        Self { salt, hash }
    }

    /// Whether this is its number.
    #[must_use]
    pub fn is_solved_by(&self, number: u32) -> bool {
        number < NUMBERS && hash(&self.salt, number) == self.hash
    }

    /// The number, by trying one after the other: what a browser does.
    #[must_use]
    pub fn solve(&self) -> Option<u32> {
        (0..NUMBERS).find(|number| self.is_solved_by(*number))
    }
}

/// The hash of a number: four bytes, the greatest first.
fn hash(salt: &[u8], number: u32) -> [u8; HASH_BYTES] {
    let rounds = NonZeroU32::new(ROUNDS).expect("there are some");
    let mut hash = [0; HASH_BYTES];
    let algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
    pbkdf2::derive(algorithm, rounds, salt, &number.to_be_bytes(), &mut hash);
    hash
}

/// For which form a proof is: one made for another is worth nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Something is sent.
    Send,
    /// A password is tried.
    Password,
}

/// How a client proves that it took its time.
#[derive(Clone, Debug)]
pub enum Proof {
    /// It found this number.
    Number(u32),
    /// It waited.
    Wait,
}

impl Proof {
    /// Reads a number as a form sends it; whatever is none is no proof but the wait.
    #[must_use]
    pub fn read(text: &str) -> Self {
        text.parse().map_or(Self::Wait, Self::Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn a_fresh_puzzle_has_a_number_and_a_salt_of_its_own() {
        let entropy = SystemEntropy::default();
        let (one, other) = (Puzzle::generate(&entropy), Puzzle::generate(&entropy));
        assert_ne!(one.salt, other.salt);
        let number = one.solve().expect("it has one");
        assert!(one.is_solved_by(number));
        assert!(!other.is_solved_by(number) || other.solve() == Some(number));
    }

    #[test]
    fn one_number_solves_a_puzzle() {
        let puzzle = Puzzle {
            salt: [7; SALT_BYTES],
            hash: hash(&[7; SALT_BYTES], 5),
        };
        assert_eq!(puzzle.solve(), Some(5));
        for number in [0, 4, 6, NUMBERS, u32::MAX] {
            assert!(!puzzle.is_solved_by(number), "{number}");
        }
    }
}
