//! The logos of partners.

use std::str::FromStr;

use super::address::{self, InvalidUrl};
use super::origin::Origin;
use crate::text::as_text;

/// Where a partner's logo is. A page that shows it has to allow its origin.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LogoUrl {
    text: Box<str>,
    origin: Origin,
}

impl LogoUrl {
    /// The URL, normalised.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl FromStr for LogoUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let url = address::parse(text)?;
        let origin = Origin::of(&url);
        let text = String::from(url).into();
        Ok(Self { text, origin })
    }
}

as_text!(LogoUrl);
