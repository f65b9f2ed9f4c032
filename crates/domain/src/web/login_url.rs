//! The login pages of partners.

use std::str::FromStr;

use super::address::{self, InvalidUrl};
use super::origin::Origin;
use super::spelling::{append, names};
use super::{ONE_TIME_TOKEN, RETURN_TO};
use crate::text::as_text;

/// Where a partner's users sign in: `https://tickets.example/login`. A path and a query may be
/// there.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LoginUrl {
    text: Box<str>,
    origin: Origin,
}

impl LoginUrl {
    /// The URL as it was registered, normalised.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its origin, where people come back from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The URL with `returnTo` appended to whatever query is there, percent-encoded whole:
    /// what it holds cannot become a parameter of the partner's.
    #[must_use]
    pub fn with_return_to(&self, return_to: &str) -> String {
        let mut url = self.text.to_string();
        append(&mut url, RETURN_TO, return_to);
        url
    }
}

impl FromStr for LoginUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let mut url = address::parse(text)?;
        let query = url.query().unwrap_or_default();
        if names(query, RETURN_TO) || names(query, ONE_TIME_TOKEN) {
            return Err(InvalidUrl::Appended);
        }
        if query.is_empty() {
            url.set_query(None);
        }
        let origin = Origin::of(&url);
        let text = String::from(url).into();
        Ok(Self { text, origin })
    }
}

as_text!(LoginUrl);
