//! Reading the hashes that other systems made, as they write them, into the form that is kept.

use std::fmt;

use ::argon2::{Algorithm, Params, Version};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use countersign_domain::Secret;
use serde::Deserialize;

use super::kept::argon2::Argon2Hash;
use super::kept::firebase::FirebaseHash;
use super::kept::pbkdf2::{Digest, Pbkdf2Hash};
use super::kept::scrypt::{ScryptCost, ScryptHash};
use super::kept::{HashRefusal, Kept, bcrypt};

/// Base64 with its padding or without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The hash of a password that another system made, ready to be kept: whole, of a form and a
/// cost that are computed here.
#[derive(Clone)]
pub struct ImportedHash(Secret<String>);

/// What a Firebase project's hashes were made with, as its console shows it.
#[derive(Clone)]
pub struct FirebaseProject {
    /// `base64_signer_key`.
    pub signer_key: Secret<Vec<u8>>,
    /// `base64_salt_separator`.
    pub salt_separator: Vec<u8>,
    /// `rounds`.
    pub rounds: u64,
    /// `mem_cost`.
    pub memory_cost: u64,
}

impl ImportedHash {
    /// Reads a hash as a text: a PHC string (also as passlib and Auth0 write it), bcrypt's own
    /// form, or Django's.
    ///
    /// # Errors
    /// [`HashRefusal`].
    pub fn from_text(text: &str) -> Result<Self, HashRefusal> {
        let kept = match text.split_once('$') {
            Some(("", rest)) => match passlib(rest) {
                Some(kept) => kept?,
                None => Kept::parse(text)?,
            },
            Some((algorithm, rest)) => django(algorithm, rest)?,
            None => return Err(HashRefusal::UnknownForm),
        };
        Ok(Self::of(&kept))
    }

    /// Reads a hash and a salt of a Firebase project, in base64.
    ///
    /// # Errors
    /// [`HashRefusal`].
    pub fn from_firebase(
        project: &FirebaseProject,
        hash: &str,
        salt: &str,
    ) -> Result<Self, HashRefusal> {
        let cost = ScryptCost::new(project.memory_cost, project.rounds, 1)?;
        let (mut stream, mut salt) = (base64(hash)?, base64(salt)?);
        let signer_key = project.signer_key.expose();
        if stream.len() != signer_key.len() {
            return Err(HashRefusal::Damaged);
        }
        for (byte, key) in stream.iter_mut().zip(signer_key) {
            *byte ^= key;
        }
        salt.extend(&project.salt_separator);
        let hash = FirebaseHash::new(cost, salt, stream)?;
        Ok(Self::of(&Kept::Firebase(hash)))
    }

    /// Reads the two JSON texts of a Keycloak credential.
    ///
    /// # Errors
    /// [`HashRefusal`].
    pub fn from_keycloak(credential: &str, secret: &str) -> Result<Self, HashRefusal> {
        let credential: KeycloakCredential = json(credential)?;
        let secret: KeycloakSecret = json(secret)?;
        let (salt, output) = (base64(&secret.salt)?, base64(&secret.value)?);
        let iterations = credential.hash_iterations;
        let digest = match credential.algorithm.as_str() {
            "argon2" => {
                let hash = keycloak_argon2(&credential, salt, output)?;
                return Ok(Self::of(&Kept::Argon2(hash)));
            }
            "pbkdf2" => Digest::Sha1,
            algorithm => Digest::named(algorithm).ok_or(HashRefusal::UnknownForm)?,
        };
        let hash = Pbkdf2Hash::new(digest, iterations, salt, output)?;
        Ok(Self::of(&Kept::Pbkdf2(hash)))
    }

    fn of(kept: &Kept) -> Self {
        Self(Secret::new(kept.to_string()))
    }

    /// As it is kept.
    pub(crate) fn as_str(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for ImportedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImportedHash([hidden])")
    }
}

/// The forms of passlib that are not those of the PHC format. `None` for anything else.
fn passlib(text: &str) -> Option<Result<Kept, HashRefusal>> {
    let (name, rest) = text.split_once('$')?;
    let digest = match name {
        "pbkdf2" => Digest::Sha1,
        name => Digest::named(name)?,
    };
    let mut parts = rest.split('$');
    let (parameters, salt, output) = (parts.next()?, parts.next()?, parts.next()?);
    let first = parameters.split(',').next()?;
    let iterations = first.strip_prefix("i=").unwrap_or(first).parse().ok()?;
    let read = || {
        let hash = Pbkdf2Hash::new(digest, iterations, base64(salt)?, base64(output)?)?;
        Ok(Kept::Pbkdf2(hash))
    };
    Some(if parts.next().is_none() {
        read()
    } else {
        Err(HashRefusal::Damaged)
    })
}

