//! bcrypt: `$2a$`, `$2b$` and `$2y$`, which are one algorithm by now, and Django's of a SHA-256.
//!
//! bcrypt takes 72 bytes of a password, and those who made these hashes cut off the rest. So
//! what matches here is what matched there, until the log-in after which the whole password
//! counts. A password with a NUL in it never matches: it ended there in some systems.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

use super::HashRefusal;

/// The name of Django's hashes of the SHA-256 of a password, in hexadecimal.
pub(crate) const OF_SHA256: &str = "django-bcrypt-sha256";

/// The highest cost that is computed: about a second of a core.
const MOST_COST: u32 = 14;
const LEAST_COST: u32 = 4;
/// Characters of salt and output.
const REST: usize = 53;

/// A bcrypt hash.
#[derive(Clone)]
pub(crate) struct BcryptHash {
    /// As `$2b$…`.
    text: String,
    of_sha256: bool,
}

/// Reads a hash as bcrypt writes it, or as [`OF_SHA256`].
pub(crate) fn parse(text: &str) -> Result<BcryptHash, HashRefusal> {
    let inner = text
        .strip_prefix('$')
        .and_then(|rest| rest.strip_prefix(OF_SHA256));
    let of_sha256 = inner.is_some();
    let text = inner.unwrap_or(text);
    let mut parts = text.split('$').skip(1);
    let mut next = || parts.next().ok_or(HashRefusal::Damaged);
    let (version, cost, rest) = (next()?, next()?, next()?);
    if !["2a", "2b", "2y"].contains(&version) {
        return Err(HashRefusal::UnknownForm);
    }
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '/';
    let whole = cost.len() == 2 && rest.len() == REST && rest.chars().all(letter);
    let cost: u32 = cost.parse().map_err(|_| HashRefusal::Damaged)?;
    // The library reads what it will compute with, down to the spare bits.
    if !whole || parts.next().is_some() || text.parse::<::bcrypt::HashParts>().is_err() {
        return Err(HashRefusal::Damaged);
    }
    if cost > MOST_COST {
        return Err(HashRefusal::TooCostly);
    }
    if cost < LEAST_COST {
        return Err(HashRefusal::Damaged);
    }
    Ok(BcryptHash {
        text: text.to_owned(),
        of_sha256,
    })
}

impl BcryptHash {
    /// The same, of the SHA-256 of the password.
    pub(crate) fn of_sha256(self) -> Self {
        Self {
            of_sha256: true,
            ..self
        }
    }

    pub(crate) fn matches(&self, password: &[u8]) -> bool {
        if self.of_sha256 {
            let digest = digest(&SHA256, password);
            let hex: String = digest
                .as_ref()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            return ::bcrypt::verify(hex, &self.text).unwrap_or(false);
        }
        let same = ::bcrypt::verify(password, &self.text).unwrap_or(false);
        same && !password.contains(&0)
    }
}

impl fmt::Display for BcryptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of_sha256 {
            write!(f, "${OF_SHA256}")?;
        }
        f.write_str(&self.text)
    }
}
