//! The form in which hashes are kept that have no library of their own for it: the PHC string
//! format, `$name$key=value,…$salt$output`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::HashRefusal;

/// A hash in parts.
pub(super) struct Parts<'a> {
    pub(super) name: &'a str,
    parameters: &'a str,
    pub(super) salt: Vec<u8>,
    pub(super) output: Vec<u8>,
}

impl<'a> Parts<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, HashRefusal> {
        let mut parts = text.strip_prefix('$').unwrap_or(text).split('$');
        let mut next = || parts.next().ok_or(HashRefusal::Damaged);
        let (name, parameters) = (next()?, next()?);
        let bytes = |text| {
            STANDARD_NO_PAD
                .decode(text)
                .map_err(|_| HashRefusal::Damaged)
        };
        let (salt, output) = (bytes(next()?)?, bytes(next()?)?);
        match parts.next() {
            Some(_) => Err(HashRefusal::Damaged),
            None => Ok(Self {
                name,
                parameters,
                salt,
                output,
            }),
        }
    }

    /// The number that a parameter has.
    pub(super) fn number(&self, name: &str) -> Result<u64, HashRefusal> {
        let mut parameters = self.parameters.split(',');
        let found = parameters.find_map(|one| one.strip_prefix(name)?.strip_prefix('='));
        let number = found.and_then(|number| number.parse().ok());
        number.ok_or(HashRefusal::Damaged)
    }
}

/// Writes a hash in that form.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    parameters: &fmt::Arguments<'_>,
    salt: &[u8],
    output: &[u8],
) -> fmt::Result {
    let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output));
    write!(f, "${name}${parameters}${salt}${output}")
}
