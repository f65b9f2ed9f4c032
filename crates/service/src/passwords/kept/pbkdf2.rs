//! PBKDF2 (RFC 8018), kept as `$pbkdf2-sha256$i=…$salt$output`.

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;

use super::phc::{self, Parts};
use super::{HashRefusal, fit, same};

/// Iterations that are computed: about a second of a core. Django 6 asks for 1,200,000.
const MOST_ITERATIONS: u64 = 2_500_000;

/// Which hash function is iterated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

/// A PBKDF2 hash.
#[derive(Clone)]
pub(crate) struct Pbkdf2Hash {
    digest: Digest,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    output: Vec<u8>,
}

/// Reads the kept form.
pub(crate) fn parse(text: &str) -> Result<Pbkdf2Hash, HashRefusal> {
    let parts = Parts::parse(text)?;
    let digest = Digest::named(parts.name).ok_or(HashRefusal::UnknownForm)?;
    let iterations = parts.number("i")?;
    Pbkdf2Hash::new(digest, iterations, parts.salt, parts.output)
}

impl Digest {
    const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// The one whose hashes have this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|digest| digest.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "pbkdf2-sha1",
            Self::Sha256 => "pbkdf2-sha256",
            Self::Sha512 => "pbkdf2-sha512",
        }
    }

    fn algorithm(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    /// Bytes that one round of all iterations makes.
    fn block(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl Pbkdf2Hash {
    /// A hash of these parts. Of an output of several blocks the first is kept: each of the
    /// others would cost as much again, and makes nothing harder to guess.
    pub(crate) fn new(
        digest: Digest,
        iterations: u64,
        salt: Vec<u8>,
        mut output: Vec<u8>,
    ) -> Result<Self, HashRefusal> {
        if iterations > MOST_ITERATIONS {
            return Err(HashRefusal::TooCostly);
        }
        output.truncate(digest.block());
        fit(&salt, &output)?;
        let iterations = u32::try_from(iterations).ok().and_then(NonZeroU32::new);
        Ok(Self {
            digest,
            iterations: iterations.ok_or(HashRefusal::Damaged)?,
            salt,
            output,
        })
    }

    pub(crate) fn matches(&self, password: &[u8]) -> bool {
        let mut computed = vec![0; self.output.len()];
        let algorithm = self.digest.algorithm();
        pbkdf2::derive(
            algorithm,
            self.iterations,
            &self.salt,
            password,
            &mut computed,
        );
        same(&computed, &self.output)
    }
}

impl fmt::Display for Pbkdf2Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let iterations = self.iterations.get();
        let name = self.digest.name();
        phc::write(
            f,
            name,
            &format_args!("i={iterations}"),
            &self.salt,
            &self.output,
        )
    }
}
