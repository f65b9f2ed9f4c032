//! Origins.

use std::str::FromStr;

use url::Url;

use super::address::{self, InvalidUrl};
use crate::text::as_text;

/// A scheme, a host and a port, compared exactly: `https://market.example`. It is `https`,
/// or `http` on this machine.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin(Box<str>);

impl Origin {
    /// The origin as browsers write it, in ASCII and without a slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host, where that is a name: what code messages and passkeys are bound to.
    #[must_use]
    pub fn host_name(&self) -> Option<&str> {
        let (_, authority) = self.0.split_once("://")?;
        let host = authority.split(':').next().unwrap_or_default();
        let name = host.chars().any(|c| c.is_ascii_alphabetic()) && !host.contains('[');
        name.then_some(host)
    }

    /// The origin of what [`address::parse`] has let through.
    pub(super) fn of(url: &Url) -> Self {
        Self(url.origin().ascii_serialization().into())
    }
}

impl FromStr for Origin {
    type Err = InvalidUrl;

    /// One slash at the end may be there: people copy it from their browsers.
    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let url = address::parse(text)?;
        let (_, _, rest) = address::split(text)?;
        if !matches!(rest, "" | "/") {
            return Err(InvalidUrl::NotAnOrigin);
        }
        Ok(Self::of(&url))
    }
}

as_text!(Origin);
