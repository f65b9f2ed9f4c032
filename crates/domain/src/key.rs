//! Keys: the master key that lies outside the data folder, and the sealing keys it wraps.
//!
//! A sealing key is one random root with an id; what is sealed or hashed under it uses a key
//! derived for that one purpose (HKDF, RFC 5869). The id stands in every token and beside
//! every keyed hash, so keys can change while the server runs.

use std::fmt;

use aws_lc_rs::aead::Nonce as AeadNonce;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, UnboundKey};
use aws_lc_rs::{hkdf, hmac};

use crate::audit::AuditKey;
use crate::id::{AuthenticationId, OneTimeTokenId};
use crate::limits::LimitKey;
use crate::one_time::Nonce;
use crate::{Entropy, Secret, Timestamp};

/// Bytes of every key.
pub const KEY_BYTES: usize = 32;

/// Which sealing key: stands in every token and beside every keyed hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SealingKeyId(u32);

impl SealingKeyId {
    /// The id with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// The id's number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for SealingKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// Where a sealing key is in its life. It only ever moves forward.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SealingKeyStatus {
    /// Known to every node, so that each can open what another seals with it tomorrow.
    Next,
    /// The one that seals.
    Current,
    /// Opens what it sealed until the last of that is dead.
    Retiring,
}

impl SealingKeyStatus {
    /// The status's word, as kept.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Retiring => "retiring",
        }
    }

    /// The status with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Next, Self::Current, Self::Retiring]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}

/// A sealing key as it is kept: wrapped under the master key.
#[derive(Clone, Debug)]
pub struct WrappedKey {
    /// Its id.
    pub id: SealingKeyId,
    /// Where it is in its life.
    pub status: SealingKeyStatus,
    /// Nonce, ciphertext and tag of its root.
    pub wrapped: Vec<u8>,
    /// When it came to its status.
    pub since: Timestamp,
}

/// The key that wraps the sealing keys. It comes from the environment or a file outside the
/// data folder, so that a copy of the folder betrays nothing.
pub struct MasterKey {
    wrap: LessSafeKey,
    audit: AuditKey,
    limits: LimitKey,
}

/// A wrapped key did not open: it was wrapped under another master key, or is damaged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("sealing key {0} does not open under this master key")]
pub struct UnwrapError(pub SealingKeyId);

impl MasterKey {
    /// The master key with these bytes.
    #[must_use]
    pub fn new(bytes: &Secret<[u8; KEY_BYTES]>) -> Self {
        Self {
            wrap: aead_key(bytes, b"countersign wrap v1"),
            audit: AuditKey::new(
                mac_key(bytes, b"countersign audit entry v1"),
                mac_key(bytes, b"countersign audit seal v1"),
            ),
            limits: LimitKey::new(mac_key(bytes, b"countersign limits v1")),
        }
    }

    /// The key under which the audit is kept.
    #[must_use]
    pub fn audit_key(&self) -> AuditKey {
        self.audit.clone()
    }

    /// The key under which identities are counted.
    #[must_use]
    pub fn limit_key(&self) -> LimitKey {
        self.limits.clone()
    }

