//! Firebase's scrypt: the derived key encrypts the project's *signer key* by AES-256-CTR.
//!
//! (`github.com/firebase/scrypt` documents it.) What is exported is the signer key with a
//! stream of bytes laid over it. At import that key is taken off again, and the stream alone
//! is kept: what is compared is the same, and no key has to be kept beside the hashes.

use std::fmt;

use aws_lc_rs::cipher::{AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use super::phc::{self, Parts};
use super::scrypt::ScryptCost;
use super::{HashRefusal, fit, same};

/// Its name.
pub(crate) const NAME: &str = "firebase-scrypt";

/// Bytes of the derived key that are AES's.
const KEY: usize = 32;

/// A hash of Firebase's.
#[derive(Clone)]
pub(crate) struct FirebaseHash {
    cost: ScryptCost,
    /// With the project's separator behind it.
    salt: Vec<u8>,
    stream: Vec<u8>,
}

/// Reads the kept form.
pub(crate) fn parse(text: &str) -> Result<FirebaseHash, HashRefusal> {
    let parts = Parts::parse(text)?;
    let cost = ScryptCost::of(&parts)?;
    FirebaseHash::new(cost, parts.salt, parts.output)
}

impl FirebaseHash {
    /// A hash as it is kept.
    pub(crate) fn new(
        cost: ScryptCost,
        salt: Vec<u8>,
        stream: Vec<u8>,
    ) -> Result<Self, HashRefusal> {
        fit(&salt, &stream)?;
        Ok(Self { cost, salt, stream })
    }

    pub(crate) fn matches(&self, password: &[u8]) -> bool {
        let key = self.cost.derive(password, &self.salt, KEY);
        let mut stream = vec![0; self.stream.len()];
        // What AES makes of zeros is the stream; in this mode both directions are one.
        let context = DecryptionContext::Iv128(FixedLength::from([0; 16]));
        UnboundCipherKey::new(&AES_256, &key)
            .and_then(DecryptingKey::ctr)
            .and_then(|key| key.decrypt(&mut stream, context).map(drop))
            .expect("the key has the length of one, and this mode takes any length");
        same(&stream, &self.stream)
    }
}

impl fmt::Display for FirebaseHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cost = self.cost.to_string();
        phc::write(f, NAME, &format_args!("{cost}"), &self.salt, &self.stream)
    }
}
