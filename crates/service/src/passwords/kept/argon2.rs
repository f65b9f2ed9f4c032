//! Argon2 (RFC 9106): our own hashes, and others' of any variant and cost within bounds.

use std::fmt;

use ::argon2::password_hash::phc::{Output, Salt};
use ::argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};

use super::{HashRefusal, MOST_MEMORY, OUTPUT, same};
use crate::passwords::threads::Memory;

/// The names of the variants.
pub(crate) const ID: &str = "argon2id";
pub(crate) const I: &str = "argon2i";
pub(crate) const D: &str = "argon2d";

/// Passes over the memory, as many as may be set for ours.
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 16;
/// Bytes of a salt: what the PHC form takes.
const SALT: std::ops::RangeInclusive<usize> = 8..=48;

/// An Argon2 hash.
#[derive(Clone)]
pub(crate) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    output: Vec<u8>,
}

/// Reads the PHC form.
pub(crate) fn parse(text: &str) -> Result<Argon2Hash, HashRefusal> {
    let hash = PasswordHash::new(text).map_err(|_| HashRefusal::Damaged)?;
    let algorithm =
        Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| HashRefusal::UnknownForm)?;
    // Without a version it is the first (PHC string format of Argon2).
    let version = hash.version.unwrap_or(Version::V0x10.into());
    let version = Version::try_from(version).map_err(|_| HashRefusal::UnknownForm)?;
    let params = Params::try_from(&hash).map_err(|_| HashRefusal::Damaged)?;
    if !(params.keyid().is_empty() && params.data().is_empty()) {
        return Err(HashRefusal::UnknownForm);
    }
    let output = hash.hash.ok_or(HashRefusal::Damaged)?;
    let salt = hash.salt.ok_or(HashRefusal::Damaged)?;
    Argon2Hash::new(
        algorithm,
        version,
        &params,
        salt.to_vec(),
        output.as_bytes().to_vec(),
    )
}

impl Argon2Hash {
    /// A hash of these parts, within bounds.
    pub(crate) fn new(
        algorithm: Algorithm,
        version: Version,
        params: &Params,
        salt: Vec<u8>,
        output: Vec<u8>,
    ) -> Result<Self, HashRefusal> {
        let (memory, passes) = (u64::from(params.m_cost()) << 10, params.t_cost());
        if memory > MOST_MEMORY || passes > MOST_PASSES || params.p_cost() > MOST_LANES {
            return Err(HashRefusal::TooCostly);
        }
        if !(OUTPUT.contains(&output.len()) && SALT.contains(&salt.len())) {
            return Err(HashRefusal::Damaged);
        }
        // Parameters read from a hash carry what belongs to it along; only costs are wanted.
        let (memory, lanes) = (params.m_cost(), params.p_cost());
        let params = Params::new(memory, passes, lanes, Some(output.len()));
        Ok(Self {
            algorithm,
            version,
            params: params.map_err(|_| HashRefusal::Damaged)?,
            salt,
            output,
        })
    }

    /// A hash of these parts, as ours are.
    pub(crate) fn ours(
        params: &Params,
        salt: Vec<u8>,
        output: Vec<u8>,
    ) -> Result<Self, HashRefusal> {
        Self::new(Algorithm::Argon2id, Version::V0x13, params, salt, output)
    }

    /// Hashes a password as ours are, at these costs.
    pub(crate) fn make(
        password: &[u8],
        params: &Params,
        salt: Vec<u8>,
        memory: &mut Memory,
    ) -> Result<Self, HashRefusal> {
        let output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        let mut made = Self::ours(params, salt, output)?;
        made.output = made.compute(password, memory);
        Ok(made)
    }

    pub(crate) fn matches(&self, password: &[u8], memory: &mut Memory) -> bool {
        same(&self.compute(password, memory), &self.output)
    }

    /// Whether it was made as ours are, at these costs.
    pub(crate) fn is_of(&self, params: &Params) -> bool {
        let costs = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && costs(&self.params) == costs(params)
            && Some(self.output.len()) == params.output_len()
    }

    fn compute(&self, password: &[u8], memory: &mut Memory) -> Vec<u8> {
        let blocks = self.params.block_count();
        memory.resize(blocks.max(memory.len()), Block::default());
        let mut output = vec![0; self.output.len()];
        Argon2::new(self.algorithm, self.version, self.params.clone())
            .hash_password_into_with_memory(
                password,
                &self.salt,
                &mut output,
                &mut memory[..blocks],
            )
            .expect("lengths of password, salt and output were checked before");
        output
    }
}

impl fmt::Display for Argon2Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = PasswordHash {
            algorithm: self.algorithm.ident(),
            version: Some(self.version.into()),
            params: (&self.params).try_into().map_err(|_| fmt::Error)?,
            salt: Some(Salt::new(&self.salt).map_err(|_| fmt::Error)?),
            hash: Some(Output::new(&self.output).map_err(|_| fmt::Error)?),
        };
        hash.fmt(f)
    }
}
