//! People who open a page, and where they sign in.

use http::header::ACCEPT;
use http::request::Parts;
use http::{HeaderValue, Method, Uri};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is encoded in the value of a query: all but what RFC 3986 (section 2.3) leaves alone, and
/// slashes.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// What is encoded in a URL: what no URL holds.
const URL: &AsciiSet = &CONTROLS.add(b' ');

/// The hosted pages.
#[derive(Debug)]
pub(crate) struct Pages(String);

impl Pages {
    /// Below this path or URL.
    pub(crate) fn at(base: &str) -> Self {
        let base = base.trim_end_matches('/');
        Self(utf8_percent_encode(base, URL).to_string())
    }

    /// Where this person signs in, to come back to what they opened.
    pub(crate) fn sign_in(&self, parts: &Parts) -> HeaderValue {
        let opened = opened(parts).path_and_query();
        let opened = opened.map_or("/", |opened| opened.as_str());
        let return_to = utf8_percent_encode(opened, VALUE);
        HeaderValue::try_from(format!("{}/sign-in?return_to={return_to}", self.0))
            .expect("what no header can hold is percent-encoded")
    }
}

/// The URI as it was asked for: a nested router of axum cuts its own part off.
fn opened(parts: &Parts) -> &Uri {
    #[cfg(feature = "axum")]
    if let Some(axum::extract::OriginalUri(uri)) = parts.extensions.get() {
        return uri;
    }
    &parts.uri
}

/// Whether a person opens a page, as browsers say (Fetch Metadata), or the old ones among them
/// let guess. Nothing else can be sent to a page to sign in.
pub(crate) fn is_of_a_person(parts: &Parts) -> bool {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return false;
    }
    let mode = parts.headers.get("sec-fetch-mode");
    let destination = parts.headers.get("sec-fetch-dest");
    if mode.is_some() || destination.is_some() {
        return mode.is_some_and(|mode| mode == "navigate")
            && destination.is_some_and(|destination| destination == "document");
    }
    let accepted = parts.headers.get_all(ACCEPT).iter();
    let mut accepted = accepted.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    accepted.any(|range| {
        let kind = range.split(|byte| *byte == b';').next();
        kind.is_some_and(|kind| kind.trim_ascii().eq_ignore_ascii_case(b"text/html"))
    })
}
