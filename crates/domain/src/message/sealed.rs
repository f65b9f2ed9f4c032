//! Messages as they are kept while they wait: sealed, and all of one size.
//!
//! AES-256-GCM-SIV (RFC 8452) under a key derived for messages alone. What stands beside it
//! in clear (its id, partner, channel, and end) is associated data with the version and the key's
//! id: a row that somebody changed, or put in another's place, does not open.

use aws_lc_rs::aead::{Aad, NONCE_LEN};

use super::{Content, Message};
use crate::authentication::Channel;
use crate::binary::{Reader, write_number, write_text};
use crate::challenge::Code;
use crate::id::{AuthenticationId, MessageId, UserId};
use crate::identity::Identity;
use crate::key::{Keyring, SealingKey, SealingKeyId, nonce_of};
use crate::locale::Locale;
use crate::partner::Slug;
use crate::token::ResetCode;
use crate::{Entropy, Secret, Timestamp};

const VERSION: u8 = 1;
/// What is sealed is filled up to a multiple of this: every message with a code has one size,
/// however long the address.
const BLOCK: usize = 512;

/// Whom and what a message is about, for the audit alone.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct About {
    /// Whose it is, where that is known.
    pub user: Option<UserId>,
    /// Which challenge awaits it.
    pub challenge: Option<AuthenticationId>,
}

/// A message as it is kept. Nothing personal is outside of `sealed`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedMessage {
    /// Its id.
    pub id: MessageId,
    /// Whose user it is for.
    pub partner: Slug,
    /// By what it is sent.
    pub channel: Channel,
    /// The key that sealed it.
    pub key: SealingKeyId,
    /// Nonce, ciphertext and tag.
    pub sealed: Vec<u8>,
    /// From when on it is of no use.
    pub expires_at: Timestamp,
}

/// A message does not open: its key is gone, or it is not as it was sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the message does not open under sealing key {0}")]
pub struct Unreadable(pub SealingKeyId);

impl SealedMessage {
    /// Seals a message.
    #[must_use]
    pub fn seal(message: &Message, about: About, key: &SealingKey, entropy: &dyn Entropy) -> Self {
        let mut kept = Self {
            id: message.id,
            partner: message.partner.clone(),
            channel: message.channel,
            key: key.id(),
            // Never moved while it holds anything in clear.
            sealed: Vec::with_capacity(NONCE_LEN + 4 * BLOCK),
            expires_at: message.expires_at,
        };
        let sealed = &mut kept.sealed;
        sealed.extend_from_slice(&entropy.bytes::<NONCE_LEN>());
        write(message, about, sealed);
        sealed.resize(
            NONCE_LEN + (sealed.len() - NONCE_LEN).next_multiple_of(BLOCK),
            0,
        );
        let aad = Aad::from(kept.beside());
        let (nonce, body) = kept.sealed.split_at_mut(NONCE_LEN);
        let nonce = nonce_of(nonce).expect("just written");
        let tag = key
            .message()
            .seal_in_place_separate_tag(nonce, aad, body)
            .expect("some KiB are within what the cipher takes");
        kept.sealed.extend_from_slice(tag.as_ref());
        kept
    }

    /// Opens it under the ring's key that sealed it.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn open(&self, keys: &Keyring) -> Result<(Message, About), Unreadable> {
        let unreadable = Unreadable(self.key);
        let key = keys.get(self.key).ok_or(unreadable)?;
        let (nonce, body) = self.sealed.split_at_checked(NONCE_LEN).ok_or(unreadable)?;
        let nonce = nonce_of(nonce).ok_or(unreadable)?;
        let mut body = Secret::new(body.to_vec());
        let opened = key
            .message()
            .open_in_place(nonce, Aad::from(self.beside()), body.expose_mut())
            .map_err(|_| unreadable)?;
        self.read(&mut Reader(opened)).ok_or(unreadable)
    }

    /// What stands beside what is sealed, and is sealed in with it.
    fn beside(&self) -> Vec<u8> {
        let mut beside = vec![VERSION];
        beside.extend_from_slice(&self.key.number().to_be_bytes());
        beside.extend_from_slice(self.id.as_bytes());
        write_number(self.expires_at.as_micros(), &mut beside);
        write_text(self.channel.as_str(), &mut beside);
        write_text(self.partner.as_str(), &mut beside);
        beside
    }

    fn read(&self, from: &mut Reader<'_>) -> Option<(Message, About)> {
        let awaited = from.byte()? == 1;
        let created_at = from.moment()?;
        let user = from.take().map(UserId::from_bytes)?;
        let challenge = from.take().map(AuthenticationId::from_bytes)?;
        let to = from.text()?.to_owned();
        let locale = match from.text()? {
            "" => None,
            locale => Some(locale.parse::<Locale>().ok()?),
        };
        let content = match from.byte()? {
            CODE => Content::Code(Code::carried(from.text()?)),
            PASSWORD_RESET => Content::PasswordReset(ResetCode::parse(from.text()?).ok()?),
            _ => return None,
        };
        let message = Message {
            id: self.id,
            partner: self.partner.clone(),
            channel: self.channel,
            to: Identity::from_normalised(self.channel.sends_to(), to),
            awaited,
            content,
            locale,
            created_at,
            expires_at: self.expires_at,
        };
        let about = About {
            user: (user != UserId::NIL).then_some(user),
            challenge: (challenge != AuthenticationId::NIL).then_some(challenge),
        };
        Some((message, about))
    }
}

