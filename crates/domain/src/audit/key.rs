//! The key under which the audit is kept, and what it signs.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::hmac;

use super::{Entry, Seal};

/// HMAC-SHA-256 of an entry or a seal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mac([u8; 32]);

impl Mac {
    /// The code with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The key under which the audit is kept. It is derived from the master key, which lies
/// outside the data folder: who has the database alone can make no entry and no seal.
/// Clones share it.
#[derive(Clone)]
pub struct AuditKey(Arc<Keys>);

/// Entries and seals have a key each, so that none passes for one of the others.
struct Keys {
    entry: hmac::Key,
    seal: hmac::Key,
}

impl AuditKey {
    pub(crate) fn new(entry: hmac::Key, seal: hmac::Key) -> Self {
        Self(Arc::new(Keys { entry, seal }))
    }

    /// The code of an entry.
    #[must_use]
    pub fn of_entry(&self, entry: &Entry) -> Mac {
        sign(&self.0.entry, &entry.bytes())
    }

    /// The code of a seal.
    #[must_use]
    pub fn of_seal(&self, seal: &Seal) -> Mac {
        sign(&self.0.seal, &seal.bytes())
    }
}

fn sign(key: &hmac::Key, bytes: &[u8]) -> Mac {
    let tag = hmac::sign(key, bytes);
    Mac(tag.as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes"))
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditKey")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Action, Actor, Addresses, Digest, Event, Reason};
    use super::*;
    use crate::id::{EntryId, RequestId};
    use crate::key::MasterKey;
    use crate::{Caller, Secret, Timestamp};

    fn key(byte: u8) -> AuditKey {
        MasterKey::new(&Secret::new([byte; 32])).audit_key()
    }

    fn entry() -> Entry {
        let event = Event::refused(Action::LogIn, Reason::WrongPassword, Actor::Anyone);
        let caller = Caller::local(RequestId::NIL);
        let at = Timestamp::UNIX_EPOCH;
        Entry::new(EntryId::NIL, &caller, event, Addresses::None, at)
    }

    #[test]
    fn another_key_or_another_entry_makes_another_code() {
        let code = key(1).of_entry(&entry());
        assert_eq!(code, key(1).of_entry(&entry()));
        assert_ne!(code, key(2).of_entry(&entry()));
    }

    /// What was written of one column must not pass as written of its neighbours.
    #[test]
    fn no_two_entries_have_the_same_bytes() {
        let texts = [None, Some(""), Some("a"), Some("a\u{1}"), Some("\u{1}a")];
        let texts = texts.map(|text| text.map(str::to_owned));
        let mut seen = std::collections::HashSet::new();
        for action in ["", "a", "a\u{1}", "a\u{0}"] {
            for outcome in ["", "a", "\u{1}a", "\u{0}a"] {
                for detail in &texts {
                    for address in &texts {
                        let entry = Entry {
                            action: action.to_owned(),
                            outcome: outcome.to_owned(),
                            detail: detail.clone(),
                            address: address.clone(),
                            ..entry()
                        };
                        assert!(seen.insert(entry.bytes()), "{entry:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn each_part_of_a_seal_is_in_its_code() {
        let at = |micros| Timestamp::from_micros(micros);
        let first = Seal::after(None, &[], at(1));
        let seal = Seal::after(Some(&first), &[Mac::from_bytes([1; 32])], at(2));
        assert_eq!((seal.number, seal.entries), (2, 1));
        assert_eq!(
            (seal.previous, seal.previous_at),
            (first.digest, Some(at(1)))
        );
        let other = Digest::from_bytes([9; 32]);
        let changed = [
            Seal { number: 3, ..seal },
            Seal { entries: 2, ..seal },
            Seal {
                previous: other,
                ..seal
            },
            Seal {
                previous_at: Some(at(0)),
                ..seal
            },
            Seal {
                previous_at: None,
                ..seal
            },
            Seal {
                digest: other,
                ..seal
            },
            Seal { at: at(3), ..seal },
        ];
        for changed in changed {
            assert_ne!(
                key(1).of_seal(&changed),
                key(1).of_seal(&seal),
                "{changed:?}"
            );
        }
    }
}
