//! Sealed tokens: what they say can be read by nobody but us, and nothing of it is kept.
//!
//! ```text
//! prefix base64url( version 1 | key id 4 | nonce 12 | ciphertext | tag 16 )
//! ```
//!
//! AES-256-GCM-SIV (RFC 8452) under a key derived for one class of token alone; version and
//! key id are associated data.

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::key::{Keyring, SealingKey, SealingKeyId, nonce_of};
use crate::{Entropy, Secret};

const VERSION: u8 = 1;
const HEADER: usize = 1 + 4;

/// Why a text opened to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// It is no token of this class, or not one of ours.
    #[error("not a token of this class")]
    NotAToken,
    /// It is sealed under a key that this node does not know. Another node may have begun to
    /// use it.
    #[error("sealed under the unknown key {0}")]
    UnknownKey(SealingKeyId),
}

/// A class of sealed tokens, of which none holds more than so many bytes, three for every four
/// characters. Longer texts are not decoded; the others without memory of their own.
#[derive(Clone, Copy)]
pub(super) struct Class<const BYTES: usize> {
    /// What its tokens begin with.
    pub(super) prefix: &'static str,
    /// Its own key of a sealing key.
    pub(super) key: fn(&SealingKey) -> &LessSafeKey,
}

impl<const BYTES: usize> Class<BYTES> {
    /// Seals what `write` writes: a few KiB at most.
    pub(super) fn seal(
        self,
        key: &SealingKey,
        entropy: &dyn Entropy,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Secret<String> {
        let mut token = Vec::with_capacity(BYTES);
        token.push(VERSION);
        token.extend_from_slice(&key.id().number().to_be_bytes());
        let header: [u8; HEADER] = token[..].try_into().expect("just written");
        token.extend_from_slice(&entropy.bytes::<NONCE_LEN>());
        let body = token.len();
        write(&mut token);
        let nonce = nonce_of(&token[HEADER..body]).expect("just written");
        let tag = (self.key)(key)
            .seal_in_place_separate_tag(nonce, Aad::from(header), &mut token[body..])
            .expect("a few KiB are within what the cipher takes");
        token.extend_from_slice(tag.as_ref());
        let mut text = String::with_capacity(self.prefix.len() + BYTES.div_ceil(3) * 4);
        text.push_str(self.prefix);
        URL_SAFE_NO_PAD.encode_string(&token, &mut text);
        Secret::new(text)
    }

    /// Opens `text` and reads what is in it; with it goes the id of the key that sealed it.
    ///
    /// # Errors
    /// [`OpenError`] for anything that was not sealed under a key of the ring, to the bit.
    pub(super) fn open<T>(
        self,
        text: &str,
        keys: &Keyring,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<(T, SealingKeyId), OpenError> {
        let sealed = text.strip_prefix(self.prefix).ok_or(OpenError::NotAToken)?;
        let mut token = [0; BYTES];
        let length = URL_SAFE_NO_PAD
            .decode_slice(sealed, &mut token)
            .map_err(|_| OpenError::NotAToken)?;
        let (header, rest) = token[..length]
            .split_first_chunk_mut::<HEADER>()
            .ok_or(OpenError::NotAToken)?;
        let (nonce, body) = rest
            .split_first_chunk_mut::<NONCE_LEN>()
            .ok_or(OpenError::NotAToken)?;
        let [VERSION, id @ ..] = *header else {
            return Err(OpenError::NotAToken);
        };
        let id = SealingKeyId::from_number(u32::from_be_bytes(id));
        let key = keys.get(id).ok_or(OpenError::UnknownKey(id))?;
        let nonce = nonce_of(nonce).ok_or(OpenError::NotAToken)?;
        let body = (self.key)(key)
            .open_in_place(nonce, Aad::from(*header), body)
            .map_err(|_| OpenError::NotAToken)?;
        let opened = read(body).ok_or(OpenError::NotAToken)?;
        Ok((opened, id))
    }
}
