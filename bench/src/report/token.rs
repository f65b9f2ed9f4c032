//! Opening a session token in process, against the bare cipher on the same bytes.

use std::hint::black_box;
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use countersign_domain::authentication::Authenticator;
use countersign_domain::epoch::{Epoch, Epochs};
use countersign_domain::id::{AuthenticationId, DeviceId, SessionId, UserId};
use countersign_domain::identity::{Identity, IdentityType};
use countersign_domain::key::{KEY_BYTES, Keyring, MasterKey, SealingKeyStatus};
use countersign_domain::partner::Slug;
use countersign_domain::revocation::{Known, LiveRevocations, Revocation};
use countersign_domain::session::{Amr, Session};
use countersign_domain::token::SessionToken;
use countersign_domain::{Clock, Entropy, Secret, SystemClock, SystemEntropy};
use serde::Serialize;

use super::statistics::quotient;
use crate::Error;

/// Openings of one turn.
const OPENINGS: u32 = 50_000;
/// Revocations that every opened session is looked up in.
const REVOCATIONS: usize = 10_000;
/// Bytes of a token beside what is sealed: its prefix as text, then version, key id, nonce, tag.
const PREFIX: usize = "css_".len();
const AROUND: usize = 1 + 4 + NONCE_LEN + 16;

/// ns each, of every turn.
#[derive(Default, Serialize)]
pub(super) struct Opening {
    /// The token: decoded, opened, read, and looked up among the live revocations.
    pub(super) token: Vec<f64>,
    /// The bare cipher, on as many bytes.
    pub(super) cipher: Vec<f64>,
    /// Sealed bytes.
    pub(super) bytes: usize,
}

/// Measures it.
pub(super) fn measure(turns: u32) -> Result<Opening, Error> {
    let entropy = SystemEntropy::default();
    let keys = keys(&entropy)?;
    let session = session(&entropy);
    let token = SessionToken::seal(&session, keys.current(), &entropy);
    let revocations = revocations(&entropy);
    let bytes = (token.expose().len() - PREFIX) * 3 / 4 - AROUND;
    let bare = Bare::new(bytes, &entropy)?;
    let mut measured = Opening {
        bytes,
        ..Opening::default()
    };
    let mut opened = 0;
    for turn in 0..=turns {
        let token = each(|| {
            let session = SessionToken::open(black_box(token.expose()), &keys);
            let lives = session.is_ok_and(|session| !revocations.ends(&session));
            opened += u32::from(black_box(lives));
        });
        let mut buffer = bare.sealed.clone();
        let cipher = each(|| {
            buffer.copy_from_slice(&bare.sealed);
            black_box(bare.open(black_box(&mut buffer)));
        });
        // The first one warms up.
        if turn > 0 {
            measured.token.push(token);
            measured.cipher.push(cipher);
        }
    }
    if opened != OPENINGS * (turns + 1) {
        return Err("a session token did not open".into());
    }
    Ok(measured)
}

/// How long it takes, in ns.
fn each(mut work: impl FnMut()) -> f64 {
    let begun = SystemClock.uptime();
    for _ in 0..OPENINGS {
        work();
    }
    let taken: Duration = SystemClock.uptime().saturating_sub(begun);
    quotient(taken.as_nanos() as f64, f64::from(OPENINGS))
}

/// The cipher of session tokens, and something sealed with it.
struct Bare {
    key: LessSafeKey,
    nonce: [u8; NONCE_LEN],
    sealed: Vec<u8>,
}

impl Bare {
    fn new(bytes: usize, entropy: &dyn Entropy) -> Result<Self, Error> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, &entropy.bytes::<KEY_BYTES>());
        let key = LessSafeKey::new(key.map_err(|_| "the cipher takes no such key")?);
        let nonce = entropy.bytes();
        let mut sealed = vec![0; bytes];
        let sealing = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(sealing, Aad::from([0; 5]), &mut sealed)
            .map_err(|_| "the cipher does not seal")?;
        Ok(Self { key, nonce, sealed })
    }

    fn open(&self, buffer: &mut [u8]) -> bool {
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let opened = self.key.open_in_place(nonce, Aad::from([0; 5]), buffer);
        opened.is_ok()
    }
}

fn keys(entropy: &dyn Entropy) -> Result<Keyring, Error> {
    let master = MasterKey::new(&Secret::new([7; KEY_BYTES]));
    let current = SealingKeyStatus::Current;
    let wrapped = master.generate(current, SystemClock.now(), entropy);
    Ok(Keyring::new([(current, master.unwrap(&wrapped)?)])?)
}

/// A session as the rows over HTTP verify it.
fn session(entropy: &dyn Entropy) -> Session {
    let now = SystemClock.now();
    let identity = |kind, value: &str| Identity::from_normalised(kind, value.to_owned());
    Session {
        id: SessionId::generate(now, entropy),
        user: UserId::generate(now, entropy),
        partner: Slug::default_partner(),
        identities: vec![
            identity(IdentityType::Username, "user0"),
            identity(IdentityType::Email, "user0@example.com"),
        ],
        device: DeviceId::generate(now, entropy),
        authentication: AuthenticationId::generate(now, entropy),
        epochs: Epochs {
            user: Epoch(0),
            authentication: Epoch(0),
        },
        amr: Amr::of(Authenticator::Password),
        authenticated_at: now,
        created_at: now,
        expires_at: now,
    }
}

/// Revocations of others' sessions.
fn revocations(entropy: &dyn Entropy) -> LiveRevocations {
    let known = Known {
        made_at: SystemClock.now(),
        heard_at: SystemClock.uptime(),
    };
    let mut revocations = LiveRevocations::default();
    for number in 0..REVOCATIONS {
        let revocation = match number % 3 {
            0 => Revocation::User(UserId::generate(known.made_at, entropy), Epoch(1)),
            1 => {
                let id = AuthenticationId::generate(known.made_at, entropy);
                Revocation::Authentication(id, Epoch(1))
            }
            _ => Revocation::Session(SessionId::generate(known.made_at, entropy)),
        };
        revocations.insert(revocation, known);
    }
    revocations
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both do what they are timed for, on as many bytes.
    #[test]
    fn the_cipher_opens_what_the_token_holds() {
        let measured = measure(1).unwrap();
        assert_eq!((measured.token.len(), measured.cipher.len()), (1, 1));
        // Ids, numbers and `amr` of a session, and its texts with a few bytes around each.
        let texts = "default".len() + "user0".len() + "user0@example.com".len();
        let least = 4 * 16 + 5 * 8 + 1 + texts;
        assert!(
            (least..least + 20).contains(&measured.bytes),
            "{}",
            measured.bytes
        );
        let bare = Bare::new(measured.bytes, &SystemEntropy::default()).unwrap();
        let mut buffer = bare.sealed.clone();
        assert!(bare.open(&mut buffer));
        assert!(!bare.open(&mut buffer), "it is open already");
    }
}
