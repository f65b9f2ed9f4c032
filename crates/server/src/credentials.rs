//! Credentials in headers, as the API's first clients and ordinary ones send them.

use axum::extract::FromRequestParts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_domain::Secret;
use countersign_domain::token::{AuthenticationToken, SessionToken};
use countersign_service::Credential;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::error::ApiError;

/// The API's first clients were told of `Authorization` and shown `Authentication`. Both count.
const AUTHENTICATION: &str = "authentication";

/// The authentication token that a request carries.
pub(crate) struct AuthenticationCredential(pub(crate) AuthenticationToken);

/// The session token that a request carries.
pub(crate) struct SessionCredential(pub(crate) Secret<String>);

/// Either token.
pub(crate) struct EitherCredential(pub(crate) Credential);

impl<S: Sync> FromRequestParts<S> for AuthenticationCredential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match credential(&parts.headers) {
            Ok(Presented::Authentication(token)) => Ok(Self(token)),
            Ok(Presented::Session(_)) | Err(Unusable::NotOne) => Err(ApiError::InvalidToken),
            Err(Unusable::Conflicting) => Err(ApiError::ConflictingCredentials),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for SessionCredential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        session_token(&parts.headers).map(|token| Self(Secret::new(token.to_owned())))
    }
}

impl<S: Sync> FromRequestParts<S> for EitherCredential {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match credential(&parts.headers) {
            Ok(Presented::Authentication(token)) => Ok(Self(Credential::Authentication(token))),
            Ok(Presented::Session(token)) => {
                Ok(Self(Credential::Session(Secret::new(token.to_owned()))))
            }
            Err(Unusable::NotOne | Unusable::Conflicting) => Err(ApiError::InvalidToken),
        }
    }
}

/// The session token in the headers.
///
/// # Errors
/// [`ApiError::InvalidSession`] where there is none, or something else.
pub(crate) fn session_token(headers: &HeaderMap) -> Result<&str, ApiError> {
    match credential(headers) {
        Ok(Presented::Session(token)) => Ok(token),
        Ok(Presented::Authentication(_)) | Err(Unusable::NotOne | Unusable::Conflicting) => {
            Err(ApiError::InvalidSession)
        }
    }
}

/// A credential, as it stands in a header.
enum Presented<'a> {
    Authentication(AuthenticationToken),
    Session(&'a str),
}

/// Why the headers hold no credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unusable {
    /// There is none, or one that is malformed.
    NotOne,
    /// There are two that differ.
    Conflicting,
}

/// The one credential in the headers. The same one twice is one.
fn credential(headers: &HeaderMap) -> Result<Presented<'_>, Unusable> {
    let authorization = headers.get_all(AUTHORIZATION).iter();
    let mut found = None;
    for value in authorization.chain(headers.get_all(AUTHENTICATION)) {
        // A token has other letters than these; whoever reads it looks at each.
        let value = std::str::from_utf8(value.as_bytes()).map_err(|_| Unusable::NotOne)?;
        let presented = parse(value).ok_or(Unusable::NotOne)?;
        match &found {
            None => found = Some(presented),
            Some(first) if first.text() == presented.text() => {}
            Some(_) => return Err(Unusable::Conflicting),
        }
    }
    found.ok_or(Unusable::NotOne)
}

/// The session tokens among what a request to the application carries, where other tokens may
/// stand in the same header.
pub(crate) enum Bearer {
    /// There is none.
    None,
    /// There is one.
    One(Secret<String>),
    /// There are several that differ.
    Several,
}

/// Reads the session tokens in the headers.
pub(crate) fn bearer(headers: &HeaderMap) -> Bearer {
    let lines = headers.get_all(AUTHORIZATION).iter();
    let lines = lines.filter_map(|value| value.to_str().ok());
    let tokens = lines.filter_map(|line| behind("bearer", line));
    let mut tokens = tokens.filter(|token| SessionToken::is_claimed_by(token));
    let Some(first) = tokens.next() else {
        return Bearer::None;
    };
    if tokens.all(|other| other == first) {
        Bearer::One(Secret::new(first.to_owned()))
    } else {
        Bearer::Several
    }
}

impl Presented<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Authentication(token) => token.expose(),
            Self::Session(token) => token,
        }
    }
}