/// The contents' numbers inside messages. These never change.
const CODE: u8 = 1;
const PASSWORD_RESET: u8 = 2;

fn write(message: &Message, about: About, to: &mut Vec<u8>) {
    to.push(message.awaited.into());
    write_number(message.created_at.as_micros(), to);
    to.extend_from_slice(about.user.unwrap_or(UserId::NIL).as_bytes());
    let challenge = about.challenge.unwrap_or(AuthenticationId::NIL);
    to.extend_from_slice(challenge.as_bytes());
    write_text(message.to.value(), to);
    write_text(message.locale.as_ref().map_or("", Locale::as_str), to);
    let (kind, text) = match &message.content {
        Content::Code(code) => (CODE, code.expose()),
        Content::PasswordReset(code) => (PASSWORD_RESET, code.expose()),
    };
    to.push(kind);
    write_text(text, to);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::SystemEntropy;
    use crate::id::PasswordResetId;
    use crate::key::{KEY_BYTES, MasterKey, SealingKeyStatus};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn ring() -> Keyring {
        let master = MasterKey::new(&Secret::new([1; KEY_BYTES]));
        let wrapped = master.generate(SealingKeyStatus::Current, NOW, &SystemEntropy::default());
        let key = master.unwrap(&wrapped).expect("just wrapped");
        Keyring::new([(SealingKeyStatus::Current, key)]).expect("one is current")
    }

    fn message(to: &str, awaited: bool) -> Message {
        let entropy: &dyn Entropy = &SystemEntropy::default();
        let to: Identity = to.parse().expect("an identity");
        Message {
            id: MessageId::generate(NOW, entropy),
            partner: Slug::default_partner(),
            channel: Channel::ALL
                .into_iter()
                .find(|channel| channel.sends_to() == to.kind())
                .expect("it can be sent to"),
            to,
            awaited,
            content: Content::Code(Code::generate(entropy)),
            locale: None,
            created_at: NOW,
            expires_at: NOW.plus(Duration::from_secs(300)),
        }
    }

    fn reset_code() -> ResetCode {
        let entropy: &dyn Entropy = &SystemEntropy::default();
        ResetCode::generate(PasswordResetId::generate(NOW, entropy), entropy)
    }

    fn sealed(message: &Message, about: About, keys: &Keyring) -> SealedMessage {
        SealedMessage::seal(message, about, keys.current(), &SystemEntropy::default())
    }

    #[test]
    fn opens_to_what_was_sealed() {
        let (keys, entropy) = (ring(), SystemEntropy::default());
        let mut code = message("phone:+44 123 1234 1234", true);
        code.locale = Some("zh-Hant-TW".parse().expect("a locale"));
        code.created_at = NOW.plus(Duration::from_micros(7));
        let about = About {
            user: Some(UserId::generate(NOW, &entropy)),
            challenge: Some(AuthenticationId::generate(NOW, &entropy)),
        };
        let mut reset = message("email:ana@example.com", false);
        reset.content = Content::PasswordReset(reset_code());
        for (message, about) in [(code, about), (reset, About::default())] {
            let (opened, of) = sealed(&message, about, &keys)
                .open(&keys)
                .expect("it opens");
            assert_eq!(of, about);
            // Its debug output hides just these.
            assert_eq!(opened.to, message.to);
            match (&opened.content, &message.content) {
                (Content::Code(one), Content::Code(other)) => {
                    assert_eq!(one.expose(), other.expose());
                }
                (Content::PasswordReset(one), Content::PasswordReset(other)) => {
                    assert_eq!(one.expose(), other.expose());
                }
                _ => panic!("another content"),
            }
            assert_eq!(format!("{opened:?}"), format!("{message:?}"));
        }
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let keys = ring();
        let good = sealed(
            &message("email:ana@example.com", true),
            About::default(),
            &keys,
        );
        let other = sealed(
            &message("email:bob@example.com", true),
            About::default(),
            &keys,
        );
        assert!(good.open(&keys).is_ok());
        for index in 0..good.sealed.len() {
            let mut damaged = good.clone();
            damaged.sealed[index] ^= 1;
            assert!(damaged.open(&keys).is_err());
            damaged.sealed.truncate(index);
            assert!(damaged.open(&keys).is_err());
        }
        let changes: [fn(&mut SealedMessage, &SealedMessage); 5] = [
            |message, other| message.id = other.id,
            |message, _| message.partner = "northstar".parse().expect("a slug"),
            |message, _| message.channel = Channel::Sms,
            |message, _| message.expires_at = message.expires_at.plus(Duration::from_micros(1)),
            |message, other| message.sealed.clone_from(&other.sealed),
        ];
        for change in changes {
            let mut changed = good.clone();
            change(&mut changed, &other);
            assert_eq!(changed.open(&keys).err(), Some(Unreadable(good.key)));
        }
        assert_eq!(good.open(&ring()).err(), Some(Unreadable(good.key)));
    }

    #[test]
    fn all_codes_have_one_size_awaited_or_not() {
        let keys = ring();
        let long = format!("email:{}@{}.example", "a".repeat(64), "b".repeat(60));
        let mut sizes = Vec::new();
        for to in ["phone:+4412312341234", "email:a@example.com", &long] {
            for awaited in [true, false] {
                sizes.push(
                    sealed(&message(to, awaited), About::default(), &keys)
                        .sealed
                        .len(),
                );
            }
        }
        assert!(sizes.windows(2).all(|pair| pair[0] == pair[1]), "{sizes:?}");
    }
}