    /// A fresh sealing key, wrapped.
    pub fn generate(
        &self,
        status: SealingKeyStatus,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> WrappedKey {
        let id = SealingKeyId(u32::from_be_bytes(entropy.bytes()));
        let root = Secret::new(entropy.bytes::<KEY_BYTES>());
        let mut wrapped = entropy.bytes::<NONCE_LEN>().to_vec();
        let mut sealed = root.expose().to_vec();
        let nonce = nonce_of(&wrapped).expect("just filled with a nonce");
        self.wrap
            .seal_in_place_append_tag(nonce, Aad::from(id.0.to_be_bytes()), &mut sealed)
            .expect("32 bytes are within what the cipher takes");
        wrapped.append(&mut sealed);
        WrappedKey {
            id,
            status,
            wrapped,
            since: now,
        }
    }

    /// Opens a wrapped sealing key.
    ///
    /// # Errors
    /// [`UnwrapError`] if it was wrapped under another master key or is damaged.
    pub fn unwrap(&self, key: &WrappedKey) -> Result<SealingKey, UnwrapError> {
        let failed = UnwrapError(key.id);
        let (nonce, sealed) = key.wrapped.split_at_checked(NONCE_LEN).ok_or(failed)?;
        let nonce = nonce_of(nonce).ok_or(failed)?;
        let mut sealed = Secret::new(sealed.to_vec());
        let root = self.open(key.id, nonce, &mut sealed).ok_or(failed)?;
        Ok(SealingKey::derive(key.id, &root))
    }

    fn open(
        &self,
        id: SealingKeyId,
        nonce: AeadNonce,
        sealed: &mut Secret<Vec<u8>>,
    ) -> Option<Root> {
        let aad = Aad::from(id.0.to_be_bytes());
        let sealed = sealed.expose_mut();
        let root = self.wrap.open_in_place(nonce, aad, sealed).ok()?;
        Some(Secret::new(<[u8; KEY_BYTES]>::try_from(&*root).ok()?))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

type Root = Secret<[u8; KEY_BYTES]>;

/// A sealing key, opened: one derived key for each purpose.
pub struct SealingKey {
    id: SealingKeyId,
    session: LessSafeKey,
    one_time: LessSafeKey,
    message: LessSafeKey,
    page: LessSafeKey,
    code: hmac::Key,
    pin: hmac::Key,
    nonce: hmac::Key,
    answer: hmac::Key,
}

impl SealingKey {
    fn derive(id: SealingKeyId, root: &Root) -> Self {
        Self {
            id,
            session: aead_key(root, b"countersign session v1"),
            one_time: aead_key(root, b"countersign one-time v1"),
            message: aead_key(root, b"countersign message v1"),
            page: aead_key(root, b"countersign page v1"),
            code: mac_key(root, b"countersign code v1"),
            pin: mac_key(root, b"countersign pin v1"),
            nonce: mac_key(root, b"countersign nonce v1"),
            answer: mac_key(root, b"countersign answer v1"),
        }
    }

    /// Which key this is.
    #[must_use]
    pub fn id(&self) -> SealingKeyId {
        self.id
    }

    pub(crate) fn session(&self) -> &LessSafeKey {
        &self.session
    }

    pub(crate) fn one_time(&self) -> &LessSafeKey {
        &self.one_time
    }

    pub(crate) fn message(&self) -> &LessSafeKey {
        &self.message
    }

    pub(crate) fn page(&self) -> &LessSafeKey {
        &self.page
    }

    /// The secret of the authentication that a one-time token was redeemed for with this
    /// nonce: the same each time, so that it need not be kept to be answered again.
    #[must_use]
    pub fn secret_of(
        &self,
        one_time: OneTimeTokenId,
        authentication: AuthenticationId,
        nonce: &Nonce,
    ) -> Secret<[u8; KEY_BYTES]> {
        let mut context = hmac::Context::with_key(&self.nonce);
        context.update(one_time.as_bytes());
        context.update(authentication.as_bytes());
        context.update(nonce.expose().as_bytes());
        let tag = context.sign();
        Secret::new(tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes"))
    }

    /// The secret of the authentication that a challenge became when it was answered with this
    /// nonce: the same each time, as [`secret_of`](Self::secret_of) a redemption.
    #[must_use]
    pub fn secret_of_answer(
        &self,
        authentication: AuthenticationId,
        nonce: &Nonce,
    ) -> Secret<[u8; KEY_BYTES]> {
        let mut context = hmac::Context::with_key(&self.answer);
        context.update(authentication.as_bytes());
        context.update(nonce.expose().as_bytes());
        let tag = context.sign();
        Secret::new(tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes"))
    }

    /// The hash of a code or PIN, bound to what it belongs to.
    pub(crate) fn hash(&self, purpose: Purpose, owner: &[u8; 16], secret: &str) -> KeyedHash {
        let mut context = hmac::Context::with_key(match purpose {
            Purpose::Code => &self.code,
            Purpose::Pin => &self.pin,
        });
        context.update(owner);
        context.update(secret.as_bytes());
        let tag = context.sign();
        KeyedHash {
            key: self.id,
            bytes: tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes"),
        }
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.id)
    }
}

/// What a keyed hash is of: the same digits as a code and as a PIN have different hashes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// A code of a challenge.
    Code,
    /// A PIN of an authentication.
    Pin,
}

/// What is kept of a code or a PIN: HMAC-SHA-256 under a key that is not in the database, so
/// that the few possible values cannot be tried on a copy of it.
#[derive(Clone, Copy, Debug)]
pub struct KeyedHash {
    /// The key it was made under.
    pub key: SealingKeyId,
    /// The hash.
    pub bytes: [u8; 32],
}

impl KeyedHash {
    /// Whether both are of one secret under one key, in a time that tells nothing of where
    /// they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.key == other.key
            && aws_lc_rs::constant_time::verify_slices_are_equal(&self.bytes, &other.bytes).is_ok()
    }
}

/// The sealing keys a node knows.
#[derive(Debug)]
pub struct Keyring {
    current: SealingKey,
    others: Vec<SealingKey>,
}

/// The database holds no current sealing key, or more than one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there must be exactly one current sealing key")]
pub struct NoCurrentKey;

impl Keyring {
    /// The ring of these keys.
    ///
    /// # Errors
    /// [`NoCurrentKey`] unless exactly one of them is current.
    pub fn new(
        keys: impl IntoIterator<Item = (SealingKeyStatus, SealingKey)>,
    ) -> Result<Self, NoCurrentKey> {
        let (mut current, mut others) = (None, Vec::new());
        for (status, key) in keys {
            match status {
                SealingKeyStatus::Current if current.is_some() => return Err(NoCurrentKey),
                SealingKeyStatus::Current => current = Some(key),
                SealingKeyStatus::Next | SealingKeyStatus::Retiring => others.push(key),
            }
        }
        let current = current.ok_or(NoCurrentKey)?;
        Ok(Self { current, others })
    }

    /// The key that seals.
    #[must_use]
    pub fn current(&self) -> &SealingKey {
        &self.current
    }

    /// Every key that this node knows, the one that seals first.
    pub fn all(&self) -> impl Iterator<Item = &SealingKey> {
        std::iter::once(&self.current).chain(&self.others)
    }

    /// The key with this id, if this node knows it.
    #[must_use]
    pub fn get(&self, id: SealingKeyId) -> Option<&SealingKey> {
        if self.current.id == id {
            return Some(&self.current);
        }
        self.others.iter().find(|key| key.id == id)
    }
}

/// The nonce in `bytes`, if they are as many as it has.
pub(crate) fn nonce_of(bytes: &[u8]) -> Option<AeadNonce> {
    AeadNonce::try_assume_unique_for_key(bytes).ok()
}

fn aead_key(root: &Root, purpose: &[u8]) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM_SIV, derive(root, purpose).expose());
    LessSafeKey::new(key.expect("the cipher takes keys of 32 bytes"))
}

