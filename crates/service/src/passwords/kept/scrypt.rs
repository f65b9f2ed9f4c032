//! scrypt (RFC 7914), kept as `$scrypt$ln=…,r=…,p=…$salt$output`.

use std::fmt;

use ::scrypt::Params;

use super::phc::{self, Parts};
use super::{HashRefusal, MOST_MEMORY, OUTPUT, fit, same};

/// Its name.
pub(crate) const NAME: &str = "scrypt";

/// Memory times how often it is filled: about a second of a core.
const MOST_WORK: u64 = 512 << 20;

/// What a hash costs.
#[derive(Clone, Copy)]
pub(crate) struct ScryptCost(Params);

/// An scrypt hash.
#[derive(Clone)]
pub(crate) struct ScryptHash {
    cost: ScryptCost,
    salt: Vec<u8>,
    output: Vec<u8>,
}

/// Reads the kept form.
pub(crate) fn parse(text: &str) -> Result<ScryptHash, HashRefusal> {
    let parts = Parts::parse(text)?;
    let cost = ScryptCost::of(&parts)?;
    ScryptHash::new(cost, parts.salt, parts.output)
}

impl ScryptCost {
    /// A cost within bounds: N is 2 to the power of `log_n`.
    pub(crate) fn new(log_n: u64, r: u64, p: u64) -> Result<Self, HashRefusal> {
        if log_n == 0 || r == 0 || p == 0 {
            return Err(HashRefusal::Damaged);
        }
        if log_n > 24 || r > 1024 || p > 1024 {
            return Err(HashRefusal::TooCostly);
        }
        let memory = (128 * r) << log_n;
        // Beside the memory each of the `p` has a block of its own.
        if memory > MOST_MEMORY || 128 * r * p > MOST_MEMORY / 8 || memory * p > MOST_WORK {
            return Err(HashRefusal::TooCostly);
        }
        let small = |number: u64| u32::try_from(number).map_err(|_| HashRefusal::TooCostly);
        let log_n = u8::try_from(log_n).map_err(|_| HashRefusal::TooCostly)?;
        let params = Params::new(log_n, small(r)?, small(p)?);
        params.map(Self).map_err(|_| HashRefusal::Damaged)
    }

    pub(super) fn of(parts: &Parts<'_>) -> Result<Self, HashRefusal> {
        Self::new(parts.number("ln")?, parts.number("r")?, parts.number("p")?)
    }

    /// The key that is derived from a password.
    pub(super) fn derive(self, password: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
        let mut output = vec![0; length];
        ::scrypt::scrypt(password, salt, &self.0, &mut output)
            .expect("the output is neither empty nor huge");
        output
    }
}

impl fmt::Display for ScryptCost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (log_n, r, p) = (self.0.log_n(), self.0.r(), self.0.p());
        write!(f, "ln={log_n},r={r},p={p}")
    }
}

impl ScryptHash {
    /// A hash of these parts. Of a long output the beginning is enough: more of it is derived
    /// from the same key and makes nothing harder to guess.
    pub(crate) fn new(
        cost: ScryptCost,
        salt: Vec<u8>,
        mut output: Vec<u8>,
    ) -> Result<Self, HashRefusal> {
        output.truncate(*OUTPUT.end());
        fit(&salt, &output)?;
        Ok(Self { cost, salt, output })
    }

    pub(crate) fn matches(&self, password: &[u8]) -> bool {
        let computed = self.cost.derive(password, &self.salt, self.output.len());
        same(&computed, &self.output)
    }
}

impl fmt::Display for ScryptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cost = self.cost.to_string();
        phc::write(f, NAME, &format_args!("{cost}"), &self.salt, &self.output)
    }
}
