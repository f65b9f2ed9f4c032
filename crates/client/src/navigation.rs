//! People who open a page, and where they sign in.

use http::header::ACCEPT;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Uri};
use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};

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

    /// Where this person comes in, to go on to what they opened: with the one-time tokens that
    /// they bring, which leave its address so, or by signing in.
    pub(crate) fn way_in(&self, parts: &Parts) -> HeaderValue {
        let opened = opened(parts);
        let tokens: Vec<_> = one_time_tokens(opened).collect();
        let place = match opened.path_and_query() {
            None => "/".to_owned(),
            Some(all) if tokens.is_empty() => all.to_string(),
            Some(all) => without_tokens(all),
        };
        let page = if tokens.is_empty() {
            "sign-in"
        } else {
            "enter"
        };
        let return_to = utf8_percent_encode(&place, VALUE);
        let mut url = format!("{}/{page}?return_to={return_to}", self.0);
        for token in tokens {
            url.push('&');
            url.push_str(token);
        }
        HeaderValue::try_from(url).expect("what no header can hold is percent-encoded")
    }
}

/// Whether this person brings a one-time token, as a partner appends it.
pub(crate) fn brings_token(parts: &Parts) -> bool {
    one_time_tokens(opened(parts)).next().is_some()
}

/// The parameters of a query that are one-time tokens, as they stand there.
fn one_time_tokens(uri: &Uri) -> impl Iterator<Item = &str> {
    let query = uri.query().unwrap_or_default();
    query.split('&').filter(|pair| is_token(pair))
}

fn is_token(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    percent_decode_str(name).eq("oneTimeToken".bytes())
}

fn without_tokens(opened: &PathAndQuery) -> String {
    let query = opened.query().unwrap_or_default();
    let others: Vec<_> = query.split('&').filter(|pair| !is_token(pair)).collect();
    match others.as_slice() {
        [] => opened.path().to_owned(),
        [..] => format!("{}?{}", opened.path(), others.join("&")),
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
