//! E-mail addresses.

use email_address::{EmailAddress, Options};

/// The address as the key of an identity: trimmed, in lower case, its domain as it stands in
/// DNS. `None` for what is not an address.
///
/// Lower case applies to the local part too: a server may tell `Ana` from `ana` (RFC 5321,
/// section 2.4), none that matters does, and people type both. Quoted local parts and
/// comments are refused, since `"ana"@…` and `ana@…` are one mailbox with two spellings.
/// What stands after a plus and dots stay: whether they matter is the provider's secret.
pub(super) fn normalise(text: &str) -> Option<String> {
    let text = super::composed(text.trim());
    if text.contains(['"', '(', ')', '\\']) {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    let local = super::without_case(local);
    if !local.chars().all(super::visible) {
        return None;
    }
    let address = format!("{local}@{domain}");
    let options = Options::default()
        .with_required_tld()
        .without_domain_literal()
        .without_display_text();
    let valid = EmailAddress::parse_with_options(&address, options).is_ok();
    (valid && address.len() <= 254).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn spellings_of_one_address_are_one() {
        for text in ["ana@example.com", " Ana@EXAMPLE.com ", "ANA@Example.Com"] {
            assert_eq!(
                normalise(text).as_deref(),
                Some("ana@example.com"),
                "{text}"
            );
        }
        assert_eq!(
            normalise("jo@B\u{fc}cher.example"),
            normalise("jo@xn--bcher-kva.example")
        );
        assert_eq!(
            normalise("jose\u{301}@example.com"),
            normalise("JOS\u{c9}@example.com")
        );
        assert_eq!(
            normalise("a+b@example.com").as_deref(),
            Some("a+b@example.com")
        );
    }

    #[test]
    fn refuses_what_is_not_an_address() {
        for text in [
            "",
            "ana",
            "ana@",
            "@example.com",
            "ana@localhost",
            "ana@example.com.",
            "ana@[127.0.0.1]",
            "\"ana\"@example.com",
            "ana(comment)@example.com",
            "Ana <ana@example.com>",
            "ana@exa mple.com",
            "an a@example.com",
            "ana@b@example.com",
            "ana@example.com\r\nBcc: x@example.com",
            "ana\u{200b}@example.com",
            "ana@-example.com",
            "ana..b@example.com",
        ] {
            assert_eq!(normalise(text), None, "{text:?}");
        }
        assert_eq!(normalise(&format!("{}@example.com", "a".repeat(65))), None);
    }
}
