//! What all addresses that an operator registers have in common.

use url::{Host, Url};

use super::spelling::{is_look_alike, is_plain, is_sound_path, is_well_encoded};

/// The longest address that is registered, in bytes.
const LONGEST: usize = 1_000;

/// Why a text is not the address that it should be. The messages say what would be right and
/// repeat nothing of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidUrl {
    /// It has too many bytes.
    #[error("a URL here has at most 1,000 bytes")]
    TooLong,
    /// Some character does not belong in a URL.
    #[error(
        "percent-encode what does not belong in a URL: spaces, backslashes, braces, quotes, \
         control and invisible characters, look-alikes of dots and slashes; write a percent \
         sign itself as %25"
    )]
    Characters,
    /// It is not absolute, or its scheme is another.
    #[error("a URL here begins with https://; http:// is for localhost and loopback addresses")]
    Scheme,
    /// A user name or a password stands before the host.
    #[error("write the host right after the two slashes, without a user name or a password")]
    UserInfo,
    /// The host or the port is none, or is not spelt as browsers show it.
    #[error(
        "write the host as browsers show it: letters, digits, hyphens and inner dots, without \
         wildcards; and the port, if any, as a number from 1 to 65535"
    )]
    Host,
    /// There is a fragment.
    #[error("leave out the fragment, from the # on")]
    Fragment,
    /// The path can be read in more than one way.
    #[error(
        "write the path without dot segments, empty segments and encoded slashes that make \
         them, and without encoded control characters"
    )]
    Path,
    /// An origin has more than it should.
    #[error("an origin is a scheme, a host and a port alone, such as https://market.example")]
    NotAnOrigin,
    /// A public URL has more than it should.
    #[error(
        "a public URL is an origin and a plain path, such as https://market.example/auth; the \
         path is of letters, digits, hyphens, dots, underscores, tildes and slashes"
    )]
    NotAPublicUrl,
    /// The query holds what is appended to it.
    #[error("leave returnTo and oneTimeToken out of the query: they are appended to it")]
    Appended,
    /// A brace is no part of a placeholder.
    #[error(
        "a placeholder is {{name}}, with 1 to 32 lower-case letters, digits and underscores; \
         write other braces as %7B and %7D"
    )]
    Placeholder,
    /// A placeholder is where a value could change where the URL leads.
    #[error("placeholders stand only in a segment of the path or in a value of the query")]
    PlaceholderPlace,
    /// There are too many placeholders.
    #[error("a flow's URL has at most 16 placeholders")]
    Placeholders,
}

/// Takes an address apart before it is parsed: its scheme, its authority and the rest.
pub(super) fn split(text: &str) -> Result<(&str, &str, &str), InvalidUrl> {
    let (scheme, after) = text.split_once("://").ok_or(InvalidUrl::Scheme)?;
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(end);
    Ok((scheme, authority, rest))
}

/// The path of what [`split`] calls the rest.
pub(super) fn path_of(rest: &str) -> &str {
    rest.split(['?', '#']).next().unwrap_or_default()
}

/// Parses an absolute URL with a host, which every reader takes for the same one.
pub(super) fn parse(text: &str) -> Result<Url, InvalidUrl> {
    if text.len() > LONGEST {
        return Err(InvalidUrl::TooLong);
    }
    let odd =
        |c: char| is_look_alike(c) || matches!(c, '"' | '<' | '>' | '^' | '`' | '{' | '|' | '}');
    if !is_plain(text) || text.chars().any(odd) || !is_well_encoded(text) {
        return Err(InvalidUrl::Characters);
    }
    let (scheme, authority, rest) = split(text)?;
    let secure = scheme.eq_ignore_ascii_case("https");
    if !secure && !scheme.eq_ignore_ascii_case("http") {
        return Err(InvalidUrl::Scheme);
    }
    if authority.contains('@') {
        return Err(InvalidUrl::UserInfo);
    }
    if rest.contains('#') {
        return Err(InvalidUrl::Fragment);
    }
    if !is_sound_path(path_of(rest)) {
        return Err(InvalidUrl::Path);
    }
    let url = Url::parse(text).map_err(|_| InvalidUrl::Host)?;
    if !is_spelt_as_shown(&url, authority) {
        return Err(InvalidUrl::Host);
    }
    if !secure && !is_here(&url) {
        return Err(InvalidUrl::Scheme);
    }
    Ok(url)
}

/// Whether the host is written as browsers show it. `127.1`, `0x7f000001`, full-width letters
/// and encoded dots are hosts as well, and not to everybody the same.
fn is_spelt_as_shown(url: &Url, authority: &str) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let authority = authority.to_ascii_lowercase();
    // IPv6 addresses have colons of their own, within brackets.
    let (name, port) = match authority.rfind(':') {
        Some(colon) if !authority.ends_with(']') => authority.split_at(colon),
        _ => (authority.as_str(), ""),
    };
    let port = port.strip_prefix(':');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let right_name = match url.host() {
        Some(Host::Domain(domain)) => {
            let labels = domain.split('.').all(|label| !label.is_empty());
            let written = name == host || (!name.is_ascii() && host.contains("xn--"));
            labels && written && domain.chars().all(plain)
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => name == host,
        None => false,
    };
    let right_port = port.is_none_or(|port| {
        port.parse::<u16>()
            .is_ok_and(|number| number > 0 && number.to_string() == port)
    });
    right_name && right_port
}

/// Whether the host is this machine: there is nobody between, so that nothing need be
/// encrypted (W3C Secure Contexts, section 3.1).
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
