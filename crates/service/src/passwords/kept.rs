//! Hashes as they are kept: our own, and those that other systems made.
//!
//! Each scheme has one written form in the database and bounds on what it may ask for. What
//! is beyond them is refused when it is imported, and never computed at a log-in.

pub(super) mod argon2;
pub(super) mod bcrypt;
pub(super) mod firebase;
pub(super) mod pbkdf2;
mod phc;
pub(super) mod scrypt;

use std::fmt;

use aws_lc_rs::constant_time;

use super::threads::Memory;

/// Memory that a hash may ask for: 128 MiB.
const MOST_MEMORY: u64 = 128 << 20;
/// Bytes of a hash's output: with fewer, another password might have the same.
const OUTPUT: std::ops::RangeInclusive<usize> = 16..=64;
/// Bytes of a salt.
const SALT: std::ops::RangeInclusive<usize> = 1..=64;

/// Why a hash cannot be kept. None of the messages repeats any of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HashRefusal {
    /// None of the forms.
    #[error(
        "the password's hash has none of the forms that can be imported: Argon2, bcrypt, scrypt \
         or PBKDF2"
    )]
    UnknownForm,
    /// One of the forms, but not whole.
    #[error("the password's hash is damaged: a part of it is missing, cut off or misspelled")]
    Damaged,
    /// More than is computed at a log-in.
    #[error("the password's hash asks for more memory (128 MiB) or time than is spent at a log-in")]
    TooCostly,
}

/// A hash, ready to be compared with.
pub(super) enum Kept {
    Argon2(argon2::Argon2Hash),
    Bcrypt(bcrypt::BcryptHash),
    Scrypt(scrypt::ScryptHash),
    Pbkdf2(pbkdf2::Pbkdf2Hash),
    Firebase(firebase::FirebaseHash),
}

impl Kept {
    /// Reads a hash in the form in which it is kept.
    pub(super) fn parse(text: &str) -> Result<Self, HashRefusal> {
        let scheme = text
            .strip_prefix('$')
            .and_then(|rest| rest.split('$').next());
        match scheme.ok_or(HashRefusal::UnknownForm)? {
            argon2::ID | argon2::I | argon2::D => Ok(Self::Argon2(argon2::parse(text)?)),
            "2a" | "2b" | "2y" | bcrypt::OF_SHA256 => Ok(Self::Bcrypt(bcrypt::parse(text)?)),
            scrypt::NAME => Ok(Self::Scrypt(scrypt::parse(text)?)),
            firebase::NAME => Ok(Self::Firebase(firebase::parse(text)?)),
            name if pbkdf2::Digest::named(name).is_some() => Ok(Self::Pbkdf2(pbkdf2::parse(text)?)),
            _ => Err(HashRefusal::UnknownForm),
        }
    }

    /// Whether this is the password that was hashed.
    pub(super) fn matches(&self, password: &[u8], memory: &mut Memory) -> bool {
        match self {
            Self::Argon2(hash) => hash.matches(password, memory),
            Self::Bcrypt(hash) => hash.matches(password),
            Self::Scrypt(hash) => hash.matches(password),
            Self::Pbkdf2(hash) => hash.matches(password),
            Self::Firebase(hash) => hash.matches(password),
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argon2(hash) => hash.fmt(f),
            Self::Bcrypt(hash) => hash.fmt(f),
            Self::Scrypt(hash) => hash.fmt(f),
            Self::Pbkdf2(hash) => hash.fmt(f),
            Self::Firebase(hash) => hash.fmt(f),
        }
    }
}

/// Whether two outputs are the same, in a time that does not tell where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

/// Whether salt and output have lengths that can be kept.
fn fit(salt: &[u8], output: &[u8]) -> Result<(), HashRefusal> {
    let fit = SALT.contains(&salt.len()) && OUTPUT.contains(&output.len());
    fit.then_some(()).ok_or(HashRefusal::Damaged)
}
