//! Public URLs: where an application's proxy mounts the hosted pages.

use std::str::FromStr;

use super::address::{self, InvalidUrl};
use super::origin::Origin;
use super::spelling::readings;
use crate::text::as_text;

/// The hosted pages, by the first segment of their path below a public URL.
pub const HOSTED_PAGES: [&str; 7] = [
    "sign-in", "enter", "return", "otp", "password", "sign-out", "account",
];

/// An origin of the application and the path below which its proxy passes requests to
/// Countersign: `https://market.example/auth`. Links and `returnTo` are built from these
/// alone, never from what a request says of its host (CVE-2025-64101).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PublicUrl {
    text: Box<str>,
    origin: Origin,
}

impl PublicUrl {
    /// The whole URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The path below which the pages are: empty, or with a slash at its beginning and none at
    /// its end.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.text[self.origin.as_str().len()..]
    }

    /// The host and, where it is not the scheme's usual one, the port, as a request names them.
    #[must_use]
    pub fn authority(&self) -> &str {
        let origin = self.origin.as_str();
        origin
            .split_once("://")
            .map_or(origin, |(_, authority)| authority)
    }

    /// What of a path of this origin is below the prefix, without the slash between; `None` if
    /// it is not below it.
    #[must_use]
    pub fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.prefix())?.strip_prefix('/')
    }

    /// The URL of a page below it, such as `sign-in`.
    #[must_use]
    pub fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.text)
    }

    /// Whether a path of this origin is Countersign's rather than the application's: anything
    /// below the prefix, or a hosted page where there is none. In doubt it is: case, encoding
    /// and path parameters are not looked at.
    pub(super) fn has_page_at(&self, path: &str) -> bool {
        let Some(readings) = readings(path) else {
            return true;
        };
        let prefix = self.prefix().to_ascii_lowercase();
        readings.iter().any(|reading| {
            let segments = reading.split('/');
            let names = segments.map(|segment| segment.split(';').next().unwrap_or_default());
            let path = names.collect::<Vec<_>>().join("/").to_ascii_lowercase();
            let below = path.strip_prefix(&prefix);
            match below {
                Some("") => !prefix.is_empty(),
                Some(below) => match below.strip_prefix('/') {
                    Some(page) if prefix.is_empty() => {
                        HOSTED_PAGES.contains(&page.split('/').next().unwrap_or_default())
                    }
                    page => page.is_some(),
                },
                None => false,
            }
        })
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let url = address::parse(text)?;
        let (_, _, rest) = address::split(text)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
        if !rest.chars().all(plain) {
            return Err(InvalidUrl::NotAPublicUrl);
        }
        let origin = Origin::of(&url);
        let prefix = rest.trim_end_matches('/');
        let text = format!("{}{prefix}", origin.as_str()).into();
        Ok(Self { text, origin })
    }
}

as_text!(PublicUrl);
