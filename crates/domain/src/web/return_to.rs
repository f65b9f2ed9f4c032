//! Where a person goes after signing in.

use url::Url;

use super::ONE_TIME_TOKEN;
use super::address::path_of;
use super::public_url::PublicUrl;
use super::spelling::{encodes_control, is_plain, is_sound_path, names};

/// The longest place to return to, in bytes, as given and as kept.
const LONGEST: usize = 2_000;

/// A place inside the application: any path of the public URL's own origin that is not one of
/// the hosted pages. Browsers are sent there, so whatever could be read as another place is
/// refused, not mended (RFC 9700, section 4.11).
///
/// A query is kept as it is, but for one-time tokens: one that stands there is spent, or
/// somebody else's. A fragment is kept too, since applications route by it and it never
/// reaches a server.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReturnTo {
    text: Box<str>,
    origin: usize,
}

/// Why a text is no place to return to. The messages say what would be one and repeat nothing
/// of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidReturnTo {
    /// It has too many bytes.
    #[error("the place to return to has at most 2,000 bytes")]
    TooLong,
    /// Some character does not belong in a URL.
    #[error(
        "percent-encode what does not belong in a URL: spaces, backslashes, invisible \
         characters; control characters may not be there at all"
    )]
    Characters,
    /// It is neither a path nor a URL of the application's origin.
    #[error("the place to return to is a path that begins with one slash, or a URL of this site")]
    Elsewhere,
    /// Its path can be read in more than one way.
    #[error("its path has no dot segments, no empty segments and no broken or repeated encoding")]
    Path,
    /// It is a page of ours.
    #[error("the place to return to is the application's, not one of the pages for signing in")]
    Hosted,
}

impl ReturnTo {
    /// Reads a place below the origin of `public`.
    ///
    /// # Errors
    /// [`InvalidReturnTo`].
    pub fn parse(text: &str, public: &PublicUrl) -> Result<Self, InvalidReturnTo> {
        if text.len() > LONGEST {
            return Err(InvalidReturnTo::TooLong);
        }
        if !is_plain(text) || encodes_control(text) {
            return Err(InvalidReturnTo::Characters);
        }
        let origin = public.origin().as_str();
        let rest = below(text, origin).ok_or(InvalidReturnTo::Elsewhere)?;
        let path = path_of(rest);
        if !is_sound_path(path) {
            return Err(InvalidReturnTo::Path);
        }
        if public.has_page_at(path) {
            return Err(InvalidReturnTo::Hosted);
        }
        let url = Url::parse(&format!("{origin}{rest}"));
        let mut url = url.map_err(|_| InvalidReturnTo::Elsewhere)?;
        if url.origin().ascii_serialization() != origin {
            return Err(InvalidReturnTo::Elsewhere);
        }
        drop_tokens(&mut url);
        let text = String::from(url);
        if text.len() > LONGEST {
            return Err(InvalidReturnTo::TooLong);
        }
        Ok(Self {
            text: text.into(),
            origin: origin.len(),
        })
    }

    /// Where who signs in goes that was nowhere yet: the application's first page.
    #[must_use]
    pub fn home(public: &PublicUrl) -> Self {
        Self::of(public, "/")
    }

    /// Our own page of the person's devices, the one of ours that can be gone on to.
    #[must_use]
    pub fn account(public: &PublicUrl) -> Self {
        Self::of(public, &format!("{}/account", public.prefix()))
    }

    /// Reads what [`path`](Self::path) said, under the same public URL or another.
    ///
    /// # Errors
    /// [`InvalidReturnTo`].
    pub fn kept(path: &str, public: &PublicUrl) -> Result<Self, InvalidReturnTo> {
        let account = Self::account(public);
        if path == account.path() {
            return Ok(account);
        }
        Self::parse(path, public)
    }

    fn of(public: &PublicUrl, path: &str) -> Self {
        let origin = public.origin().as_str();
        Self {
            text: format!("{origin}{path}").into(),
            origin: origin.len(),
        }
    }

    /// The absolute URL, in ASCII. Read again, it is the same place.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path, query and fragment alone.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.text[self.origin..]
    }
}

/// What follows the origin. It has to be spelt as the origin is, but for case: no spelling
/// that needs to be understood can be misunderstood.
fn below<'a>(text: &'a str, origin: &str) -> Option<&'a str> {
    if text.starts_with('/') {
        return Some(text);
    }
    let (start, rest) = text.split_at_checked(origin.len())?;
    let ends = rest.is_empty() || rest.starts_with(['/', '?', '#']);
    (start.eq_ignore_ascii_case(origin) && ends).then_some(rest)
}

fn drop_tokens(url: &mut Url) {
    let Some(query) = url.query() else {
        return;
    };
    let others = query.split('&').filter(|pair| !names(pair, ONE_TIME_TOKEN));
    let others = others.collect::<Vec<_>>().join("&");
    url.set_query((!others.is_empty()).then_some(&others));
}
