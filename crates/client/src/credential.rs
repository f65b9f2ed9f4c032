//! The session token of a request.

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};

/// The cookie in which the hosted pages keep the session token, up to its value.
const COOKIE_OF_SESSION: &[u8] = b"__Host-countersign-session=";
/// With what session tokens begin.
const PREFIX: &[u8] = b"css_";

/// What a request says of its session.
#[derive(PartialEq, Eq)]
pub(crate) enum Credential {
    /// Nothing.
    Missing,
    /// That it is of this token.
    Token(String),
    /// Two things at once, or nothing that is a token.
    Unusable,
}

impl Credential {
    /// Of these headers: the session token behind `Authorization: Bearer`, else the one in the
    /// cookie. Another scheme, or another's token, is for somebody else.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let authorizations = headers.get_all(AUTHORIZATION).iter();
        match Self::only(authorizations.filter_map(|line| bearer(line.as_bytes()))) {
            Self::Missing => Self::only(cookies(headers)),
            said => said,
        }
    }

    /// Of several that are the same one counts, and of several that differ none.
    fn only<'a>(mut tokens: impl Iterator<Item = &'a [u8]>) -> Self {
        let Some(first) = tokens.next() else {
            return Self::Missing;
        };
        match std::str::from_utf8(first) {
            Ok(token) if tokens.all(|other| other == first) => Self::Token(token.to_owned()),
            _ => Self::Unusable,
        }
    }
}

/// The session token behind `Bearer`.
fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let space = authorization.iter().position(|byte| *byte == b' ')?;
    let (scheme, token) = authorization.split_at(space);
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer") && token.starts_with(PREFIX)).then_some(token)
}

/// The session tokens in cookies. What others wrote beside ours may be anything; a name is ours to
/// the byte, since browsers let no other host set a cookie of this name, and one that is only read
/// as this name they do.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| pair.trim_ascii().strip_prefix(COOKIE_OF_SESSION))
}
