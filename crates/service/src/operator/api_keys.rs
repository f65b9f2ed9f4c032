//! API keys, as an operator creates, lists and revokes them.

use std::time::Duration;

use countersign_domain::api_key::{ApiKey, Grant};
use countersign_domain::audit::{Action, Event, Subject};
use countersign_domain::id::ApiKeyId;
use countersign_domain::identity::visible;
use countersign_domain::partner::Slug;
use countersign_domain::token::ApiKeyText;
use countersign_store::{Batch, StoreError, api_keys, feed};

use super::Operator;
use crate::Failure;

/// Characters of a key's name at most.
const LONGEST_NAME: usize = 64;

/// An API key to be created.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Whose it is and what it may do.
    pub grant: Grant,
    /// A word by which people tell it from others; may be empty.
    pub name: String,
    /// How long it lives; for ever, where this is not said.
    pub life: Option<Duration>,
}

/// An API key just created, with its text: the one time that it is shown.
#[derive(Clone, Debug)]
pub struct CreatedKey {
    /// The key.
    pub key: ApiKey,
    /// Its text.
    pub text: ApiKeyText,
}

/// Why no key was created or revoked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyChangeRefusal {
    /// There is no such partner.
    #[error("there is no partner {0}")]
    UnknownPartner(Slug),
    /// As many keys live as may.
    #[error("20 keys live already; revoke one that is not used any more")]
    TooMany,
    /// The name is too long, or has characters that cannot be seen.
    #[error("a key's name has at most 64 visible characters")]
    Name,
    /// It would be dead at once, or live too long to mean anything.
    #[error("a key lives for 1 second to 10 years; leave its life out for one that does not end")]
    Life,
    /// There is no such key.
    #[error("there is no API key with this id")]
    NotFound,
}

impl Operator {
    /// Creates an API key, which works at once on every node.
    ///
    /// # Errors
    /// [`KeyChangeRefusal`].
    pub async fn create_api_key(
        &self,
        new: NewKey,
    ) -> Result<CreatedKey, Failure<KeyChangeRefusal>> {
        let refused = |refusal| Err(Failure::Refused(refusal));
        let name = new.name.trim().to_owned();
        if name.chars().count() > LONGEST_NAME || !name.chars().all(visible) {
            return refused(KeyChangeRefusal::Name);
        }
        let longest = Duration::from_secs(10 * 366 * 24 * 60 * 60);
        let fits = |life: Duration| life >= Duration::from_secs(1) && life <= longest;
        if !new.life.is_none_or(fits) {
            return refused(KeyChangeRefusal::Life);
        }
        if let Some(partner) = new.grant.partner() {
            self.require_partner(partner).await?;
        }
        let now = self.clock.now();
        let text = ApiKeyText::generate(ApiKeyId::generate(now, &*self.entropy), &*self.entropy);
        let key = ApiKey {
            id: text.id(),
            grant: new.grant,
            name,
            hash: text.hash(),
            created_at: now,
            expires_at: new.life.map(|life| now.plus(life)),
            last_used_at: None,
            revoked_at: None,
        };
        let event = self.key_event(Action::KeyCreated, &key);
        let batch = Batch::new()
            .then(api_keys::insert(&key))
            .then(feed::api_keys(now))
            .then(self.record(event, now));
        match self.commit(batch).await {
            Ok(_) => Ok(CreatedKey { key, text }),
            Err(StoreError::Conflict { .. }) => refused(KeyChangeRefusal::TooMany),
            Err(error) => Err(error.into()),
        }
    }

    async fn require_partner(&self, partner: &Slug) -> Result<(), Failure<KeyChangeRefusal>> {
        // Asked of the database: it may have been added a moment ago.
        match self.store.partner(partner).await? {
            Some(_) => Ok(()),
            None => Err(Failure::Refused(KeyChangeRefusal::UnknownPartner(
                partner.clone(),
            ))),
        }
    }

    /// Every API key of a partner, or with none of the operator, revoked ones too; the oldest
    /// first.
    ///
    /// # Errors
    /// [`KeyChangeRefusal::UnknownPartner`].
    pub async fn api_keys(
        &self,
        partner: Option<&Slug>,
    ) -> Result<Vec<ApiKey>, Failure<KeyChangeRefusal>> {
        if let Some(partner) = partner {
            self.require_partner(partner).await?;
        }
        Ok(self.store.api_keys_of(partner).await?)
    }

    /// Revokes an API key, and the one-time tokens that it minted with it. Whether it was not
    /// revoked before.
    ///
    /// # Errors
    /// [`KeyChangeRefusal::NotFound`].
    pub async fn revoke_api_key(&self, id: ApiKeyId) -> Result<bool, Failure<KeyChangeRefusal>> {
        let now = self.clock.now();
        let key = self.store.api_key(id).await?;
        let key = key.ok_or(Failure::Refused(KeyChangeRefusal::NotFound))?;
        let event = self.key_event(Action::KeyRevoked, &key);
        let batch = Batch::new()
            .then(api_keys::revoke(id, now))
            .then(feed::api_keys(now))
            .then(self.record(event, now));
        match self.commit(batch).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn key_event(&self, action: Action, key: &ApiKey) -> Event {
        let scopes: Vec<_> = key.grant.scopes().iter().map(|s| s.as_str()).collect();
        let event = self
            .event(action)
            .subject(Subject::ApiKey(key.id))
            .detail(scopes.join(" "));
        match key.grant.partner() {
            Some(partner) => event.partner(partner),
            None => event,
        }
    }
}
