//! By what an identity is counted.

use std::fmt;

use aws_lc_rs::hmac;

use crate::identity::Identity;
use crate::partner::Slug;

/// The key under which identities are counted: derived from the master key, so that a copy of
/// the database does not tell whose number was tried.
#[derive(Clone)]
pub struct LimitKey(hmac::Key);

impl LimitKey {
    pub(crate) fn new(key: hmac::Key) -> Self {
        Self(key)
    }

    /// What stands for an identity of a partner's users, known or not. All spellings are one.
    #[must_use]
    pub fn mark(&self, partner: &Slug, identity: &Identity) -> IdentityMark {
        let mut context = hmac::Context::with_key(&self.0);
        // None of them holds a zero byte.
        for part in [partner.as_str(), identity.kind().as_str(), identity.value()] {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        let tag = context.sign();
        let first = tag.as_ref().first_chunk();
        IdentityMark(*first.expect("HMAC-SHA-256 has 32 bytes"))
    }
}

impl fmt::Debug for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LimitKey")
    }
}

/// What stands for an identity where it is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct IdentityMark([u8; 16]);

impl IdentityMark {
    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use crate::key::{KEY_BYTES, MasterKey};

    #[test]
    fn an_identity_is_counted_as_one_however_it_is_spelt() {
        let key = |byte| MasterKey::new(&Secret::new([byte; KEY_BYTES])).limit_key();
        let mark = |partner: &str, identity: &str| {
            let partner: Slug = partner.parse().expect("a slug");
            key(1).mark(&partner, &identity.parse().expect("an identity"))
        };
        let phone = mark("northstar", "phone:+4412312341234");
        assert_eq!(phone, mark("northstar", "phone:+44 (123) 1234-1234"));
        assert_ne!(phone, mark("southstar", "phone:+4412312341234"));
        assert_ne!(
            mark("northstar", "username:4412312341234"),
            mark("northstar", "user_id:4412312341234")
        );
        let email = mark("northstar", "email:ana@example.com");
        assert_eq!(email, mark("northstar", "email: Ana@EXAMPLE.com "));
        let partner: Slug = "northstar".parse().expect("a slug");
        let identity = "email:ana@example.com".parse().expect("an identity");
        assert_ne!(email, key(2).mark(&partner, &identity), "another key");
    }
}
