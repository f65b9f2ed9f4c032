//! What is answered in place of the application.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};

/// The body of [`Refusal::Nobody`] and [`Refusal::NotThisToken`]: Countersign's own.
const INVALID_SESSION: &str = concat!(
    r#"{"type":"about:blank","title":"Unauthorized","status":401,"#,
    r#""detail":"The session token is missing, unknown, expired or ended. "#,
    r#"Request a new one with the authentication token.","#,
    r#""error_code":"invalid_session","#,
    r#""error_message":"The session token is missing, unknown, expired or ended. "#,
    r#"Request a new one with the authentication token."}"#,
);

/// The body of [`Refusal::Unavailable`].
const UNAVAILABLE: &str = concat!(
    r#"{"type":"about:blank","title":"Service Unavailable","status":503,"#,
    r#""detail":"Whose session it is cannot be known now. Try again after `Retry-After`.","#,
    r#""error_code":"unavailable","#,
    r#""error_message":"Whose session it is cannot be known now. Try again after `Retry-After`."}"#,
);

/// Why a request does not reach the application.
pub(crate) enum Refusal {
    /// It has no token.
    Nobody,
    /// It has one that is nobody's.
    NotThisToken,
    /// It is a person's, who can sign in there.
    SignIn(HeaderValue),
    /// Nobody can know.
    Unavailable,
}

impl Refusal {
    pub(crate) fn into_response<B: From<&'static str>>(self) -> Response<B> {
        let (status, name, value, body) = match self {
            Self::Nobody => ask("Bearer"),
            Self::NotThisToken => ask("Bearer error=\"invalid_token\""),
            Self::SignIn(location) => (StatusCode::SEE_OTHER, LOCATION, location, ""),
            Self::Unavailable => {
                let value = HeaderValue::from_static("1");
                let status = StatusCode::SERVICE_UNAVAILABLE;
                (status, RETRY_AFTER, value, UNAVAILABLE)
            }
        };
        let mut response = Response::new(B::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(name, value);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if !body.is_empty() {
            let value = HeaderValue::from_static("application/problem+json");
            headers.insert(CONTENT_TYPE, value);
        }
        response
    }
}

/// Challenges the client to send a session token (RFC 6750, section 3).
fn ask(with: &'static str) -> (StatusCode, HeaderName, HeaderValue, &'static str) {
    let value = HeaderValue::from_static(with);
    (
        StatusCode::UNAUTHORIZED,
        WWW_AUTHENTICATE,
        value,
        INVALID_SESSION,
    )
}
