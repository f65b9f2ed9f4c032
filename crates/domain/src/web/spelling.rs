//! How an address is spelt: what is refused before anything is parsed.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use unicode_normalization::UnicodeNormalization;
use url::form_urlencoded;

use crate::identity::visible;

/// Everything but the unreserved characters (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How often somebody on the way might decode a path. Nobody means to encode one more often.
const DECODINGS: usize = 5;

/// The text percent-encoded whole, so that nothing in it has a meaning in a URL.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Appends `name=value` to whatever query is there. `url` has no fragment.
pub(super) fn append(url: &mut String, name: &str, value: &str) {
    url.push(if url.contains('?') { '&' } else { '?' });
    url.push_str(name);
    url.push('=');
    url.extend(utf8_percent_encode(value, RESERVED));
}

/// Whether the query has a parameter of this name, in any case: there are frameworks that look
/// names up without regard to it.
pub(super) fn names(query: &str, name: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(found, _)| found.eq_ignore_ascii_case(name))
}

/// Whether all of it can be seen, without white space and backslashes. Browsers drop tabs and
/// line breaks from URLs, trim what stands around them, and read a backslash as a slash.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|c| visible(c) && !c.is_whitespace() && c != '\\')
}

/// Whether a character beyond ASCII looks like a part of a URL's syntax, or is turned into one
/// by normalisation (UTS 46 makes a dot of the ideographic full stop).
pub(super) fn is_look_alike(character: char) -> bool {
    const DRAWN_ALIKE: &str =
        "\u{3002}\u{2044}\u{2215}\u{2216}\u{29f5}\u{29f8}\u{29f9}\u{2571}\u{2572}\u{2236}\u{a789}";
    !character.is_ascii()
        && (DRAWN_ALIKE.contains(character)
            || std::iter::once(character)
                .nfkc()
                .any(|c| c.is_ascii_punctuation()))
}

/// Whether every `%` begins an encoded byte.
pub(super) fn is_well_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Whether an encoded control character is in it.
pub(super) fn encodes_control(text: &str) -> bool {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    decoded.chars().any(char::is_control)
}

/// The path as whoever comes after us may read it: as it is, decoded, decoded again, each in
/// the compatibility form of Unicode, in which a full-width slash is a slash. `None` where
/// that has no end, or is no UTF-8, in which overlong dots and slashes hide.
pub(super) fn readings(path: &str) -> Option<Vec<String>> {
    let mut readings = vec![path.nfkc().collect::<String>()];
    for _ in 0..DECODINGS {
        let last = readings.last()?;
        let decoded = percent_decode_str(last).decode_utf8().ok()?;
        if decoded == *last {
            return Some(readings);
        }
        let decoded = decoded.nfkc().collect();
        readings.push(decoded);
    }
    None
}

/// Whether everybody reads this path as the same one: without dot segments, empty segments,
/// backslashes and control characters, however often it is decoded. It is empty or begins with
/// a slash.
pub(super) fn is_sound_path(path: &str) -> bool {
    is_well_encoded(path)
        && readings(path).is_some_and(|readings| readings.iter().all(|reading| is_sound(reading)))
}

fn is_sound(reading: &str) -> bool {
    let hidden = reading.contains("//") || reading.contains('\\') || has_other_encoding(reading);
    // Java's containers cut a segment's parameters off: `..;` is `..` to them, `;` is nothing.
    let mut segments = reading.split('/');
    let moves = segments.any(|segment| match segment.split_once(';') {
        Some((name, _)) => matches!(name, "" | "." | ".."),
        None => matches!(segment, "." | ".."),
    });
    !hidden && !moves && !reading.chars().any(|c| c.is_control() || is_break(c))
}

/// `%u002e`, which some servers read as `%2e`.
fn has_other_encoding(reading: &str) -> bool {
    let mut rest = reading.split('%').skip(1);
    rest.any(|rest| {
        let digits = rest.strip_prefix(['u', 'U']).and_then(|rest| rest.get(..4));
        digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    })
}

/// Unicode's own ends of a line and a paragraph.
fn is_break(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
}