fn mac_key(root: &Root, purpose: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, derive(root, purpose).expose())
}

fn derive(root: &Root, purpose: &[u8]) -> Root {
    let mut derived = [0; KEY_BYTES];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"countersign")
        .extract(root.expose())
        .expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|output| output.fill(&mut derived))
        .expect("32 bytes are within what HKDF yields");
    Secret::new(derived)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    fn master(byte: u8) -> MasterKey {
        MasterKey::new(&Secret::new([byte; KEY_BYTES]))
    }

    #[test]
    fn a_wrapped_key_opens_under_its_master_key_alone() {
        let now = Timestamp::from_micros(0);
        let wrapped = master(1).generate(SealingKeyStatus::Current, now, &SystemEntropy::default());
        assert!(master(1).unwrap(&wrapped).is_ok());
        assert_eq!(
            master(2).unwrap(&wrapped).unwrap_err(),
            UnwrapError(wrapped.id)
        );
        for index in 0..wrapped.wrapped.len() {
            let mut damaged = wrapped.clone();
            damaged.wrapped[index] ^= 1;
            assert!(master(1).unwrap(&damaged).is_err());
            damaged.wrapped.truncate(index);
            assert!(master(1).unwrap(&damaged).is_err());
        }
        let renamed = WrappedKey {
            id: SealingKeyId(wrapped.id.0 ^ 1),
            ..wrapped
        };
        assert!(master(1).unwrap(&renamed).is_err());
    }

    #[test]
    fn a_keyed_hash_depends_on_key_purpose_owner_and_secret() {
        let now = Timestamp::from_micros(0);
        let key = || {
            let wrapped =
                master(1).generate(SealingKeyStatus::Current, now, &SystemEntropy::default());
            master(1).unwrap(&wrapped).expect("just wrapped")
        };
        let (key, other) = (key(), key());
        let hash = key.hash(Purpose::Pin, &[1; 16], "1234");
        assert!(hash.matches(&key.hash(Purpose::Pin, &[1; 16], "1234")));
        assert!(!hash.matches(&other.hash(Purpose::Pin, &[1; 16], "1234")));
        assert!(!hash.matches(&key.hash(Purpose::Code, &[1; 16], "1234")));
        assert!(!hash.matches(&key.hash(Purpose::Pin, &[2; 16], "1234")));
        assert!(!hash.matches(&key.hash(Purpose::Pin, &[1; 16], "1235")));
    }

    #[test]
    fn a_ring_has_one_current_key() {
        let key = |status| {
            let now = Timestamp::from_micros(0);
            let wrapped = master(1).generate(status, now, &SystemEntropy::default());
            (status, master(1).unwrap(&wrapped).expect("just wrapped"))
        };
        assert!(Keyring::new([key(SealingKeyStatus::Next)]).is_err());
        assert!(
            Keyring::new([
                key(SealingKeyStatus::Current),
                key(SealingKeyStatus::Current)
            ])
            .is_err()
        );
        let ring = Keyring::new([key(SealingKeyStatus::Next), key(SealingKeyStatus::Current)]);
        let ring = ring.expect("one is current");
        assert!(ring.get(ring.current().id()).is_some());
    }
}
