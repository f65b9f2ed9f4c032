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
