//! API keys: how a partner's or an application's backend, or the operator's, is let in.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;
use crate::id::ApiKeyId;
use crate::partner::Slug;
use crate::token::TokenHash;

/// What an API key may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// Mint one-time tokens of users whom the partner has signed in.
    Mint,
    /// Make links into flows.
    Links,
    /// Redeem one-time tokens, for an application that handles them itself.
    Redeem,
    /// End the sessions of a user.
    Revoke,
    /// Ask whose sessions are (RFC 7662), for a backend that knows no other way.
    Introspect,
    /// All that an operator does over HTTP. A key of this scope is of no partner and has no
    /// other.
    Admin,
}

/// The word is no scope's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a scope is mint, links, redeem, revoke, introspect or admin")]
pub struct UnknownScope;

impl Scope {
    /// Every scope, in the order in which they are listed.
    pub const ALL: [Self; 6] = [
        Self::Mint,
        Self::Links,
        Self::Redeem,
        Self::Revoke,
        Self::Introspect,
        Self::Admin,
    ];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mint => "mint",
            Self::Links => "links",
            Self::Redeem => "redeem",
            Self::Revoke => "revoke",
            Self::Introspect => "introspect",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(word: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == word)
            .ok_or(UnknownScope)
    }
}

/// Whose an API key is, and what it may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    partner: Option<Slug>,
    scopes: Vec<Scope>,
}

/// No key can be given this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidGrant {
    /// It may do nothing.
    #[error(
        "a key has at least one scope: mint, links, redeem, revoke, introspect, or admin alone"
    )]
    Nothing,
    /// The operator's scope beside others, or for a partner.
    #[error("a key with the scope admin is of no partner and has no other scope")]
    Admin,
    /// A partner's scopes for nobody.
    #[error("only a key with the scope admin is of no partner; name the partner")]
    NoPartner,
}

impl Grant {
    /// What a key of this partner, or with none of the operator, may do.
    ///
    /// # Errors
    /// [`InvalidGrant`].
    pub fn new(
        partner: Option<Slug>,
        scopes: impl IntoIterator<Item = Scope>,
    ) -> Result<Self, InvalidGrant> {
        let mut scopes: Vec<_> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        match (scopes.as_slice(), &partner) {
            ([], _) => Err(InvalidGrant::Nothing),
            ([Scope::Admin], None) => Ok(Self { partner, scopes }),
            (scopes, _) if scopes.contains(&Scope::Admin) => Err(InvalidGrant::Admin),
            (_, None) => Err(InvalidGrant::NoPartner),
            (_, Some(_)) => Ok(Self { partner, scopes }),
        }
    }

    /// What is kept of a grant: of scopes that make none together, those that a key of this
    /// partner can have. A newer version may know more.
    #[must_use]
    pub fn kept(partner: Option<Slug>, scopes: impl IntoIterator<Item = Scope>) -> Self {
        let own = |scope: &Scope| (*scope == Scope::Admin) == partner.is_none();
        let scopes = scopes.into_iter().filter(own).collect();
        Self { partner, scopes }
    }

    /// The partner whose key it is; none of the operator's.
    #[must_use]
    pub fn partner(&self) -> Option<&Slug> {
        self.partner.as_ref()
    }

    /// What it may do.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }
}

/// An API key, as it is kept.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose it is and what it may do.
    pub grant: Grant,
    /// A word by which people tell it from others; may be empty.
    pub name: String,
    /// What is kept of its text.
    pub hash: TokenHash,
    /// When it was created.
    pub created_at: Timestamp,
    /// From when on it is refused, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute or so.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// Why an API key is not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyRefusal {
    /// It is none, or nobody's.
    #[error("the API key is unknown")]
    Unknown,
    /// It was revoked.
    #[error("the API key was revoked")]
    Revoked,
    /// Its time is over.
    #[error("the API key has expired")]
    Expired,
    /// It may not do this.
    #[error("the API key has not the scope {0}")]
    ScopeMissing(Scope),
}

impl ApiKey {
    /// Decides whether the holder of a text with the hash `presented` may do what `scope`
    /// allows; without one, what any key may.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn admit(
        &self,
        presented: &TokenHash,
        scope: Option<Scope>,
        now: Timestamp,
    ) -> Result<(), KeyRefusal> {
        if !self.hash.matches(presented) {
            return Err(KeyRefusal::Unknown);
        }
        if self.revoked_at.is_some() {
            return Err(KeyRefusal::Revoked);
        }
        if self.expires_at.is_some_and(|end| now >= end) {
            return Err(KeyRefusal::Expired);
        }
        match scope {
            Some(scope) if !self.grant.scopes.contains(&scope) => {
                Err(KeyRefusal::ScopeMissing(scope))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Some("a"), &[Scope::Mint], Ok(()))]
    #[case(Some("a"), &[Scope::Revoke, Scope::Mint, Scope::Mint], Ok(()))]
    #[case(Some("a"), &[], Err(InvalidGrant::Nothing))]
    #[case(None, &[Scope::Admin], Ok(()))]
    #[case(None, &[], Err(InvalidGrant::Nothing))]
    #[case(None, &[Scope::Mint], Err(InvalidGrant::NoPartner))]
    #[case(None, &[Scope::Mint, Scope::Admin], Err(InvalidGrant::Admin))]
    #[case(Some("a"), &[Scope::Admin], Err(InvalidGrant::Admin))]
    #[case(Some("a"), &[Scope::Admin, Scope::Links], Err(InvalidGrant::Admin))]
    fn a_grant_is_a_partners_or_the_operators(
        #[case] partner: Option<&str>,
        #[case] scopes: &[Scope],
        #[case] expected: Result<(), InvalidGrant>,
    ) {
        let partner = partner.map(|slug| slug.parse().expect("a slug"));
        let grant = Grant::new(partner, scopes.iter().copied());
        assert_eq!(grant.as_ref().map(|_| ()).map_err(|error| *error), expected);
        if let Ok(grant) = grant {
            assert!(grant.scopes().is_sorted_by(|a, b| a < b), "each once");
        }
    }

    #[test]
    fn a_key_is_let_in_while_it_lives_and_for_what_it_may() {
        let hash = TokenHash::from_bytes([1; 32]);
        let at = Timestamp::from_micros;
        let mut key = ApiKey {
            id: ApiKeyId::NIL,
            grant: Grant::new(Some(Slug::default_partner()), [Scope::Mint]).expect("a grant"),
            name: String::new(),
            hash,
            created_at: at(0),
            expires_at: Some(at(10)),
            last_used_at: None,
            revoked_at: None,
        };
        let other = TokenHash::from_bytes([2; 32]);
        assert_eq!(key.admit(&hash, Some(Scope::Mint), at(9)), Ok(()));
        assert_eq!(key.admit(&hash, None, at(9)), Ok(()));
        assert_eq!(key.admit(&other, None, at(9)), Err(KeyRefusal::Unknown));
        let missing = KeyRefusal::ScopeMissing(Scope::Links);
        assert_eq!(key.admit(&hash, Some(Scope::Links), at(9)), Err(missing));
        assert_eq!(key.admit(&hash, None, at(10)), Err(KeyRefusal::Expired));
        key.revoked_at = Some(at(1));
        assert_eq!(key.admit(&hash, None, at(9)), Err(KeyRefusal::Revoked));
    }
}
