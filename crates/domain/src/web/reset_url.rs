//! Where people set a new password.

use std::str::FromStr;

use super::address::{self, InvalidUrl};
use crate::Secret;
use crate::text::as_text;
use crate::token::ResetCode;

/// The application's page on which a person sets a new password:
/// `https://market.example/new-password`. A query may be there.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ResetUrl(Box<str>);

impl ResetUrl {
    /// The URL, normalised.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL with the code in its fragment, which browsers keep to themselves: it comes into
    /// no log, no `Referer` and to no scanner of links. A code is of letters, digits and an
    /// underscore, and needs no encoding.
    #[must_use]
    pub fn with_code(&self, code: &ResetCode) -> Secret<String> {
        Secret::new(format!("{}#code={}", self.0, code.expose()))
    }
}

impl FromStr for ResetUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        address::parse(text).map(|url| Self(String::from(url).into()))
    }
}

as_text!(ResetUrl);
