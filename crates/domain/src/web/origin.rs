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