/// `Basic` with an authentication token (as it is, or as HTTP clients encode a user name with
/// an empty password or with none), or `Bearer` with a session token.
fn parse(value: &str) -> Option<Presented<'_>> {
    if let Some(value) = behind("bearer", value) {
        return Some(Presented::Session(value));
    }
    let value = behind("basic", value)?;
    let token = AuthenticationToken::parse(value).or_else(|not| {
        let decoded = STANDARD.decode(value).map_err(|_| not)?;
        let decoded = Secret::new(String::from_utf8(decoded).map_err(|_| not)?);
        let user = decoded.expose();
        AuthenticationToken::parse(user.strip_suffix(':').unwrap_or(user))
    });
    token.ok().map(Presented::Authentication)
}

/// What stands behind a scheme, which may be written in upper or lower case.
fn behind<'a>(scheme: &str, value: &'a str) -> Option<&'a str> {
    let (named, value) = value.split_once(' ')?;
    named
        .eq_ignore_ascii_case(scheme)
        .then_some(value.trim_matches(' '))
}

#[cfg(test)]
mod tests {
    use countersign_domain::SystemEntropy;
    use countersign_domain::id::AuthenticationId;
    use http::HeaderValue;
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn token() -> String {
        let token = AuthenticationToken::generate(AuthenticationId::NIL, &SystemEntropy::default());
        token.expose().to_owned()
    }

    fn read(values: &[(&'static str, String)]) -> Result<String, Unusable> {
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(
                *name,
                HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
            );
        }
        credential(&headers).map(|credential| credential.text().to_owned())
    }

    #[rstest]
    fn every_spelling_of_a_token_is_read(
        #[values("authorization", "authentication")] header: &'static str,
        #[values("Basic ", "basic ", "BASIC  ")] scheme: &str,
        #[values("", ":")] colon: &str,
        #[values(true, false)] encoded: bool,
    ) {
        let token = token();
        let value = if encoded {
            STANDARD.encode(format!("{token}{colon}"))
        } else if colon.is_empty() {
            token.clone()
        } else {
            return;
        };
        assert_eq!(read(&[(header, format!("{scheme}{value}"))]), Ok(token));
    }

    #[test]
    fn one_credential_twice_is_one_and_two_are_a_conflict() {
        let (one, other) = (token(), token());
        let raw = |token: &str| format!("Basic {token}");
        let encoded = format!("Basic {}", STANDARD.encode(&one));
        let (a, b) = ("authorization", "authentication");
        assert_eq!(read(&[(a, raw(&one)), (b, encoded)]), Ok(one.clone()));
        let conflict = Err(Unusable::Conflicting);
        assert_eq!(read(&[(a, raw(&one)), (b, raw(&other))]), conflict);
        assert_eq!(read(&[(a, raw(&one)), (a, raw(&other))]), conflict);
        assert_eq!(
            read(&[(a, format!("Bearer {one}")), (b, raw(&other))]),
            conflict
        );
    }

    #[test]
    fn anything_else_is_none() {
        let token = token();
        let unpadded = STANDARD
            .encode(format!("{token}:"))
            .trim_end_matches('=')
            .to_owned();
        for value in [
            String::new(),
            "Basic".to_owned(),
            "Basic ".to_owned(),
            token.clone(),
            format!("Token {token}"),
            format!("Basic {token}:"),
            format!("Basic {}", STANDARD.encode(format!("{token}:password"))),
            format!("Basic {}", STANDARD.encode(format!(":{token}"))),
            format!("Basic {token}, Basic {token}"),
            format!("Basic {unpadded}"),
            format!("Basic\u{a0}{token}"),
        ] {
            assert_eq!(
                read(&[("authorization", value.clone())]),
                Err(Unusable::NotOne),
                "{value}"
            );
        }
        // One that is malformed spoils the other.
        let (raw, bad) = (format!("Basic {token}"), "Basic x".to_owned());
        let both = [("authorization", raw), ("authentication", bad)];
        assert_eq!(read(&both), Err(Unusable::NotOne));
    }

    /// The last character before the padding has bits to spare, in which one token could be
    /// written in many ways.
    #[test]
    fn a_token_has_one_base64() {
        let token = token();
        for text in [token.clone(), format!("{token}:")] {
            let encoded = STANDARD.encode(text);
            let padding = encoded.find('=').expect("76 and 77 are no multiples of 3");
            let (rest, last) = encoded[..padding].split_at(padding - 1);
            for other in ('A'..='Z')
                .chain('a'..='z')
                .chain('0'..='9')
                .chain(['+', '/'])
            {
                let value = format!("Basic {rest}{other}{}", &encoded[padding..]);
                let found = read(&[("authorization", value)]);
                assert_eq!(found.is_ok(), last == other.to_string(), "{other}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(bytes in prop::collection::vec(32_u8..=255, 0..120)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.insert(AUTHORIZATION, value);
                let _ = credential(&headers);
            }
        }
    }
}
