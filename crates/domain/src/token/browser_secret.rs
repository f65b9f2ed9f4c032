//! The browser secret: what one browser has and no other.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::NotAToken;
use crate::one_time::Nonce;
use crate::web::PublicUrl;
use crate::{Entropy, Secret};

const PREFIX: &str = "csb_";
const BYTES: usize = 32;

/// 256 random bits in a cookie that no script reads: 47 characters. Whatever a person does over
/// several pages is bound to it, so that one browser cannot go on with what another began.
#[derive(Clone, Debug)]
pub struct BrowserSecret(Secret<String>);

/// By what a browser is recognised: a hash of its secret, which does not lead back to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct BrowserMark(pub(crate) [u8; 32]);

impl BrowserMark {
    /// A few digits of it, by which one secret's cookie is told from another's: of several pages
    /// that are opened at once in a browser without any, each brings a secret.
    #[must_use]
    pub fn tag(&self) -> String {
        let [first, second, third, fourth, ..] = self.0;
        format!("{:08x}", u32::from_be_bytes([first, second, third, fourth]))
    }
}

impl BrowserSecret {
    /// A fresh secret.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let bytes = Secret::new(entropy.bytes::<BYTES>());
        let mut text = PREFIX.to_owned();
        URL_SAFE_NO_PAD.encode_string(bytes.expose(), &mut text);
        Self(Secret::new(text))
    }

    /// Reads a secret as it was handed out, and nothing else.
    ///
    /// # Errors
    /// [`NotAToken`] for any other text.
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        let encoded = text.strip_prefix(PREFIX).ok_or(NotAToken)?;
        let mut bytes = Secret::new([0; BYTES]);
        let read = URL_SAFE_NO_PAD.decode_slice(encoded, bytes.expose_mut());
        match read {
            Ok(BYTES) => Ok(Self(Secret::new(text.to_owned()))),
            _ => Err(NotAToken),
        }
    }

    /// The secret itself, for the cookie.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// By what this browser is recognised.
    #[must_use]
    pub fn mark(&self) -> BrowserMark {
        BrowserMark(self.hash(b"mark", ""))
    }

    /// What a form of these pages carries: who cannot read the cookie cannot write it into a
    /// form of their own.
    #[must_use]
    pub fn form_token(&self, public: &PublicUrl) -> Secret<String> {
        let hash = self.hash(b"form", public.as_str());
        Secret::new(URL_SAFE_NO_PAD.encode(hash))
    }

    /// Whether a form carries what it should, in a time that tells nothing of where it differs.
    #[must_use]
    pub fn wrote_form(&self, public: &PublicUrl, presented: &str) -> bool {
        let (due, presented) = (self.form_token(public), presented.as_bytes());
        aws_lc_rs::constant_time::verify_slices_are_equal(due.expose().as_bytes(), presented)
            .is_ok()
    }

    /// The nonce with which this browser redeems a one-time token: the same whenever it brings
    /// that one, so that a double click, a reload and a lost answer all get the same sign-in.
    #[must_use]
    pub fn nonce(&self, one_time_token: &str) -> Nonce {
        let hash = self.hash(b"nonce", one_time_token);
        let nonce = URL_SAFE_NO_PAD.encode(hash).parse();
        nonce.expect("43 characters of base64url are a nonce")
    }

    /// A hash for one purpose. The secret has a fixed length, so that nothing of it can pass
    /// for a part of what follows.
    fn hash(&self, purpose: &[u8], of: &str) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [purpose, b" ", self.expose().as_bytes(), of.as_bytes()] {
            context.update(part);
        }
        let hash = context.finish();
        hash.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    fn secret() -> BrowserSecret {
        BrowserSecret::generate(&SystemEntropy::default())
    }

    #[test]
    fn reads_what_was_handed_out_and_nothing_else() {
        let secret = secret();
        let text = secret.expose();
        assert_eq!(text.len(), 47);
        let read = BrowserSecret::parse(text).expect("as it was handed out");
        assert_eq!(read.mark(), secret.mark());
        let longer = format!("{text}A");
        for bad in [
            "",
            "csb_",
            &text[4..],
            &text[..46],
            &longer,
            &text.to_uppercase(),
        ] {
            assert!(BrowserSecret::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_browser_has_one_mark_form_token_and_nonce() {
        let (one, other) = (secret(), secret());
        let public: PublicUrl = "https://market.example/auth".parse().unwrap();
        let elsewhere: PublicUrl = "https://market.example/login".parse().unwrap();
        assert_ne!(one.mark(), other.mark());
        assert_eq!(one.mark().tag(), one.mark().tag());
        assert_eq!(one.mark().tag().len(), 8);
        let token = one.form_token(&public);
        assert!(one.wrote_form(&public, token.expose()));
        for (browser, public) in [(&other, &public), (&one, &elsewhere)] {
            assert!(!browser.wrote_form(public, token.expose()));
        }
        assert!(!one.wrote_form(&public, ""));
        assert_eq!(one.nonce("a").expose(), one.nonce("a").expose());
        assert_ne!(one.nonce("a").expose(), one.nonce("b").expose());
        assert_ne!(one.nonce("a").expose(), other.nonce("a").expose());
    }
}
