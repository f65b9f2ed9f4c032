//! Nothing secret is shown.

use percent_encoding::percent_decode_str;

/// How much is shown of a token's end, which is different in each: enough to see that it is the
/// same again.
const SHOWN: usize = 4;
/// How long the beginning is that names a token's kind, such as `cso_`.
const PREFIX: usize = 4;

/// A target as it is shown: its percent-encoding read, its tokens cut short, and nothing in it
/// that is more than a character.
pub(super) fn target(raw: &str) -> String {
    let text = percent_decode_str(raw).decode_utf8_lossy();
    let mut shown = String::new();
    let mut rest: &str = &text;
    while let Some((before, token, after)) = next_token(rest) {
        shown.push_str(before);
        shown.push_str(&tag(token));
        rest = after;
    }
    shown.push_str(rest);
    shown.replace(char::is_control, "\u{fffd}")
}

/// What is shown of a token: its kind, and how it ends. Of an API key, that it is one.
pub(super) fn tag(token: &str) -> String {
    let (kind, secret) = token.split_at_checked(PREFIX).unwrap_or_default();
    let shown = match kind {
        "csk_" => 0,
        // Of what is too short to be one, still no more than half.
        _ => SHOWN.min(secret.len() / 2),
    };
    let end = secret.get(secret.len() - shown..).unwrap_or_default();
    format!("{kind}…{end}")
}

/// The first token of this kind in a text.
pub(super) fn find<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let mut rest = text;
    while let Some((_, token, after)) = next_token(rest) {
        if token.starts_with(prefix) {
            return Some(token);
        }
        rest = after;
    }
    None
}

/// What is before the next token, the token, and what is behind it.
fn next_token(text: &str) -> Option<(&str, &str, &str)> {
    let of_token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let bytes = text.as_bytes();
    let begins = |at: &usize| {
        matches!(&bytes[*at..], [b'c', b's', kind, b'_', first, ..]
            if kind.is_ascii_lowercase() && of_token(first))
    };
    let start = (0..bytes.len()).find(begins)?;
    let of_it = bytes[start..].iter().take_while(|byte| of_token(byte));
    let (before, rest) = text.split_at(start);
    let (token, after) = rest.split_at(of_it.count());
    Some((before, token, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "cso_AdLoaaaaaaaaaaaaaaaaZx8-_q0Q";

    #[test]
    fn tokens_are_cut_short_wherever_they_stand() {
        for (raw, shown) in [
            ("/tickets", "/tickets"),
            (
                "/enter?a=/b&oneTimeToken=TOKEN",
                "/enter?a=/b&oneTimeToken=cso_…_q0Q",
            ),
            ("/auth/enter/csp_abcdefghijklmn", "/auth/enter/csp_…klmn"),
            (
                "/a?returnTo=http%3A%2F%2Fa%2FTOKEN%3Fb",
                "/a?returnTo=http://a/cso_…_q0Q?b",
            ),
            ("/%63so_AdLoZx81wwxy", "/cso_…wwxy"),
            ("/a?TOKEN&TOKEN", "/a?cso_…_q0Q&cso_…_q0Q"),
            ("/?key=csk_0123456789", "/?key=csk_…"),
            ("/?a=css_1&b=csa_1234", "/?a=css_…&b=csa_…34"),
            ("/caf%C3%A9/css_", "/café/css_"),
            ("/a%0D%0Ab", "/a\u{fffd}\u{fffd}b"),
        ] {
            assert_eq!(target(&raw.replace("TOKEN", TOKEN)), shown, "{raw}");
        }
    }

    #[test]
    fn a_token_is_found_by_its_kind() {
        let text = format!("http://a/sell/1?x=csp_1&oneTimeToken={TOKEN}#b");
        assert_eq!(find(&text, "cso_"), Some(TOKEN));
        assert_eq!(find(&text, "csp_"), Some("csp_1"));
        assert_eq!(find(&text, "css_"), None);
    }
}
