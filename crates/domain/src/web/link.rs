//! Links: a flow's template, filled.

use std::collections::BTreeMap;

use url::Url;

use super::flow_template::{FlowTemplate, Piece};
use super::spelling::{append, encoded, is_sound_path};
use super::{InvalidReturnTo, LOCALE, ONE_TIME_TOKEN, PublicUrl, ReturnTo};
use crate::Secret;
use crate::identity::visible;
use crate::locale::Locale;

/// The longest destination, in bytes: whoever is signed in on the way must be able to return
/// to it.
const LONGEST: usize = 2_000;
/// The longest value of a parameter, in characters.
const LONGEST_VALUE: usize = 200;

/// Where a link leads, without its token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destination(Box<str>);

/// Why there is no link. The messages name the parameter by the operator's name for it, and
/// repeat nothing of its value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LinkRefusal {
    /// The flow needs a parameter that was not given.
    #[error("the flow needs the parameter {0}")]
    MissingParameter(Box<str>),
    /// A value is none that may stand there.
    #[error(
        "{0} has 1 to 200 characters, none of them a control or invisible character, and in a \
         path it makes no empty or dot segments"
    )]
    InvalidParameter(Box<str>),
    /// All values together are too much.
    #[error("the parameters make a URL of more than 2,000 bytes")]
    TooLong,
    /// The values lead out of the flow. Nothing is known that does; this is the last line.
    #[error("the parameters lead out of the flow")]
    Elsewhere,
    /// Our own pages would not go on to there.
    #[error("the pages for signing in do not go on to that flow: {0}")]
    NoWayBack(InvalidReturnTo),
}

impl Destination {
    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The link by way of our own pages, which redeem the token and go on to where it leads.
    ///
    /// # Errors
    /// [`LinkRefusal::NoWayBack`] where our pages would not go on to there.
    pub fn by_way_of(
        &self,
        public: &PublicUrl,
        locale: Option<&Locale>,
    ) -> Result<Self, LinkRefusal> {
        let place = ReturnTo::parse(&self.0, public);
        let place = place.map_err(LinkRefusal::NoWayBack)?;
        let mut url = public.page("enter");
        append(&mut url, "return_to", place.path());
        if let Some(locale) = locale {
            append(&mut url, LOCALE, locale.as_str());
        }
        Ok(Self(url.into()))
    }

    /// The link: the URL with the one-time token last in whatever query is there.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Secret<String> {
        let mut url = self.0.to_string();
        // The token may not be left behind in memory by growing.
        url.reserve_exact(ONE_TIME_TOKEN.len() + 2 + 3 * token.len());
        append(&mut url, ONE_TIME_TOKEN, token);
        Secret::new(url)
    }
}

impl FlowTemplate {
    /// Where a link with these parameters leads. Parameters that the template does not name
    /// are ignored. `{locale}` is `locale` or else `fallback`; where the template says no
    /// locale, `locale` is appended.
    ///
    /// # Errors
    /// [`LinkRefusal`].
    pub fn fill(
        &self,
        parameters: &BTreeMap<String, String>,
        locale: Option<&Locale>,
        fallback: &Locale,
    ) -> Result<Destination, LinkRefusal> {
        let values = Values {
            parameters,
            locale: locale.unwrap_or(fallback),
        };
        let mut text = self.origin().as_str().to_owned();
        for segment in &self.path {
            text.push('/');
            text.push_str(&values.segment(segment)?);
        }
        if !self.query.is_empty() {
            text.push('?');
            text.push_str(&values.filled(&self.query)?);
        }
        if let Some(locale) = locale.filter(|_| !self.says_locale) {
            append(&mut text, LOCALE, locale.as_str());
        }
        self.checked(&text)
    }

    /// Reads the filled URL as a browser does, and sees that it leads where the template does.
    fn checked(&self, text: &str) -> Result<Destination, LinkRefusal> {
        let url = Url::parse(text).map_err(|_| LinkRefusal::Elsewhere)?;
        let segments = url.path_segments().map_or(0, Iterator::count);
        let same = url.origin().ascii_serialization() == self.origin().as_str()
            && segments == self.path.len().max(1)
            && url.fragment().is_none();
        if !same || !is_sound_path(url.path()) {
            return Err(LinkRefusal::Elsewhere);
        }
        let text = String::from(url);
        if text.len() > LONGEST {
            return Err(LinkRefusal::TooLong);
        }
        Ok(Destination(text.into()))
    }
}

/// What the placeholders stand for.
struct Values<'a> {
    parameters: &'a BTreeMap<String, String>,
    locale: &'a Locale,
}

impl Values<'_> {
    fn filled(&self, pieces: &[Piece]) -> Result<String, LinkRefusal> {
        let texts = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Ok(text.to_string()),
            Piece::Parameter(name) => self.value(name),
        });
        texts.collect()
    }

    /// A segment of the path, which nobody may read as none, as two, or as a way up.
    fn segment(&self, pieces: &[Piece]) -> Result<String, LinkRefusal> {
        let segment = self.filled(pieces)?;
        let parameter = pieces.iter().find_map(|piece| match piece {
            Piece::Parameter(name) => Some(name),
            Piece::Text(_) => None,
        });
        match parameter {
            Some(name) if !is_sound_path(&format!("/{segment}/x")) => {
                Err(LinkRefusal::InvalidParameter(name.clone()))
            }
            _ => Ok(segment),
        }
    }

    fn value(&self, name: &str) -> Result<String, LinkRefusal> {
        if name == LOCALE {
            return Ok(self.locale.as_str().to_owned());
        }
        let value = self.parameters.get(name);
        let value = value.ok_or_else(|| LinkRefusal::MissingParameter(name.into()))?;
        let fits = (1..=LONGEST_VALUE).contains(&value.chars().count());
        if !fits || !value.chars().all(visible) {
            return Err(LinkRefusal::InvalidParameter(name.into()));
        }
        Ok(encoded(value))
    }
}