/// Django's `algorithm$…` (its documentation, "Password management"). A salt is taken as the
/// text that it is.
fn django(algorithm: &str, rest: &str) -> Result<Kept, HashRefusal> {
    match algorithm {
        "argon2" => Kept::parse(&format!("${rest}")),
        "bcrypt" => Kept::parse(rest),
        "bcrypt_sha256" => Ok(Kept::Bcrypt(bcrypt::parse(rest)?.of_sha256())),
        "pbkdf2_sha256" | "pbkdf2_sha1" => {
            let [iterations, salt, output] = parts(rest)?;
            let digest = match algorithm {
                "pbkdf2_sha1" => Digest::Sha1,
                _ => Digest::Sha256,
            };
            let hash = Pbkdf2Hash::new(digest, number(iterations)?, salt.into(), base64(output)?)?;
            Ok(Kept::Pbkdf2(hash))
        }
        "scrypt" => {
            let [n, salt, r, p, output] = parts(rest)?;
            let n = number(n)?;
            if !n.is_power_of_two() {
                return Err(HashRefusal::Damaged);
            }
            let cost = ScryptCost::new(n.ilog2().into(), number(r)?, number(p)?)?;
            let hash = ScryptHash::new(cost, salt.into(), base64(output)?)?;
            Ok(Kept::Scrypt(hash))
        }
        _ => Err(HashRefusal::UnknownForm),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeycloakCredential {
    hash_iterations: u64,
    algorithm: String,
    #[serde(default)]
    additional_parameters: KeycloakArgon2,
}

/// Each value stands in a list of its own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct KeycloakArgon2 {
    #[serde(rename = "type")]
    variant: Vec<String>,
    version: Vec<String>,
    memory: Vec<String>,
    parallelism: Vec<String>,
}

#[derive(Deserialize)]
struct KeycloakSecret {
    value: String,
    salt: String,
}

fn keycloak_argon2(
    credential: &KeycloakCredential,
    salt: Vec<u8>,
    output: Vec<u8>,
) -> Result<Argon2Hash, HashRefusal> {
    let parameters = &credential.additional_parameters;
    let one = |list: &[String]| list.first().cloned().ok_or(HashRefusal::Damaged);
    let algorithm = match one(&parameters.variant)?.as_str() {
        "id" => Algorithm::Argon2id,
        "i" => Algorithm::Argon2i,
        "d" => Algorithm::Argon2d,
        _ => return Err(HashRefusal::UnknownForm),
    };
    let version = match one(&parameters.version)?.as_str() {
        "1.3" => Version::V0x13,
        "1.0" => Version::V0x10,
        _ => return Err(HashRefusal::UnknownForm),
    };
    let small = |number: u64| u32::try_from(number).map_err(|_| HashRefusal::TooCostly);
    let memory = small(number(&one(&parameters.memory)?)?)?;
    let lanes = small(number(&one(&parameters.parallelism)?)?)?;
    let params = Params::new(memory, small(credential.hash_iterations)?, lanes, None);
    let params = params.map_err(|_| HashRefusal::Damaged)?;
    Argon2Hash::new(algorithm, version, &params, salt, output)
}

fn json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, HashRefusal> {
    serde_json::from_str(text).map_err(|_| HashRefusal::Damaged)
}

/// Bytes in base64 of any of the alphabets that are in use: the standard one, that of URLs,
/// and passlib's, which has a dot for the plus.
fn base64(text: &str) -> Result<Vec<u8>, HashRefusal> {
    let standard = text.replace(['-', '.'], "+").replace('_', "/");
    BASE64.decode(standard).map_err(|_| HashRefusal::Damaged)
}

fn number(text: &str) -> Result<u64, HashRefusal> {
    text.parse().map_err(|_| HashRefusal::Damaged)
}

fn parts<const N: usize>(text: &str) -> Result<[&str; N], HashRefusal> {
    let parts: Vec<_> = text.split('$').collect();
    parts.try_into().map_err(|_| HashRefusal::Damaged)
}
