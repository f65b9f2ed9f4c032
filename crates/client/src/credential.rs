//! The session token of a request.

use cookie::Cookie;
use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};

/// The cookie in which the hosted pages keep the session token.
const SESSION: &str = "__Host-countersign-session";

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
    /// Of these headers: the token behind `Authorization: Bearer`, else the one in the cookie.
    /// Another scheme is for somebody else.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut authorizations = headers.get_all(AUTHORIZATION).iter();
        let Some(first) = authorizations.next() else {
            return Self::of_cookies(headers);
        };
        if authorizations.next().is_some() {
            return Self::Unusable;
        }
        let text = first.as_bytes();
        let (scheme, token) = match text.iter().position(|byte| *byte == b' ') {
            Some(space) => text.split_at(space),
            None => (text, &[][..]),
        };
        if !scheme.eq_ignore_ascii_case(b"bearer") {
            return Self::of_cookies(headers);
        }
        let token = std::str::from_utf8(token).unwrap_or_default();
        match token.trim_matches(' ') {
            "" => Self::Unusable,
            token => Self::Token(token.to_owned()),
        }
    }

    /// A browser sends one cookie of this name: no other host, path or scheme can set another.
    fn of_cookies(headers: &HeaderMap) -> Self {
        let mut found = Self::Missing;
        for line in headers.get_all(COOKIE) {
            // Another cookie may hold anything.
            let line = String::from_utf8_lossy(line.as_bytes());
            let cookies = Cookie::split_parse(line.as_ref()).flatten();
            for cookie in cookies.filter(|cookie| cookie.name() == SESSION) {
                let token = Self::Token(cookie.value().to_owned());
                if found != Self::Missing && found != token {
                    return Self::Unusable;
                }
                found = token;
            }
        }
        found
    }
}
